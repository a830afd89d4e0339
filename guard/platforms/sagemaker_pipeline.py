"""SageMaker pipeline definitions: the JSON that `pipeline.definition()` writes (schema version 2020-12-01)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from guard.model.location import Step
from guard.model.node import Node, is_sequence
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Purchase, Purpose, Resource, Training
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._specs import bare, has, hours, labels, root_of, stem, strings, truth, uris, written

_STEPS = {
    "Training": (("ResourceConfig",), Purpose.TRAINING),
    "Processing": (("ProcessingResources", "ClusterConfig"), Purpose.BATCH),
    "Transform": (("TransformResources",), Purpose.BATCH),
    "QualityCheck": (("ProcessingResources", "ClusterConfig"), Purpose.BATCH),
    "ClarifyCheck": (("ProcessingResources", "ClusterConfig"), Purpose.BATCH),
    "Tuning": (("TrainingJobDefinition", "ResourceConfig"), Purpose.TRAINING),
}
_DEEPEST = 40


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or not has(node, "Version"):
        return False
    steps = node.get("Steps")
    return steps is not None and is_sequence(steps.value) and any(has(one, "Arguments", "Type") for one in steps.value)


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    parameters = {written(one, "Name"): one for one in node.items("Parameters")}
    for step in _steps(node.items("Steps"), 0):
        kind = written(step, "Type")
        if kind in _STEPS:
            name = f"SageMakerPipeline/{stem(source)}/{written(step, 'Name')}"
            yield _step(_plain(step, parameters, 0), kind, name)


def _steps(steps: tuple[Node, ...], depth: int) -> Iterator[Node]:
    """Yield the steps and those in the branches of conditions."""
    for one in steps:
        yield one
        if depth < _DEEPEST:
            for branch in ("IfSteps", "ElseSteps"):
                yield from _steps(one.items("Arguments", branch), depth + 1)


def _plain(node: Node, parameters: Mapping[str, Node], depth: int) -> Node:
    """Return `node` with `{"Get": "Parameters.X"}` replaced by the parameter's default."""
    if depth > _DEEPEST:
        return Node(Unknown("expressions nested too deeply", node.location), node.location, node.key)
    if is_sequence(node.value):
        return Node(tuple(_plain(one, parameters, depth + 1) for one in node.value), node.location, node.key)
    if not isinstance(node.value, Mapping):
        return node
    target = written(node, "Get")
    if target:
        default = parameters.get(target.removeprefix("Parameters."))
        value = default.get("DefaultValue") if default else None
        if value is None:
            return Node(
                Unknown(f"{target} is known only when the pipeline runs", node.location), node.location, node.key
            )
        return Node(value.value, value.location, node.key, (Step(f"{target} is used here", node.location),))
    fields = {name: _plain(one, parameters, depth + 1) for name, one in node.value.items()}
    return Node(fields, node.location, node.key)


def _step(node: Node, kind: str, address: str) -> Resource:
    path, purpose = _STEPS[kind]
    arguments = node.get("Arguments") or Node({}, node.location)
    definition = arguments.get("TrainingJobDefinition") or arguments
    base = bare(node, "sagemaker_pipeline", f"SageMaker {kind} step", address, node.nearest("Name"))
    checkpoint = definition.text("CheckpointConfig", "S3Uri")
    limit = hours(definition.text("StoppingCondition", "MaxRuntimeInSeconds"))
    resources = arguments.get(*path) or Node({}, arguments.nearest(*path))
    count = resources.integer("InstanceCount")
    number: Value[int] = Known(1, resources.location) if isinstance(count, Absent) else count
    compute = Compute(
        location=resources.nearest("InstanceType"),
        provider="aws",
        service="sagemaker",
        instance_type=resources.text("InstanceType"),
        count_min=number,
        count_max=number,
        purchase=_purchase(definition.flag("EnableManagedSpotTraining")),
        checkpoint=checkpoint,
        max_runtime_hours=limit,
    )
    return replace(
        base,
        labels=labels(arguments, "Tags", at=node.nearest("Arguments")),
        purpose=purpose,
        evidence=f"a {kind} step",
        compute=(compute,),
        data=tuple(_data(arguments)),
        training=Training(location=base.location, checkpoint=checkpoint, max_runtime_hours=limit),
    )


def _purchase(spot: Value[bool]) -> Value[Purchase]:
    if not isinstance(spot, Known):
        return spot
    return Known(Purchase.SPOT if truth(spot) else Purchase.ON_DEMAND, spot.location)


def _data(arguments: Node) -> Iterator[DataLink]:
    for name, part in arguments.fields().items():
        output = "output" in name.lower()
        role = "checkpoint" if name == "CheckpointConfig" else "output" if output else "data"
        direction = "both" if role == "checkpoint" else "write" if output else "read"
        for uri in uris(strings(part)):
            yield DataLink(uri=uri, location=uri.location, direction=direction, role=role)


PLATFORM = Platform("sagemaker_pipeline", _claims, _resources)
