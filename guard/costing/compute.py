"""What machines, replicas and nodes cost: count x hours x price by the way they are bought."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from guard.costing.hours import running_hours
from guard.costing.machines import Choice, Machine, attached, choose
from guard.costing.parts import ONE, Part, Quantity, amount, counted, joined, sentence, with_missing, without_price
from guard.costing.purchases import Hourly, hourly
from guard.model.price import HOURS_PER_MONTH, CostLine, PriceBook
from guard.model.resource import Compute, Purchase, Resource
from guard.model.value import Known, Unknown

_WORDS = {
    Purchase.ON_DEMAND: "on demand",
    Purchase.SPOT: "spot",
    Purchase.RESERVED: "reserved",
    Purchase.DEDICATED: "dedicated",
    None: "spot to on demand",
}


def compute_part(compute: Compute, resource: Resource, prices: PriceBook) -> Part:
    """Return what `compute` costs a month."""
    serving = resource.serving
    idle = serving is not None and isinstance(serving.scale_to_zero, Known) and serving.scale_to_zero.value
    count = counted(compute.count_min, compute.count_max, idle)
    if count.high == 0:
        return Part()
    hours = running_hours(compute, resource)
    choice = choose(compute, resource, prices)
    name = compute.name or "compute"
    if choice.reason:
        return without_price(name, choice.reason, compute.location)
    parts = [_bought(compute, choice, count, hours, prices)]
    extra = attached(compute, choice, prices)
    if extra is not None and extra.reason:
        parts.append(without_price(f"{name} accelerators", extra.reason, compute.location))
    elif extra is not None:
        parts.append(_bought(compute, extra, count, hours, prices))
    if compute.service == "vertex":
        reason = "what Vertex AI charges beyond the price of the machine has no price"
        parts.append(without_price(f"{name} Vertex AI", reason, compute.location))
    if choice.machines[0].sku.startswith("gpu:"):
        reason = "the machine that the accelerators are attached to is not written"
        parts.append(without_price(f"{name} machine", reason, compute.location))
    part = joined(parts)
    part = with_missing(part, count, f"{name} count", compute.location)
    return with_missing(part, hours, f"{name} hours", compute.location)


def _bought(compute: Compute, choice: Choice, count: Quantity, hours: Quantity, prices: PriceBook) -> Part:
    """Return a line for each way in which the machines are bought."""
    return joined(
        _line(compute, choice, count, hours, purchase, portion, note, prices)
        for purchase, portion, note in _ways(compute)
    )


def _ways(compute: Compute) -> list[tuple[Purchase | None, Decimal, str]]:
    """Return each way to buy with its share of the machines, and what was taken for granted."""
    if isinstance(compute.purchase, Unknown):
        return [(None, ONE, f"how it is bought is not known: {compute.purchase.reason}")]
    if not isinstance(compute.purchase, Known):
        return [(Purchase.ON_DEMAND, ONE, "")]
    purchase = compute.purchase.value
    if purchase is not Purchase.MIXED:
        return [(purchase, ONE, "")]
    share = amount(compute.spot_share)
    if not isinstance(share, Decimal):
        reason = f" ({share})" if share else ""
        return [(None, ONE, f"the share of spot is not known{reason}: from all spot to all on demand")]
    share = min(share, ONE)
    ways = [(Purchase.SPOT, share, "spot"), (Purchase.ON_DEMAND, ONE - share, "on demand")]
    return [(way, part, f"{part * 100:f} % of the machines are {word}") for way, part, word in ways if part > 0]


def _line(
    compute: Compute,
    choice: Choice,
    count: Quantity,
    hours: Quantity,
    purchase: Purchase | None,
    portion: Decimal,
    note: str,
    prices: PriceBook,
) -> Part:
    full_month = hours.low == hours.high == HOURS_PER_MONTH
    priced: list[tuple[Machine, Hourly]] = []
    without: list[Machine] = []
    for machine in choice.machines:
        price = hourly(machine, purchase, full_month, prices)
        if price is None:
            without.append(machine)
        else:
            priced.append((machine, price))
    name = f"{compute.name}: " if compute.name else ""
    if not priced:
        reason = f"there is no {_WORDS[purchase]} price for {_where(without)}"
        return without_price(f"{name}{_skus(without)}", reason, compute.location)
    low = min(priced, key=lambda one: one[0].share * one[1].band.low.amount)
    high = max(priced, key=lambda one: one[0].share * one[1].band.high.amount)
    line = CostLine(
        name=f"{name}{_title(low[0], high[0])} ({_WORDS[purchase]})",
        unit=high[1].band.high.unit,
        quantity=count.high * hours.high * high[0].share * portion,
        price=high[1].band.high,
        low_quantity=count.low * hours.low * low[0].share * portion,
        low_price=low[1].band.low,
        assumption=sentence(*choice.notes, *count.notes, *hours.notes, note, low[1].note, high[1].note),
    )
    part = Part((line,))
    missing = low[1].missing or high[1].missing
    if missing:
        part = joined((part, without_price(f"{name}{_title(low[0], high[0])}", missing, compute.location)))
    if without and _matters(without, priced):
        reason = f"there is no {_WORDS[purchase]} price for {_where(without)}"
        part = joined((part, without_price(f"{name}{_skus(without)}", reason, compute.location)))
    return part


def _matters(without: Sequence[Machine], priced: Sequence[tuple[Machine, Hourly]]) -> bool:
    """Tell whether a machine without a price could be the one: not where it has a price in another place."""
    return bool({one.sku for one in without} - {one.sku for one, _ in priced})


def _title(low: Machine, high: Machine) -> str:
    return low.sku if low.sku == high.sku else f"{low.sku} to {high.sku}"


def _skus(machines: Sequence[Machine]) -> str:
    return ", ".join(dict.fromkeys(one.sku for one in machines))


def _where(machines: Sequence[Machine]) -> str:
    return ", ".join(dict.fromkeys(f"{one.place.provider} {one.sku} in {one.place.region}" for one in machines))
