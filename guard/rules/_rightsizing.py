"""The cheapest machine that holds what was seen to be used, with headroom."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from guard.model.price import PriceBook, Specs
from guard.model.resource import Compute, Resource
from guard.model.usage import METRICS, Samples, percentile
from guard.model.value import Known, first
from guard.rules._generations import previous
from guard.rules._machines import (
    MANAGED,
    generation,
    hourly,
    is_arm,
    is_burstable,
    machine_specs,
    provider_of,
    saved,
    types,
)

_ONE = Decimal(1)


class Sizing(NamedTuple):
    """How it is reckoned: which percentile must fit, with how much headroom in percent, from how many samples on."""

    percent: Decimal = Decimal(95)
    headroom: Decimal = Decimal(20)
    samples: int = 100


class Proposal(NamedTuple):
    """A cheaper machine: the present type, the proposed one, USD an hour of both, and USD a month that it saves.

    `used` is what was seen, in percent of the present machine by metric; `samples` how often.
    """

    present: Known[str]
    proposed: Specs
    name: str
    price: Decimal
    proposed_price: Decimal
    saving: Decimal | None
    used: dict[str, Decimal]
    samples: int


class Need(NamedTuple):
    """What a machine must have: virtual CPUs, GiB of memory, accelerators and GiB of their memory together."""

    vcpu: Decimal
    memory_gib: Decimal
    accelerators: Decimal
    accelerator_memory_gib: Decimal


def proposal(
    resource: Resource, compute: Compute, samples: Samples, prices: PriceBook, sizing: Sizing
) -> Proposal | None:
    """Return the cheapest type of the same cloud and region that holds the need, None where none is known to cost less.

    What was not measured counts as used in full. Processors of the same architecture and generation or a later one
    count, accelerators of the same kind; types of previous generations, of burstable capacity and bare metal do not.
    """
    kind = next(types(compute), None)
    seen = {metric: samples[metric] for metric in METRICS if samples.get(metric)}
    if compute.share or kind is None or not seen or max(map(len, seen.values())) < sizing.samples:
        return None
    specs, now = machine_specs(compute, kind.value, prices), hourly(resource, compute, kind.value, prices)
    if specs is None or now is None or not specs.vcpu or not specs.memory_gib or _attached(compute, specs):
        return None
    used = {metric: percentile(values, sizing.percent) for metric, values in seen.items()}
    need = _need(specs, used, sizing.headroom)
    best = min(_fitting(resource, compute, kind.value, specs, need, prices), default=None)
    if best is None or best[0] >= now:
        return None
    price, name = best
    proposed = machine_specs(compute, name, prices)
    if proposed is None:
        return None
    saving = saved(resource, compute, kind.value, name, prices)
    return Proposal(kind, proposed, name, now, price, saving, used, max(map(len, seen.values())))


def _attached(compute: Compute, specs: Specs) -> bool:
    return isinstance(compute.accelerator, Known) and not specs.accelerator


def _need(specs: Specs, used: dict[str, Decimal], headroom: Decimal) -> Need:
    def held(whole: Decimal | None, metric: str) -> Decimal:
        part = used.get(metric)
        if whole is None or part is None:
            return whole or Decimal(0)
        return min(whole * part / 100 * (1 + headroom / 100), whole)

    count = specs.accelerator_count or Decimal(0)
    memory = count * (specs.accelerator_memory_gib or 0)
    # A machine whose accelerators were never used may still need one to start.
    accelerators = held(count, "accelerator_percent").to_integral_value(ROUND_CEILING) if count >= 1 else count
    return Need(
        held(specs.vcpu, "cpu_percent"),
        held(specs.memory_gib, "memory_percent"),
        max(accelerators, min(count, _ONE)),
        held(memory, "accelerator_memory_percent"),
    )


def _fitting(
    resource: Resource, compute: Compute, present: str, specs: Specs, need: Need, prices: PriceBook
) -> Iterator[tuple[Decimal, str]]:
    """Yield price and name of each type that holds the need."""
    provider = provider_of(compute, present, prices)
    region = first(compute.region, resource.region)
    prefix = MANAGED if present.casefold().startswith(MANAGED) else ""
    place = region.value if isinstance(region, Known) else ""
    offers = prices.offers(provider, place, specs.accelerator) if specs.accelerator else prices.machines(provider)
    for one in offers:
        if _holds(one, need, specs) and _alike(provider, present, one.instance_type):
            price = hourly(resource, compute, prefix + one.instance_type, prices)
            if price is not None:
                yield price, prefix + one.instance_type


def _holds(one: Specs, need: Need, present: Specs) -> bool:
    count = one.accelerator_count or Decimal(0)
    memory = count * (one.accelerator_memory_gib or 0)
    if not present.accelerator and one.accelerator:
        return False
    enough = (one.vcpu or 0) >= need.vcpu and (one.memory_gib or 0) >= need.memory_gib
    return enough and count >= need.accelerators and memory >= need.accelerator_memory_gib


def _alike(provider: str, present: str, other: str) -> bool:
    if is_arm(provider, present) != is_arm(provider, other) or ".metal" in other:
        return False
    if is_burstable(provider, other) and not is_burstable(provider, present):
        return False
    before, after = generation(provider, present), generation(provider, other)
    return previous(provider, other) is None and (before is None or after is None or after >= before)
