"""Which of its arguments a function call gives back, so that a value can be followed through the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from guard.formats.hcl_syntax import Call, Expression, Index
from guard.terraform.expressions import evaluate
from guard.terraform.scope import Failure, Scope
from guard.terraform.values import Value


def value_of(expression: Expression, scope: Scope) -> Value | None:
    """Return an expression's value, None where it has none or it is unknown."""
    try:
        value = evaluate(expression, scope)
    except Failure:
        return None
    return value if value.is_known else None


def taken_argument(node: Call, scope: Scope) -> Expression | None:
    """Return the argument (or an element of one) whose value a call returns, None for calls that make a new one."""
    take = _CALLS.get(node.name)
    return None if take is None else take(node, scope)


def _first(node: Call, scope: Scope) -> Expression | None:
    return node.arguments[0]


def _try(node: Call, scope: Scope) -> Expression | None:
    for argument in node.arguments:
        try:
            evaluate(argument, scope)
        except Failure:
            continue
        return argument
    return None


def _coalesce(node: Call, scope: Scope) -> Expression | None:
    for argument in node.arguments:
        value = value_of(argument, scope)
        if value is None:
            return None
        if value.content is not None and value.content != "":
            return argument
    return None


def _lookup(node: Call, scope: Scope) -> Expression | None:
    if len(node.arguments) < 2:
        return None
    members, key = value_of(node.arguments[0], scope), value_of(node.arguments[1], scope)
    if members is None or key is None or not isinstance(key.content, str):
        return None
    if key.content in members.fields:
        return Index(node.arguments[0], node.arguments[1], node.span)
    return node.arguments[2] if len(node.arguments) > 2 else None


_CALLS: Final[Mapping[str, Callable[[Call, Scope], Expression | None]]] = {
    "try": _try,
    "coalesce": _coalesce,
    "lookup": _lookup,
    **dict.fromkeys(
        ("tostring", "tonumber", "tobool", "tolist", "tomap", "toset", "sensitive", "nonsensitive"), _first
    ),
}
