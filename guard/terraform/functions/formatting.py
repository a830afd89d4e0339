"""`format` and `formatlist`: the verbs of Go's `fmt`, as Terraform has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from guard.terraform import numbers
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.functions.framework import (
    LONGEST_TEXT,
    MOST_ELEMENTS,
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    limited,
    unknown_from,
)
from guard.terraform.functions.json_text import encode, encode_text
from guard.terraform.number_format import fixed, general, scientific
from guard.terraform.numbers import Number
from guard.terraform.operations import length
from guard.terraform.sets import quoted
from guard.terraform.text import cluster_count, clusters, safe_prefix
from guard.terraform.types import BOOL, NUMBER, STRING, Type, list_of
from guard.terraform.values import (
    Value,
    as_number,
    as_text,
    first_unknown,
    is_wholly_known,
    list_value,
    refined,
    string,
)

_VERB: Final = re.compile(r"%([0#\-+ ]*)([1-9][0-9]*)?(?:(\.)([0-9]*))?(?:\[([1-9][0-9]*)\])?([A-Za-z])", re.ASCII)
WIDEST: Final = 1_000_000
_BASES: Final = {"b": ("b", "0b"), "o": ("o", "0"), "x": ("x", "0x"), "X": ("X", "0X"), "d": ("d", "")}


@dataclass(frozen=True, slots=True)
class _Verb:
    """One verb: its text and offset in bytes, which argument it takes (from 1), its letter, flags, width, precision."""

    raw: str
    offset: int
    argument: int
    mode: str
    flags: frozenset[str]
    width: int | None
    precision: int | None


def formatted(template: str, arguments: Sequence[Value]) -> str:
    """Return the template with its verbs filled in from wholly known arguments; FunctionError where they do not fit."""
    parts: list[str] = []
    position = size = highest = 0
    following = 1
    while position < len(template):
        sign = template.find("%", position)
        if sign < 0:
            parts.append(template[position:])
            break
        parts.append(template[position:sign])
        if template.startswith("%%", sign):
            parts.append("%")
            position = sign + 2
            continue
        verb = _read(template, sign, following)
        highest, following = max(highest, verb.argument), verb.argument + 1
        parts.append(_filled(verb, arguments))
        size += len(parts[-1])
        if size > LONGEST_TEXT:
            raise FunctionError(f"the result would be longer than {LONGEST_TEXT} characters")
        position = sign + len(verb.raw)
    if highest < len(arguments):
        used = f"only {highest} used by format string" if highest else "no verbs in format string"
        raise FunctionError(f"too many arguments; {used}", highest + 1)
    return limited("".join(parts))


def _read(template: str, position: int, following: int) -> _Verb:
    match = _VERB.match(template, position)
    offset = len(template[:position].encode("utf-8"))
    if match is None:
        raise _unreadable(template, position)
    flags, width, point, precision, argument, mode = match.groups()
    verb = _Verb(
        match[0],
        offset,
        int(argument[:9]) if argument else following,
        mode,
        frozenset(flags),
        int(width[:9]) if width else None,
        int(precision[:9] or 0) if point else None,
    )
    if max(verb.width or 0, verb.precision or 0) > WIDEST:
        raise FunctionError(f"the width or precision of {quoted(verb.raw)} at {offset} is larger than {WIDEST}")
    return verb


def _unreadable(template: str, position: int) -> FunctionError:
    """Return what is wrong with a verb: the first character that cannot go on with it."""
    rest = re.compile(r"%[0#\-+ ]*(?:[1-9][0-9]*)?(?:\.[0-9]*)?(?:\[(?:[1-9][0-9]*\]?)?)?").match(template, position)
    end = rest.end() if rest else position + 1
    offset = len(template[:end].encode("utf-8"))
    if end >= len(template):
        return FunctionError(f"invalid format string starting at offset {offset}")
    letter = template[end].replace("\\", "\\\\").replace("'", "\\'")
    return FunctionError(f"unrecognized format character '{letter}' at offset {offset}")


def _filled(verb: _Verb, arguments: Sequence[Value]) -> str:
    if verb.argument > len(arguments):
        message = f"need index {verb.argument} but have {len(arguments)} total"
        raise FunctionError(f"not enough arguments for {quoted(verb.raw)} at {verb.offset}: {message}")
    value = arguments[verb.argument - 1]
    if verb.mode == "v":
        return _as_is(verb, value)
    if value.is_null:
        raise _unsupported(verb, "null value cannot be formatted")
    if verb.mode == "t":
        return "true" if _converted(verb, value, BOOL).content else "false"
    if verb.mode in _BASES:
        return _integer(verb, as_number(_converted(verb, value, NUMBER)))
    if verb.mode in "eEfgG":
        return _float(verb, as_number(_converted(verb, value, NUMBER)))
    if verb.mode in "sq":
        return _text(verb, as_text(_converted(verb, value, STRING)))
    raise FunctionError(f"unsupported format verb '{verb.mode}' in {quoted(verb.raw)} at offset {verb.offset}")


def _unsupported(verb: _Verb, why: str) -> FunctionError:
    return FunctionError(f"unsupported value for {quoted(verb.raw)} at {verb.offset}: {why}")


def _converted(verb: _Verb, value: Value, kind: Type) -> Value:
    try:
        return convert(value, kind)
    except ConversionError as error:
        raise _unsupported(verb, str(error)) from None


def _as_is(verb: _Verb, value: Value) -> str:
    content = value.content
    if "#" not in verb.flags and isinstance(content, str):
        return _padded(verb, content)
    if "#" not in verb.flags and isinstance(content, Number):
        return _padded(verb, general(content, None))
    try:
        return _padded(verb, encode(value))
    except FunctionError as error:
        raise _unsupported(verb, error.message) from None


def _text(verb: _Verb, text: str) -> str:
    if verb.precision:
        text = "".join(clusters(text)[: verb.precision])
    return _padded(verb, encode_text(text) if verb.mode == "q" else text)


def _padded(verb: _Verb, text: str) -> str:
    missing = (verb.width or 0) - cluster_count(text)
    if missing <= 0:
        return text
    padding = ("0" if "0" in verb.flags else " ") * missing
    return text + padding if "-" in verb.flags else padding + text


def _sign(verb: _Verb, negative: bool) -> str:
    if negative:
        return "-"
    return "+" if "+" in verb.flags else " " if " " in verb.flags else ""


def _integer(verb: _Verb, number: Number) -> str:
    if not number.is_integer:
        raise _unsupported(verb, "an integer is required")
    code, prefix = _BASES[verb.mode]
    magnitude = abs(numbers.integer(number))
    digits = numbers.text(numbers.absolute(number)) if code == "d" else f"{magnitude:{code}}"
    if verb.precision == 0 and not magnitude:
        return ""
    digits = digits.removeprefix("-").rjust(verb.precision or 0, "0")
    head = _sign(verb, number.sign < 0) + (prefix if "#" in verb.flags else "")
    missing = (verb.width or 0) - len(head) - len(digits)
    if missing <= 0:
        return head + digits
    if "-" in verb.flags:
        return head + digits + " " * missing
    if "0" in verb.flags and verb.precision is None:
        return head + "0" * missing + digits
    return " " * missing + head + digits


def _float(verb: _Verb, number: Number) -> str:
    precision = verb.precision
    if verb.mode in "gG":
        digits = general(number, precision)
    else:
        write = fixed if verb.mode == "f" else scientific
        digits = write(number, 6 if precision is None else precision)
    if verb.mode in "EG":
        digits = digits.replace("e", "E")
    head = _sign(verb, number.negative)
    if number.is_infinite and not number.negative and not head:
        head = "+"
    digits = digits.removeprefix("-").removeprefix("+")
    missing = (verb.width or 0) - len(head) - len(digits)
    if missing <= 0:
        return head + digits
    if "-" in verb.flags:
        return head + digits + " " * missing
    if "0" in verb.flags and not number.is_infinite:
        return head + "0" * missing + digits
    return " " * missing + head + digits


def _format(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    template, values = as_text(arguments[0]), arguments[1:]
    cause = first_unknown(*values)
    if cause is None:
        return string(formatted(template, values))
    beginning, sign, _ = template.partition("%")
    return refined(STRING, cause, prefix=safe_prefix(beginning) if sign else "")


def _formatlist(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    template, values = as_text(arguments[0]), arguments[1:]
    count = _iterations(values)
    if count is None:
        return unknown_from(kind, *values)
    if count * len(values) > MOST_ELEMENTS:
        raise FunctionError(f"the result would have more than {MOST_ELEMENTS} elements")
    found: list[Value] = []
    size = 0
    for position in range(count):
        row = [value.items[position] if _iterable(value) else value for value in values]
        if not all(map(is_wholly_known, row)):
            found.append(unknown_from(STRING, *row, never_null=True))
            continue
        try:
            text = formatted(template, row)
        except FunctionError as error:
            raise FunctionError(f"error on format iteration {position}: {error.message}") from None
        size += len(text)
        if size > LONGEST_TEXT:
            raise FunctionError(f"the result would be longer than {LONGEST_TEXT} characters")
        found.append(string(text))
    return list_value(found, STRING)


def _iterable(value: Value) -> bool:
    return value.type.kind in ("list", "set", "tuple") and not value.is_null


def _iterations(values: Sequence[Value]) -> int | None:
    """Return how many texts there will be, None where that is unknown; FunctionError where lists differ in length."""
    count, chooser, undecided = -1, 0, False
    for position, value in enumerate(values, 1):
        if value.type.kind == "dynamic" and not value.is_known:
            undecided = True
        if not _iterable(value):
            continue
        if value.type.kind != "tuple" and not (value.is_known and length(value).is_known):
            undecided = True
            continue
        undecided = undecided or not value.is_known
        size = len(value.type.items or value.items)
        if count == -1:
            count, chooser = size, position
        elif size != count:
            other = f"which is inconsistent with argument {chooser} of length {count}"
            raise FunctionError(f"argument {position} has length {size}, {other}", position)
    return None if undecided else 1 if count == -1 else count


_ARGUMENTS: Final = Parameter("args", null=True, unknown=True)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "format": Function((Parameter("format", STRING),), STRING, _format, _ARGUMENTS),
    "formatlist": Function((Parameter("format", STRING),), list_of(STRING), _formatlist, _ARGUMENTS),
}
