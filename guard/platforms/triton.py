"""Triton Inference Server's `config.pbtxt`: one model of a model repository, in text protobuf.

Source: protobuf/model_config.proto of triton-inference-server/common.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from guard.model.instance import Item
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Purpose, Resource, Serving
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._specs import bare, has, root_of, written

_FORMATS = {
    "onnxruntime_onnx": "onnx",
    "onnxruntime": "onnx",
    "tensorrt_plan": "tensorrt",
    "tensorrtllm": "tensorrt",
    "pytorch_libtorch": "torchscript",
    "pytorch": "torchscript",
    "tensorflow_savedmodel": "savedmodel",
    "tensorflow_graphdef": "graphdef",
    "openvino": "openvino",
}
_PRECISIONS = {"TYPE_FP16": "fp16", "TYPE_BF16": "bf16", "TYPE_FP32": "fp32", "TYPE_FP64": "fp64", "TYPE_INT8": "int8"}


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or not isinstance(source, Item) or not source.path.endswith((".pbtxt", ".prototxt")):
        return False
    return has(node, "platform", "backend") or (has(node, "max_batch_size") and has(node, "input", "instance_group"))


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None or not isinstance(source, Item):
        return
    folder = source.path.split("/")[-2] if "/" in source.path else "model"
    name = written(node, "name") or folder
    base = bare(node, "triton", "TritonModel", f"Triton/{name}", node.nearest("name"))
    yield replace(
        base,
        # A model's configuration has no labels: those of the server that loads it count.
        labels=replace(base.labels, taggable=False),
        purpose=Purpose.INFERENCE,
        evidence="a Triton model configuration",
        compute=tuple(_groups(node)),
        serving=_serving(node),
        unpriced="the server that loads the model is priced, not the model's configuration",
    )


def _groups(node: Node) -> Iterator[Compute]:
    """Yield each group of equal model instances; one instance takes one GPU of those that its group names."""
    for group in node.items("instance_group"):
        kind = written(group, "kind")
        gpus = group.items("gpus")
        count = first(group.integer("count"), Known(1, group.location))
        on_gpu = kind == "KIND_GPU" or (bool(gpus) and kind != "KIND_CPU")
        instances = Known(count.value * max(len(gpus), 1), count.location) if isinstance(count, Known) else count
        amount: Value[Decimal] = (
            Known(Decimal(int(on_gpu)), group.nearest("kind")) if kind or gpus else Absent(group.location)
        )
        yield Compute(
            location=group.key or group.location,
            name=written(group, "name"),
            accelerator=Known("GPU", group.nearest("kind")) if on_gpu else Absent(group.location),
            accelerator_count=amount,
            count_min=instances,
            count_max=instances,
            share=True,
        )


def _serving(node: Node) -> Serving:
    engine = first(node.text("platform"), node.text("backend"))
    kind = mapped(engine, lambda name: _FORMATS.get(name, name))
    input_type = node.text("input", 0, "data_type")
    accelerated = node.text(
        "optimization", "execution_accelerators", "gpu_execution_accelerator", "parameters", "value"
    )
    known = isinstance(input_type, Known) and input_type.value in _PRECISIONS
    precision = mapped(input_type, lambda name: _PRECISIONS.get(name, name)) if known else Absent(node.nearest("input"))
    return Serving(
        location=node.nearest("name"),
        model_name=node.text("name"),
        model_format=kind,
        precision=first(mapped(accelerated, str.lower), _dtype(node), precision),
    )


def _dtype(node: Node) -> Value[str]:
    """Return the data type in the parameters of a vLLM or Python backend, unless the engine chooses it."""
    for one in node.items("parameters"):
        if written(one, "key") == "dtype":
            value = one.text("value", "string_value")
            if isinstance(value, Known) and value.value != "auto":
                return value
    return Absent(node.nearest("parameters"))


PLATFORM = Platform("triton", _claims, _resources)
