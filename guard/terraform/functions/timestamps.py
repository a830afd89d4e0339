"""Moments of time as RFC 3339 writes them."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import Final, NamedTuple

from guard.terraform.functions.framework import FunctionError

_RFC3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:([.,])(\d+))?(Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_EPOCH: Final = 719_163
"""The day number of 1970-01-01, counted from 0001-01-01 as day 1."""
_CYCLE: Final = 146_097
"""The days of 400 years."""


class Moment(NamedTuple):
    """A date and time of day with its distance from UTC in minutes."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    offset: int

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds since 1970-01-01 in UTC."""
        days = _day_number(self.year, self.month, self.day) - _EPOCH
        seconds = days * 86_400 + self.hour * 3600 + (self.minute - self.offset) * 60 + self.second
        return seconds * 1_000_000_000 + self.nanosecond

    def text(self) -> str:
        """Return the moment as RFC 3339 without fractions of a second."""
        date = f"{'-' if self.year < 0 else ''}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"
        return f"{date}T{self.hour:02d}:{self.minute:02d}:{self.second:02d}{self.zone('Z')}"

    def zone(self, utc: str = "", separator: str = ":") -> str:
        """Return the distance from UTC as `+02:00`, or `utc` where that is given and there is no distance."""
        if utc and not self.offset:
            return utc
        sign = "-" if self.offset < 0 else "+"
        return f"{sign}{abs(self.offset) // 60:02d}{separator}{abs(self.offset) % 60:02d}"


def _day_number(year: int, month: int, day: int) -> int:
    # The calendar repeats after 400 years, which keeps every year within what Python's dates hold.
    cycles, rest = divmod(year, 400)
    return datetime.date(rest + 400, month, day).toordinal() + (cycles - 1) * _CYCLE


def in_range(moment: Moment) -> bool:
    """Tell whether each part of the moment exists."""
    if not (1 <= moment.month <= 12 and moment.hour <= 23 and moment.minute <= 59 and moment.second <= 59):
        return False
    return 1 <= moment.day <= calendar.monthrange(moment.year % 400 + 400, moment.month)[1]


def moment_at(nanoseconds: int, offset: int) -> Moment:
    """Return the moment so many nanoseconds after 1970-01-01 in UTC."""
    seconds, nanosecond = divmod(nanoseconds, 1_000_000_000)
    days, rest = divmod(seconds + offset * 60, 86_400)
    cycles, day = divmod(days + _EPOCH, _CYCLE)
    date = datetime.date.fromordinal(day + _CYCLE)
    year = date.year + (cycles - 1) * 400
    hour, rest = divmod(rest, 3600)
    return Moment(year, date.month, date.day, hour, rest // 60, rest % 60, nanosecond, offset)


def parsed(text: str, argument: int | None = None, *, strict: bool = True) -> Moment:
    """Return the moment that an RFC 3339 text names; FunctionError where it names none.

    The lenient reading is Go's own, which takes an hour of one digit and a comma before the fraction too.
    """
    match = _RFC3339.fullmatch(text)
    if match is None or (strict and (len(match[4]) != 2 or match[7] == ",")):
        raise FunctionError(f"not a valid RFC3339 timestamp: {_what_is_wrong(text)}", argument)
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    nanosecond = int((match[8] or "0")[:9].ljust(9, "0"))
    zone_hour, zone_minute = int(match[11] or 0), int(match[12] or 0)
    offset = (zone_hour * 60 + zone_minute) * (-1 if match[10] == "-" else 1)
    moment = Moment(year, month, day, hour, minute, second, nanosecond, offset)
    limits = (23, 59) if strict else (24, 60)
    if not in_range(moment) or zone_hour > limits[0] or zone_minute > limits[1]:
        raise FunctionError("not a valid RFC3339 timestamp: a part of it is out of range", argument)
    return moment


_PARTS: Final = (
    (r"\d{4}", "year"),
    ("-", '"-"'),
    (r"\d\d", "month"),
    ("-", '"-"'),
    (r"\d\d", "day of month"),
    ("T", "required time introducer 'T'"),
    (r"\d\d", "hour"),
    (":", '":"'),
    (r"\d\d", "minute"),
    (":", '":"'),
    (r"\d\d", "second"),
    (r"(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", "UTC offset"),
)


def _what_is_wrong(text: str) -> str:
    position = 0
    for pattern, name in _PARTS:
        match = re.compile(pattern, re.ASCII).match(text, position)
        if match is None:
            found = text[position : position + 20]
            return f'cannot use "{found}" as {name}' if found else f"end of string before {name}"
        position = match.end()
    return f'extra text: "{text[position : position + 20]}"'
