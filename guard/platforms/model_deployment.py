"""Our own deployment spec: `apiVersion: guard/v1`, `kind: ModelDeployment` or `TrainingJob`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from guard.model.finding import Problem
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import (
    NOT_WRITTEN,
    Compute,
    DataLink,
    Label,
    Labels,
    Purchase,
    Purpose,
    Resource,
    Serving,
    Training,
)
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._schema_check import schema_problems
from guard.platforms._specs import accelerator, labels, root_of, written

_VERSION = "guard/v1"
_KINDS = ("ModelDeployment", "TrainingJob")
_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 (compared with, never written to)
_MAGNITUDES = {"K": 3, "M": 6, "B": 9, "T": 12}


def _claims(source: Source) -> bool:
    node = root_of(source)
    return node is not None and written(node, "apiVersion").startswith("guard/")


def _resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    node = root_of(source)
    if node is None:
        return
    problems = tuple(schema_problems(node, "model-deployment.schema.json", "kind", _KINDS))
    yield from problems
    kind = written(node, "kind")
    if kind not in _KINDS:
        return
    yield _resource(node, kind)


def _resource(node: Node, kind: str) -> Resource:
    name = written(node, "metadata", "name") or "unnamed"
    deployed = kind == "ModelDeployment"
    compute = _compute(node, deployed)
    # Somebody else's machines serve it, unless some of our own are written beside.
    hosted = node.get("serving", "hosted_by") is not None and not node.fields("compute")
    return Resource(
        address=f"{kind}/{name}",
        type=kind,
        platform="model_deployment",
        origin="spec",
        location=node.nearest("kind"),
        labels=_labels(node),
        region=compute.region,
        zone=compute.zone,
        body=node,
        purpose=Purpose.INFERENCE if deployed else Purpose.TRAINING,
        evidence=f"kind: {kind}",
        compute=() if hosted else (compute,),
        unpriced="tokens of hosted models are billed by use: declare it in a usage file" if hosted else "",
        data=tuple(_data(node)),
        serving=_serving(node) if deployed else None,
        training=None if deployed else _training(node),
    )


def _labels(node: Node) -> Labels:
    """Return the labels; the first owner counts as the label `owner` where no such label is written."""
    found = labels(node, "metadata", "labels", at=node.nearest("metadata"))
    owner = node.text("metadata", "owners", 0)
    if isinstance(owner, Absent) or "owner" in found.entries:
        return found
    entries = {**found.entries, "owner": Label(owner, "metadata.owners")}
    return replace(found, entries=entries)


def _compute(node: Node, deployed: bool) -> Compute:
    low, high = _replicas(node) if deployed else _nodes(node)
    named = accelerator(node.text("compute", "accelerator"))
    count = node.number("compute", "accelerator_count")
    if isinstance(count, Absent) and isinstance(named, Known):
        count = Known(Decimal(1), named.location)
    return Compute(
        location=node.nearest("compute"),
        provider=written(node, "compute", "provider"),
        service=written(node, "compute", "service"),
        instance_type=node.text("compute", "instance"),
        other_instance_types=tuple(
            one for one in (each.text() for each in node.items("compute", "other_instances")) if isinstance(one, Known)
        ),
        accelerator=named,
        accelerator_count=count,
        vcpu=node.number("compute", "vcpu"),
        memory_gib=node.number("compute", "memory_gib"),
        count_min=low,
        count_max=high,
        purchase=_purchase(node.text("compute", "purchase")),
        fallback=_fallback(node.text("compute", "fallback")),
        checkpoint=_durable(node.text("training", "checkpoint", "uri")),
        checkpoint_minutes=node.number("training", "checkpoint", "interval_minutes"),
        max_runtime_hours=node.number("training", "max_runtime_hours"),
        hours_per_month=node.number("compute", "hours_per_month"),
        region=node.text("compute", "region"),
        zone=node.text("compute", "zone"),
    )


def _replicas(node: Node) -> tuple[Value[int], Value[int]]:
    """Return the machines at least and at most: replicas times the nodes of each."""
    fixed = node.integer("serving", "replicas")
    low: Value[int] = fixed
    high: Value[int] = fixed
    if not isinstance(fixed, Known):
        one: Value[int] = Known(1, node.nearest("serving", "replicas"))
        low = first(node.integer("serving", "replicas", "min"), one)
        high = first(node.integer("serving", "replicas", "max"), low)
    idle = node.flag("serving", "scale_to_zero")
    if isinstance(idle, Known) and idle.value:
        low = Known(0, idle.location)
    return _times(low, node), _times(high, node)


def _nodes(node: Node) -> tuple[Value[int], Value[int]]:
    nodes = first(node.integer("compute", "nodes"), Known(1, node.nearest("compute", "nodes")))
    return nodes, nodes


def _times(replicas: Value[int], node: Node) -> Value[int]:
    nodes = node.integer("compute", "nodes")
    if isinstance(nodes, Unknown):
        return nodes
    if isinstance(nodes, Known):
        return mapped(replicas, lambda count: count * nodes.value)
    return replicas


def _purchase(value: Value[str]) -> Value[Purchase]:
    if not isinstance(value, Known):
        return value
    if value.value not in {one.value for one in Purchase}:
        return Unknown(f"there is no purchase option {value.value!r}", value.location)
    return Known(Purchase(value.value), value.location)


def _fallback(value: Value[str]) -> Value[str]:
    return Absent(value.location) if isinstance(value, Known) and value.value == "none" else value


def _durable(place: Value[str]) -> Value[str]:
    """Return where checkpoints go, absent where that dies with the machine: a relative, temporary or local path."""
    if not isinstance(place, Known):
        return place
    path = place.value.removeprefix("file://")
    lost = "://" not in path and not path.startswith("/")
    return Absent(place.location) if lost or path.startswith(_TEMPORARY) else place


def _serving(node: Node) -> Serving:
    fixed = node.integer("serving", "replicas")
    bounds = fixed if isinstance(fixed, Known) else None
    return Serving(
        location=node.nearest("serving"),
        min_replicas=bounds or node.integer("serving", "replicas", "min"),
        max_replicas=bounds or node.integer("serving", "replicas", "max"),
        scale_to_zero=node.flag("serving", "scale_to_zero"),
        traffic=node.number("serving", "traffic"),
        model_name=node.text("model", "name"),
        model_version=node.text("model", "version"),
        model_format=node.text("model", "format"),
        model_parameters=_parameters(node.text("model", "parameters")),
        precision=node.text("model", "precision"),
        hardware_target=node.text("serving", "hardware"),
        monitoring=_monitoring(node),
        retire_after=node.text("model", "retire_after"),
        hosted_by=node.text("serving", "hosted_by"),
        feature_source=node.text("serving", "features", "source"),
        feature_cache_seconds=node.number("serving", "features", "cache_seconds"),
    )


def _parameters(value: Value[str]) -> Value[Decimal]:
    """Return a number of parameters: `8B` is 8000000000."""
    if not isinstance(value, Known):
        return value
    power = _MAGNITUDES.get(value.value[-1:], 0)
    number = Node(value.value[:-1] if power else value.value, value.location).number()
    return mapped(number, lambda amount: amount * 10**power)


def _monitoring(node: Node) -> Value[bool]:
    """Return whether drift or quality is watched; absent where nothing is said."""
    watched = [node.flag("monitoring", name) for name in ("drift", "performance")]
    told = [one for one in watched if isinstance(one, Known)]
    yes = next((one for one in told if one.value), None)
    return yes or (told[0] if told else Absent(node.nearest("monitoring")))


def _training(node: Node) -> Training:
    formats = [one.text("format") for one in node.items("training", "datasets")]
    return Training(
        location=node.nearest("training"),
        schedule=node.text("training", "schedule"),
        trigger=node.text("training", "trigger"),
        checkpoint=_durable(node.text("training", "checkpoint", "uri")),
        dataset_format=first(*formats, Absent(node.nearest("training", "datasets"))),
        sampling=node.text("training", "sampling"),
        processing=node.text("training", "processing"),
        change_capture=_change_capture(node),
        quality_gate=node.text("training", "quality_gate"),
        max_runtime_hours=node.number("training", "max_runtime_hours"),
    )


def _change_capture(node: Node) -> Value[bool]:
    """Return whether all that changes in a run's data can be told; data for which nothing is said does not vote."""
    told = [one.flag("change_capture") for one in node.items("training", "datasets")]
    said = [one for one in told if not isinstance(one, Absent)]
    against = next((one for one in said if not (isinstance(one, Known) and one.value)), None)
    return against or (said[0] if said else Absent(node.nearest("training", "datasets")))


def _data(node: Node) -> Iterator[DataLink]:
    for one in (*node.items("data"), *node.items("training", "datasets")):
        yield DataLink(
            uri=one.text("uri"),
            location=one.nearest("uri"),
            direction=written(one, "direction") or "read",
            region=_own(one.text("region")),
            gib_per_month=one.number("gib"),
        )
    weights = node.find("model", "uri")
    if not isinstance(weights, Absent):
        direction = "read" if written(node, "kind") == "ModelDeployment" else "write"
        yield DataLink(uri=node.text("model", "uri"), location=weights.location, direction=direction, role="model")
    if node.get("training", "checkpoint", "uri"):
        uri = node.text("training", "checkpoint", "uri")
        yield DataLink(uri=uri, location=uri.location, direction="both", role="checkpoint")


def _own(region: Value[str]) -> Value[str]:
    return NOT_WRITTEN if isinstance(region, Absent) else region


PLATFORM = Platform("model_deployment", _claims, _resources, order=10)
