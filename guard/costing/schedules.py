"""How often a schedule runs in a month of 730 hours: cron lines, `@daily`, and the `cron()` and `rate()` of AWS."""

from __future__ import annotations

import re
from calendar import monthrange
from decimal import Decimal
from functools import cache

from guard.model.price import HOURS_PER_MONTH

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_RATE = re.compile(r"rate\(\s*([1-9]\d{0,6})\s+(minute|hour|day)s?\s*\)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?")
_CYCLE = range(2001, 2029)
"""After 28 years the same dates fall on the same weekdays."""


@cache
def runs_per_month(schedule: str) -> Decimal | None:
    """Return how often `schedule` runs in an average month, None where it is not understood."""
    text = " ".join(schedule.strip().lower().split())
    rate = _RATE.fullmatch(text)
    if rate:
        return HOURS_PER_MONTH * 60 / (int(rate[1]) * _MINUTES[rate[2]])
    if text.startswith("cron(") and text.endswith(")"):
        fields = text[5:-1].split()
        return _cron(fields[:5], first_weekday=1) if len(fields) == 6 and fields[5] == "*" else None
    text = re.sub(r"^(?:cron_)?tz=\S+ ", "", text)
    return _cron(_NAMED.get(text, text).split(), first_weekday=0)


def _cron(fields: list[str], first_weekday: int) -> Decimal | None:
    if len(fields) != 5:
        return None
    minutes, hours = _values(fields[0], 0, 59), _values(fields[1], 0, 23)
    days, months = _values(fields[2], 1, 31), _values(_numbers(fields[3], _MONTHS, 1), 1, 12)
    weekdays = _values(_numbers(fields[4], _WEEKDAYS, first_weekday), first_weekday, 7)
    if not (minutes and hours and days and months and weekdays):
        return None
    # Sunday is 0 or 7 in cron and 1 in AWS; here all count from Sunday = 0.
    weekdays = frozenset((day - first_weekday) % 7 for day in weekdays)
    any_day, any_weekday = fields[2] in ("*", "?"), fields[4] in ("*", "?")
    times = len(minutes) * len(hours)
    if any_day and len(months) == 12:
        return times * len(weekdays) * HOURS_PER_MONTH / 24 / 7
    dates = _dates(days, months, weekdays, any_day, any_weekday)
    return Decimal(times * dates) / (len(_CYCLE) * 12)


def _dates(
    days: frozenset[int], months: frozenset[int], weekdays: frozenset[int], any_day: bool, any_weekday: bool
) -> int:
    """Return on how many dates of the cycle it runs; where day and weekday are both restricted, either is enough."""
    found = 0
    for year in _CYCLE:
        for month in months:
            first, length = monthrange(year, month)
            for day in range(1, length + 1):
                weekday = (first + day) % 7
                if any_day or any_weekday:
                    found += day in days and weekday in weekdays
                else:
                    found += day in days or weekday in weekdays
    return found


def _numbers(field: str, names: tuple[str, ...], first: int) -> str:
    return re.sub(r"[a-z]{3}", lambda match: str(names.index(match[0]) + first) if match[0] in names else "!", field)


def _values(field: str, low: int, high: int) -> frozenset[int]:
    """Return the numbers that a cron field means, none where it is not understood."""
    if field == "?":
        return frozenset(range(low, high + 1))
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return frozenset()
        every, start, end, step = match.groups()
        first = low if every else int(start)
        last = high if every or (step and not end) else int(end or start)
        if not low <= first <= last <= high or step in ("0", "00"):
            return frozenset()
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)
