"""What always runs, how much of it commitments cover, and what committing to the rest would cost and save.

Used by the rules on commitments and by `guard commit`, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field, model_validator

from guard.model.price import HOURS_PER_MONTH, CostLine, Estimate, Price, PriceBook
from guard.model.resource import Resource
from guard.model.rounding import rounded
from guard.model.value import Absent, Known
from guard.rules._helpers import fitting
from guard.rules._workloads import BY_THE_HOUR, RUNS

ZERO = Decimal(0)
TERMS: Mapping[str, int] = {"commit_1y": 12, "commit_3y": 36}
"""The purchase options of the price book that are commitments, with their months."""
RESERVATIONS = frozenset({"aws_ec2_capacity_reservation", "google_compute_reservation", "azurerm_capacity_reservation"})
"""Capacity that is paid for whether it runs or not, at the on-demand price: it is load of its own, and no discount."""
# A load that ends in the second half of the term has paid for most of its commitment.
LOW_RISK, MEDIUM_RISK = Decimal("0.5"), Decimal("0.67")
SHORT = 12
WORTH = Decimal(30)
"""The saving from which a commitment is worth its binding, in percent: the lower end of the band that is aimed at."""


class Bought(BaseModel, extra="forbid", frozen=True):
    """A commitment that exists: reserved machines of a type, or an amount an hour (a savings plan)."""

    provider: Literal["aws", "google", "azure"]
    """The cloud that it was bought from."""
    instances: Annotated[str, Field(min_length=1)] = "*"
    """A glob of the instance types that it covers."""
    region: Annotated[str, Field(min_length=1)] = "*"
    """A glob of the regions that it covers."""
    count: Annotated[Decimal, Field(gt=0)] | None = None
    """How many machines it covers."""
    usd_per_hour: Annotated[Decimal, Field(gt=0)] | None = None
    """How many USD an hour are committed, at the prices of the commitment."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Bought:
        if (self.count is None) == (self.usd_per_hour is None):
            raise ValueError("write either count (machines) or usd_per_hour (a savings plan)")
        return self


class Load(NamedTuple):
    """Machines of one type in one region that always run. Hours are machine hours a month; `sources` tells whose."""

    provider: str
    sku: str
    region: str
    hours: Decimal
    on_demand: Price
    sources: tuple[tuple[str, Decimal], ...]
    reserved: Decimal = ZERO
    covered: Decimal = ZERO

    @property
    def open_hours(self) -> Decimal:
        """Return the hours that nothing covers."""
        return max(self.hours - self.covered, ZERO)

    @property
    def machines(self) -> Decimal:
        """Return how many machines always run."""
        return self.hours / HOURS_PER_MONTH

    @property
    def monthly(self) -> Decimal:
        """Return what all of them cost on demand, in USD a month."""
        return self.hours * self.on_demand.amount


class Proposal(NamedTuple):
    """A commitment to buy: `machines` of a load for `months`. Amounts in USD.

    `break_even` is the month in which on-demand would have cost as much as the whole commitment: it pays only for a
    load that lives so long.
    """

    load: Load
    price: Price
    months: int
    machines: Decimal
    saving: Decimal
    percent: Decimal
    upfront: Decimal
    break_even: int
    risk: str


def loads(
    resources: Sequence[Resource], estimates: Mapping[str, Estimate], prices: PriceBook, bought: Iterable[Bought] = ()
) -> tuple[Load, ...]:
    """Return what always runs by provider, type and region, the dearest first, with what `bought` covers of it."""
    scope = {one.address for one in resources}
    found: dict[tuple[str, str, str], Load] = {}
    for resource in resources:
        if _steady(resource):
            for line in estimates.get(resource.address, Estimate("")).lines:
                if line.within not in scope and line.unit == "hour" and line.low_quantity > 0:
                    _add(found, resource, line)
    settled = [_settled(one, prices) for one in found.values()]
    every = sorted(settled, key=lambda one: (-one.monthly, one.provider, one.sku, one.region))
    return _covered(every, tuple(bought), prices)


def proposal(load: Load, purchase: str, share: Decimal, prices: PriceBook) -> Proposal | None:
    """Return what committing to `share` (0 to 1) of a load would cost and save, None without a price or a saving."""
    band = prices.compute(load.provider, load.sku, load.region, purchase)
    machines = _whole(load.open_hours / HOURS_PER_MONTH * share, load.open_hours / HOURS_PER_MONTH)
    if band is None or machines <= 0 or band.high.amount >= load.on_demand.amount:
        return None
    price, months = band.high, TERMS[purchase]
    hours = machines * HOURS_PER_MONTH
    whole = hours * price.amount * months
    on_demand = hours * load.on_demand.amount
    break_even = int((whole / on_demand).to_integral_value(ROUND_CEILING))
    upfront = whole if price.payment == "all_upfront" else ZERO
    saved = load.on_demand.amount - price.amount
    return Proposal(
        load=load,
        price=price,
        months=months,
        machines=machines,
        saving=hours * saved,
        percent=saved / load.on_demand.amount * 100,
        upfront=upfront,
        break_even=break_even,
        risk=_risk(break_even, months),
    )


