"""Every source of a repository read by the platform that claims it, into resources as complete as the text allows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from guard.discover import offered
from guard.model.finding import Problem
from guard.model.instance import Instance, Item
from guard.model.location import FIRST_CHARACTER, Location
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.price import PriceBook, Specs
from guard.model.resource import Compute, Resource
from guard.model.value import Absent, Known, Value, mapped
from guard.platforms._cluster_profiles import pools
from guard.platforms._terraform_manifests import TEXTS, applied
from guard.platforms.links import Place, linked

__all__ = ["TEXTS", "read"]

# us-east-1a and the local and wavelength zones us-west-2-lax-1a, us-east-1-wl1-bos-wlz-1.
_AWS_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)(?:[a-z]|-[a-z0-9-]+)")
_GOOGLE_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")


_PROVIDERS = ("aws", "azure", "google")
_SORTS = {"GPU", "TPU", "Neuron"}


class _Read(NamedTuple):
    """A resource with where its source came from: a Terraform root, or the path of a document."""

    resource: Resource
    root: str
    terraform: bool


def read(
    roots: Sequence[tuple[str, Sequence[Instance]]],
    items: Sequence[Item],
    prices: PriceBook,
    locality: Mapping[str, str],
    clusters: Sequence[Node] = (),
) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:
    """Return the resources of all Terraform roots and document items, and the problems met, each sorted by place.

    Addresses are unique: where two resources have the same one, each gets its Terraform root or its file in front
    (`infra/prod:aws_instance.a`, `k8s/eu.yaml:Deployment/llm`; `.` is the top), and within one file `#2`, `#3` behind.
    Compute facets are completed from what `prices` knows about the instance type, and data links from the buckets
    that the repository declares or else from `locality` (URI or URI pattern -> region). `clusters` are cluster
    profiles, whose pools are there for the workloads besides those that the repository declares.
    """
    platforms = tuple(
        sorted(offered("guard.platforms", "PLATFORM", Platform).values(), key=lambda one: (one.order, one.name))
    )
    found: list[_Read] = []
    problems: list[Problem] = []
    for source, root, around in _sources(roots, items, pools(clusters)):
        for thing in _read_one(platforms, source, around):
            if isinstance(thing, Problem):
                problems.append(thing)
            else:
                found.append(_Read(_completed(thing, prices), root, isinstance(source, Instance)))
    found.sort(key=lambda one: (one.resource.location, one.root, one.resource.address))
    resources = linked(_placed(found), locality)
    return resources, tuple(sorted(problems, key=_problem_order))


def _sources(
    roots: Sequence[tuple[str, Sequence[Instance]]], items: Sequence[Item], supply: Sequence[Item]
) -> Iterator[tuple[Source, str, Surroundings]]:
    everything: dict[str, Instance] = {}
    beside = (*items, *supply)
    for root, instances in roots:
        around = Surroundings({one.address: one for one in instances}, beside)
        everything |= {(f"{root or '.'}:{one.address}" if len(roots) > 1 else one.address): one for one in instances}
        for instance in instances:
            yield instance, root, around
    around = Surroundings(everything, beside)
    # A manifest that Terraform reads from its file and applies is one thing, known by Terraform's address.
    taken = {place for one in everything.values() for place in applied(one)}
    for item in items:
        if item.node.location.start not in taken:
            yield item, item.path, around


def _read_one(platforms: Iterable[Platform], source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    for platform in platforms:
        if platform.claims(source):
            return platform.resources(source, around)
    return iter(())


def _problem_order(problem: Problem) -> tuple[Location, str, str]:
    return problem.location or Location("", FIRST_CHARACTER), problem.code, problem.message


def _placed(found: Sequence[_Read]) -> tuple[Place, ...]:
    """Return the resources with unique addresses, each with the root and the address that its own root knows it by."""
    times = Counter(one.resource.address for one in found)
    taken: Counter[str] = Counter()
    places = []
    for one in found:
        own = one.resource.address
        address = own if times[own] == 1 else f"{one.root or '.'}:{own}"
        taken[address] += 1
        if taken[address] > 1:
            address = f"{address}#{taken[address]}"
        resource = one.resource if address == own else replace(one.resource, address=address)
        places.append(Place(resource, own, one.root if one.terraform else None))
    return tuple(places)


def _completed(resource: Resource, prices: PriceBook) -> Resource:
    region = _region(resource.region, resource.zone)
    placed = replace(resource, region=region) if region is not resource.region else resource
    if not placed.compute:
        return placed
    return replace(placed, compute=tuple(_complete(one, placed, prices) for one in placed.compute))


def _complete(compute: Compute, resource: Resource, prices: PriceBook) -> Compute:
    zone = resource.zone if isinstance(compute.zone, Absent) else compute.zone
    region = _region(compute.region, compute.zone)
    region = resource.region if isinstance(region, Absent) else region
    placed = replace(compute, region=region, zone=zone)
    kind = compute.instance_type
    if not isinstance(kind, Known):
        return placed
    specs = _specs(compute.provider, kind.value.removeprefix("ml."), prices)
    if specs is None:
        return placed
    named = _with_product(placed, specs, kind)
    completed = named if compute.share else _with_specs(named, specs, kind)
    return _with_others(completed, compute, prices) if compute.other_instance_types else completed


def _with_others(completed: Compute, written: Compute, prices: PriceBook) -> Compute:
    """Return `completed` with the accelerators of the types that may serve in place, where types alone tell them."""
    if completed.accelerator == written.accelerator or written.other_accelerators:
        return completed
    named = completed.accelerator.value if isinstance(completed.accelerator, Known) else ""
    others: dict[str, Known[str]] = {}
    for one in written.other_instance_types:
        specs = _specs(completed.provider, one.value.removeprefix("ml."), prices)
        if specs is not None and specs.accelerator and specs.accelerator != named:
            others.setdefault(specs.accelerator, Known(specs.accelerator, one.location, one.trail))
    return replace(completed, other_accelerators=tuple(others.values()))


def _specs(provider: str, instance_type: str, prices: PriceBook) -> Specs | None:
    """Return what the instance type is; without a provider, that of the only one who has such a type."""
    found = [prices.specs(one, instance_type) for one in ((provider,) if provider else _PROVIDERS)]
    known = [one for one in found if one is not None]
    return known[0] if len(known) == 1 else None


def _with_product(compute: Compute, specs: Specs, kind: Known[str]) -> Compute:
    """Return `compute` with the accelerator that its machines have, where the text names only its sort (`GPU`)."""
    named = compute.accelerator
    if not specs.accelerator or not isinstance(named, Known) or named.value not in _SORTS:
        return compute
    return replace(compute, accelerator=Known(specs.accelerator, kind.location, kind.trail))


def _with_specs(compute: Compute, specs: Specs, kind: Known[str]) -> Compute:
    """Return `compute` with what its instance type tells where the text says nothing."""

    def filled(written: Value[Decimal], fact: Decimal | None) -> Value[Decimal]:
        if fact is None or not isinstance(written, Absent):
            return written
        return Known(fact, kind.location, kind.trail)

    machine_only = isinstance(compute.accelerator, Absent) and isinstance(compute.accelerator_count, Absent)
    completed = replace(
        compute, vcpu=filled(compute.vcpu, specs.vcpu), memory_gib=filled(compute.memory_gib, specs.memory_gib)
    )
    if not specs.accelerator:
        return (
            replace(completed, accelerator_count=Known(Decimal(0), kind.location, kind.trail))
            if machine_only
            else completed
        )
    if isinstance(compute.accelerator, Absent):
        completed = replace(completed, accelerator=Known(specs.accelerator, kind.location, kind.trail))
    return replace(
        completed,
        accelerator_count=filled(compute.accelerator_count, specs.accelerator_count),
        accelerator_memory_gib=filled(compute.accelerator_memory_gib, specs.accelerator_memory_gib),
    )


def _region(region: Value[str], zone: Value[str]) -> Value[str]:
    """Return the region, or that of the zone where only a zone of AWS or Google is written."""
    if not isinstance(region, Absent) or not isinstance(zone, Known):
        return region
    match = _AWS_ZONE.fullmatch(zone.value) or _GOOGLE_ZONE.fullmatch(zone.value)
    name = match.group(1) if match else ""
    return mapped(zone, lambda _: name) if name else region
