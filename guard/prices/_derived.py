"""Prices that no list states and that follow from two that are stated; their source says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from guard.model.price import Band, Price
from guard.prices._store import Saving

DERIVED = "derived:"
"""What the source of a price begins with that no list states."""

SPOT_LOW, SPOT_HIGH = "spot_low", "spot_high"
"""The ways to buy under which a price book keeps the lowest and highest spot price of a region's zones."""

SAVING_MARGIN = 4
"""The published spot savings were within 4 points of the spot price on 16 of 16 instance types checked."""

_PAYMENT_ORDER = ("no_upfront", "savings_plan", "", "all_upfront")
_HUNDRED = Decimal(100)


def only(price: Price | None) -> Band | None:
    """Return the band of one price."""
    return None if price is None else Band(price, price)


def chosen(prices: Iterable[Price], purchase: str) -> Price | None:
    """Return the price of this way to buy; of several ways to pay, the one that needs the least money up front."""
    fitting = [one for one in prices if one.purchase == purchase]
    return min(fitting, key=lambda one: _PAYMENT_ORDER.index(one.payment), default=None)


def spot_band(on_demand: Price, saving: Saving) -> Band:
    """Return the band of AWS spot prices around a published saving; spot never costs more than on-demand."""

    def at(percent: int) -> Price:
        amount = on_demand.amount * (_HUNDRED - percent) / _HUNDRED
        return replace(
            on_demand,
            amount=min(amount, on_demand.amount),
            purchase="spot",
            source=f"{DERIVED} {on_demand.source} on-demand less {saving.percent} % saving of {saving.source}",
            as_of=min(filter(None, (saving.as_of, on_demand.as_of)), default=""),
        )

    return Band(at(min(saving.percent + SAVING_MARGIN, 99)), at(saving.percent - SAVING_MARGIN))


def seen_band(prices: Iterable[Price]) -> Band | None:
    """Return the lowest and the highest spot price that were seen (in any zone), where a source observed them."""
    ends = {one.purchase: one for one in prices if one.purchase in (SPOT_LOW, SPOT_HIGH)}
    if len(ends) < 2:
        return None
    return Band(*(replace(ends[end], purchase="spot") for end in (SPOT_LOW, SPOT_HIGH)))


def sagemaker_band(name: str, ec2: Price, ratio: Decimal) -> Band:
    """Return the price of a SageMaker type as that of the EC2 type times the ratio measured in other regions."""
    source = f"{DERIVED} {ec2.source} {ec2.sku} x {ratio} (SageMaker to EC2 where both are known)"
    price = replace(ec2, sku=name, amount=ec2.amount * ratio, source=source)
    return Band(price, price)


def sustained_use_band(on_demand: Price, factor: Decimal) -> Band:
    """Return the hourly price of a Google machine that runs all month on demand."""
    source = f"{DERIVED} {on_demand.source} on-demand x {factor} (sustained use of a full month)"
    price = replace(on_demand, amount=on_demand.amount * factor, purchase="sustained_use", source=source)
    return Band(price, price)


def chips_band(name: str, chip: Price, count: Decimal) -> Band:
    """Return the hourly price of a TPU machine type: its chips, which are sold with their host."""
    source = f"{DERIVED} {chip.source} {chip.sku} x {count} chips"
    price = replace(chip, sku=name, unit="hour", amount=chip.amount * count, source=source)
    return Band(price, price)
