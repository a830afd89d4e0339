"""What rules on capacity and spend ask of a resource: whether it runs, what its labels declare, what spot saves."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from guard.model.price import CostLine, Estimate, PriceBook
from guard.model.resource import Compute, Purpose, Resource
from guard.model.value import Absent, Known, Unknown, Value, first

RUNS = frozenset({Purpose.TRAINING, Purpose.BATCH})
BY_THE_HOUR = ("on_demand", "sustained_use")


def active(compute: Compute) -> bool:
    """Tell whether any of these machines may run."""
    return not (isinstance(compute.count_max, Known) and compute.count_max.value == 0)


def attribute(compute: Compute, name: str) -> str:
    """Return the path of a fact of a group of machines, as findings and unknowns call it."""
    return f"{compute.name}.{name}".lstrip(".")


def declared(resource: Resource, keys: Iterable[str]) -> Value[str]:
    """Return what the first of these labels, or else annotations of a Kubernetes object, says."""
    found = [resource.labels.find(key) for key in keys]
    known = next((one for one in found if isinstance(one, Known)), None)
    return known or first(_annotated(resource, keys), *found)


def number_of(value: Value[str]) -> Value[Decimal]:
    """Return the number that a label says; what is no number is unknown."""
    if not isinstance(value, Known):
        return value
    text = value.value.strip()
    if len(text) < 20 and text.isascii() and text.replace(".", "", 1).isdecimal():
        return Known(Decimal(text), value.location, value.trail)
    return Unknown(f"{text!r} is no number", value.location)


def in_use(resource: Resource) -> bool:
    """Tell whether the resource has machines that may run."""
    return any(active(one) for one in resource.compute)


def timed(resource: Resource) -> bool:
    """Tell whether it is known how long it runs: a machine that nobody stops runs all month, a run ends by itself."""
    if resource.purpose not in RUNS or resource.origin == "terraform":
        return True
    limits = [limit for one in resource.compute for limit in (one.hours_per_month, one.max_runtime_hours)]
    if resource.training is not None:
        limits.append(resource.training.max_runtime_hours)
    return any(isinstance(one, Known) for one in limits)


def spot_saving(estimate: Estimate, prices: PriceBook) -> Decimal | None:
    """Return what spot would save, in USD a month: its dearer end against what is paid by the hour; None if unknown."""
    found = [one for line in estimate.lines if (one := _cheaper(line, prices, "spot")) is not None]
    return sum(found, Decimal(0)) if found else None


def _cheaper(line: CostLine, prices: PriceBook, purchase: str) -> Decimal | None:
    price = line.price
    if price.purchase not in BY_THE_HOUR or price.unit != "hour":
        return None
    band = prices.compute(price.provider, price.sku, price.region, purchase)
    if band is None or band.high.amount >= price.amount:
        return None
    return line.quantity * (price.amount - band.high.amount)


def _annotated(resource: Resource, keys: Iterable[str]) -> Value[str]:
    if resource.origin != "kubernetes":
        return Absent(resource.labels.location)
    for path in (("metadata",), ("spec", "template", "metadata")):
        written = resource.body.fields(*path, "annotations")
        for key in keys:
            for name, node in written.items():
                if name.rpartition("/")[2].casefold().replace("_", "-") == key:
                    return node.text()
    return Absent(resource.labels.location)
