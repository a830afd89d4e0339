"""What machines cost over years by the way they are had: on demand, spot, committed, owned, or owned and rented."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from guard.costing.parts import ONE, ZERO
from guard.model.price import HOURS_PER_MONTH, Estimate, Price, PriceBook
from guard.model.resource import Resource
from guard.model.value import Known

HOURS_PER_YEAR = Decimal(8760)
MONTHS_PER_YEAR = Decimal(12)
_RESIDUAL_AGE = Decimal(3)
_BY_THE_HOUR = ("on_demand", "sustained_use", "spot")


@dataclass(frozen=True, slots=True)
class Server:
    """A server to buy: what it has, costs (USD) and draws at most (kW)."""

    accelerators: tuple[str, ...]
    count: Decimal
    usd: Decimal
    kw: Decimal


@dataclass(frozen=True, slots=True)
class Ownership:
    """What owning is taken to cost. Shares are of 1; `residual` is what a server is worth after three years."""

    servers: tuple[Server, ...]
    lifetime_years: Decimal
    residual: Decimal
    network: Decimal
    support: Decimal
    power_share: Decimal
    pue: Decimal
    usd_per_kwh: Decimal
    hosting_usd_per_kw_month: Decimal
    staff_usd_per_year: Decimal


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines of one type in one region: hours a month at most and at least, and how many run at once."""

    provider: str
    sku: str
    region: str
    hours: Decimal
    least_hours: Decimal
    peak: Decimal
    least: Decimal
    price: Price


@dataclass(frozen=True, slots=True)
class Way:
    """A way to have the machines: USD over all years by item; `missing` says what keeps it from being known."""

    name: str
    items: tuple[tuple[str, Decimal], ...] = ()
    missing: str = ""

    @property
    def total(self) -> Decimal:
        """Return USD over all years."""
        return sum((amount for _, amount in self.items), ZERO)


def machines(
    resources: Sequence[Resource], estimates: Mapping[str, Estimate], prices: PriceBook
) -> tuple[Machines, ...]:
    """Return the machines of the resources by type and region, the dearest first; those of a pool count there once."""
    scope = {one.address for one in resources}
    found: dict[tuple[str, str, str], Machines] = {}
    for resource in resources:
        for line in estimates.get(resource.address, Estimate("")).lines:
            price = line.price
            if line.unit != "hour" or line.within in scope or _base(price.purchase) not in (*_BY_THE_HOUR, "commit"):
                continue
            band = prices.compute(price.provider, price.sku, price.region)
            peak = max(_ceiling(line.quantity / HOURS_PER_MONTH), _counted(resource, price.sku))
            one = Machines(
                *(price.provider, price.sku, price.region),
                hours=line.quantity,
                least_hours=line.low_quantity,
                peak=peak,
                least=(line.low_quantity / HOURS_PER_MONTH).to_integral_value("ROUND_FLOOR"),
                price=band.high if band is not None else price,
            )
            key = (one.provider, one.sku, one.region)
            found[key] = _together(found[key], one) if key in found else one
    return tuple(sorted(found.values(), key=lambda one: (-one.hours * one.price.amount, one.sku, one.region)))


def ways(every: Sequence[Machines], owning: Ownership, years: Decimal, prices: PriceBook) -> tuple[Way, ...]:
    """Return what the machines cost over `years` in each way; a way of which a price is missing says so."""
    return (
        _rented("on demand", every, "on_demand", years, prices),
        _rented("spot", every, "spot", years, prices),
        _committed(every, years, prices),
        _owned("on-premises", every, owning, years, prices, by_peak=True),
        _owned("hybrid", every, owning, years, prices, by_peak=False),
    )


def _base(purchase: str) -> str:
    return "commit" if purchase.startswith("commit") else purchase


def _counted(resource: Resource, sku: str) -> Decimal:
    counts = [
        one.count_max.value
        for one in resource.compute
        if isinstance(one.count_max, Known) and isinstance(one.instance_type, Known) and one.instance_type.value == sku
        and not one.share
    ]  # fmt: skip
    return Decimal(sum(counts))


def _together(left: Machines, right: Machines) -> Machines:
    return Machines(
        *(left.provider, left.sku, left.region),
        hours=left.hours + right.hours,
        least_hours=left.least_hours + right.least_hours,
        peak=left.peak + right.peak,
        least=left.least + right.least,
        price=left.price,
    )


