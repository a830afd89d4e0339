"""Kueue: which machines a queued workload gets, by the flavors of the ClusterQueue behind its queue.

A workload names a LocalQueue by a label; that names a ClusterQueue, whose resource groups name ResourceFlavors, and
Kueue puts the node labels of a flavor on the pods as a node selector. Source: the concept pages of kueue.sigs.k8s.io.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute
from guard.model.value import Absent, Known, Value, first
from guard.platforms._kubernetes_objects import named, written
from guard.platforms._kubernetes_placement import GENERAL, Term
from guard.platforms._kubernetes_pools import Supply, merged_supply, supply_of
from guard.platforms._kubernetes_quantities import hours

_QUEUE = "kueue.x-k8s.io/queue-name"
_LIMIT = "provreq.kueue.x-k8s.io/maxRunDurationSeconds"
_GROUP = "kueue.x-k8s.io"


def queued(node: Node, compute: tuple[Compute, ...], around: Surroundings) -> tuple[Compute, ...]:
    """Return a workload's compute with what the flavors of its queue tell where its own fields leave it open.

    Capacity that is provisioned for it may be asked for up to a time, which an annotation tells.
    """
    limit = hours(node, "metadata", "annotations", _LIMIT)
    compute = tuple(replace(one, max_runtime_hours=first(one.max_runtime_hours, limit)) for one in compute)
    queue = written(node, "metadata", "labels", _QUEUE)
    local = named(around, queue, (_GROUP, "LocalQueue"), near=node.location) if queue else None
    name = written(local, "spec", "clusterQueue") if local is not None else ""
    cluster = named(around, name, (_GROUP, "ClusterQueue"), near=node.location) if name else None
    return compute if cluster is None else tuple(_placed(one, cluster, around) for one in compute)


def _placed(compute: Compute, cluster: Node, around: Surroundings) -> Compute:
    flavors = list(_flavors(cluster, around, _accelerated(compute))) if compute.share else []
    if not flavors:
        return compute
    supplies = [supply_of(_terms(one), one.get("spec") or one, around) for one in flavors]
    return _filled(compute, merged_supply(supplies, Absent(compute.location)))


def _filled(compute: Compute, supply: Supply) -> Compute:
    bought = isinstance(compute.purchase, Absent)
    return replace(
        compute,
        provider=compute.provider or supply.provider,
        instance_type=first(compute.instance_type, supply.instance_type),
        other_instance_types=compute.other_instance_types or supply.other_instance_types,
        accelerator=_accelerator(compute.accelerator, supply.accelerator),
        purchase=supply.purchase if bought else compute.purchase,
        fallback=supply.fallback if bought else compute.fallback,
        region=first(compute.region, supply.region),
        zone=first(compute.zone, supply.zone),
    )


def _accelerator(own: Value[str], offered: Value[str]) -> Value[str]:
    return first(offered, own) if isinstance(own, Known) and own.value in GENERAL else own


def _accelerated(compute: Compute) -> bool:
    return isinstance(compute.accelerator_count, Known) and compute.accelerator_count.value > 0


def _flavors(cluster: Node, around: Surroundings, accelerated: bool) -> Iterator[Node]:
    for group in cluster.items("spec", "resourceGroups"):
        covered = [written(one) for one in group.items("coveredResources")]
        if any("/" in one for one in covered) if accelerated else "cpu" in covered:
            names = [written(one, "name") for one in group.items("flavors")]
            found = [named(around, name, (_GROUP, "ResourceFlavor"), near=cluster.location) for name in names]
            yield from (one for one in found if one is not None)


def _terms(flavor: Node) -> tuple[Term, ...]:
    return tuple(
        Term(key, (text,), "required", child.location)
        for key, child in flavor.fields("spec", "nodeLabels").items()
        if isinstance(text := child.text(), Known)
    )
