"""Cluster API: the machines that MachineDeployments, MachinePools, MachineSets and control planes keep running.

How many there are stands in the object itself, what they are in the provider's object that it names as its
infrastructure, and where they are in that of the cluster. Source: the API types of the Cluster API book and of its
providers for AWS (CAPA), Azure (CAPZ) and Google Cloud (CAPG).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from guard.model.accelerators import accelerator_name
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, Label, Purchase
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._kubernetes_objects import Draft, beside, named, nearest, platform, written
from guard.platforms._pods import Count

_GROUP = "cluster.x-k8s.io"
_CONTROL = f"controlplane.{_GROUP}"
_INFRASTRUCTURE = f"infrastructure.{_GROUP}"
_SCALER = f"{_GROUP}/cluster-api-autoscaler-node-group"
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


class _Machines(NamedTuple):
    """Where an infrastructure object says what its machines are: paths below `spec`."""

    provider: str
    body: tuple[str, ...]
    instance_type: tuple[str, ...]
    spot: tuple[str, ...]
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()


_TEMPLATE = ("spec", "template", "spec")
_KINDS = {
    "AWSMachineTemplate": _Machines("aws", _TEMPLATE, ("instanceType",), ("spotMarketOptions",)),
    "AWSMachinePool": _Machines(
        "aws",
        ("spec",),
        ("awsLaunchTemplate", "instanceType"),
        ("awsLaunchTemplate", "spotMarketOptions"),
        ("minSize",),
        ("maxSize",),
    ),
    "AWSManagedMachinePool": _Machines(
        "aws", ("spec",), ("instanceType",), ("capacityType",), ("scaling", "minSize"), ("scaling", "maxSize")
    ),
    "AzureMachineTemplate": _Machines("azure", _TEMPLATE, ("vmSize",), ("spotVMOptions",)),
    "AzureMachinePool": _Machines("azure", ("spec",), ("template", "vmSize"), ("template", "spotVMOptions")),
    "AzureManagedMachinePool": _Machines(
        "azure", ("spec",), ("sku",), ("scaleSetPriority",), ("scaling", "minSize"), ("scaling", "maxSize")
    ),
    "GCPMachineTemplate": _Machines("google", _TEMPLATE, ("instanceType",), ("provisioningModel",)),
    "GCPManagedMachinePool": _Machines(
        "google", ("spec",), ("machineType",), ("spot",), ("scaling", "minCount"), ("scaling", "maxCount")
    ),
}
_DEFAULTS = {"AWSManagedMachinePool": "t3.medium"}
_CLUSTERS = {
    "AWSCluster": ("region",),
    "AzureCluster": ("location",),
    "AzureManagedCluster": ("location",),
    "GCPCluster": ("region",),
    "GCPManagedCluster": ("region",),
}
_CONTROL_PLANES = {
    "AWSManagedControlPlane": ("region",),
    "AzureManagedControlPlane": ("location",),
    "GCPManagedControlPlane": ("location",),
}


def _workers(node: Node, around: Surroundings) -> Draft | None:
    return _machines(node, around, ("spec", "template", "spec", "infrastructureRef"))


def _control_plane(node: Node, around: Surroundings) -> Draft | None:
    path = ("spec", "machineTemplate")
    newer = node.get(*path, "spec", "infrastructureRef")
    return _machines(node, around, (*path, "spec", "infrastructureRef") if newer else (*path, "infrastructureRef"))


def _machines(node: Node, around: Surroundings, reference: tuple[str, ...]) -> Draft | None:
    kind = written(node, *reference, "kind")
    known = _KINDS.get(kind)
    if known is None:
        return None
    name = written(node, *reference, "name")
    found = named(around, name, (_INFRASTRUCTURE, kind), near=node.location)
    body = found.get(*known.body) if found is not None else None
    if body is None:
        missing = Unknown(f"{kind} {name} is not in this repository", node.nearest(*reference, "name"))
        return Draft(compute=(_compute(node, known, None, missing, around),))
    instance_type = _filled(body.text(*known.instance_type))
    if isinstance(instance_type, Absent) and kind in _DEFAULTS:
        instance_type = Known(_DEFAULTS[kind], instance_type.location)
    return Draft(compute=(_compute(node, known, body, instance_type, around),), extra_labels=_tags(body))


def _compute(
    node: Node, known: _Machines, body: Node | None, instance_type: Value[str], around: Surroundings
) -> Compute:
    here = Absent(node.nearest("spec"))
    count = _count(node, known, body)
    overrides = body.items("mixedInstancesPolicy", "overrides") if body else ()
    others = [_filled(one.text("instanceType")) for one in overrides]
    accelerated = body.items("guestAccelerators") if body else ()
    return Compute(
        location=(body.key or body.location) if body is not None else here.location,
        name=written(node, "metadata", "name"),
        provider=known.provider,
        instance_type=first(*others[:1], instance_type),
        other_instance_types=tuple(one for one in others[1:] if isinstance(one, Known)),
        accelerator=_product(accelerated[0].text("type")) if accelerated else here,
        accelerator_count=accelerated[0].number("count") if accelerated else here,
        count_min=count.low,
        count_max=count.high,
        purchase=_purchase(body, known) if body is not None else here,
        region=_region(node, around),
        zone=_filled(node.text("spec", "template", "spec", "failureDomain")),
    )


def _product(name: Value[str]) -> Value[str]:
    if not isinstance(name, Known):
        return name
    return Known(accelerator_name(name.value.rpartition("/")[2]), name.location, name.trail)


def _count(node: Node, known: _Machines, body: Node | None) -> Count:
    """Return the bounds of the autoscaler, else of the provider's pool, else the number of replicas."""
    fixed = first(node.integer("spec", "replicas"), Known(1, node.nearest("spec", "replicas")))
    annotations = ("metadata", "annotations")
    low: Value[int] = node.integer(*annotations, f"{_SCALER}-min-size")
    high: Value[int] = node.integer(*annotations, f"{_SCALER}-max-size")
    if body is not None and known.low:
        low, high = first(low, body.integer(*known.low)), first(high, body.integer(*known.high))
    return Count(first(low, fixed), first(high, fixed))


