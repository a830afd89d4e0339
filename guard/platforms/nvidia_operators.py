"""NVIDIA's operators for models: NIMService and NIMCache (NIM Operator), and Dynamo's graph deployment.

Sources: the custom resource definitions of NVIDIA/k8s-nim-operator and ai-dynamo/dynamo.
"""

from __future__ import annotations

from dataclasses import replace

from guard.model.accelerators import accelerator_name
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Purpose, Serving, Storage
from guard.model.value import Absent, Known, mapped
from guard.platforms._kubernetes_objects import Draft, platform
from guard.platforms._kubernetes_quantities import gib, quantity, times
from guard.platforms._kubernetes_workloads import Group, draft, group
from guard.platforms._pods import Accelerators, Count, Pod


def _nim_service(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec") or node
    pod = Pod(spec, (spec,), spec.items("initContainers"))
    fixed = spec.integer("replicas")
    scaled = spec.flag("scale", "enabled")
    count = Count(fixed, fixed)
    if isinstance(scaled, Known) and scaled.value:
        count = Count(spec.integer("scale", "hpa", "minReplicas"), spec.integer("scale", "hpa", "maxReplicas"))
    compute = group(pod, count, around, spec)
    serving = Serving(
        location=spec.key or spec.location,
        min_replicas=count.low,
        max_replicas=count.high,
        scale_to_zero=mapped(count.low, lambda number: number == 0),
        model_name=spec.text("image", "repository"),
        model_version=spec.text("image", "tag"),
        monitoring=spec.flag("metrics", "enabled"),
    )
    found = draft(Purpose.INFERENCE, "a NIMService", (compute,), (pod,), serving=serving)
    return replace(found, storage=_claim(spec))


def _nim_cache(node: Node, around: Surroundings) -> Draft:
    return Draft(storage=_claim(node.get("spec") or node), purpose=Purpose.STORAGE, evidence="a NIMCache")


def _claim(spec: Node) -> tuple[Storage, ...]:
    """Return the volume that is claimed for weights, where the operator makes it."""
    claim = spec.get("storage", "pvc")
    if claim is None or isinstance(claim.text("size"), Absent):
        return ()
    return (Storage(location=claim.key or claim.location, name="model", size_gib=gib(quantity(claim, "size"))),)


def _dynamo_graph(node: Node, around: Surroundings) -> Draft:
    groups = []
    for name, service in node.fields("spec", "services").items():
        extra = service.get("extraPodSpec") or service
        main = service.get("extraPodSpec", "mainContainer")
        pod = Pod(extra, tuple(one for one in (main, service) if one is not None), template=service)
        nodes = service.integer("multinode", "nodeCount")
        count = service.integer("replicas")
        low, high = service.integer("autoscaling", "minReplicas"), service.integer("autoscaling", "maxReplicas")
        bounds = Count(
            times(count if isinstance(low, Absent) else low, nodes),
            times(count if isinstance(high, Absent) else high, nodes),
        )
        groups.append(Group(group(pod, bounds, around, service, name, _gpus(service)), pod))
    return draft(Purpose.INFERENCE, "a Dynamo graph", [one.compute for one in groups], [one.pod for one in groups])


def _gpus(service: Node) -> Accelerators | None:
    """Return the GPUs of a service, which Dynamo writes as `resources.limits.gpu` and `gpuType`."""
    for part in ("limits", "requests"):
        count = service.number("resources", part, "gpu")
        if not isinstance(count, Absent):
            kind = service.text("resources", part, "gpuType")
            place = service.nearest("resources", part, "gpu")
            known = isinstance(kind, Known) and "/" not in kind.value
            return Accelerators(mapped(kind, accelerator_name) if known else Known("GPU", place), count)
    return None


PLATFORM = platform(
    "nvidia_operators",
    {
        ("apps.nvidia.com", "NIMService"): _nim_service,
        ("apps.nvidia.com", "NIMCache"): _nim_cache,
        ("nvidia.com", "DynamoGraphDeployment"): _dynamo_graph,
    },
)
