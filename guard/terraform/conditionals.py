"""Conditionals: the two branches get one type, and an unknown condition leaves what both have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from guard.formats.hcl_syntax import Expression
from guard.model.location import Span
from guard.model.value import Unknown
from guard.terraform.conversion import Conversion, ConversionError, convert, unify
from guard.terraform.numbers import Number, compare
from guard.terraform.scope import EvaluationError, Scope
from guard.terraform.types import BOOL, DYNAMIC, NUMBER, Type, friendly_name
from guard.terraform.values import (
    Undecided,
    Value,
    as_flag,
    cause_of,
    may_be_null,
    null,
    refined,
    unknown,
    with_marks,
)

Evaluate: TypeAlias = Callable[[Expression, Scope], Value]
Branch: TypeAlias = "Value | EvaluationError"


def conditional(
    condition: Expression, then: Branch, otherwise: Branch, scope: Scope, evaluate: Evaluate, span: Span
) -> Value:
    """Return the branch that the condition takes, converted to the type of both.

    The branch that is not taken may be an error. Raises EvaluationError where the types have nothing in common, or
    the condition is null or neither true nor false.
    """
    kind, changes = _result_type(then, otherwise, scope, span)
    decided = evaluate(condition, scope)
    if decided.content is None:
        raise scope.error("the condition is null: it must be true or false", condition.span)
    if not decided.is_known:
        for branch in (then, otherwise):
            if isinstance(branch, EvaluationError):
                raise branch
        assert isinstance(then, tuple) and isinstance(otherwise, tuple)
        result = _undecided(kind, then, otherwise, cause_of(decided))
        return with_marks(result, decided.marks | then.marks | otherwise.marks)
    try:
        flag = convert(decided, BOOL)
    except ConversionError as error:
        raise scope.error(f"the condition is neither true nor false: {error}", condition.span) from None
    taken, change = (then, changes[0]) if as_flag(flag) else (otherwise, changes[1])
    if isinstance(taken, EvaluationError):
        raise taken
    if change is not None:
        taken = _changed(taken, change, scope, span)
    return with_marks(taken, decided.marks) if decided.marks else taken


def _changed(value: Value, change: Conversion, scope: Scope, span: Span) -> Value:
    try:
        return change(value, ())
    except ConversionError as error:
        raise scope.error(f"the branches of the conditional have different types: {error}", span) from None


def _result_type(
    then: Branch, otherwise: Branch, scope: Scope, span: Span
) -> tuple[Type, tuple[Conversion | None, Conversion | None]]:
    if isinstance(then, EvaluationError) or isinstance(otherwise, EvaluationError):
        return DYNAMIC, (None, None)
    if then.type is otherwise.type:
        return then.type, (None, None)
    if then.content is None and then.type is DYNAMIC:
        return otherwise.type, (_null_of(otherwise.type), None)
    if otherwise.content is None and otherwise.type is DYNAMIC:
        return then.type, (None, _null_of(then.type))
    if then.type.kind == "dynamic" or otherwise.type.kind == "dynamic":
        return DYNAMIC, (None, None)
    found = unify((then.type, otherwise.type))
    if found is None:
        names = f"{friendly_name(then.type)} and {friendly_name(otherwise.type)}"
        raise scope.error(f"the branches of the conditional have types that do not fit together: {names}", span)
    return found.type, (found.conversions[0], found.conversions[1])


def _null_of(kind: Type) -> Conversion:
    return lambda value, path: null(kind)


def _undecided(kind: Type, then: Value, otherwise: Value, cause: Unknown) -> Value:
    if then.content is None and otherwise.content is None:
        return null(kind)
    never_null = not (may_be_null(then) or may_be_null(otherwise))
    if never_null and then.type is NUMBER and otherwise.type is NUMBER:
        low, high = _bound(then, otherwise, lowest=True), _bound(then, otherwise, lowest=False)
        return refined(NUMBER, cause, minimum=low, maximum=high)
    if never_null and then.type.is_collection and then.type == otherwise.type:
        sizes = (_sizes(then), _sizes(otherwise))
        longest = None if None in (sizes[0][1], sizes[1][1]) else max(sizes[0][1] or 0, sizes[1][1] or 0)
        return refined(kind, cause, shortest=min(sizes[0][0], sizes[1][0]), longest=longest)
    return unknown(kind, cause, not_null=never_null)


def _bound(then: Value, otherwise: Value, *, lowest: bool) -> Number | None:
    found: list[Number] = []
    for value in (then, otherwise):
        content = value.content
        bound = content
        if isinstance(content, Undecided):
            bound = content.minimum if lowest else content.maximum
        if not isinstance(bound, Number):
            return None
        found.append(bound)
    sign = compare(found[0], found[1])
    return found[0] if (sign < 0) == lowest else found[1]


def _sizes(value: Value) -> tuple[int, int | None]:
    if isinstance(value.content, Undecided):
        return value.content.shortest, value.content.longest
    return len(value.items), len(value.items)
