"""Vertex AI custom job specs: what `gcloud ai custom-jobs create --config` takes (CustomJobSpec of the API)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Purchase, Purpose, Resource, Training
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._specs import accelerator, bare, hours, labels, root_of, stem, strings, uris

_STRATEGIES = {
    "SPOT": Purchase.SPOT,
    "ON_DEMAND": Purchase.ON_DEMAND,
    "STANDARD": Purchase.ON_DEMAND,
    "LOW_COST": Purchase.SPOT,
    # Queued capacity: it starts late, but is not taken away.
    "FLEX_START": Purchase.ON_DEMAND,
}
_CHECKPOINT = re.compile(r"check-?_?point|ckpt|resume", re.IGNORECASE)


def _either(node: Node, *path: str) -> Node | None:
    """Return the node at a path of camelCase names, in snake_case too."""
    current: Node | None = node
    for name in path:
        snake = re.sub(r"(?<=[a-z])([A-Z])", lambda match: "_" + match.group(1).lower(), name)
        current = (current.get(name) or current.get(snake)) if current else None
    return current


def _text(node: Node, *path: str) -> Value[str]:
    found = _either(node, *path)
    return found.text() if found else Absent(node.nearest(*path))


def _spec(node: Node) -> Node | None:
    """Return the job's specification: the document itself, or what it holds as `jobSpec`."""
    for one in (node, _either(node, "jobSpec"), _either(node, "trialJobSpec")):
        if one is not None and _either(one, "workerPoolSpecs"):
            return one
    return None


def _claims(source: Source) -> bool:
    node = root_of(source)
    return node is not None and _spec(node) is not None


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    spec = _spec(node) if node else None
    if node is None or spec is None:
        return
    named = _text(node, "displayName")
    name = named.value if isinstance(named, Known) else stem(source)
    checkpoint = _checkpoint(spec)
    limit = hours(_text(spec, "scheduling", "timeout"))
    base = bare(node, "vertex", "CustomJob", f"Vertex/{name}")
    pools = _either(spec, "workerPoolSpecs")
    yield replace(
        base,
        labels=labels(node, "labels", at=base.location),
        purpose=Purpose.TRAINING,
        evidence="workerPoolSpecs",
        compute=tuple(replace(_pool(one, spec), checkpoint=checkpoint) for one in (pools.items() if pools else ())),
        data=tuple(_data(spec)),
        training=Training(location=base.location, checkpoint=checkpoint, max_runtime_hours=limit),
    )


def _pool(pool: Node, spec: Node) -> Compute:
    count = _either(pool, "replicaCount")
    number = _either(pool, "machineSpec", "acceleratorCount")
    where = pool.key or pool.location
    replicas: Value[int] = count.integer() if count else Known(1, where)
    kind = accelerator(_text(pool, "machineSpec", "acceleratorType"))
    if isinstance(kind, Known) and kind.value == "ACCELERATOR TYPE UNSPECIFIED":
        kind = Absent(kind.location)
    return Compute(
        location=where,
        provider="google",
        service="vertex",
        instance_type=_text(pool, "machineSpec", "machineType"),
        accelerator=kind,
        accelerator_count=number.number() if number else Absent(where),
        count_min=replicas,
        count_max=replicas,
        purchase=_purchase(_text(spec, "scheduling", "strategy")),
        max_runtime_hours=hours(_text(spec, "scheduling", "timeout")),
    )


def _purchase(strategy: Value[str]) -> Value[Purchase]:
    if not isinstance(strategy, Known):
        return strategy
    kind = _STRATEGIES.get(strategy.value.upper())
    return (
        Known(kind, strategy.location) if kind else Unknown(f"unknown strategy {strategy.value!r}", strategy.location)
    )


def _checkpoint(spec: Node) -> Value[str]:
    """Return where state survives: the job's output directory, which AIP_CHECKPOINT_DIR lies in, or a named bucket."""
    output = _text(spec, "baseOutputDirectory", "outputUriPrefix")
    named = next((uri for uri in uris(strings(spec)) if _CHECKPOINT.search(uri.value)), None)
    return first(named or Absent(output.location), output)


def _data(spec: Node) -> Iterator[DataLink]:
    output = _text(spec, "baseOutputDirectory", "outputUriPrefix")
    for uri in uris(strings(spec)):
        written_to = isinstance(output, Known) and uri.value == output.value
        role = "checkpoint" if _CHECKPOINT.search(uri.value) else "output" if written_to else "data"
        yield DataLink(uri=uri, location=uri.location, direction="read" if role == "data" else "both", role=role)


PLATFORM = Platform("vertex", _claims, _resources)
