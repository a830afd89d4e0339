"""What a source of prices is: it asks a provider's own API and returns facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar

from guard.model.price import BookError, Specs
from guard.prices._pages import Pages
from guard.prices.schema import NANO
from guard.prices.writing import Facts, PriceFact

T = TypeVar("T")
_SMALLEST = 1 / NANO


class UpdateError(BookError):
    """Prices cannot be updated; the message says why and what to do, and is fit for a user."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source is asked for: `regions` (none = all), and the day the update began.

    `machines` are the machine types known so far, `sold()` the pairs of type (in lower case) and region with a price on
    demand. `pages` keeps what was fetched; `tell` says how far it is.
    """

    regions: tuple[str, ...]
    pages: Pages
    tell: Callable[[str], None]
    machines: tuple[Specs, ...]
    sold: Callable[[], frozenset[tuple[str, str]]]
    day: date


@dataclass(frozen=True, slots=True)
class PriceSource:
    """A source of prices: `fetch` asks `name` for what `provider` charges. It raises UpdateError where it cannot."""

    name: str
    provider: str
    fetch: Callable[[Asked], Facts]


class Listed(NamedTuple):
    """A price as a page keeps it: text only, so that it survives JSON; `region` is "" where the query says it."""

    service: str
    sku: str
    region: str
    unit: str
    purchase: str
    payment: str
    as_of: str
    amount: str


def usable(items: Iterable[Any], read: Callable[[Any], Iterable[T]]) -> list[T]:
    """Return what `read` makes of each item. Raises UpdateError where most items cannot be read: one odd item is a
    provider's slip, many are another format."""
    found: list[T] = []
    odd, total, reason = 0, 0, ""
    for item in items:
        total += 1
        try:
            found += read(item)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            odd, reason = odd + 1, f"{type(error).__name__}: {error}"
    if odd * 2 > total:
        raise UpdateError(f"the answer is not the price list that was asked for ({odd} of {total} items: {reason})")
    return found


def money(text: object) -> Decimal | None:
    """Return a published amount in USD as the book keeps it, None where it is nought or no amount at all."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 < amount < 10**9:
        return None
    rounded = amount.quantize(_SMALLEST, rounding=ROUND_HALF_EVEN)
    return rounded if rounded > 0 else None


def price_facts(provider: str, source: str, rows: Iterable[Listed]) -> tuple[list[PriceFact], int]:
    """Return each price once, and how many were left out because the same thing had two prices.

    Which of two is right cannot be told from here, so that the book keeps the one it had.
    """
    found: dict[tuple[str, ...], PriceFact] = {}
    torn: set[tuple[str, ...]] = set()
    for row in rows:
        amount = money(row.amount)
        if amount is None:
            continue
        key = (row.service, row.sku.lower(), row.region, row.unit, row.purchase, row.payment)
        fact = PriceFact(
            provider, row.service, row.sku, row.region, row.unit, row.purchase, row.payment, source, row.as_of, amount
        )
        before = found.setdefault(key, fact)
        if before.amount != amount:
            torn.add(key)
    return [fact for key, fact in found.items() if key not in torn], len(torn)
