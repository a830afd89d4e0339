"""Actual spend from a cost export in the FOCUS format, versions 1.0 to 1.3: CSV, or Parquet with the extra `focus`.

Facts of the columns: the FinOps Open Cost and Usage Specification (https://focus.finops.org/focus-specification/).
EffectiveCost is taken, in which commitments are spread over what they cover, or BilledCost where it is not given.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from guard.model.glob import matches
from guard.model.spend import SpendError, SpendScope, Spent, folded, run_rate, share_left

_COSTS = ("EffectiveCost", "BilledCost")
_PROVIDERS = ("ServiceProviderName", "ProviderName", "HostProviderName")
# What FOCUS exports call the clouds, in lower case, beside guard's own names.
_NAMES = {
    "amazon web services": "aws",
    "aws": "aws",
    "microsoft": "azure",
    "microsoft azure": "azure",
    "azure": "azure",
    "google": "google",
    "google cloud": "google",
    "google cloud platform": "google",
    "gcp": "google",
}
MONTHS = 12
_LARGEST_FIELD = 1 << 20
_MOST = Decimal(10) ** 12


class Charge(NamedTuple):
    """A charge of the last twelve months: USD, the first and the last day that it covers, and what scopes ask for."""

    amount: Decimal
    start: date
    day: date
    provider: str
    region: str
    labels: Mapping[str, str]


def source(path: str, today: date) -> Callable[[SpendScope], Spent]:
    """Return what answers for a scope, from the charges of the last twelve months in the file at `path`, read once.

    Raises SpendError where the file is not readable, not in FOCUS, or not in USD.
    """
    every = tuple(read(path, today))
    month = today.replace(day=1)
    charges = tuple(one for one in every if one.start >= month)
    last = max((one.day for one in charges), default=None)
    first = min((one.start for one in every), default=today)
    name = Path(path).name

    def ask(scope: SpendScope) -> Spent:
        so_far = sum((one.amount for one in charges if _fits(one, scope)), Decimal(0))
        days = last.day if last else 0
        until = last.isoformat() if last else ""
        forecast = run_rate(so_far, days, today)
        return Spent(so_far, forecast, until, share_left(today), name, earlier(scope))

    def earlier(scope: SpendScope) -> Decimal | None:
        since = scope.since or month
        if since < month and (first.year, first.month) > (since.year, since.month):
            return None
        return sum((one.amount for one in every if since <= one.start < month and _fits(one, scope)), Decimal(0))

    return ask


def read(path: str, today: date) -> Iterator[Charge]:
    """Yield the charges of the twelve months up to `today`."""
    for number, row in _rows(path):
        try:
            charge = _charge(row, today)
        except ValueError as error:
            raise SpendError(f"{path}: row {number}: {error}") from None
        if charge is not None:
            yield charge


def _charge(row: Mapping[str, str], today: date) -> Charge | None:
    start = _day(row, "ChargePeriodStart")
    if start > today or (today.year - start.year) * 12 + today.month - start.month >= MONTHS:
        return None
    # The end is exclusive: midnight belongs to the day before.
    end = _day(row, "ChargePeriodEnd", timedelta(microseconds=1)) if row.get("ChargePeriodEnd") else start
    currency = row.get("BillingCurrency", "USD") or "USD"
    if currency != "USD":
        raise ValueError(f"the charges are in {currency[:10]}, and guard compares in USD only")
    provider = next((row[name] for name in _PROVIDERS if row.get(name)), "")
    return Charge(
        amount=_amount(row),
        start=start,
        day=min(max(start, end), today),
        provider=_NAMES.get(provider.strip().lower(), provider.strip().lower()),
        region=row.get("RegionId", "") or "",
        labels=_labels(row.get("Tags", "")),
    )


def _amount(row: Mapping[str, str]) -> Decimal:
    written = next((row[name] for name in _COSTS if row.get(name)), "0")
    try:
        amount = Decimal(written)
    except InvalidOperation:
        raise ValueError(f"{written[:40]!r} is no amount") from None
    if not amount.is_finite() or abs(amount) > _MOST:
        raise ValueError(f"{written[:40]!r} is no amount of money")
    return amount


def _day(row: Mapping[str, str], name: str, less: timedelta = timedelta(0)) -> date:
    written = (row.get(name) or "").strip()
    try:
        return (datetime.fromisoformat(written.replace("Z", "+00:00")) - less).date()
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {written[:40]!r}, not a time such as 2026-11-01T00:00:00Z") from None


def _labels(written: str) -> Mapping[str, str]:
    if not written or written in ("{}", "null"):
        return {}
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        raise ValueError("Tags is not a JSON object") from None
    if not isinstance(found, dict):
        raise ValueError("Tags is not a JSON object")
    return {folded(str(key)): str(value) for key, value in found.items() if not isinstance(value, (dict, list))}


def _fits(charge: Charge, scope: SpendScope) -> bool:
    if scope.providers and not any(matches(glob, charge.provider) for glob in scope.providers):
        return False
    if scope.regions and not any(matches(glob, charge.region) for glob in scope.regions):
        return False
    return all(
        any(matches(glob, charge.labels.get(folded(key), "")) for glob in globs) and folded(key) in charge.labels
        for key, globs in scope.labels
    )


def _rows(path: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    rows = _parquet(path) if path.endswith(".parquet") else _csv(path)
    for number, row in enumerate(rows, start=1):
        if number == 1 and not ({"ChargePeriodStart"} <= row.keys() and row.keys() & set(_COSTS)):
            raise SpendError(f"{path} is no cost export in FOCUS: it has no ChargePeriodStart with a cost beside it")
        yield number, row


def _csv(path: str) -> Iterator[Mapping[str, str]]:
    csv.field_size_limit(_LARGEST_FIELD)
    with _explained(path), _text(path) as lines:
        for row in csv.DictReader(lines, restkey="", restval=""):
            yield {name: value for name, value in row.items() if name and isinstance(value, str)}


@contextmanager
def _text(path: str) -> Iterator[Iterable[str]]:
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield lines


@contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError) as error:
        raise SpendError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise SpendError(f"{path} is no CSV in UTF-8: {error}") from None


def _parquet(path: str) -> Iterator[Mapping[str, str]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SpendError("guard needs pyarrow to read Parquet: pip install 'guard-iac[focus]'") from None
    wanted = {"ChargePeriodStart", "ChargePeriodEnd", "BillingCurrency", "RegionId", "Tags", *_COSTS, *_PROVIDERS}
    try:
        file = parquet.ParquetFile(os.fspath(path))
        columns = [name for name in file.schema_arrow.names if name in wanted]
        for batch in file.iter_batches(columns=columns):
            for row in batch.to_pylist():
                yield {name: _written(value) for name, value in row.items() if value is not None}
    except (OSError, pyarrow.ArrowException) as error:
        raise SpendError(f"{path} is no Parquet file: {error}") from None


def _written(value: object) -> str:
    """Return a Parquet value as a CSV export writes it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps(dict(value))
    return json.dumps(value) if isinstance(value, dict) else str(value)
