"""SageMaker through AWS Controllers for Kubernetes: endpoints, training and other jobs, notebooks.

Source: the custom resource definitions of aws-controllers-k8s/sagemaker-controller, which follow SageMaker's own API.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, DataLink, Purchase, Purpose, Serving, Training
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._kubernetes_data import uri_link
from guard.platforms._kubernetes_objects import Draft, annotation, platform, written
from guard.platforms._kubernetes_quantities import hours

_GROUP = "sagemaker.services.k8s.aws"


def _endpoint_config(node: Node, around: Surroundings) -> Draft:
    variants = node.items("spec", "productionVariants")
    compute = tuple(
        _machines(node, one, one.integer("initialInstanceCount"), written(one, "variantName")) for one in variants
    )
    serving = None
    if variants:
        capture = node.flag("spec", "dataCaptureConfig", "enableCapture")
        serving = Serving(
            location=variants[0].location,
            min_replicas=compute[0].count_min,
            max_replicas=compute[0].count_max,
            traffic=mapped(variants[0].number("initialVariantWeight"), lambda weight: weight * 100),
            model_name=variants[0].text("modelName"),
            monitoring=capture,
        )
    return Draft(
        compute=compute,
        data=tuple(_links(node)),
        serving=serving,
        purpose=Purpose.INFERENCE,
        evidence="the kind EndpointConfig",
    )


def _training_job(node: Node, around: Surroundings) -> Draft:
    return _run(node, node.get("spec") or node, Purpose.TRAINING)


def _tuning_job(node: Node, around: Surroundings) -> Draft:
    return _run(node, node.get("spec", "trainingJobDefinition") or node, Purpose.TRAINING)


def _run(node: Node, spec: Node, purpose: Purpose) -> Draft:
    """Return what a training job rents: with managed spot, SageMaker resumes from the checkpoint when it is cut off."""
    holder = spec.get("resourceConfig") or spec
    spot = spec.flag("enableManagedSpotTraining")
    checkpoint = spec.text("checkpointConfig", "s3URI")
    limit = hours(spec, "stoppingCondition", "maxRuntimeInSeconds")
    purchase: Value[Purchase] = mapped(spot, lambda on: Purchase.SPOT if on else Purchase.ON_DEMAND)
    compute = _machines(node, holder, holder.integer("instanceCount"), "", purchase, checkpoint, limit)
    place = spec.key or spec.location
    training = Training(location=place, checkpoint=checkpoint, max_runtime_hours=limit)
    return Draft(
        compute=(compute,),
        data=tuple(_links(node)),
        training=training,
        purpose=purpose,
        evidence=f"the kind {written(node, 'kind')}",
    )


def _processing_job(node: Node, around: Surroundings) -> Draft:
    holder = node.get("spec", "processingResources", "clusterConfig") or node
    return _job(node, holder, Purpose.BATCH)


def _transform_job(node: Node, around: Surroundings) -> Draft:
    return _job(node, node.get("spec", "transformResources") or node, Purpose.BATCH)


def _notebook(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec") or node
    one: Value[int] = Known(1, spec.key or spec.location)
    return Draft(
        compute=(_machines(node, spec, one, ""),), purpose=Purpose.NOTEBOOK, evidence="the kind NotebookInstance"
    )


def _job(node: Node, holder: Node, purpose: Purpose) -> Draft:
    limit = hours(node, "spec", "stoppingCondition", "maxRuntimeInSeconds")
    absent = Absent(holder.key or holder.location)
    compute = _machines(node, holder, holder.integer("instanceCount"), "", absent, absent, limit)
    return Draft(
        compute=(compute,), data=tuple(_links(node)), purpose=purpose, evidence=f"the kind {written(node, 'kind')}"
    )


def _machines(
    node: Node,
    holder: Node,
    count: Value[int],
    name: str,
    purchase: Value[Purchase] | None = None,
    checkpoint: Value[str] | None = None,
    limit: Value[Decimal] | None = None,
) -> Compute:
    place = holder.key or holder.location
    absent = Absent(place)
    return Compute(
        location=place,
        name=name,
        provider="aws",
        service="sagemaker",
        instance_type=holder.text("instanceType"),
        count_min=count,
        count_max=count,
        purchase=purchase or absent,
        checkpoint=checkpoint or absent,
        max_runtime_hours=limit or absent,
        region=first(annotation(node, "services.k8s.aws/region"), absent),
    )


def _links(node: Node) -> Iterator[DataLink]:
    """Yield every S3 URI of the object; the names of the fields that hold them tell their direction."""
    for path, one in node.walk():
        if not isinstance(one.value, str) or not one.value.startswith("s3://"):
            continue
        trail = ".".join(str(step) for step in path).lower()
        role = "checkpoint" if "checkpoint" in trail else "output" if "output" in trail else "data"
        yield from uri_link(one, role=role, direction="read" if role == "data" else "write")


PLATFORM = platform(
    "ack_sagemaker",
    {
        (_GROUP, "EndpointConfig"): _endpoint_config,
        (_GROUP, "TrainingJob"): _training_job,
        (_GROUP, "HyperParameterTuningJob"): _tuning_job,
        (_GROUP, "ProcessingJob"): _processing_job,
        (_GROUP, "TransformJob"): _transform_job,
        (_GROUP, "NotebookInstance"): _notebook,
    },
)
