"""CSV as Go's `encoding/csv` reads it: `csvdecode`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from guard.terraform.functions.framework import (
    MOST_ELEMENTS,
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
)
from guard.terraform.sets import quoted
from guard.terraform.types import DYNAMIC, STRING, Type, list_of, object_of
from guard.terraform.values import Value, as_text, list_value, object_value, string


def records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and fields of each record; FunctionError where a quote is out of place."""
    lines = _lines(text)
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        if line == "\n":
            continue
        start = position
        fields: list[str] = []
        rest: str | None = line
        while rest is not None:
            if rest.startswith('"'):
                field, rest, position = _quoted_field(rest[1:], lines, position)
            else:
                field, rest = _plain_field(rest, position)
            fields.append(field)
        yield start, fields


def _lines(text: str) -> list[str]:
    """Return the lines with their ends, which are `\\n` whatever they were; only the last may have none."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    lines = [f"{line[:-2]}\n" if line.endswith("\r\n") else line for line in lines]
    lines[-1] = lines[-1].removesuffix("\r")
    return lines if lines[-1] else lines[:-1]


def _plain_field(rest: str, line: int) -> tuple[str, str | None]:
    field, comma, after = rest.partition(",")
    if not comma:
        field = field.removesuffix("\n")
    if '"' in field:
        raise FunctionError(f'CSV parse error on line {line}: bare " in non-quoted-field')
    return field, after if comma else None


def _quoted_field(rest: str, lines: list[str], position: int) -> tuple[str, str | None, int]:
    parts: list[str] = []
    while True:
        before, quote, after = rest.partition('"')
        parts.append(before)
        if not quote:
            if position == len(lines):
                raise _stray(position)
            rest, position = lines[position], position + 1
        elif after.startswith('"'):
            parts.append('"')
            rest = after[1:]
        elif after.startswith(","):
            return "".join(parts), after[1:], position
        elif after in ("", "\n"):
            return "".join(parts), None, position
        else:
            raise _stray(position)


def _stray(line: int) -> FunctionError:
    return FunctionError(f'CSV parse error on line {line}: extraneous or missing " in quoted-field')


def _names(text: str) -> list[str]:
    first = next(records(text), None)
    if first is None:
        raise FunctionError("missing header line")
    names = first[1]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise FunctionError(f"duplicate column name {quoted(name)}")
    return names


def _kind(arguments: Arguments) -> Type:
    if not arguments[0].is_known:
        return DYNAMIC
    return list_of(object_of(dict.fromkeys(_names(as_text(arguments[0])), STRING)))


def _csvdecode(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    text = as_text(arguments[0])
    names = _names(text)
    rows: list[Value] = []
    for line, fields in records(text):
        if len(fields) != len(names):
            raise FunctionError(f"CSV parse error on line {line}: wrong number of fields")
        if len(rows) * len(names) > MOST_ELEMENTS * 10:
            raise FunctionError("the table has too many cells")
        rows.append(object_value(dict(zip(names, map(string, fields), strict=True))))
    return list_value(rows[1:], kind.of)


FUNCTIONS: Final[Mapping[str, Function]] = {"csvdecode": Function((Parameter("str", STRING),), _kind, _csvdecode)}
