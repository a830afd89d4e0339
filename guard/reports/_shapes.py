"""The JSON shapes that several outputs share, as CONTRACT promises them; money is a decimal string."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring
from typing import Any

from guard.model.finding import Finding, Problem, UnknownFact
from guard.model.location import Location, Step
from guard.model.node import Node, is_sequence
from guard.model.report import Money
from guard.model.rounding import rounded
from guard.model.value import Absent, Known, Unknown, Value

CENT = Decimal("0.01")


def location(place: Location | None) -> dict[str, Any] | None:
    """Return a location: path, and lines and columns from 1, the end exclusive."""
    if place is None:
        return None
    line, column, end_line, end_column = place.span
    return {"path": place.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def steps(related: Iterable[Step]) -> list[dict[str, Any]]:
    """Return related places with what they say."""
    return [{"location": location(step.location), "message": step.message} for step in related]


def finding(one: Finding) -> dict[str, Any]:
    """Return a finding with its fix (text edits) and what doing so saves (USD a month), where there are such."""
    fix = None
    if one.fix is not None:
        edits = [{"location": location(edit.location), "text": edit.text} for edit in one.fix.edits]
        fix = {"message": one.fix.message, "edits": edits}
    return {
        "rule": one.rule,
        "severity": one.severity.value,
        "message": one.message,
        "address": one.address,
        "attribute": one.attribute,
        "location": location(one.location),
        "related": steps(one.related),
        "fingerprint": one.fingerprint,
        "saving": None if one.saving is None else cents(one.saving),
        "fix": fix,
    }


def problem(one: Problem) -> dict[str, Any]:
    """Return a problem; `blocking` tells whether it kept something from being judged."""
    return {
        "code": one.code,
        "message": one.message,
        "location": location(one.location),
        "related": steps(one.related),
        "blocking": one.blocking,
        "advisory": one.advisory,
    }


def unknown(one: UnknownFact) -> dict[str, Any]:
    """Return a fact that the text does not decide; `rule` is the one that asked for it."""
    return {
        "address": one.address,
        "attribute": one.attribute,
        "reason": one.reason,
        "rule": one.rule or None,
        "location": location(one.location),
    }


def cents(amount: Decimal) -> str:
    """Return USD with two decimals, half to even."""
    return f"{rounded(amount, CENT):f}"


def exact(amount: Decimal) -> str:
    """Return a number with all its digits and no exponent."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(amount: Money) -> dict[str, str]:
    """Return a range of USD a month."""
    return {"low": cents(amount.low), "high": cents(amount.high)}


def fact(value: Value[Any]) -> Any:
    """Return a fact: its value, `{"__unknown__": reason}`, or null where nothing is written."""
    match value:
        case Known(known):
            return plain(known)
        case Unknown(reason):
            return {"__unknown__": reason}
        case Absent():
            return None


def plain(value: Any) -> Any:
    """Return a known value in the types that `write` takes; numbers stay Decimal and keep all their digits."""
    if isinstance(value, Node):
        return node(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value


def node(one: Node) -> Any:
    """Return a configuration in JSON's types, unknown parts as `{"__unknown__": reason}`."""
    value = one.value
    if isinstance(value, Unknown):
        return {"__unknown__": value.reason}
    if isinstance(value, Mapping):
        return {name: node(child) for name, child in value.items()}
    if is_sequence(value):
        return [node(child) for child in value]
    return plain(value)


def write(value: Any) -> str:
    """Return JSON text, indented by two, with every Decimal written digit by digit, which `json` itself cannot do."""
    return "".join(_written(value, "\n")) + "\n"


def line(value: Any) -> str:
    """Return JSON text on one line, every Decimal with all its digits."""
    return "".join(_flat(value))


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for i, (name, child) in enumerate(value.items()):
            yield f"{', ' if i else '{'}{encode_basestring(name)}: "
            yield from _flat(child)
        yield "}" if value else "{}"
    elif isinstance(value, (list, tuple)):
        for i, child in enumerate(value):
            yield ", " if i else "["
            yield from _flat(child)
        yield "]" if value else "[]"
    else:
        yield _scalar(value)


def _written(value: Any, line: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        members = [(f"{encode_basestring(name)}: ", child) for name, child in value.items()]
        yield from _group("{", "}", members, line)
    elif isinstance(value, (list, tuple)):
        yield from _group("[", "]", [("", child) for child in value], line)
    else:
        yield _scalar(value)


def _group(opening: str, closing: str, members: list[tuple[str, Any]], line: str) -> Iterator[str]:
    if not members:
        yield opening + closing
        return
    deeper = line + "  "
    for i, (name, child) in enumerate(members):
        yield f"{',' if i else opening}{deeper}{name}"
        yield from _written(child, deeper)
    yield line + closing


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        # Lone surrogates cannot be encoded as UTF-8; they are written as escapes, and everything else as it is.
        return encode_basestring(value) if value.isascii() or _encodable(value) else json.dumps(value)
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < 400 else f"{value:E}"
    return str(value)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
