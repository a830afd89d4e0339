"""What a change does to the cost: each resource added, removed or changed, what changed about it, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from guard.model.price import Estimate, Total, counted, total
from guard.model.report import Money
from guard.model.resource import Compute, DataLink, Fee, Resource, Serving, Storage, Training
from guard.model.value import Known, Unknown

ZERO = Decimal(0)
ABSENT = "none"

# What of each facet decides what it costs; other facts may change without a word here.
_MATTER: dict[type[Any], tuple[str, ...]] = {
    Compute: (
        "provider",
        "service",
        "instance_type",
        "other_instance_types",
        "accelerator",
        "accelerator_count",
        "vcpu",
        "memory_gib",
        "count_min",
        "count_max",
        "purchase",
        "spot_share",
        "max_runtime_hours",
        "hours_per_month",
        "region",
    ),
    Storage: ("kind", "size_gib", "iops", "throughput_mibps", "region", "count_min", "count_max"),
    DataLink: ("uri", "direction", "region", "gib_per_month"),
    Fee: ("service", "sku", "quantity", "region"),
    Serving: ("scale_to_zero",),
    Training: ("schedule", "trigger", "max_runtime_hours"),
}


_FOLLOWING = ("accelerator", "accelerator_count", "vcpu", "memory_gib")
"""What an instance type decides of its machines."""


class Costs(NamedTuple):
    """Resources with what each costs."""

    resources: tuple[Resource, ...]
    estimates: Mapping[str, Estimate]

    def total(self) -> Total:
        """Return what all of it costs a month."""
        return total(self.estimates)


class Edit(NamedTuple):
    """A fact that decides the cost: what it was and what it is, in words."""

    what: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """Return `compute.count_max: 2 -> 4`."""
        return f"{self.what}: {self.before} -> {self.after}"


class Change(NamedTuple):
    """A resource that was added, removed or changed; `monthly` is how much more (or less) it costs."""

    address: str
    kind: str
    monthly: Money
    now: Resource | None
    before: Resource | None
    edits: tuple[Edit, ...] = ()


def changes(now: Costs, base: Costs) -> tuple[Change, ...]:
    """Return every resource that the change touches, the largest difference first.

    What is identical, or costs nothing in both, is left out. The differences add up to that of the totals.
    """
    found = _changes(now, base)
    return tuple(sorted(found, key=lambda one: (-max(abs(one.monthly.high), abs(one.monthly.low)), one.address)))


def percent(rise: Decimal, before: Decimal) -> str:
    """Return a rise in percent with its sign, "" where there was nothing before."""
    return f"{rise / before * 100:+,.1f} %" if before else ""


def runs_on(estimate: Estimate, scope: Mapping[str, Estimate]) -> tuple[str, ...]:
    """Return the node pools of `scope` that pay for machines of this estimate."""
    return tuple(one for one in estimate.within if one in scope)


def _changes(now: Costs, base: Costs) -> Iterator[Change]:
    present = {one.address: one for one in now.resources}
    past = {one.address: one for one in base.resources}
    for address in sorted({*now.estimates, *base.estimates}):
        after, before = now.estimates.get(address), base.estimates.get(address)
        if not _costly(after) and not _costly(before):
            continue
        more, less = _counted(after, now), _counted(before, base)
        monthly = Money(more.low - less.low, more.high - less.high)
        one, other = present.get(address), past.get(address)
        edits = tuple(_edits(one, other)) if one and other else ()
        if after and before and not (edits or monthly.low or monthly.high):
            continue
        kind = "changed" if after and before else "added" if after else "removed"
        yield Change(address, kind, monthly, one, other, edits)


def _costly(estimate: Estimate | None) -> bool:
    return estimate is not None and bool(estimate.lines or estimate.unpriced)


def _counted(estimate: Estimate | None, costs: Costs) -> Total:
    return counted(estimate, costs.estimates) if estimate else Total(ZERO, ZERO)


def _edits(now: Resource, before: Resource) -> Iterator[Edit]:
    for name in ("compute", "storage", "fees", "data"):
        yield from _facets(name.removesuffix("s"), getattr(before, name), getattr(now, name))
    for name in ("serving", "training"):
        old, new = getattr(before, name), getattr(now, name)
        yield from _facets(name, (old,) if old else (), (new,) if new else ())


def _facets(name: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Edit]:
    """Yield what changed in facets of one sort, told apart by their own names or their order."""
    old, new = _keyed(name, before), _keyed(name, after)
    for key in [*old, *(one for one in new if one not in old)]:
        if key not in new or key not in old:
            yield Edit(key, _summary(old.get(key)), _summary(new.get(key)))
            continue
        for fact in _mattering(old[key], new[key]):
            was, is_ = (shown(getattr(one, fact)) for one in (old[key], new[key]))
            if was != is_:
                yield Edit(f"{key}.{fact}", was, is_)


def _mattering(old: Any, new: Any) -> tuple[str, ...]:
    """Return the facts to compare: what follows from another type of machine needs no words of its own."""
    facts = _MATTER[type(old)]
    if isinstance(old, Compute) and not old.share and shown(old.instance_type) != shown(new.instance_type):
        return tuple(one for one in facts if one not in _FOLLOWING)
    return facts


def _keyed(name: str, facets: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for i, one in enumerate(facets):
        own = getattr(one, "name", "")
        key = f"{name} {own}" if own else name if len(facets) == 1 else f"{name}[{i}]"
        found[key if key not in found else f"{key}[{i}]"] = one
    return found


def _summary(facet: Any) -> str:
    if facet is None:
        return ABSENT
    known = {one.name for one in fields(facet)}
    facts = [shown(getattr(facet, one)) for one in _MATTER[type(facet)] if one in known]
    return " ".join(one for one in facts if one not in (ABSENT, "")) or "some"


def shown(fact: Any) -> str:
    """Return a fact in words: its value, `not known`, or `none` where nothing is written."""
    if isinstance(fact, Known):
        return shown(fact.value)
    if isinstance(fact, Unknown):
        return f"not known ({fact.reason})"
    if isinstance(fact, Enum):
        return str(fact.value).replace("_", " ")
    if isinstance(fact, Decimal):
        return f"{fact.normalize():f}"
    if isinstance(fact, tuple):
        return ", ".join(shown(one) for one in fact) or ABSENT
    return str(fact) if isinstance(fact, (str, int)) else ABSENT
