"""Function calls within expressions: expansion of arguments, and the functions that look at their arguments' syntax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TypeAlias

from guard.formats.hcl_syntax import Call, Expression, GetAttribute, Index, Literal, Parentheses, Splat, Variable
from guard.model.location import Span
from guard.model.value import Unknown
from guard.terraform.functions.framework import NOWHERE, Environment, FunctionError
from guard.terraform.references import parts_of
from guard.terraform.scope import EvaluationError, Scope
from guard.terraform.types import BOOL, DYNAMIC, friendly_name
from guard.terraform.values import (
    FALSE,
    TRUE,
    Undecided,
    Value,
    cause_of,
    first_unknown,
    pairs,
    string,
    unknown,
    unmarked,
    with_marks,
)

Evaluate: TypeAlias = Callable[[Expression, Scope], Value]


def call(node: Call, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the result of a function call. Raises EvaluationError where it fails."""
    special = _SPECIAL.get(node.name.removeprefix("core::"))
    if special is not None:
        return special(node, scope, evaluate)
    if node.name == "templatestring":
        _check_template_argument(node, scope)
    arguments = [evaluate(one, scope) for one in node.arguments]
    if node.expand:
        expanded = _expanded(arguments[-1], node.arguments[-1].span, scope)
        if isinstance(expanded, Unknown):
            return unknown(DYNAMIC, expanded)
        arguments[-1:] = expanded
    result = _run(node, arguments, scope)
    scope.spend(1 + _size(result), node.span)
    return result


def _run(node: Call, arguments: list[Value], scope: Scope) -> Value:
    try:
        if node.name in DECODERS and len(arguments) == 1 and not arguments[0].marks:
            text = arguments[0].content
            if isinstance(text, str):
                return _decoded(node.name, text)
        return _functions()(node.name, arguments, scope.context.environment(scope, node.span))
    except FunctionError as error:
        span = node.name_span
        # An argument that came out of an expansion stands at the expanded expression.
        if error.argument is not None and node.arguments:
            span = node.arguments[min(error.argument, len(node.arguments) - 1)].span
        raise scope.error(f"{node.name}(): {error.message}", span) from None


@cache
def _functions() -> Callable[[str, Sequence[Value], Environment], Value]:
    # They take long to import, and not every configuration calls one.
    from guard.terraform.functions import table

    return table.call


DECODERS = frozenset({"csvdecode", "jsondecode", "yamldecode"})


@lru_cache(maxsize=64)
def _decoded(name: str, text: str) -> Value:
    # Modules that are called from many places read the same files each time.
    return _functions()(name, [string(text)], NOWHERE)


def _size(value: Value) -> int:
    content = value.content
    if isinstance(content, str):
        return len(content) // 256
    return len(content) if isinstance(content, (tuple, dict, Mapping)) else 0


def _expanded(value: Value, span: Span, scope: Scope) -> list[Value] | Unknown:
    if value.content is None:
        raise scope.error("null cannot be expanded into arguments", span)
    if value.type.kind not in ("dynamic", "list", "set", "tuple"):
        raise scope.error(
            f"only a list, set or tuple can be expanded into arguments, not a {friendly_name(value.type)}", span
        )
    if not value.is_known:
        return cause_of(value)
    bare, marks = unmarked(value)
    return [with_marks(item, marks) if marks else item for _, item in pairs(bare)]


def _try(node: Call, scope: Scope, evaluate: Evaluate) -> Value:
    if not node.arguments:
        raise scope.error("try(): at least one argument is required", node.name_span)
    last: EvaluationError | None = None
    for argument in node.arguments:
        scope.budget.tries += 1
        try:
            value = evaluate(argument, scope)
        except EvaluationError as error:
            last = error
            continue
        finally:
            scope.budget.tries -= 1
        cause = _undecided(argument, value, scope, evaluate)
        return value if cause is None else _open(value, cause)
    assert last is not None
    raise scope.error(f"try(): no expression succeeded; the last one failed because {last.message}", node.name_span)


def _open(value: Value, cause: Unknown) -> Value:
    # Parts of a resource can be asked for although the whole is not known.
    held = value.undecided
    return value if held is not None and held.part is not None else unknown(DYNAMIC, cause)


def _can(node: Call, scope: Scope, evaluate: Evaluate) -> Value:
    if len(node.arguments) != 1:
        raise scope.error("can(): exactly one argument is required", node.name_span)
    scope.budget.tries += 1
    try:
        value = evaluate(node.arguments[0], scope)
    except EvaluationError:
        return FALSE
    finally:
        scope.budget.tries -= 1
    cause = _undecided(node.arguments[0], value, scope, evaluate)
    return TRUE if cause is None else unknown(BOOL, cause, not_null=True)


def _undecided(expression: Expression, value: Value, scope: Scope, evaluate: Evaluate) -> Unknown | None:
    """Return the first unknown that an expression depends on: whether it succeeds may change once that is known."""
    if type(expression) is Literal:
        return None
    for part in parts_of(expression, frozenset()):
        found = _traversed(part, scope, evaluate)
        cause = None if found is None else first_unknown(found)
        if cause is not None:
            return cause
    return first_unknown(value) if type(value.content) is Undecided else None


def _traversed(part: Expression, scope: Scope, evaluate: Evaluate) -> Value | None:
    try:
        return evaluate(part, scope)
    except EvaluationError:
        return None


def _check_template_argument(node: Call, scope: Scope) -> None:
    inner = node.arguments[0] if node.arguments else None
    while isinstance(inner, (GetAttribute, Index, Splat, Parentheses)):
        inner = inner.inner if isinstance(inner, Parentheses) else inner.source
    if inner is not None and not isinstance(inner, Variable):
        message = "templatestring(): the template must be a reference to a value; a literal needs no templatestring"
        raise scope.error(message, node.arguments[0].span)


_SPECIAL: Mapping[str, Callable[[Call, Scope, Evaluate], Value]] = {"try": _try, "can": _can}
