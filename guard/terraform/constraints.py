"""Type constraints as variables write them: `list(string)`, `object({a = optional(number, 1)})`."""

from __future__ import annotations

from collections.abc import Callable

from guard.formats.hcl_syntax import (
    Call,
    Expression,
    Literal,
    ObjectConstructor,
    Parentheses,
    TupleConstructor,
    Variable,
)
from guard.model.location import Span
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.defaults import Defaults, apply_defaults
from guard.terraform.scope import EvaluationError, Scope
from guard.terraform.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Type,
    list_of,
    map_of,
    object_of,
    set_of,
    tuple_of,
    without_optional,
)
from guard.terraform.values import Value

Constant = Callable[[Expression], Value]
_NAMES = {"string": STRING, "number": NUMBER, "bool": BOOL, "any": DYNAMIC}
_COLLECTIONS = {"list": list_of, "set": set_of, "map": map_of}


def constraint(expression: Expression, scope: Scope, constant: Constant) -> tuple[Type, Defaults]:
    """Return the type that `expression` writes and the defaults within it. Raises EvaluationError where it is none.

    `constant` evaluates the default of an `optional(...)`.
    """
    if type(expression) is Literal and type(expression.value) is str:
        expression = _quoted(expression, scope)
    return _type(expression, scope, constant)


def _quoted(node: Literal, scope: Scope) -> Expression:
    # In JSON a type is always quoted; in native syntax that is the form of Terraform 0.11.
    from guard.formats.hcl import parse_expression

    text = str(node.value)
    if not scope.path.endswith(".json"):
        raise scope.error(
            f"a type is written without quotes: {text if text not in _COLLECTIONS else text + '(any)'}", node.span
        )
    expression, problems = parse_expression(scope.path, text, node.span)
    if expression is None:
        raise EvaluationError(problems[0].message, problems[0].location or scope.at(node.span), "type")
    return expression


def _type(node: Expression, scope: Scope, constant: Constant) -> tuple[Type, Defaults]:
    if isinstance(node, Parentheses):
        return _type(node.inner, scope, constant)
    if isinstance(node, Variable):
        return _plain(_named(node, scope))
    if not isinstance(node, Call):
        raise _no_type(scope, node.span)
    if node.name in _COLLECTIONS and len(node.arguments) == 1:
        element, inner = _type(node.arguments[0], scope, constant)
        kind = _COLLECTIONS[node.name](element)
        return kind, Defaults(kind, {}, {} if inner.is_empty else {"": inner})
    if node.name == "object" and len(node.arguments) == 1:
        return _object(node.arguments[0], scope, constant)
    if node.name == "tuple" and len(node.arguments) == 1:
        return _tuple(node.arguments[0], scope, constant)
    if node.name == "optional":
        raise scope.error("optional(...) is only allowed for an attribute of an object type", node.name_span)
    if node.name in (*_COLLECTIONS, "object", "tuple"):
        raise scope.error(f"{node.name}(...) takes one argument: the type of what is in it", node.span)
    raise _no_type(scope, node.name_span)


def _no_type(scope: Scope, span: Span) -> EvaluationError:
    known = "string, number, bool, any, list(...), set(...), map(...), object({...}) and tuple([...])"
    return EvaluationError(f"this is no type; types are {known}", scope.at(span), "type")


def _plain(kind: Type) -> tuple[Type, Defaults]:
    return kind, Defaults(kind)


def _named(node: Variable, scope: Scope) -> Type:
    if node.name in _COLLECTIONS:
        return _COLLECTIONS[node.name](DYNAMIC)
    if node.name in ("object", "tuple"):
        raise scope.error(f"{node.name} needs to know what is in it: {node.name}(...)", node.span)
    if node.name not in _NAMES:
        raise _no_type(scope, node.span)
    return _NAMES[node.name]


def _tuple(node: Expression, scope: Scope, constant: Constant) -> tuple[Type, Defaults]:
    if not isinstance(node, TupleConstructor):
        raise scope.error("tuple(...) takes a list of types: tuple([string, number])", node.span)
    found = [_type(item, scope, constant) for item in node.items]
    kind = tuple_of([item for item, _ in found])
    return kind, Defaults(kind, {}, {str(i): inner for i, (_, inner) in enumerate(found) if not inner.is_empty})


def _object(node: Expression, scope: Scope, constant: Constant) -> tuple[Type, Defaults]:
    if not isinstance(node, ObjectConstructor):
        raise scope.error("object(...) takes the types of its attributes: object({name = string})", node.span)
    attributes: dict[str, Type] = {}
    optional: list[str] = []
    values: dict[str, Value] = {}
    children: dict[str, Defaults] = {}
    for key, value in node.items:
        name = _attribute_name(key, scope)
        written, default = value, None
        if isinstance(value, Call) and value.name == "optional":
            written, default = _optional(value, scope)
            optional.append(name)
        attributes[name], inner = _type(written, scope, constant)
        if not inner.is_empty:
            children[name] = inner
        if default is not None:
            values[name] = _default(default, attributes[name], inner, scope, constant)
    kind = object_of(attributes, optional)
    return kind, Defaults(kind, values, children)


def _attribute_name(key: Expression, scope: Scope) -> str:
    if isinstance(key, Literal) and isinstance(key.value, str):
        return key.value
    if isinstance(key, Variable):
        return key.name
    raise scope.error("the attributes of an object type are plain names", key.span)


def _optional(node: Call, scope: Scope) -> tuple[Expression, Expression | None]:
    if not 1 <= len(node.arguments) <= 2:
        raise scope.error("optional(...) takes a type and, if wanted, a default", node.span)
    return node.arguments[0], node.arguments[1] if len(node.arguments) == 2 else None


def _default(node: Expression, kind: Type, inner: Defaults, scope: Scope, constant: Constant) -> Value:
    value = constant(node)
    try:
        if not value.is_null:
            value = apply_defaults(value, inner)
        return convert(value, without_optional(kind) if value.is_null else kind)
    except ConversionError as error:
        raise scope.error(f"this default does not fit its type: {error}", node.span) from None
