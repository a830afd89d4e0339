"""Two CSVs of the same usage held against each other: what the vendor reports, and what was measured."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

Key = tuple[str, ...]
Row = dict[str, str]


class ReportError(Exception):
    """A report cannot be compared; the message says why, and is fit for a user."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was reported and measured of one thing (`("claude", "2026-09")`), in the unit of the column `amount`."""

    key: Key
    amount: str
    reported: Decimal
    measured: Decimal

    @property
    def excess(self) -> Decimal:
        """Return by how much more was reported than measured."""
        return self.reported - self.measured

    def beyond(self, percent: Decimal) -> bool:
        """Tell whether both differ by more than this share of what was measured."""
        return abs(self.excess) * 100 > abs(self.measured) * percent


def compared(
    reported: str, measured: str, amounts: Sequence[str], keys: Sequence[str]
) -> tuple[Difference, tuple[Difference, ...]]:
    """Return the totals, and each thing by what both tables name it, sorted by name.

    The first of `amounts` that is a column of both tables is summed; `keys` are the columns that name things.
    Raises ReportError where a text is no table, the tables have no such column, or an amount is no number.
    """
    left, right = _table(reported, "the usage report"), _table(measured, "the telemetry")
    amount = next((one for one in amounts if one in left[0] and one in right[0]), None)
    if amount is None:
        raise ReportError(f"the usage report and the telemetry have no column in common of {', '.join(amounts)}")
    named = [one for one in keys if one in left[0] and one in right[0]]
    first, second = (_sums(rows, amount, named) for rows in (left, right))
    each = tuple(Difference(key, amount, first[key], second[key]) for key in sorted({*first, *second}))
    total = Difference((), amount, sum(first.values(), Decimal(0)), sum(second.values(), Decimal(0)))
    return total, each


def _table(text: str, name: str) -> list[Row]:
    try:
        rows = [
            {(column or "").strip().casefold(): (value or "").strip() for column, value in row.items()}
            for row in csv.DictReader(text.removeprefix("\ufeff").splitlines(), restkey="", restval="")
            if not isinstance(row.get(""), list)
        ]
    except csv.Error as error:
        raise ReportError(f"{name} is no CSV: {error}") from None
    if not rows:
        raise ReportError(f"{name} has no rows")
    return rows


def _sums(rows: Sequence[Row], amount: str, keys: Sequence[str]) -> defaultdict[Key, Decimal]:
    found: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[tuple(row[one] for one in keys)] += _number(row[amount], amount)
    return found


def _number(text: str, column: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "").removeprefix("$") or "0")
    except InvalidOperation:
        raise ReportError(f"{text[:40]!r} in the column {column} is no number") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ReportError(f"{text[:40]!r} in the column {column} is no number")
    return number
