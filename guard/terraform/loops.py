"""Loops within expressions: `for` in its two forms, and splats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from guard.formats.hcl_syntax import Expression, ForObject, ForTuple, Splat, TemplateFor
from guard.model.value import Unknown
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.scope import Scope
from guard.terraform.types import BOOL, DYNAMIC, STRING, Type, friendly_name, list_of, tuple_of
from guard.terraform.values import (
    EMPTY_TUPLE,
    Undecided,
    Value,
    as_flag,
    as_text,
    cause_of,
    common_type,
    list_value,
    may_be_null,
    object_value,
    one_type,
    pairs,
    refined,
    tuple_value,
    unknown,
    unmarked,
    with_marks,
)

Evaluate: TypeAlias = Callable[[Expression, Scope], Value]


class Rounds:
    """The rounds of one loop: which are left in, and what their conditions and keys add to the result."""

    __slots__ = ("marks", "undecided")

    def __init__(self) -> None:
        self.marks: frozenset[str] = frozenset()
        self.undecided: Unknown | None = None


def for_tuple(node: ForTuple, collection: Value, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the tuple that `[for ...]` makes."""
    settled = _unfit(node, collection, scope)
    if settled is not None:
        return settled
    bare, marks = unmarked(collection)
    rounds = Rounds()
    results = [
        evaluate(node.result, inner)
        for inner in _scopes(node, bare, scope)
        if _kept(node.condition, inner, rounds, evaluate)
    ]
    result = tuple_value(results) if rounds.undecided is None else unknown(DYNAMIC, rounds.undecided)
    return with_marks(result, marks | rounds.marks)


