"""Azure ML jobs: command, sweep, pipeline, spark and AutoML runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from guard.model.instance import Item
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, DataLink, Purchase, Training
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._azureml_documents import cluster, schedule_of
from guard.platforms._specs import hours, place, strings, uris, written

_CHECKPOINT = re.compile(r"check-?_?point|ckpt|resume", re.IGNORECASE)


def computes(node: Node, kind: str, around: Surroundings) -> tuple[Compute, ...]:
    """Return what a job runs on: one group, or one for each step of a pipeline."""
    if kind != "pipeline":
        return (_compute(node, node, kind, around, ""),)
    default = node.get("settings") or node
    steps = node.fields("jobs")
    return tuple(
        _compute(step, default, written(step, "type") or "command", around, name)
        for name, step in steps.items()
        if written(step, "component") or step.get("compute") or step.get("command") or step.get("type")
    )


def _compute(node: Node, pipeline: Node, kind: str, around: Surroundings, name: str) -> Compute:
    reference = first(node.text("compute"), pipeline.text("default_compute"), pipeline.text("compute"))
    base = _machines(node, reference, around)
    count = first(node.integer("resources", "instance_count"), Known(1, node.nearest("resources", "instance_count")))
    low, high = _counts(node, kind, count)
    return replace(
        base,
        name=name,
        location=node.nearest("compute"),
        count_min=low,
        count_max=high,
        checkpoint=checkpoint(node),
        max_runtime_hours=_limit(node, pipeline),
    )


def _machines(node: Node, reference: Value[str], around: Surroundings) -> Compute:
    found = cluster(reference, around)
    where = node.nearest("compute")
    if isinstance(found, Compute):
        return found
    own = node.text("resources", "instance_type")
    if isinstance(found, Unknown):
        return Compute(location=where, provider="azure", service="azureml", instance_type=first(own, found))
    tier = node.text("queue_settings", "job_tier")
    return Compute(location=where, provider="azure", service="azureml", instance_type=own, purchase=_tier(tier))


def _tier(tier: Value[str]) -> Value[Purchase]:
    if not isinstance(tier, Known):
        return tier
    kind = Purchase.SPOT if tier.value.lower() == "spot" else Purchase.ON_DEMAND
    return Known(kind, tier.location, tier.trail)


def _counts(node: Node, kind: str, count: Value[int]) -> tuple[Value[int], Value[int]]:
    if kind == "sweep":
        trials = first(node.integer("limits", "max_concurrent_trials"), node.integer("limits", "max_total_trials"))
        if isinstance(trials, Known) and isinstance(count, Known):
            return count, Known(count.value * trials.value, trials.location)
        return count, trials
    if kind == "spark":
        executors = node.integer("conf", "spark.executor.instances")
        most = first(node.integer("conf", "spark.dynamicAllocation.maxExecutors"), executors)
        # The driver has a machine of its own.
        return mapped(executors, lambda number: number + 1), mapped(most, lambda number: number + 1)
    return count, count


def _limit(node: Node, pipeline: Node) -> Value[Decimal]:
    minutes = node.text("limits", "timeout_minutes")
    if isinstance(minutes, Known):
        return hours(minutes, "m")
    return hours(first(node.text("limits", "timeout"), pipeline.text("limits", "timeout")))


def checkpoint(node: Node) -> Value[str]:
    """Return the output that is named as a checkpoint: job outputs are kept in storage and survive the nodes."""
    for name, output in node.fields("outputs").items():
        path = output.text("path")
        if _CHECKPOINT.search(name) or (isinstance(path, Known) and _CHECKPOINT.search(path.value)):
            return path if isinstance(path, Known) else Known(name, place(output))
    return Absent(node.nearest("outputs"))


def training(node: Node, kind: str, item: Item, around: Surroundings) -> Training:
    """Return when a job runs and what survives it."""
    schedule = schedule_of(item, around)
    trigger = mapped(schedule, lambda _: "schedule")
    kinds = [one.text("type") for one in node.fields("inputs").values()]
    tables = [one for one in kinds if isinstance(one, Known) and one.value == "mltable"]
    return Training(
        location=node.location.start,
        schedule=schedule,
        trigger=trigger,
        checkpoint=checkpoint(node),
        dataset_format=first(*tables, _suffix(node)),
        max_runtime_hours=_limit(node, node),
    )


def _suffix(node: Node) -> Value[str]:
    for one in node.fields("inputs").values():
        path = first(one.text("path"), one.text())
        match = (
            re.search(r"\.(csv|tsv|jsonl?|parquet|avro|orc|tfrecord)\b", path.value)
            if isinstance(path, Known)
            else None
        )
        if match and isinstance(path, Known):
            return Known(match.group(1), path.location)
    return Absent(node.nearest("inputs"))


def data(node: Node) -> Iterator[DataLink]:
    """Yield what a job and its steps read and write."""
    for one in (node, *node.fields("jobs").values()):
        for section, direction in (("inputs", "read"), ("outputs", "write")):
            for name, value in one.fields(section).items():
                role = "checkpoint" if _CHECKPOINT.search(name) else "output" if direction == "write" else "data"
                for uri in uris(strings(value)):
                    yield DataLink(uri=uri, location=uri.location, direction=direction, role=role)
