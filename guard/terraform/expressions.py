"""The value of an expression: HCL's semantics over values, one function for each kind of syntax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from guard.formats.hcl_syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    GetAttribute,
    Index,
    Literal,
    ObjectConstructor,
    Parentheses,
    Splat,
    SplatItem,
    Template,
    TupleConstructor,
    Unary,
    Variable,
)
from guard.model.value import Unknown
from guard.terraform import loops, operations, templates
from guard.terraform.access import get_attribute, get_index, step_span
from guard.terraform.calls import call
from guard.terraform.conditionals import conditional
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.functions.framework import FunctionError
from guard.terraform.scope import EvaluationError, Scope
from guard.terraform.types import DYNAMIC, STRING
from guard.terraform.values import (
    FALSE,
    NULL,
    TRUE,
    Value,
    cause_of,
    number,
    object_value,
    string,
    tuple_value,
    unknown,
    with_marks,
)

_DECISIVE: Final = {"&&": False, "||": True}
SHORT_CIRCUIT: Final = "short-circuit"
"""The code of errors that newer versions of Terraform do not have."""


def evaluate(expression: Expression, scope: Scope) -> Value:
    """Return the value of `expression`. Raises EvaluationError where it has none."""
    return _KINDS[type(expression)](expression, scope)


def attempt(expression: Expression, scope: Scope) -> Value | EvaluationError:
    """Return the value of `expression`, or the error where it has none."""
    try:
        return evaluate(expression, scope)
    except EvaluationError as error:
        return error


def _literal(node: Literal, scope: Scope) -> Value:
    value = node.value
    if isinstance(value, str):
        return string(value)
    if value is None:
        return NULL
    if isinstance(value, bool):
        return TRUE if value else FALSE
    return number(value)


def _tuple(node: TupleConstructor, scope: Scope) -> Value:
    return tuple_value([evaluate(item, scope) for item in node.items])


def _object(node: ObjectConstructor, scope: Scope) -> Value:
    members: dict[str, Value] = {}
    marks: frozenset[str] = frozenset()
    undecided: Unknown | None = None
    for key_node, value_node in node.items:
        key = _literal(key_node, scope) if type(key_node) is Literal else evaluate(key_node, scope)
        if key.content is None:
            raise scope.error("null cannot be used as a key", key_node.span)
        marks |= key.marks
        value = evaluate(value_node, scope)
        if not key.is_known:
            undecided = undecided or cause_of(key)
            continue
        members[_key_text(key, key_node, scope)] = value
    result = object_value(members) if undecided is None else unknown(DYNAMIC, undecided)
    return with_marks(result, marks) if marks else result


def _key_text(key: Value, node: Expression, scope: Scope) -> str:
    if isinstance(key.content, str):
        return key.content
    try:
        text = convert(key, STRING).content
    except ConversionError as error:
        raise scope.error(f"this cannot be used as a key: {error}", node.span) from None
    assert isinstance(text, str)
    return text


def _variable(node: Variable, scope: Scope) -> Value:
    bound = scope.bound.get(node.name)
    return bound if bound is not None else scope.context.resolve(node, (), scope)[0]


def access(node: GetAttribute | Index, scope: Scope) -> Value:
    """Return the value of a chain of attributes and indices, of which the context resolves the beginning."""
    steps: list[GetAttribute | Index] = []
    inner: Expression = node
    while type(inner) is GetAttribute or type(inner) is Index:
        steps.append(inner)
        inner = inner.source
    if len(steps) > 1:
        steps.reverse()
    used = 0
    if type(inner) is Variable and inner.name not in scope.bound:
        value, used = scope.context.resolve(inner, steps, scope)
    else:
        value = evaluate(inner, scope)
    for step in steps[used:] if used else steps:
        value = apply_step(value, step, scope)
    return value


def apply_step(value: Value, step: GetAttribute | Index, scope: Scope) -> Value:
    """Return the value's attribute or element that one step names."""
    if type(step) is GetAttribute:
        content = value.content
        if type(content) is dict and not value.marks and step.name in content:
            member: Value = content[step.name]
            return member
        return get_attribute(value, step.name, scope, step_span(step))
    assert isinstance(step, Index)
    return get_index(value, evaluate(step.key, scope), scope, step_span(step))


def _splat_item(node: SplatItem, scope: Scope) -> Value:
    assert scope.item is not None
    return scope.item


def _splat(node: Splat, scope: Scope) -> Value:
    return loops.splat(node, evaluate(node.source, scope), scope, evaluate)


def _for_tuple(node: ForTuple, scope: Scope) -> Value:
    return loops.for_tuple(node, evaluate(node.collection, scope), scope, evaluate)


def _for_object(node: ForObject, scope: Scope) -> Value:
    return loops.for_object(node, evaluate(node.collection, scope), scope, evaluate)


def _conditional(node: Conditional, scope: Scope) -> Value:
    return conditional(
        node.condition, attempt(node.then, scope), attempt(node.otherwise, scope), scope, evaluate, node.span
    )


def _unary(node: Unary, scope: Scope) -> Value:
    try:
        return operations.unary(node.operator, evaluate(node.operand, scope))
    except FunctionError as error:
        raise scope.error(error.message, node.operand.span) from None


def _binary(node: Binary, scope: Scope) -> Value:
    # A chain of operators (a + b + c ...) leans to the left; walked as a list it costs no recursion.
    pending: list[Binary] = [node]
    left: Expression = node.left
    while type(left) is Binary:
        pending.append(left)
        left = left.left
    value = evaluate(left, scope)
    while pending:
        one = pending.pop()
        if one.operator in _DECISIVE:
            value = _logical(one, value, scope)
        else:
            value = _operation(one, value, evaluate(one.right, scope), scope)
    return value


def _logical(node: Binary, left: Value, scope: Scope) -> Value:
    """Return the result of `&&` or `||`. From Terraform 1.12 on the left operand alone may decide it."""
    decided = left.content is _DECISIVE[node.operator]
    if decided and scope.context.short_circuits:
        return left
    try:
        return _operation(node, left, evaluate(node.right, scope), scope)
    except EvaluationError as error:
        message = f"{error.message} (before Terraform 1.12 both operands of {node.operator} are evaluated)"
        if not decided or not scope.context.overlooks(EvaluationError(message, error.location, SHORT_CIRCUIT)):
            raise
        return left


def _operation(node: Binary, left: Value, right: Value, scope: Scope) -> Value:
    try:
        return operations.binary(node.operator, left, right)
    except FunctionError as error:
        span = {0: node.left.span, 1: node.right.span}.get(-1 if error.argument is None else error.argument, node.span)
        raise scope.error(error.message, span) from None


def _call(node: Call, scope: Scope) -> Value:
    return call(node, scope, evaluate)


def _template(node: Template, scope: Scope) -> Value:
    return templates.template(node, scope, evaluate)


def _parentheses(node: Parentheses, scope: Scope) -> Value:
    return evaluate(node.inner, scope)


_KINDS: Final[dict[type, Callable[[Any, Scope], Value]]] = {
    Literal: _literal,
    Template: _template,
    TupleConstructor: _tuple,
    ObjectConstructor: _object,
    Variable: _variable,
    GetAttribute: access,
    Index: access,
    Splat: _splat,
    SplatItem: _splat_item,
    Call: _call,
    Conditional: _conditional,
    Unary: _unary,
    Binary: _binary,
    ForTuple: _for_tuple,
    ForObject: _for_object,
    Parentheses: _parentheses,
}
