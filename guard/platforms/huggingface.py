"""Hugging Face Inference Endpoint specs: the body that the endpoints API takes, as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from guard.model.accelerators import accelerator_name
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Purpose, Resource, Serving
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._specs import bare, has, labels, root_of, stem, written

_PROVIDERS = {"aws": "aws", "gcp": "google", "azure": "azure"}


def _claims(source: Source) -> bool:
    node = root_of(source)
    compute, model = (node.get("compute"), node.get("model")) if node else (None, None)
    if compute is None or model is None or not has(model, "repository"):
        return False
    return has(compute, "accelerator", "instanceType", "instance_type", "scaling")


def _any(node: Node, *names: str) -> Value[str]:
    return first(*(node.text("compute", name) for name in names))


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    name = written(node, "name") or stem(source)
    region = first(node.text("provider", "region"), node.text("cloud", "region"), node.text("cloud_provider", "region"))
    base = bare(node, "huggingface", "InferenceEndpoint", f"HuggingFace/{name}", node.nearest("name"))
    yield replace(
        base,
        labels=labels(node, "tags", at=base.location),
        region=region,
        purpose=Purpose.INFERENCE,
        evidence="a Hugging Face inference endpoint",
        compute=(_compute(node),),
        data=tuple(_data(node)),
        serving=_serving(node),
        unpriced="there are no prices of Hugging Face Inference Endpoints here",
    )


def _compute(node: Node) -> Compute:
    """Return the machine: `instanceSize: x4` is four of the accelerator that `instanceType: nvidia-a10g` names."""
    kind = _any(node, "instanceType", "instance_type")
    size = _any(node, "instanceSize", "instance_size")
    low, high = _bounds(node)
    gpu = written(node, "compute", "accelerator").lower() in {"gpu", "neuron", "tpu"} or "nvidia" in getattr(
        kind, "value", ""
    )
    match = re.fullmatch(r"x(\d{1,3})", size.value) if isinstance(size, Known) else None
    count = Known(Decimal(match.group(1)), size.location) if match and gpu else Absent(size.location)
    vendor = first(node.text("provider", "vendor"), node.text("cloud", "vendor"), node.text("cloud_provider", "vendor"))
    return Compute(
        location=node.nearest("compute"),
        provider="" if not isinstance(vendor, Known) else _PROVIDERS.get(vendor.value.lower(), ""),
        service="huggingface",
        instance_type=kind,
        accelerator=mapped(kind, accelerator_name) if gpu else Absent(kind.location),
        accelerator_count=count,
        count_min=first(low, Known(1, node.nearest("compute"))),
        count_max=first(high, low, Known(1, node.nearest("compute"))),
    )


def _bounds(node: Node) -> tuple[Value[int], Value[int]]:
    scaling = node.get("compute", "scaling") or Node({}, node.nearest("compute"))
    low = first(scaling.integer("minReplica"), scaling.integer("min_replica"))
    high = first(scaling.integer("maxReplica"), scaling.integer("max_replica"))
    return low, high


def _serving(node: Node) -> Serving:
    low, high = _bounds(node)
    return Serving(
        location=node.nearest("model"),
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=mapped(low, lambda count: count == 0),
        model_name=node.text("model", "repository"),
        model_version=node.text("model", "revision"),
        model_format=node.text("model", "framework"),
        hardware_target=_any(node, "accelerator"),
    )


def _data(node: Node) -> Iterator[DataLink]:
    repository = node.text("model", "repository")
    if isinstance(repository, Known):
        yield DataLink(
            uri=Known(f"hf://{repository.value}", repository.location), location=repository.location, role="model"
        )


PLATFORM = Platform("huggingface", _claims, _resources)
