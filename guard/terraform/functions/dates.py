"""Date and time functions. What depends on the clock is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from guard.model.value import Unknown
from guard.terraform.functions.framework import Arguments, Environment, Function, FunctionError, Parameter
from guard.terraform.functions.timestamps import Moment, moment_at, parsed
from guard.terraform.sets import quoted
from guard.terraform.types import NUMBER, STRING, Type
from guard.terraform.values import Value, as_text, number, string, unknown

_TOKEN: Final = re.compile(r"''|'((?:[^']|'')*)('?)|([A-Za-z])\3*|[^'A-Za-z]+")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_SPAN: Final = re.compile(r"(\d*)(\.\d*)?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII)


def duration(text: str) -> int:
    """Return the nanoseconds of a duration such as `1h30m`, `-2.5s`; FunctionError where it is not valid."""
    body = text[1:] if text[:1] in ("-", "+") else text
    total = position = 0
    while position < len(body):
        match = _SPAN.match(body, position)
        if match is None or not (match[1] or len(match[2] or "") > 1):
            break
        unit = _UNITS[match[3]]
        total += int(match[1][:30] or 0) * unit + _fraction(match[2] or ".", unit)
        position = match.end()
    if body != "0" and (position < len(body) or not body):
        raise FunctionError(f"time: invalid duration {quoted(text)}", 1)
    if total >= 2**63:
        raise FunctionError(f"time: invalid duration {quoted(text)}", 1)
    return -total if text.startswith("-") else total


def _fraction(digits: str, unit: int) -> int:
    kept = digits[1:19]
    return int(float(int(kept or 0)) * (float(unit) / 10.0 ** len(kept)))


def _timeadd(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    moment = parsed(as_text(arguments[0]))
    later = moment.nanoseconds + duration(as_text(arguments[1]))
    return string(moment_at(later, moment.offset).text())


def _timecmp(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    left, right = (parsed(as_text(each), place, strict=False) for place, each in enumerate(arguments))
    return number((left.nanoseconds > right.nanoseconds) - (left.nanoseconds < right.nanoseconds))


def _formatdate(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    moment = parsed(as_text(arguments[1]), 1)
    layout = as_text(arguments[0])
    parts: list[str] = []
    for match in _TOKEN.finditer(layout):
        piece = match[0]
        if piece == "''":
            parts.append("'")
        elif piece[0] == "'":
            if not match[2]:
                raise FunctionError("unterminated literal '", 0)
            parts.append(match[1].replace("''", "'"))
        elif match[3]:
            parts.append(_verb(piece, moment))
        else:
            parts.append(piece)
    return string("".join(parts))


def _verb(token: str, moment: Moment) -> str:
    rule = _VERBS.get(token[0])
    if rule is None:
        raise FunctionError(f"invalid date format verb {quoted(token)}", 0)
    forms, advice = rule
    form = forms.get(len(token))
    if form is None:
        raise FunctionError(f"invalid date format verb {quoted(token)}: {advice}", 0)
    return form(moment)


_Forms = Mapping[int, Callable[[Moment], str]]


def _counted(count: Callable[[Moment], int]) -> _Forms:
    return {1: lambda moment: f"{count(moment)}", 2: lambda moment: f"{count(moment):02d}"}


def _month(moment: Moment) -> str:
    return _MONTHS[moment.month - 1]


def _weekday(moment: Moment) -> str:
    days = (moment.nanoseconds // 1_000_000_000 + moment.offset * 60) // 86_400
    return _WEEKDAYS[(days + 3) % 7]


def _half(moment: Moment) -> str:
    return "PM" if moment.hour >= 12 else "AM"


_VERBS: Final[Mapping[str, tuple[_Forms, str]]] = {
    "Y": (
        {2: lambda moment: f"{moment.year % 100:02d}", 4: lambda moment: f"{moment.year:04d}"},
        'year must either be "YY" or "YYYY"',
    ),
    "M": (
        {**_counted(lambda moment: moment.month), 3: lambda moment: _month(moment)[:3], 4: _month},
        'month must be "M", "MM", "MMM", or "MMMM"',
    ),
    "D": (_counted(lambda moment: moment.day), 'day of month must either be "D" or "DD"'),
    "E": ({3: lambda moment: _weekday(moment)[:3], 4: _weekday}, 'day of week must either be "EEE" or "EEEE"'),
    "h": (_counted(lambda moment: moment.hour), '24-hour must either be "h" or "hh"'),
    "H": (_counted(lambda moment: moment.hour % 12 or 12), '12-hour must either be "H" or "HH"'),
    "A": ({2: _half}, 'must be "AA"'),
    "a": ({2: lambda moment: _half(moment).lower()}, 'must be "aa"'),
    "m": (_counted(lambda moment: moment.minute), 'minute must either be "m" or "mm"'),
    "s": (_counted(lambda moment: moment.second), 'second must either be "s" or "ss"'),
    "Z": (
        {
            1: lambda moment: moment.zone("Z"),
            3: lambda moment: moment.zone("UTC", ""),
            4: lambda moment: moment.zone("", ""),
            5: lambda moment: moment.zone(),
        },
        "timezone must be Z, ZZZZ, or ZZZZZ",
    ),
}


def undecidable(name: str, *, parameters: tuple[Parameter, ...] = (), variadic: Parameter | None = None) -> Function:
    """Return a function whose result depends on the moment or on chance, and so is a string that is not known."""

    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        return unknown(STRING, Unknown(f"{name}() is known only when Terraform runs", environment.location))

    return Function(parameters, STRING, run, variadic)


def _plantimestamp(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    if environment.moment:
        return string(environment.moment)
    return unknown(STRING, Unknown("plantimestamp() is known only when Terraform runs", environment.location))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "formatdate": Function((Parameter("format", STRING), Parameter("time", STRING)), STRING, _formatdate),
    "plantimestamp": Function((), STRING, _plantimestamp),
    "timeadd": Function((Parameter("timestamp", STRING), Parameter("duration", STRING)), STRING, _timeadd),
    "timecmp": Function((Parameter("timestamp_a", STRING), Parameter("timestamp_b", STRING)), NUMBER, _timecmp),
    "timestamp": undecidable("timestamp"),
}
