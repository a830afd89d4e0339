"""Prices and what they add up to. Money is Decimal, in USD; a month is 730 hours."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from guard.model.command import RefusedError
from guard.model.location import Location

TOKENS = "tokens"
"""The service that tokens of hosted models are of; they are sold by the million."""
HOURS_PER_MONTH = Decimal(730)
OLD_AFTER_DAYS = 180
"""Older prices are told to be old."""


class BookError(RefusedError):
    """A price book cannot be read; the message says why and what to do, and is fit for a user."""


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit of a SKU. `as_of` is the day of the provider's data (`2026-07-30`), "" where undated."""

    provider: str
    sku: str
    region: str
    unit: str
    amount: Decimal
    purchase: str
    source: str
    as_of: str
    payment: str = ""
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Specs:
    """What an instance type is: virtual CPUs, memory in GiB, and its accelerators (memory in GiB of each).

    `accelerator` is empty and the count 0 where it has none; the count is None where it is not known how many it has.
    """

    provider: str
    instance_type: str
    vcpu: Decimal | None
    memory_gib: Decimal | None
    accelerator: str
    accelerator_count: Decimal | None
    accelerator_memory_gib: Decimal | None
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Band:
    """A lowest and a highest price of the same thing, such as spot; both ends are the same where it is one price."""

    low: Price
    high: Price


class PriceBook(Protocol):
    """Facts about prices and machines. Every look-up answers None where the fact is not known; none guesses."""

    def compute(self, provider: str, sku: str, region: str, purchase: str = "on_demand") -> Band | None:
        """Return USD an hour of an instance type. `purchase`: on_demand, spot, commit_1y, commit_3y, capacity_block."""
        ...

    def managed(self, provider: str, service: str, sku: str, region: str, purchase: str = "") -> Price | None:
        """Return the price of a managed service's SKU, in the unit it is sold by."""
        ...

    def storage(self, provider: str, sku: str, region: str) -> tuple[Price, ...]:
        """Return the prices of a storage SKU, one for each unit it is charged by (GB-month, IOPS-month ...)."""
        ...

    def transfer(self, provider: str, source: str, destination: str) -> Price | None:
        """Return USD a GB for data leaving region `source` (`destination`: a region, `internet`, `other_region`)."""
        ...

    def specs(self, provider: str, instance_type: str) -> Specs | None:
        """Return what an instance type is, in whatever letter case it is written."""
        ...

    def offers(self, provider: str, region: str, accelerator: str) -> tuple[Specs, ...]:
        """Return the instance types with this accelerator that have an on-demand price there ("" = any region),
        cheapest first."""
        ...

    def machines(self, provider: str) -> tuple[Specs, ...]:
        """Return every instance type of a provider that the book knows, by name."""
        ...

    def as_of(self) -> str:
        """Return the day of the newest price, as ISO 8601."""
        ...


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of an estimate, which can be checked by hand: quantity x price = monthly.

    `quantity`, `price` and `monthly` are the high end; the `low_*` are the low end and equal to it where there is no
    range. `assumption` says what was taken for granted. `within` is the address of the node pool whose machines these
    are: a sum that takes the pool in counts them there.
    """

    name: str
    unit: str
    quantity: Decimal
    price: Price
    low_quantity: Decimal
    low_price: Price
    assumption: str = ""
    within: str = ""

    @property
    def monthly(self) -> Decimal:
        """Return USD a month at the high end."""
        return self.quantity * self.price.amount

    @property
    def low_monthly(self) -> Decimal:
        """Return USD a month at the low end."""
        return self.low_quantity * self.low_price.amount


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Something that costs money and has no price here, with the reason; it is never counted as nought.

    `within` is the address of the node pool that has a price and pays for it.
    """

    name: str
    reason: str
    location: Location
    within: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a resource costs a month by itself, in USD. `open_ended` tells that the high end is a lower bound:
    something has no price or no upper count. `runs` is in how many runs of its longest time a month's hours are
    spent, None where no such time is known. `total` adds estimates up."""

    address: str
    lines: tuple[CostLine, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    open_ended: bool = False
    runs: Decimal | None = None

    @property
    def low(self) -> Decimal:
        """Return USD a month at least."""
        return sum((line.low_monthly for line in self.lines), Decimal(0))

    @property
    def high(self) -> Decimal:
        """Return USD a month at most, of what has a price."""
        return sum((line.monthly for line in self.lines), Decimal(0))

    @property
    def within(self) -> tuple[str, ...]:
        """Return the addresses of the node pools that it runs on, where the repository has them."""
        places = [line.within for line in self.lines] + [one.within for one in self.unpriced]
        return tuple(dict.fromkeys(filter(None, places)))


class Total(NamedTuple):
    """What several resources cost together, in USD a month; `open_ended` as in an Estimate."""

    low: Decimal
    high: Decimal
    open_ended: bool = False


NOTHING = Total(Decimal(0), Decimal(0))


def counted(estimate: Estimate, scope: Container[str]) -> Total:
    """Return what `estimate` adds to the sum of the resources at the addresses in `scope`.

    What runs on a node pool of the scope is paid for there and adds nothing.
    """
    if not any(address in scope for address in estimate.within):
        return Total(estimate.low, estimate.high, estimate.open_ended)
    lines = [line for line in estimate.lines if line.within not in scope]
    return Total(
        sum((line.low_monthly for line in lines), Decimal(0)),
        sum((line.monthly for line in lines), Decimal(0)),
        any(one.within not in scope for one in estimate.unpriced),
    )


def total(estimates: Mapping[str, Estimate], addresses: Iterable[str] | None = None) -> Total:
    """Return what the resources at `addresses` cost together, all of `estimates` where none are given.

    A workload on a node pool that is among them is not counted twice.
    """
    scope = estimates.keys() if addresses is None else estimates.keys() & frozenset(addresses)
    low, high, open_ended = NOTHING
    for address in sorted(scope):
        more = counted(estimates[address], scope)
        low, high, open_ended = low + more.low, high + more.high, open_ended or more.open_ended
    return Total(low, high, open_ended)
