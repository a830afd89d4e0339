"""SageMaker HyperPod's operators: InferenceEndpointConfig and JumpStartModel, and HyperPodPyTorchJob.

Source: the HyperPod pages of the Amazon SageMaker AI developer guide.
"""

from __future__ import annotations

from dataclasses import replace

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import DataLink, Purpose, Serving
from guard.model.value import Absent, Known, first
from guard.platforms._kubernetes_data import whole_uri
from guard.platforms._kubernetes_objects import Draft, platform, written
from guard.platforms._kubernetes_quantities import hours
from guard.platforms._kubernetes_scaling import keda_bounds
from guard.platforms._kubernetes_workloads import Group, group, run
from guard.platforms._pods import Count, Pod, pod_compute, pod_of

_INFERENCE = "inference.sagemaker.aws.amazon.com"


def _endpoint(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec") or node
    worker = spec.get("worker") or spec
    pod = Pod(spec, (worker,), template=None)
    count = spec.integer("replicas")
    bounds = keda_bounds(spec, "autoScalingSpec") if spec.get("autoScalingSpec") is not None else Count(count, count)
    place = spec.key or spec.location
    kind = first(spec.text("instanceType"), spec.text("server", "instanceType"))
    # HyperPod's machines are called as SageMaker's are (ml.g5.8xlarge); a replica takes a part of one.
    compute = replace(
        pod_compute(pod, bounds, around, location=place), provider="aws", service="sagemaker", instance_type=kind
    )
    serving = Serving(
        location=place,
        min_replicas=bounds.low,
        max_replicas=bounds.high,
        model_name=first(spec.text("modelName"), spec.text("model", "modelId")),
        model_version=first(spec.text("modelVersion"), spec.text("model", "modelVersion")),
        monitoring=spec.flag("metrics", "enabled"),
    )
    return Draft(
        compute=(compute,),
        data=tuple(_sources(spec)),
        serving=serving,
        purpose=Purpose.INFERENCE,
        evidence=f"the kind {written(node, 'kind')}",
    )


def _sources(spec: Node) -> list[DataLink]:
    bucket = spec.text("modelSourceConfig", "s3Storage", "bucketName")
    region = spec.text("modelSourceConfig", "s3Storage", "region")
    path = written(spec, "modelSourceConfig", "modelLocation")
    if not isinstance(bucket, Known):
        return []
    uri = whole_uri(f"s3://{bucket.value}/{path}".rstrip("/"), bucket.location)
    return [DataLink(uri=uri, location=bucket.location, role="model", region=region)]


def _training(node: Node, around: Surroundings) -> Draft:
    groups = []
    for spec in node.items("spec", "replicaSpecs"):
        pod = pod_of(spec.get("template"))
        low = spec.integer("replicas")
        high = spec.integer("maxReplicas")
        bounds = Count(low, low if isinstance(high, Absent) else high)
        groups.append(Group(group(pod, bounds, around, spec, written(spec, "name")), pod))
    limit = hours(node, "spec", "runPolicy", "activeDeadlineSeconds")
    return run(node, groups, Purpose.TRAINING, "a HyperPodPyTorchJob", limit)


PLATFORM = platform(
    "hyperpod",
    {
        (_INFERENCE, "InferenceEndpointConfig"): _endpoint,
        (_INFERENCE, "JumpStartModel"): _endpoint,
        ("sagemaker.amazonaws.com", "HyperPodPyTorchJob"): _training,
    },
)
