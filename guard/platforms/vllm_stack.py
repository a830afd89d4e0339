"""Helm values of the vLLM production stack: `servingEngineSpec.modelSpec` (helm/values.schema.json of the project)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Purpose, Resource, Serving
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._kubernetes_accelerators import share
from guard.platforms._specs import accelerator, bare, gib, labels, links, merged, root_of, stem, written

_PRODUCTS = ("cloud.google.com/gke-accelerator", "nvidia.com/gpu.product", "k8s.amazonaws.com/accelerator")
_TYPES = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


def _claims(source: Source) -> bool:
    node = root_of(source)
    return node is not None and bool(node.items("servingEngineSpec", "modelSpec"))


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    for number, model in enumerate(node.items("servingEngineSpec", "modelSpec")):
        name = written(model, "name") or f"{stem(source)}-{number}"
        base = bare(model, "vllm_stack", "vLLMModel", f"vLLM/{name}", model.nearest("name"))
        yield replace(
            base,
            labels=merged(labels(node, "servingEngineSpec", "labels"), labels(model, "podLabels", at=base.location)),
            purpose=Purpose.INFERENCE,
            evidence="servingEngineSpec.modelSpec",
            compute=(_compute(model),),
            data=tuple(_data(model)),
            serving=_serving(model),
        )


def _selected(model: Node, names: tuple[str, ...]) -> Value[str]:
    """Return the value of a node label that the model is bound to, in `nodeSelectorTerms` or `nodeSelector`."""
    for term in model.items("nodeSelectorTerms"):
        for one in term.items("matchExpressions"):
            if written(one, "key") in names:
                return first(*(value.text() for value in one.items("values")), Absent(one.location))
    return first(*(model.text("nodeSelector", name) for name in names))


def _compute(model: Node) -> Compute:
    low, high = _bounds(model)
    count = model.number("requestGPU")
    product = accelerator(_selected(model, _PRODUCTS))
    kind = model.text("requestGPUType")
    unit = share(kind.value) if isinstance(kind, Known) else None
    if isinstance(count, Known) and count.value > 0:
        name = Known(unit.name if unit else "GPU", count.location)
        product = first(product, name)
        # A slice of a partitioned GPU is a part of one.
        count = Known(count.value * unit.fraction, count.location) if unit else count
    return Compute(
        location=model.nearest("requestGPU"),
        instance_type=_selected(model, _TYPES),
        accelerator=product,
        accelerator_count=count,
        vcpu=model.number("requestCPU"),
        memory_gib=gib(model.text("requestMemory")),
        count_min=first(low, Known(1, model.nearest("replicaCount"))),
        count_max=first(high, low, Known(1, model.nearest("replicaCount"))),
        share=True,
    )


def _bounds(model: Node) -> tuple[Value[int], Value[int]]:
    fixed = model.integer("replicaCount")
    scaled = model.flag("keda", "enabled")
    if isinstance(scaled, Known) and scaled.value:
        return model.integer("keda", "minReplicaCount"), model.integer("keda", "maxReplicaCount")
    return fixed, fixed


def _serving(model: Node) -> Serving:
    low, high = _bounds(model)
    config = model.get("vllmConfig") or Node({}, model.location)
    return Serving(
        location=model.nearest("replicaCount"),
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=mapped(low, lambda number: number == 0),
        model_name=first(model.text("modelURL"), model.text("name")),
        precision=first(_flag(config, "--quantization"), config.text("dtype")),
        parallelism=config.integer("tensorParallelSize"),
    )


def _flag(config: Node, name: str) -> Value[str]:
    arguments = config.items("extraArgs")
    for i, one in enumerate(arguments):
        text = one.text()
        if not isinstance(text, Known):
            continue
        if text.value.startswith(f"{name}="):
            return Known(text.value.partition("=")[2], one.location)
        if text.value == name and i + 1 < len(arguments):
            return arguments[i + 1].text()
    return Absent(config.nearest("extraArgs"))


def _data(model: Node) -> Iterator[DataLink]:
    yield from links(model, role="model")
    name = model.text("modelURL")
    if isinstance(name, Known) and re.fullmatch(r"[\w.-]+/[\w.-]+", name.value):
        yield DataLink(uri=Known(f"hf://{name.value}", name.location), location=name.location, role="model")


PLATFORM = Platform("vllm_stack", _claims, _resources)