def coverage(every: Iterable[Load]) -> Decimal | None:
    """Return the share of the on-demand cost of always-on machines that is covered, in percent; None without any."""
    listed = tuple(every)
    whole = sum((one.monthly for one in listed), ZERO)
    covered = sum((min(one.covered, one.hours) * one.on_demand.amount for one in listed), ZERO)
    return covered / whole * 100 if whole else None


def _steady(resource: Resource) -> bool:
    """Tell whether its least number of machines runs all month: runs and declared hours do not.

    A pod whose machine is not written has a price, but nobody knows of which machine: nothing to commit to.
    """
    hours = all(isinstance(one.hours_per_month, Absent) for one in resource.compute)
    ending = any(isinstance(one.max_runtime_hours, Known) for one in resource.compute)
    placed = all(isinstance(one.instance_type, Known) for one in resource.compute if one.share)
    return resource.purpose not in RUNS and resource.repeated is None and hours and placed and not ending


def _add(found: dict[tuple[str, str, str], Load], resource: Resource, line: CostLine) -> None:
    price = line.low_price
    if price.purchase not in BY_THE_HOUR and not price.purchase.startswith("commit"):
        return
    key = (price.provider, price.sku, price.region)
    old = found.get(key) or Load(*key, ZERO, price, ())
    hours = line.low_quantity
    if resource.type in RESERVATIONS:
        found[key] = old._replace(reserved=old.reserved + hours)
        return
    covered = hours if price.purchase.startswith("commit") else ZERO
    on_demand = price if price.purchase in BY_THE_HOUR else old.on_demand
    found[key] = old._replace(
        hours=old.hours + hours,
        on_demand=on_demand,
        sources=(*old.sources, (resource.address, hours)),
        covered=old.covered + covered,
    )


def _settled(load: Load, prices: PriceBook) -> Load:
    """Return the load with its capacity reservations, in which its machines may run, as the least that is paid for."""
    band = prices.compute(load.provider, load.sku, load.region)
    on_demand = band.high if band is not None and load.on_demand.purchase not in BY_THE_HOUR else load.on_demand
    return load._replace(hours=max(load.hours, load.reserved), on_demand=on_demand)


def _covered(every: Sequence[Load], bought: Sequence[Bought], prices: PriceBook) -> tuple[Load, ...]:
    current = list(every)
    for one in bought:
        left = (one.count or one.usd_per_hour or ZERO) * HOURS_PER_MONTH
        for index, load in enumerate(current):
            if left <= 0 or not fits(one, load):
                continue
            rate = Decimal(1) if one.count is not None else _rate(load, prices)
            taken = min(load.open_hours, left / rate)
            current[index] = load._replace(covered=load.covered + taken)
            left -= taken * rate
    return tuple(current)


def _rate(load: Load, prices: PriceBook) -> Decimal:
    """Return what an hour of a machine takes of an amount an hour: the price of the commitment, else on demand."""
    band = prices.compute(load.provider, load.sku, load.region, "commit_1y")
    return (band.high.amount if band is not None else load.on_demand.amount) or Decimal(1)


def fits(one: Bought, load: Load) -> bool:
    """Tell whether a commitment may cover a load."""
    same = one.provider == load.provider
    return same and fitting((one.instances,), load.sku) is not None and fitting((one.region,), load.region) is not None


def _whole(machines: Decimal, most: Decimal) -> Decimal:
    """Return whole machines, where there is at least one; a part of one is committed to as it is."""
    if most < 1:
        return most
    return min(max(rounded(machines, "1", ROUND_HALF_UP), Decimal(1)), most)


def recommended(proposals: Sequence[Proposal]) -> Proposal | None:
    """Return the shortest commitment that saves enough to be worth it, else None."""
    worth = [one for one in proposals if one.percent >= WORTH]
    return min(worth, key=lambda one: one.months, default=None)


def _risk(break_even: int, months: int) -> str:
    """Return how risky a commitment is; no accelerator is sure to be wanted for three years."""
    share = Decimal(break_even) / months
    if share > MEDIUM_RISK:
        return "high"
    return "low" if share <= LOW_RISK and months <= SHORT else "medium"
