"""Negotiated prices over list prices: the last override that fits counts, alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from guard.model.glob import matches
from guard.model.override import Override
from guard.model.price import Band, Price
from guard.prices.book import Book
from guard.prices.schema import STORAGE, provider_name, region_name

OVERRIDE = "override:"
"""What the source of a price begins with that is not the list's."""

TRANSFER = "transfer"
"""The service of overrides for data that leaves a region."""

_HUNDRED = Decimal(100)


def with_overrides(book: Book, overrides: Sequence[Override]) -> Book:
    """Return a book that answers as `book` does, with `overrides` applied; the same book where there are none.

    An override holds for what is asked for, never for what a price is derived from: one for `p4d.*` leaves `ml.p4d.*`,
    and one for on-demand leaves spot. A fixed amount also gives a price to what has none, where the override names the
    whole SKU: to machines and managed services by the hour, to kept data by the GB and month. Raises ValueError for an
    override with neither or both of discount and amount, or one that is not between 0 and 100 %.
    """
    return _Overridden(book, overrides) if overrides else book


class _Overridden(Book):
    """A book with the user's own prices in it."""

    def __init__(self, book: Book, overrides: Sequence[Override]) -> None:
        super().__init__(book.store)
        # The last in the file comes first here, so that the first that fits is the one that counts.
        self._overrides = tuple(_checked(one) for one in reversed(overrides))

    def compute(self, provider: str, sku: str, region: str, purchase: str = "on_demand") -> Band | None:
        """Return USD an hour of an instance type, as it was negotiated or as the list has it."""
        band = super().compute(provider, sku, region, purchase)
        found = self._fitting(provider, "", sku, region, purchase)
        if found is None:
            return band
        if band is not None:
            return Band(_applied(band.low, found), _applied(band.high, found))
        price = _fixed(found, provider, sku, region, purchase, "hour")
        return Band(price, price) if price else None

    def managed(self, provider: str, service: str, sku: str, region: str, purchase: str = "") -> Price | None:
        """Return the price of a managed service's SKU, as it was negotiated or as the list has it."""
        price = super().managed(provider, service, sku, region, purchase)
        if price is None:
            found = self._fitting(provider, service, sku, region, purchase)
            return _fixed(found, provider, f"{service}:{sku}", region, purchase, "hour") if found else None
        found = self._fitting(provider, service, sku, region, price.purchase)
        return _applied(price, found) if found else price

    def storage(self, provider: str, sku: str, region: str) -> tuple[Price, ...]:
        """Return the prices of a storage SKU, as they were negotiated or as the list has them."""
        found = self._fitting(provider, STORAGE, sku, region, "on_demand")
        prices = super().storage(provider, sku, region)
        if prices or found is None:
            return tuple(_applied(one, found) for one in prices) if found else prices
        fixed = _fixed(found, provider, sku, region, "on_demand", "GB-month")
        return (fixed,) if fixed else ()

    def transfer(self, provider: str, source: str, destination: str) -> Price | None:
        """Return USD a GB for data leaving a region; an override names it `transfer`, with where it goes to as SKU."""
        price = super().transfer(provider, source, destination)
        found = self._fitting(provider, TRANSFER, destination, source, "on_demand")
        if found is None or region_name(provider_name(provider), source) == destination:
            return price
        return _applied(price, found) if price else _fixed(found, provider, destination, source, "on_demand", "GB")

    def _fitting(self, provider: str, service: str, sku: str, region: str, purchase: str) -> Override | None:
        provider = provider_name(provider)
        region = region_name(provider, region)
        return next((one for one in self._overrides if _fits(one, provider, service, sku, region, purchase)), None)


def _fits(one: Override, provider: str, service: str, sku: str, region: str, purchase: str) -> bool:
    return (
        one.provider == provider
        and one.purchase in ("", purchase)
        and matches(one.service, service)
        and matches(one.sku, sku.strip().lower())
        and matches(one.region, region)
    )


def _checked(one: Override) -> Override:
    if (one.discount_percent is None) == (one.amount is None):
        raise ValueError(f"the override of {one.sku} needs either a discount or an amount")
    if not all(number.is_finite() for number in (one.discount_percent, one.amount) if number is not None):
        raise ValueError(f"the override of {one.sku} is no number")
    if one.discount_percent is not None and not 0 <= one.discount_percent <= _HUNDRED:
        raise ValueError(f"the discount of {one.sku} is {one.discount_percent} %, and not between 0 and 100")
    if one.amount is not None and not 0 <= one.amount < 10**9:
        raise ValueError(f"the amount of {one.sku} is {one.amount}, which is no price")
    provider = provider_name(one.provider)
    return replace(one, provider=provider, sku=one.sku.lower(), region=region_name(provider, one.region))


def _applied(price: Price, one: Override) -> Price:
    because = f" ({one.note})" if one.note else ""
    if one.amount is not None:
        return replace(price, amount=one.amount, source=f"{OVERRIDE} a fixed price in place of {price.source}{because}")
    percent = one.discount_percent or Decimal(0)
    source = f"{OVERRIDE} {percent.normalize():f} % off {price.source}{because}"
    return replace(price, amount=price.amount * (_HUNDRED - percent) / _HUNDRED, source=source)


def _fixed(one: Override, provider: str, sku: str, region: str, purchase: str, unit: str) -> Price | None:
    """Return the price of a SKU that the list has none for, where an override names it whole or this way to buy it."""
    whole = not one.purchase and purchase in ("", "on_demand") and not set(one.sku) & set("*?")
    if one.amount is None or not (whole or (one.purchase and one.purchase == purchase)):
        return None
    because = f" ({one.note})" if one.note else ""
    source = f"{OVERRIDE} a fixed price, the list has none{because}"
    return Price(provider_name(provider), sku, region, unit, one.amount, purchase, source, "")
