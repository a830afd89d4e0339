"""JSON as Terraform writes and reads it: `jsonencode`, `jsondecode`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn

from guard.terraform import numbers
from guard.terraform.conversion import convertible
from guard.terraform.functions.framework import Arguments, Environment, Function, FunctionError, Parameter, unknown_from
from guard.terraform.number_parsing import parse
from guard.terraform.numbers import Number
from guard.terraform.sets import quoted
from guard.terraform.types import BOOL, DYNAMIC, NUMBER, STRING, Type
from guard.terraform.values import (
    NULL,
    Undecided,
    Value,
    boolean,
    first_unknown,
    may_be_null,
    number,
    object_value,
    refined,
    string,
    tuple_value,
)

DEEPEST: Final = 400
_HTML: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def encode_text(text: str) -> str:
    """Return text as a JSON string, with the characters escaped that Go escapes for HTML's sake."""
    return escaped(json.dumps(text, ensure_ascii=False))


def escaped(written: str) -> str:
    """Return JSON with those characters escaped which Go escapes for HTML's sake; they stand only within strings."""
    return written.translate(_HTML)


def encode(value: Value) -> str:
    """Return a wholly known value as JSON; FunctionError for infinities and for what is nested too deeply."""
    parts: list[str] = []
    _encode(value, parts, 0)
    return "".join(parts)


def _encode(value: Value, parts: list[str], depth: int) -> None:
    if depth > DEEPEST:
        raise FunctionError(f"the value is nested more than {DEEPEST} levels deep")
    content = value.content
    if content is None:
        parts.append("null")
    elif isinstance(content, bool):
        parts.append("true" if content else "false")
    elif isinstance(content, str):
        parts.append(encode_text(content))
    elif isinstance(content, Number):
        if content.is_infinite:
            raise FunctionError("cannot serialize infinity as JSON")
        parts.append(numbers.text(content))
    elif isinstance(content, Mapping):
        _encode_members(content, parts, depth)
    else:
        parts.append("[")
        for position, item in enumerate(value.items):
            if position:
                parts.append(",")
            _encode(item, parts, depth + 1)
        parts.append("]")


def _encode_members(members: Mapping[str, Value], parts: list[str], depth: int) -> None:
    parts.append("{")
    for position, (name, item) in enumerate(members.items()):
        parts.append(f"{',' if position else ''}{encode_text(name)}:")
        _encode(item, parts, depth + 1)
    parts.append("}")


_OPENINGS: Final = {"string": '"', "object": "{", "map": "{", "tuple": "[", "list": "[", "set": "["}


def _jsonencode(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    value = arguments[0]
    cause = first_unknown(value)
    if cause is None:
        return string(encode(value))
    if may_be_null(value):
        return unknown_from(STRING, value)
    return refined(STRING, cause, prefix=_OPENINGS.get(value.type.kind, ""))


class _Members(tuple[tuple[str, object], ...]):
    """The members of a JSON object in their order, repeated names included."""

    __slots__ = ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


def _whole_characters(text: str) -> str:
    """Return text with lone surrogates, which escapes can write, replaced as Go replaces them."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def _literal(text: str) -> Number:
    found = parse(text)
    if found is None:
        raise ValueError("a number has too many digits")
    return found


def decode(text: str) -> Value:
    """Return the value that a JSON text stands for; FunctionError where it is not valid."""
    try:
        document = json.loads(
            text, object_pairs_hook=_Members, parse_float=_literal, parse_int=_literal, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        raise FunctionError(f"invalid JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}") from None
    except ValueError as error:
        raise FunctionError(f"invalid JSON: {error}") from None
    return _decoded(document, 0)


def _decoded(document: object, depth: int) -> Value:
    if depth > DEEPEST:
        raise FunctionError(f"the document is nested more than {DEEPEST} levels deep")
    if document is None:
        return NULL
    if isinstance(document, bool):
        return boolean(document)
    if isinstance(document, Number):
        return number(document)
    if isinstance(document, str):
        return string(_whole_characters(document))
    if isinstance(document, _Members):
        return _decoded_members(document, depth)
    assert isinstance(document, Sequence)
    return tuple_value(_decoded(item, depth + 1) for item in document)


def _decoded_members(members: Iterable[tuple[str, object]], depth: int) -> Value:
    found: dict[str, Value] = {}
    for written, item in members:
        name = _whole_characters(written)
        value = _decoded(item, depth + 1)
        if name in found and convertible(found[name], value.type) is None:
            raise FunctionError(f"duplicate {quoted(name)} property in JSON object")
        found[name] = value
    return object_value(found)


def _jsondecode_kind(arguments: Arguments) -> Type:
    held = arguments[0].content
    prefix = held.prefix.strip(" \t\r\n") if isinstance(held, Undecided) else ""
    if not prefix or prefix[0] in "{[n":
        return DYNAMIC
    if prefix[0] == '"':
        return STRING
    if prefix[0] in "tf":
        return BOOL
    if prefix[0] in "-.0123456789":
        return NUMBER
    raise FunctionError(f"a JSON document cannot begin with the character {quoted(prefix[0])}", 0)


def _jsondecode(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    content = arguments[0].content
    assert isinstance(content, str)
    return decode(content)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "jsonencode": Function((Parameter("val", unknown=True, dynamic=True, null=True),), STRING, _jsonencode),
    "jsondecode": Function((Parameter("str", STRING),), _jsondecode_kind, _jsondecode, never_null=False),
}
