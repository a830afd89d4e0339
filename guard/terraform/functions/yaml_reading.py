"""YAML as Terraform reads it (go-cty-yaml): `yamldecode`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from guard.formats.yaml_events import YamlError, YamlEvent, events
from guard.terraform import numbers
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.functions.encoding import decode_base64
from guard.terraform.functions.framework import Arguments, Environment, Function, FunctionError, Parameter
from guard.terraform.functions.timestamps import Moment, in_range
from guard.terraform.number_parsing import parse
from guard.terraform.sets import quoted
from guard.terraform.types import DYNAMIC, STRING, Type, friendly_name
from guard.terraform.values import (
    FALSE,
    NULL,
    TRUE,
    Value,
    as_text,
    number,
    object_value,
    string,
    tuple_value,
)

DEEPEST: Final = 200
MOST_NODES: Final = 300_000
"""Aliases count as what they stand for, so that few of them cannot stand for billions."""

_LONG: Final = "tag:yaml.org,2002:"
_STR, _BOOL, _INT, _FLOAT, _NULL, _TIMESTAMP, _BINARY = (
    _LONG + name for name in ("str", "bool", "int", "float", "null", "timestamp", "binary")
)
_RESOLVABLE: Final = frozenset(("", _STR, _BOOL, _INT, _FLOAT, _NULL, _TIMESTAMP, _BINARY))
_WORDS: Final[Mapping[str, Value]] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], TRUE),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], FALSE),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), NULL),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], number(numbers.infinity())),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], number(numbers.infinity(negative=True))),
}
_HINTED: Final = frozenset("+-0123456789yYnNtTfFoO~.")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FRACTION: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CLOCK: Final = r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?"
_TIME: Final = re.compile(
    rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[Tt]{_CLOCK}(Z|[+-]\d\d:\d\d)| {_CLOCK})?",
    re.ASCII,
)
_MERGE: Final = "<<"


def decode(text: str) -> Value:
    """Return the value of a text that holds one YAML document; FunctionError where it is not valid."""
    try:
        return _Reader(events(text or "\n")).document()
    except YamlError as error:
        raise FunctionError(str(error)) from None


class _Reader:
    """Builds a value from events."""

    def __init__(self, stream: Iterator[YamlEvent]) -> None:
        self._stream = stream
        self._anchors: dict[str, tuple[Value, int]] = {}
        self._pending: list[str] = []
        self._nodes = 0

    def document(self) -> Value:
        """Return the value of the stream's only document."""
        if next(self._stream, None) is None:
            raise FunctionError("on line 1, column 1: missing start of document")
        value = self._value(next(self._stream), 0)
        extra = next(self._stream, None)
        if extra is not None:
            raise _failure(extra, "unexpected extra content after value")
        return value

    def _value(self, event: YamlEvent, depth: int) -> Value:
        if event.kind == "alias":
            return self._alias(event)
        before = self._nodes
        self._count(event, 1)
        if depth > DEEPEST:
            raise _failure(event, f"nested more than {DEEPEST} levels deep")
        if event.anchor:
            self._pending.append(event.anchor)
        if event.kind == "scalar":
            value = _scalar(event)
        elif event.tag not in ("", _LONG + ("map" if event.kind == "mapping" else "seq")):
            raise _failure(event, f"can't interpret {event.kind} as {event.tag}")
        else:
            value = self._mapping(depth) if event.kind == "mapping" else self._sequence(depth)
        if event.anchor:
            self._pending.pop()
            self._anchors[event.anchor] = value, self._nodes - before
        return value

    def _count(self, event: YamlEvent, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise _failure(event, f"the document, its aliases resolved, has more than {MOST_NODES} nodes")

    def _alias(self, event: YamlEvent) -> Value:
        if event.anchor in self._pending:
            raise _failure(event, f"cannot refer to anchor {quoted(event.anchor)} from inside its own definition")
        if event.anchor not in self._anchors:
            raise _failure(event, f"reference to undefined anchor {quoted(event.anchor)}")
        value, nodes = self._anchors[event.anchor]
        self._count(event, nodes)
        return value

    def _sequence(self, depth: int) -> Value:
        items = []
        while (event := next(self._stream)).kind != "end":
            items.append(self._value(event, depth + 1))
        return tuple_value(items)

    def _mapping(self, depth: int) -> Value:
        members: dict[str, Value] = {}
        while (event := next(self._stream)).kind != "end":
            if event.kind != "scalar":
                raise _failure(event, "only strings are allowed as mapping keys")
            if not event.tag and event.value == _MERGE:
                merged = self._value(next(self._stream), depth + 1)
                if merged.type.kind != "object" or merged.is_null:
                    raise _failure(event, f"cannot merge {friendly_name(merged.type)} into mapping")
                members |= merged.fields
                continue
            key = _key(event)
            members[key] = self._value(next(self._stream), depth + 1)
        return object_value(members)


def _failure(event: YamlEvent, message: str) -> FunctionError:
    return FunctionError(f"on line {event.line}, column {event.column}: {message}")


def _key(event: YamlEvent) -> str:
    key = convert(_resolved(event), STRING)
    if key.is_null:
        raise _failure(event, "mapping key cannot be null")
    return as_text(key)


def _scalar(event: YamlEvent) -> Value:
    value = _resolved(event)
    if event.style and not event.tag:
        # What is quoted or a block is a string, though it is read like a plain scalar before.
        try:
            return convert(value, STRING)
        except ConversionError as error:
            raise _failure(event, str(error)) from None
    return value


def _resolved(event: YamlEvent) -> Value:
    text, tag = event.value, event.tag
    if tag not in _RESOLVABLE:
        raise _failure(event, f"unsupported tag {quoted(tag)}")
    if (not text or text[0] in _HINTED) and tag not in (_STR, _BINARY):
        if event.style in ("'", '"'):
            return string(text)
        if text in _WORDS:
            return _WORDS[text]
        found, tag = _hinted(event)
        if found is not None:
            return found
    return _tagged(event, tag)


def _hinted(event: YamlEvent) -> tuple[Value | None, str]:
    """Return what the first character of a scalar makes it, or the tag that it makes likely."""
    text, tag = event.value, event.tag
    if not tag and text in (".nan", ".NaN", ".NAN"):
        raise _failure(event, "floating point NaN is not supported")
    if text[:1] == ".":
        found = parse(text)
        return (None if found is None else number(found)), tag
    if text[:1] not in "+-0123456789":
        return None, tag
    if tag in ("", _TIMESTAMP):
        moment = _timestamp(text)
        if moment is not None:
            return string(moment), tag
    if _INTEGER.fullmatch(text):
        return None, _INT
    return None, _FLOAT if _FRACTION.fullmatch(text) else tag


def _tagged(event: YamlEvent, tag: str) -> Value:
    text = event.value
    if tag in ("", _STR):
        return string(text)
    if tag == _NULL:
        return NULL
    found: Value | None = None
    if tag == _BINARY and decode_base64(text) is not None:
        found = string(text)
    elif tag == _BOOL and text in _WORDS and isinstance(_WORDS[text].content, bool):
        found = _WORDS[text]
    elif tag in (_INT, _FLOAT):
        found = _number(text.replace("_", ""))
    elif tag == _TIMESTAMP:
        moment = _timestamp(text)
        found = None if moment is None else string(moment)
    if found is None:
        raise _failure(event, f"cannot parse {quoted(text)} as {tag}")
    return found


def _number(text: str) -> Value | None:
    found = parse(text)
    if found is not None:
        return number(found)
    match = re.fullmatch(r"([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)", text)
    if match is None or len(text) > 70:
        return None
    value = int(match[2], 0)
    limit = 2**63 if match[1] else 2**64 - 1
    return None if value > limit else number(-value if match[1] == "-" else value)


def _timestamp(text: str) -> str | None:
    """Return a YAML timestamp as RFC 3339 without fractions; None where it is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    hour, minute, second = (int(match[4 + i] or match[8 + i] or 0) for i in range(3))
    zone = match[7] or "Z"
    offset = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[4:6])) * (-1 if zone[0] == "-" else 1)
    moment = Moment(year, month, day, hour, minute, second, 0, offset)
    return moment.text() if in_range(moment) else None


def _kind(arguments: Arguments) -> Type:
    return DYNAMIC


def _yamldecode(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return decode(as_text(arguments[0]))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "yamldecode": Function((Parameter("src", STRING),), _kind, _yamldecode, never_null=False)
}
