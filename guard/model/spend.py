"""What was really spent: the part of the bill that a budget's scope means, in the running month."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


class SpendError(Exception):
    """Actual spend cannot be read; the message says why and what to do, and is fit for a user."""


@dataclass(frozen=True, slots=True)
class SpendScope:
    """Which charges count: every field that is not empty must fit. Globs of providers and regions, and of the values
    that each of these labels must have; letter case and separators of a label's key do not count. `since` is the first
    day of the budget's fiscal period, None where the running month is all that counts."""

    providers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """USD of the running month: `so_far` up to the day `until`, which the `forecast` of the whole month goes beyond.

    `left` is the share of the month that is still to come, from 0 to 1; what a change adds costs that much of a month.
    `earlier` is what was spent of the budget's fiscal period before this month, None where that is not known.
    """

    so_far: Decimal
    forecast: Decimal
    until: str
    left: Decimal
    source: str
    earlier: Decimal | None = Decimal(0)


def fiscal_period(today: date, months: int, first_month: int) -> tuple[date, date]:
    """Return the first and the last day of the fiscal month, quarter or year (1, 3 or 12 months) that `today` is in.

    The fiscal year begins with the month `first_month`.
    """
    since_first = (today.month - first_month) % 12
    begin = today.year * 12 + today.month - 1 - since_first % months
    return _month(begin), _month(begin + months) - timedelta(days=1)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def share_left(today: date) -> Decimal:
    """Return the share of the month that begins with the day after `today`."""
    days = monthrange(today.year, today.month)[1]
    return Decimal(days - today.day) / days


def run_rate(so_far: Decimal, days: int, today: date) -> Decimal:
    """Return what the whole month costs if it goes on as in its first `days` days."""
    return so_far / days * monthrange(today.year, today.month)[1] if days > 0 else so_far


def folded(key: str) -> str:
    """Return a label's key as all its spellings have it: `CostCenter` and `cost-center` are one."""
    return "".join(one for one in key.rpartition("/")[2].casefold() if one not in "-_. :")