def _rented(name: str, every: Sequence[Machines], purchase: str, years: Decimal, prices: PriceBook) -> Way:
    items = []
    for one in every:
        band = prices.compute(one.provider, one.sku, one.region, purchase)
        if band is None and purchase != "on_demand":
            return Way(name, missing=f"there is no {purchase} price for {one.sku} in {one.region}")
        rate = band.high.amount if band is not None else one.price.amount
        items.append((f"{one.sku} in {one.region}", one.hours * rate * MONTHS_PER_YEAR * years))
    return Way(name, tuple(items))


def _committed(every: Sequence[Machines], years: Decimal, prices: PriceBook) -> Way:
    """Return the cost with the longest commitment within the years for what always runs, and the rest on demand."""
    terms = ("commit_3y", "commit_1y") if years >= 3 else ("commit_1y",)
    items: list[tuple[str, Decimal]] = []
    for one in every:
        bands = [prices.compute(one.provider, one.sku, one.region, term) for term in terms]
        band = next((each for each in bands if each is not None), None)
        steady = one.least * HOURS_PER_MONTH
        if band is None and steady:
            return Way("committed", missing=f"there is no price of a commitment for {one.sku} in {one.region}")
        rate = band.high.amount if band is not None else ZERO
        monthly = steady * rate + (one.hours - steady) * one.price.amount
        items.append((f"{one.sku} in {one.region}", monthly * MONTHS_PER_YEAR * years))
    return Way("committed", tuple(items))


def _owned(
    name: str, every: Sequence[Machines], owning: Ownership, years: Decimal, prices: PriceBook, *, by_peak: bool
) -> Way:
    """Return the cost of servers for all that may run at once, or for what always runs with the rest on demand."""
    needed: dict[Server, Decimal] = {}
    rented = ZERO
    for one in every:
        count = one.peak if by_peak else one.least
        specs = prices.specs(one.provider, one.sku)
        accelerator = specs.accelerator if specs is not None else ""
        server = next((each for each in owning.servers if accelerator in each.accelerators), None)
        if server is None or specs is None or not specs.accelerator_count:
            what = accelerator or one.sku
            return Way(name, missing=f"the assumptions name no server with {what}: add one under servers")
        needed[server] = needed.get(server, ZERO) + count * specs.accelerator_count
        if not by_peak:
            beyond = max(one.hours - count * HOURS_PER_MONTH, ZERO)
            rented += beyond * one.price.amount * MONTHS_PER_YEAR * years
    if not by_peak and not any(needed.values()):
        return Way(name, missing="nothing always runs: there is nothing to own")
    counts = {server: _ceiling(wanted / server.count) for server, wanted in needed.items()}
    items = _owning(counts, owning, years)
    return Way(name, (*items, ("cloud, on demand", rented)) if not by_peak else items)


def _owning(counts: Mapping[Server, Decimal], owning: Ownership, years: Decimal) -> tuple[tuple[str, Decimal], ...]:
    hardware = sum((server.usd * count for server, count in counts.items()), ZERO)
    kw = sum((server.kw * count for server, count in counts.items()), ZERO)
    generations = _ceiling(years / owning.lifetime_years)
    age = years - (generations - 1) * owning.lifetime_years
    energy = kw * owning.power_share * owning.pue * owning.usd_per_kwh * HOURS_PER_YEAR * years
    return (
        (f"servers ({_numbers(counts.values())})", hardware * generations),
        ("network and installation", hardware * owning.network * generations),
        ("support", hardware * owning.support * years),
        ("electricity", energy),
        ("hosting", kw * owning.hosting_usd_per_kw_month * MONTHS_PER_YEAR * years),
        ("staff", owning.staff_usd_per_year * years),
        ("resale", -hardware * worth(age, owning)),
    )


def worth(age: Decimal, owning: Ownership) -> Decimal:
    """Return what a server of `age` years is worth, as a share of its price: straight lines to the share after three
    years and from there to nothing at the end of its life."""
    if age <= _RESIDUAL_AGE:
        return ONE - (ONE - owning.residual) * age / _RESIDUAL_AGE
    left = owning.lifetime_years - _RESIDUAL_AGE
    return max(owning.residual * (owning.lifetime_years - age) / left, ZERO) if left > 0 else ZERO


def _numbers(counts: Iterable[Decimal]) -> str:
    return f"{sum(counts, ZERO).normalize():f}"


def _ceiling(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)
