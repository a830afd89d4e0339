"""vLLM's production stack: the VLLMRuntime of its operator. Source: vllm-project/production-stack."""

from __future__ import annotations

from guard.model.accelerators import accelerator_name
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, Purpose, Serving
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._kubernetes_accelerators import share
from guard.platforms._kubernetes_data import uri_link
from guard.platforms._kubernetes_objects import Draft, platform
from guard.platforms._kubernetes_quantities import gib, quantity


def _runtime(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec") or node
    deployed = spec.get("deploymentConfig") or spec
    count = first(deployed.integer("replicas"), spec.integer("replicas"))
    low, high = spec.integer("autoscalingConfig", "minReplicas"), spec.integer("autoscalingConfig", "maxReplicas")
    least: Value[int] = count if isinstance(low, Absent) else low
    most: Value[int] = count if isinstance(high, Absent) else high
    compute = Compute(
        location=deployed.key or deployed.location,
        accelerator=_accelerator(deployed),
        accelerator_count=deployed.number("resources", "gpu"),
        vcpu=quantity(deployed, "resources", "cpu"),
        memory_gib=gib(quantity(deployed, "resources", "memory")),
        count_min=least,
        count_max=most,
        share=True,
    )
    serving = Serving(
        location=spec.key or spec.location,
        min_replicas=least,
        max_replicas=most,
        scale_to_zero=mapped(least, lambda number: number == 0),
        model_name=first(spec.text("model", "modelURL"), spec.text("model", "name")),
        precision=first(spec.text("model", "dtype"), spec.text("vllmConfig", "dtype")),
        parallelism=spec.integer("vllmConfig", "tensorParallelSize"),
    )
    data = uri_link(spec.get("model", "modelURL"), role="model")
    return Draft(compute=(compute,), data=data, serving=serving, purpose=Purpose.INFERENCE, evidence="a VLLMRuntime")


def _accelerator(deployed: Node) -> Value[str]:
    """Return the accelerator's name; `gpuType` is the extended resource that is asked for, or a product."""
    kind = deployed.text("resources", "gpuType")
    if isinstance(kind, Known):
        part = share(kind.value)
        return Known(part.name if part else accelerator_name(kind.value), kind.location, kind.trail)
    count = deployed.number("resources", "gpu")
    return Known("GPU", count.location) if isinstance(count, Known) else Absent(deployed.nearest("resources"))


PLATFORM = platform("vllm", {("production-stack.vllm.ai", "VLLMRuntime"): _runtime})
