"""Attributes and elements of values, by the rules and with the errors of HCL."""

from __future__ import annotations

from guard.formats.hcl_syntax import GetAttribute, Index
from guard.model.location import Span
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.numbers import Number, NumberTooLarge, integer
from guard.terraform.scope import Scope
from guard.terraform.types import DYNAMIC, NUMBER, STRING, friendly_name
from guard.terraform.values import Undecided, Value, cause_of, unknown, with_marks


def step_span(node: GetAttribute | Index) -> Span:
    """Return where the step itself is written, after its source."""
    source, whole = node.source.span, node.span
    return Span(source.end_line, source.end_column, whole.end_line, whole.end_column)


def get_attribute(value: Value, name: str, scope: Scope, span: Span) -> Value:
    """Return `value.name`. Raises EvaluationError where there is no such attribute."""
    content = value.content
    if content is None:
        raise scope.error(f'this value is null, so it has no attribute "{name}"', span)
    kind = value.type.kind
    if isinstance(content, Undecided):
        return _attribute_of_unknown(value, content, name, scope, span)
    if kind in ("object", "map"):
        found = value.fields.get(name)
        if found is None:
            noun = "an attribute" if kind == "object" else "an element with the key"
            raise scope.error(f'this {kind} does not have {noun} "{name}"{_known_names(value)}', span)
        return with_marks(found, value.marks) if value.marks else found
    raise scope.error(_no_attributes(value, name), span)


def _attribute_of_unknown(value: Value, content: Undecided, name: str, scope: Scope, span: Span) -> Value:
    kind = value.type.kind
    if content.part is not None:
        found = content.part(name)
        return with_marks(found, value.marks) if value.marks else found
    if kind == "dynamic":
        return Value(DYNAMIC, Undecided(content.cause), value.marks)
    if kind == "map":
        return with_marks(unknown(value.type.of, content.cause), value.marks)
    if kind == "object":
        wanted = value.type.fields.get(name)
        if wanted is None:
            names = ", ".join(value.type.fields)
            raise scope.error(f'this object does not have an attribute "{name}"; it has {names or "none"}', span)
        return with_marks(unknown(wanted, content.cause), value.marks)
    raise scope.error(_no_attributes(value, name), span)


def _known_names(value: Value) -> str:
    names = list(value.fields)
    if not names:
        return "; it has none"
    return "; it has " + ", ".join(names[:20]) + (" ..." if len(names) > 20 else "")


def _no_attributes(value: Value, name: str) -> str:
    kind = friendly_name(value.type)
    if value.type.kind in ("list", "set", "tuple"):
        hint = f"; an element has, as in [0].{name}, and all of them together as [*].{name}"
        return f'a {kind} does not have the attribute "{name}"{hint if value.type.kind != "set" else ""}'
    return f'a value of type {kind} does not have attributes, so not "{name}" either'


def get_index(value: Value, key: Value, scope: Scope, span: Span) -> Value:
    """Return `value[key]`. Raises EvaluationError where there is no such element."""
    if value.content is None:
        raise scope.error("this value is null, so it does not have elements", span)
    if key.content is None:
        raise scope.error("null cannot be used as an index", span)
    marks = value.marks | key.marks
    found = _element(value, key, scope, span)
    return with_marks(found, marks) if marks else found


def _element(value: Value, key: Value, scope: Scope, span: Span) -> Value:
    kind = value.type.kind
    if isinstance(value.content, Undecided) and value.content.part is not None:
        plain = plain_key(key)
        return unknown(DYNAMIC, cause_of(key)) if plain is None else value.content.part(plain)
    if kind == "dynamic":
        return unknown(DYNAMIC, cause_of(value))
    if key.type.kind == "dynamic":
        return unknown(DYNAMIC, cause_of(key))
    if kind in ("list", "tuple"):
        return _by_position(value, _converted(key, "number", scope, span), scope, span)
    if kind in ("map", "object"):
        return _by_name(value, _converted(key, "string", scope, span), scope, span)
    if kind == "set":
        raise scope.error("elements of a set have no index: convert it with tolist() or go over it with for", span)
    raise scope.error(f"a value of type {friendly_name(value.type)} does not have elements", span)


def plain_key(key: Value) -> str | int | None:
    """Return an index as plain text or number, None where it is neither."""
    content = key.content
    if isinstance(content, Number):
        try:
            return integer(content)
        except NumberTooLarge:
            return None
    return content if isinstance(content, str) else None


def _converted(key: Value, wanted: str, scope: Scope, span: Span) -> Value:
    try:
        return convert(Value(key.type, key.content), NUMBER if wanted == "number" else STRING)
    except ConversionError as error:
        raise scope.error(f"this index does not identify an element: {error}", span) from None


def _by_position(value: Value, key: Value, scope: Scope, span: Span) -> Value:
    is_list = value.type.kind == "list"
    if not key.is_known:
        return unknown(value.type.of if is_list else DYNAMIC, cause_of(key))
    number = key.content
    assert isinstance(number, Number)
    if not number.is_integer and not number.is_zero:
        raise scope.error("this index does not identify an element: a list or tuple is indexed by a whole number", span)
    if number.negative and not number.is_zero:
        raise scope.error("this index does not identify an element: a negative number is no valid index", span)
    if not value.is_known and is_list:
        return unknown(value.type.of, cause_of(value))
    size = len(value.items) if value.is_known else len(value.type.items)
    position = integer(number) if number.exponent < 64 else size
    if position >= size:
        what = "it has no elements" if size == 0 else f"there {_are(size)}, the last has index {size - 1}"
        raise scope.error(f"index {position} does not identify an element: {what}", span)
    return value.items[position] if value.is_known else unknown(value.type.items[position], cause_of(value))


def _are(size: int) -> str:
    return "is 1 element" if size == 1 else f"are {size} elements"


def _by_name(value: Value, key: Value, scope: Scope, span: Span) -> Value:
    is_map = value.type.kind == "map"
    if not key.is_known:
        return unknown(value.type.of if is_map else DYNAMIC, cause_of(key))
    name = key.content
    assert isinstance(name, str)
    if not value.is_known:
        if is_map:
            return unknown(value.type.of, cause_of(value))
        return unknown(DYNAMIC, cause_of(value))
    found = value.fields.get(name)
    if found is None:
        raise scope.error(
            f'this {value.type.kind} does not have an element with the key "{name}"{_known_names(value)}', span
        )
    return found