def _purchase(body: Node, known: _Machines) -> Value[Purchase]:
    """Return how the machines are bought: options for spot machines that stand there at all ask for them."""
    found = body.find(*known.spot)
    if isinstance(found, Absent):
        percent = body.integer("mixedInstancesPolicy", "instancesDistribution", "onDemandPercentageAboveBaseCapacity")
        if isinstance(percent, Known) and percent.value < 100:
            return Known(Purchase.MIXED if percent.value else Purchase.SPOT, percent.location)
        return Known(Purchase.ON_DEMAND, found.location)
    if isinstance(found, Unknown):
        return found
    text = found.value.value
    spot = text.lower() == "spot" if isinstance(text, str) else text is not False
    return Known(Purchase.SPOT if spot else Purchase.ON_DEMAND, found.location)


def _region(node: Node, around: Surroundings) -> Value[str]:
    """Return where the cluster is: as its infrastructure, or the control plane that the provider runs, says."""
    cluster = _cluster(node, around)
    if cluster is None:
        return Absent(node.nearest("spec", "clusterName"))
    for reference, group, kinds in (
        ("infrastructureRef", _INFRASTRUCTURE, _CLUSTERS),
        ("controlPlaneRef", _CONTROL, _CONTROL_PLANES),
    ):
        kind, called = (written(cluster, "spec", reference, one) for one in ("kind", "name"))
        held = [one for one in beside(around, (group, kind)) if written(one, "metadata", "name") == called]
        held = nearest(held, node.location)
        region = _filled(held[0].text("spec", *kinds[kind])) if len(held) == 1 and kind in kinds else None
        if isinstance(region, (Known, Unknown)):
            return region
    return Absent(cluster.nearest("spec"))


def _cluster(node: Node, around: Surroundings) -> Node | None:
    name = written(node, "spec", "clusterName")
    if name:
        return named(around, name, (_GROUP, "Cluster"), near=node.location)
    # A control plane does not name its cluster; the cluster names it.
    own = written(node, "metadata", "name")
    clusters = beside(around, (_GROUP, "Cluster"))
    found = nearest([one for one in clusters if written(one, "spec", "controlPlaneRef", "name") == own], node.location)
    return found[0] if len(found) == 1 else None


def _filled(value: Value[str]) -> Value[str]:
    """Return a text, unknown where a part of it is filled in by `clusterctl generate`."""
    if isinstance(value, Known) and (left := _PLACEHOLDER.search(value.value)):
        return Unknown(f"{left[0]} is filled in when the cluster is generated", value.location)
    return value


def _tags(body: Node) -> Mapping[str, Label]:
    return {
        key: Label(child.text(), "infrastructure", child.key) for key, child in body.fields("additionalTags").items()
    }


PLATFORM = platform(
    "cluster_api",
    {
        **{(_GROUP, kind): _workers for kind in ("MachineDeployment", "MachinePool", "MachineSet")},
        (_CONTROL, "KubeadmControlPlane"): _control_plane,
    },
)
