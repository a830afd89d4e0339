"""The PodSpec, which every Kubernetes workload is made of: what its pods take, where they may run, what they read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from guard.model.location import Location
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, DataLink
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._kubernetes_accelerators import SHARED, share
from guard.platforms._kubernetes_claims import claimed_devices
from guard.platforms._kubernetes_data import checkpoint, checkpoint_minutes, data_links
from guard.platforms._kubernetes_objects import annotation
from guard.platforms._kubernetes_placement import GENERAL, Placement, Term, placement, terms
from guard.platforms._kubernetes_pools import serving_pools
from guard.platforms._kubernetes_quantities import added, gib, hours, larger, quantity

_FRACTIONS = ("gpu-fraction", "kai.scheduler/gpu-fraction")


class Count(NamedTuple):
    """How many replicas there are at least and at most."""

    low: Value[int]
    high: Value[int]


@dataclass(frozen=True, slots=True)
class Pod:
    """A PodSpec as it will be: `spec` places it, `containers` and `init` run in it.

    Operators add containers of their own to a PodSpec (KServe's `model`), so they stand apart from it. `template` is
    what holds its labels and annotations. `claims` are the names of a StatefulSet's volume claim templates, `asked`
    what an operator's own fields ask of nodes.
    """

    spec: Node
    containers: tuple[Node, ...]
    init: tuple[Node, ...] = ()
    template: Node | None = None
    claims: tuple[str, ...] = ()
    asked: tuple[Term, ...] = field(default=())

    @property
    def everything(self) -> tuple[Node, ...]:
        """Return its containers and init containers, in that order."""
        return (*self.containers, *self.init)


@dataclass(frozen=True, slots=True)
class Accelerators:
    """The accelerators that a pod asks for: the name where no product is told, and how many."""

    name: Value[str]
    count: Value[Decimal]


def pod_of(template: Node | None, claims: Sequence[str] = ()) -> Pod | None:
    """Return the pod of a pod template (`metadata` and `spec`), None where it has no spec."""
    spec = template.get("spec") if template is not None else None
    if template is None or spec is None:
        return None
    return Pod(spec, spec.items("containers"), spec.items("initContainers"), template, tuple(claims))


def pod_compute(
    pod: Pod,
    replicas: Count,
    around: Surroundings,
    *,
    name: str = "",
    location: Location | None = None,
    accelerators: Accelerators | None = None,
) -> Compute:
    """Return the compute of a group of equal pods. `accelerators` are those that an operator's own fields ask for."""
    asked = (*terms(pod.spec), *pod.asked)
    where = placement(pod.spec, pod.asked)
    wanted = accelerators or pod_accelerators(pod, around)
    pools = serving_pools(asked, pod.spec, around, _accelerated(wanted.count))
    return Compute(
        location=location or pod.spec.key or pod.spec.location,
        name=name,
        provider=where.provider or pools.provider,
        instance_type=first(where.instance_type, pools.instance_type),
        other_instance_types=where.instance_types[1:] or pools.other_instance_types,
        accelerator=_accelerator(wanted, where, pools.accelerator),
        accelerator_count=wanted.count,
        vcpu=_requested(pod, "cpu"),
        memory_gib=gib(_requested(pod, "memory")),
        count_min=replicas.low,
        count_max=replicas.high,
        purchase=first(where.purchase, pools.purchase),
        fallback=pools.fallback if isinstance(where.purchase, Absent) else where.fallback,
        checkpoint=checkpoint(pod.spec, pod.containers, pod.claims),
        checkpoint_minutes=checkpoint_minutes(pod.containers),
        grace_seconds=pod.spec.number("terminationGracePeriodSeconds"),
        max_runtime_hours=hours(pod.spec, "activeDeadlineSeconds"),
        region=first(where.region, pools.region),
        zone=first(where.zone, pools.zone),
        other_zones=where.other_zones,
        share=True,
    )


def _accelerated(count: Value[Decimal]) -> bool | None:
    return None if isinstance(count, Unknown) else isinstance(count, Known) and count.value > 0


def pod_links(pod: Pod) -> tuple[DataLink, ...]:
    """Return the data that the pod's containers and volumes name."""
    return data_links(pod.spec, pod.everything)


def pod_accelerators(pod: Pod, around: Surroundings) -> Accelerators:
    """Return the accelerators that the scheduler reserves for the pod: limits, else requests, of all containers."""
    absent = Absent(_resources_place(pod))
    name: Value[str] = absent
    count: Value[Decimal] = absent
    for resource in _resource_names(pod):
        part = share(resource)
        if part is None:
            continue
        units = _scheduled(pod, lambda container, resource=resource: _accelerator_units(container, resource))  # type: ignore[misc]
        if isinstance(units, Known) and units.value == 0:
            continue
        if isinstance(units, Known):
            name = name if isinstance(name, Known) else Known(part.name, units.location)
            units = Known(units.value * part.fraction, units.location, units.trail)
            if resource in SHARED:
                units = Unknown(f"the cluster sets what share of a GPU one {resource} is", units.location)
        count = added(count, units)
    if isinstance(count, Absent):
        return _otherwise(pod, around, absent)
    return Accelerators(name, count)


def _otherwise(pod: Pod, around: Surroundings, absent: Absent) -> Accelerators:
    """Return what is asked for without an extended resource: a fraction by annotation, a claim of devices."""
    if pod.template is not None:
        for key in _FRACTIONS:
            fraction = annotation(pod.template, key)
            if isinstance(fraction, Known):
                return Accelerators(
                    Known("GPU", fraction.location), pod.template.number("metadata", "annotations", key)
                )
    devices = claimed_devices(pod.spec, around)
    return Accelerators(devices.name, devices.count) if devices else Accelerators(absent, absent)


def _accelerator(wanted: Accelerators, where: Placement, pooled: Value[str]) -> Value[str]:
    if isinstance(wanted.count, Absent):
        return wanted.name
    general = isinstance(wanted.name, Known) and wanted.name.value in GENERAL
    if not general and isinstance(wanted.name, Known):
        return wanted.name
    if isinstance(wanted.name, Known) and wanted.name.value == "NeuronCore":
        return wanted.name
    return first(where.accelerator, pooled, wanted.name)


def _resource_names(pod: Pod) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for container in pod.everything:
        for part in ("limits", "requests"):
            names |= dict.fromkeys(container.fields("resources", part))
    for part in ("limits", "requests"):
        names |= dict.fromkeys(pod.spec.fields("resources", part))
    return tuple(names)


def _resources_place(pod: Pod) -> Location:
    """Return where a resource would be asked for."""
    holder = pod.containers[0] if pod.containers else pod.spec
    return holder.nearest("resources", "limits") if holder.get("resources", "limits") else holder.nearest("resources")


def _requested(pod: Pod, name: str) -> Value[Decimal]:
    """Return what the scheduler reserves of `cpu` or `memory`: requests, else limits, with the pod's overhead."""
    whole = _request(pod.spec, name)
    needed = _scheduled(pod, lambda container: _request(container, name)) if isinstance(whole, Absent) else whole
    return added(needed, quantity(pod.spec, "overhead", name)) if not isinstance(needed, Absent) else needed


def _scheduled(pod: Pod, need: Callable[[Node], Value[Decimal]]) -> Value[Decimal]:
    """Return what a pod needs at its peak, as the scheduler counts.

    Containers run together. An init container runs alone but for the sidecars started before it, which are the init
    containers that are restarted always. Source: the Kubernetes pages on init containers and sidecar containers.
    """
    sidecars: Value[Decimal] = Absent(_resources_place(pod))
    peak: Value[Decimal] = sidecars
    for container in pod.init:
        own = need(container)
        restart = container.text("restartPolicy")
        if isinstance(restart, Known) and restart.value == "Always":
            sidecars = added(sidecars, own)
            peak = larger(peak, sidecars)
        else:
            peak = larger(peak, added(sidecars, own))
    together = sidecars
    for container in pod.containers:
        together = added(together, need(container))
    return larger(together, peak)


def _request(holder: Node, name: str) -> Value[Decimal]:
    return first(quantity(holder, "resources", "requests", name), quantity(holder, "resources", "limits", name))


def _accelerator_units(container: Node, name: str) -> Value[Decimal]:
    return first(quantity(container, "resources", "limits", name), quantity(container, "resources", "requests", name))