def for_object(node: ForObject, collection: Value, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the object that `{for ...}` makes; with `...` the values of one key come together in a tuple."""
    settled = _unfit(node, collection, scope)
    if settled is not None:
        return settled
    bare, marks = unmarked(collection)
    rounds = Rounds()
    groups: dict[str, list[Value]] = {}
    for inner in _scopes(node, bare, scope):
        if not _kept(node.condition, inner, rounds, evaluate):
            continue
        key = _key(node, inner, rounds, evaluate)
        if key is None:
            continue
        if key in groups and not node.grouping:
            hint = "write ... after the value to group the values of one key"
            raise scope.error(f'two items of this for expression have the key "{key}": {hint}', node.result_key.span)
        groups.setdefault(key, []).append(evaluate(node.result, inner))
    if rounds.undecided is not None:
        return with_marks(unknown(DYNAMIC, rounds.undecided), marks | rounds.marks)
    members = {key: tuple_value(group) if node.grouping else group[0] for key, group in groups.items()}
    return with_marks(object_value(members), marks | rounds.marks)


def _unfit(node: ForTuple | ForObject | TemplateFor, collection: Value, scope: Scope) -> Value | None:
    """Return what the loop gives if it cannot go over its collection; None where it can."""
    if collection.content is None:
        raise scope.error("null cannot be iterated over", node.collection.span)
    kind = collection.type.kind
    if kind == "dynamic":
        return with_marks(unknown(DYNAMIC, cause_of(collection)), collection.marks)
    if collection.type.is_primitive:
        what = friendly_name(collection.type)
        raise scope.error(
            f"a value of type {what} cannot be iterated over: a list, set, map, tuple or object can",
            node.collection.span,
        )
    if not collection.is_known:
        return with_marks(unknown(DYNAMIC, cause_of(collection)), collection.marks)
    return None


def _scopes(node: ForTuple | ForObject | TemplateFor, collection: Value, scope: Scope) -> Iterator[Scope]:
    for key, value in pairs(collection):
        scope.spend(1, node.span)
        names = {node.value: value} if node.key is None else {node.key: key, node.value: value}
        yield scope.binding(names)


def rounds_of(node: TemplateFor, collection: Value, scope: Scope) -> Iterator[Scope] | Value:
    """Return the scope of each round of a template's loop, or the unknown that it gives in their place."""
    settled = _unfit(node, collection, scope)
    return _scopes(node, unmarked(collection)[0], scope) if settled is None else settled


def _kept(condition: Expression | None, scope: Scope, rounds: Rounds, evaluate: Evaluate) -> bool:
    if condition is None:
        return True
    value = evaluate(condition, scope)
    if value.content is None:
        raise scope.error("the condition after if is null: it must be true or false", condition.span)
    rounds.marks |= value.marks
    if not value.is_known:
        rounds.undecided = rounds.undecided or cause_of(value)
        return False
    try:
        return as_flag(convert(value, BOOL))
    except ConversionError as error:
        raise scope.error(f"the condition after if is neither true nor false: {error}", condition.span) from None


def _key(node: ForObject, scope: Scope, rounds: Rounds, evaluate: Evaluate) -> str | None:
    key = evaluate(node.result_key, scope)
    if key.content is None:
        raise scope.error("the key of a for expression must not be null", node.result_key.span)
    rounds.marks |= key.marks
    if not key.is_known:
        rounds.undecided = rounds.undecided or cause_of(key)
        return None
    try:
        return as_text(convert(unmarked(key)[0], STRING))
    except ConversionError as error:
        raise scope.error(f"the key of a for expression must be text: {error}", node.result_key.span) from None


def splat(node: Splat, source: Value, scope: Scope, evaluate: Evaluate) -> Value:
    """Return `source[*]...`: of a sequence element by element, of anything else as of a sequence of none or one."""
    kind = source.type.kind
    if kind in ("list", "set", "tuple"):
        if source.content is None:
            raise scope.error("a splat cannot be applied to a sequence that is null", node.source.span)
        return _over_sequence(node, source, scope, evaluate)
    if source.content is None:
        return with_marks(EMPTY_TUPLE, source.marks)
    if kind == "dynamic" and _without_parts(source):
        return with_marks(unknown(DYNAMIC, cause_of(source)), source.marks)
    if not source.is_known and may_be_null(source):
        evaluate(node.each, scope.over(source))
        return with_marks(unknown(DYNAMIC, cause_of(source)), source.marks)
    bare, marks = unmarked(source)
    return with_marks(tuple_value([evaluate(node.each, scope.over(bare))]), marks)


def _without_parts(source: Value) -> bool:
    return not (isinstance(source.content, Undecided) and source.content.part is not None)


def _over_sequence(node: Splat, source: Value, scope: Scope, evaluate: Evaluate) -> Value:
    bare, marks = unmarked(source)
    if isinstance(bare.content, Undecided):
        return with_marks(_unknown_sequence(node, bare, bare.content, scope, evaluate), marks)
    scope.budget.spend(len(bare.items), scope.at(node.span))
    results = [evaluate(node.each, scope.over(item)) for item in bare.items]
    if bare.type.kind == "tuple":
        return with_marks(tuple_value(results), marks)
    if not results:
        return with_marks(list_value((), _element_type(node, bare, scope, evaluate)), marks)
    if one_type(results):
        return with_marks(list_value(results, common_type(results)), marks)
    return with_marks(tuple_value(results), marks)


def _element_type(node: Splat, source: Value, scope: Scope, evaluate: Evaluate) -> Type:
    cause = Unknown("only the type is asked for", scope.at(node.span))
    return evaluate(node.each, scope.over(unknown(source.type.of, cause))).type


def _unknown_sequence(node: Splat, source: Value, content: Undecided, scope: Scope, evaluate: Evaluate) -> Value:
    if source.type.kind == "tuple":
        items = [evaluate(node.each, scope.over(unknown(item, content.cause))).type for item in source.type.items]
        return unknown(tuple_of(items), content.cause)
    element = evaluate(node.each, scope.over(unknown(source.type.of, content.cause))).type
    if source.type.kind == "list" and content.not_null:
        return refined(list_of(element), content.cause, shortest=content.shortest, longest=content.longest)
    return unknown(list_of(element), content.cause)
