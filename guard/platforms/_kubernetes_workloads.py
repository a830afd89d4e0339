"""Pods, as many as there are of them, to the facets of a resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, DataLink, Purpose, Serving, Training
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._kubernetes_models import model_facts
from guard.platforms._kubernetes_objects import Draft
from guard.platforms._pods import Accelerators, Count, Pod, pod_compute, pod_links


def group(
    pod: Pod | None,
    replicas: Count,
    around: Surroundings,
    holder: Node,
    name: str = "",
    accelerators: Accelerators | None = None,
) -> Compute:
    """Return the compute of a group, written at `holder`; without a pod (a patch) only its counts are known."""
    if pod is None:
        return Compute(
            location=holder.key or holder.location,
            name=name,
            count_min=replicas.low,
            count_max=replicas.high,
            share=True,
        )
    return pod_compute(
        pod, replicas, around, name=name, location=holder.key or holder.location, accelerators=accelerators
    )


def draft(
    purpose: Purpose,
    evidence: str,
    compute: Sequence[Compute],
    pods: Sequence[Pod | None],
    *,
    data: Sequence[DataLink] = (),
    serving: Serving | None = None,
    training: Training | None = None,
) -> Draft:
    """Return the draft of an object with these groups of pods."""
    present = [pod for pod in pods if pod is not None]
    # The same data named twice, by two roles of a job or by two arguments, is moved once.
    links: dict[tuple[object, str], DataLink] = {}
    for link in (*data, *(link for pod in present for link in pod_links(pod))):
        name = link.uri.value if isinstance(link.uri, Known) else link.location
        links.setdefault((name, link.direction), link)
    return Draft(
        compute=tuple(compute),
        data=tuple(links.values()),
        serving=serving,
        training=training,
        templates=tuple(pod.template for pod in present if pod.template is not None),
        purpose=purpose,
        evidence=evidence,
    )


class Group(NamedTuple):
    """A group of equal pods: its compute, and the pod where one is written."""

    compute: Compute
    pod: Pod | None


def run(
    node: Node, groups: Sequence[Group], purpose: Purpose, evidence: str, limit: Value[Decimal] | None = None
) -> Draft:
    """Return the draft of a run of several groups of pods, which ends within `limit` hours where it is written."""
    compute = shared_checkpoint([one.compute for one in groups])
    if limit is not None:
        compute = limited(compute, limit)
    training = training_of(node, compute) if purpose is Purpose.TRAINING else None
    return draft(purpose, evidence, compute, [one.pod for one in groups], training=training)


def training_of(node: Node, compute: Sequence[Compute]) -> Training:
    """Return the training facet of a run: its checkpoint is that of the first group which has one."""
    place = node.get("spec") or node
    checkpoints = [one.checkpoint for one in compute] or [Absent(place.key or place.location)]
    known = [one for one in checkpoints if isinstance(one, Known)]
    open_ = [one for one in checkpoints if isinstance(one, Unknown)]
    runtimes = [one.max_runtime_hours for one in compute]
    return Training(
        location=place.key or place.location,
        checkpoint=(known or open_ or checkpoints)[0],
        max_runtime_hours=first(*runtimes) if runtimes else Absent(place.key or place.location),
    )


def shared_checkpoint(compute: Sequence[Compute]) -> tuple[Compute, ...]:
    """Return the groups of one run, each with the checkpoint that one of them writes: rank 0 saves for all."""
    saved = next((one.checkpoint for one in compute if isinstance(one.checkpoint, Known)), None)
    if saved is None:
        return tuple(compute)
    return tuple(one if isinstance(one.checkpoint, Known) else replace(one, checkpoint=saved) for one in compute)


def limited(compute: Sequence[Compute], runtime: Value[Decimal]) -> tuple[Compute, ...]:
    """Return the groups with the run's own limit of hours where it has one."""
    if isinstance(runtime, Absent):
        return tuple(compute)
    return tuple(replace(one, max_runtime_hours=runtime) for one in compute)


def serving_of(holder: Node, replicas: Count, pods: Sequence[Pod | None]) -> Serving:
    """Return the serving facet of a workload whose containers serve a model."""
    facts = model_facts([one for pod in pods if pod is not None for one in pod.containers])
    return Serving(
        location=holder.key or holder.location,
        min_replicas=replicas.low,
        max_replicas=replicas.high,
        scale_to_zero=mapped(replicas.low, lambda count: count == 0),
        **facts,
    )
