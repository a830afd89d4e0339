"""What rules on machines share: names of types, what an hour of one costs, and what another one would save."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from guard.model.price import HOURS_PER_MONTH, PriceBook, Specs
from guard.model.resource import Compute, Purchase, Resource
from guard.model.value import Absent, Known, Value, first

PROVIDERS = ("aws", "google", "azure")
MANAGED = "ml."
"""What SageMaker puts before the names of EC2's instance types."""

# AWS marks its own Arm processors with a g behind the generation (m7g, c7gn, g5g), Azure with a p among the letters of
# a size (D4ps_v5), Google by family. Each is the provider's naming convention for instance types.
_ARM = {
    "aws": re.compile(r"(?:a1|[a-z]+\d+g[a-z]*|p6e-gb200|u-p6e-gb200x\d+|(?:hpc|im|is)\d+g[a-z]*)\..*"),
    "google": re.compile(r"(?:t2a|c4a|n4a|a4x)-.*"),
    "azure": re.compile(r"standard_[a-z]+\d+(?:-\d+)?[a-z]*p[a-z]*_.*"),
}
# Types whose processors may be used in full for a part of the time only.
_BURSTABLE = {
    "aws": re.compile(r"(?:t\d+[a-z]*|[a-z]\d+[a-z]+-flex)\..*"),
    "google": re.compile(r"(?:f1|g1|e2)-(?:micro|small|medium)"),
    "azure": re.compile(r"standard_b.*"),
}
_GENERATION = {
    "aws": re.compile(r"[a-z]+(\d{1,2})[a-z0-9-]*\..*"),
    "google": re.compile(r"[a-z]+(\d{1,2})[a-z]*-.*"),
    "azure": re.compile(r"standard_.*_v(\d{1,2})"),
}


def is_arm(provider: str, instance_type: str) -> bool:
    """Tell whether a type's processors are Arm's, by the provider's naming convention."""
    return _fits(_ARM, provider, instance_type)


def is_burstable(provider: str, instance_type: str) -> bool:
    """Tell whether a type's processors are to be had in full for a part of the time only."""
    return _fits(_BURSTABLE, provider, instance_type)


def _fits(patterns: dict[str, re.Pattern[str]], provider: str, instance_type: str) -> bool:
    pattern = patterns.get(provider)
    name = instance_type.casefold().removeprefix(MANAGED)
    return pattern is not None and pattern.fullmatch(name[:100]) is not None


def generation(provider: str, instance_type: str) -> int | None:
    """Return the generation that a type's name tells (7 of m7i, 5 of Standard_D4s_v5, 2 of n2), None for none."""
    pattern = _GENERATION.get(provider)
    match = pattern.fullmatch(instance_type.casefold().removeprefix(MANAGED)[:100]) if pattern else None
    return int(match[1]) if match else None


def provider_of(compute: Compute, instance_type: str, prices: PriceBook) -> str:
    """Return the provider of a machine; where none is written, the only one who has such a type, else ""."""
    if compute.provider:
        return compute.provider
    having = [one for one in PROVIDERS if prices.specs(one, instance_type) is not None]
    return having[0] if len(having) == 1 else ""


def types(compute: Compute) -> Iterator[Known[str]]:
    """Yield the known instance types of a group of machines, the preferred one first."""
    for one in (compute.instance_type, *compute.other_instance_types):
        if isinstance(one, Known):
            yield one


def never_runs(compute: Compute) -> bool:
    """Tell whether there is certainly no machine of this group."""
    return isinstance(compute.count_max, Known) and compute.count_max.value == 0


def hourly(resource: Resource, compute: Compute, instance_type: str, prices: PriceBook) -> Decimal | None:
    """Return USD an hour of one machine of this type where and as the group is bought, None where it is not known."""
    region = first(compute.region, resource.region)
    provider = provider_of(compute, instance_type, prices)
    if not isinstance(region, Known) or not provider:
        return None
    spot = isinstance(compute.purchase, Known) and compute.purchase.value is Purchase.SPOT
    band = prices.compute(provider, instance_type, region.value, "spot" if spot else "on_demand")
    return band.low.amount if band else None


def hours(compute: Compute) -> Decimal | None:
    """Return the hours a month that a group runs, of 730; None where it is not known."""
    value: Value[Decimal] = compute.hours_per_month
    if isinstance(value, Absent):
        return HOURS_PER_MONTH
    return value.value if isinstance(value, Known) else None


def saved(resource: Resource, compute: Compute, one: str, other: str, prices: PriceBook) -> Decimal | None:
    """Return USD a month that machines of type `other` cost less than as many of type `one`, of the fewest that run.

    None where a price or the number of machines is not known, or where nothing is saved.
    """
    before, after = hourly(resource, compute, one, prices), hourly(resource, compute, other, prices)
    running = hours(compute)
    if before is None or after is None or running is None or not isinstance(compute.count_min, Known):
        return None
    amount = (before - after) * compute.count_min.value * running
    return amount if amount > 0 else None


def machine_specs(compute: Compute, instance_type: str, prices: PriceBook) -> Specs | None:
    """Return what a type is, None where it is not known."""
    provider = provider_of(compute, instance_type, prices)
    return prices.specs(provider, instance_type) if provider else None


def named(compute: Compute, attribute: str) -> str:
    """Return the path of an attribute of a group within its resource: `workers.instance_type`."""
    return f"{compute.name}.{attribute}".lstrip(".")
