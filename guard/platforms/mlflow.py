"""MLflow's `MLmodel` file: what a packaged model is made of (https://mlflow.org/docs/latest/model)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Purpose, Resource, Serving
from guard.model.value import Absent, Known, Value, first
from guard.platforms._specs import bare, has, labels, links, root_of, written

_SUFFIXES = {
    "onnx": "onnx",
    "pkl": "pickle",
    "pickle": "pickle",
    "joblib": "joblib",
    "pt": "pytorch",
    "pth": "pytorch",
    "safetensors": "safetensors",
    "h5": "keras",
    "gguf": "gguf",
}


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or not node.fields("flavors"):
        return False
    return has(node, "mlflow_version", "utc_time_created", "artifact_path", "model_uuid", "run_id", "signature")


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    path = getattr(source, "path", "")
    folder = path.split("/")[-2] if "/" in path else "model"
    name = written(node, "name") or written(node, "artifact_path") or folder
    base = bare(node, "mlflow", "MLmodel", f"MLflow/{name}", node.nearest("flavors"))
    yield replace(
        base,
        # A package costs nothing of itself: what serves it is labelled.
        labels=replace(labels(node, "metadata", at=node.nearest("flavors")), taggable=False),
        purpose=Purpose.UNKNOWN,
        evidence="a packaged model",
        data=links(node, role="model"),
        serving=Serving(
            location=node.nearest("flavors"),
            model_name=Known(name, node.nearest("artifact_path")),
            model_version=first(node.text("model_version"), node.text("run_id")),
            model_format=_format(node),
            precision=_precision(node),
        ),
    )


def _format(node: Node) -> Value[str]:
    """Return the format of the weights by the file that a flavour names, else the flavour itself."""
    flavors = node.fields("flavors")
    for flavor in flavors.values():
        for key in ("data", "pickled_model", "model_data", "model_path", "weights"):
            value = flavor.text(key)
            suffix = value.value.rpartition(".")[2].lower() if isinstance(value, Known) else ""
            if suffix in _SUFFIXES and isinstance(value, Known):
                return Known(_SUFFIXES[suffix], value.location)
    named = sorted(name for name in flavors if name != "python_function")
    if named:
        one = flavors[named[0]]
        return Known(named[0], one.key or one.location)
    return Absent(node.nearest("flavors"))


def _precision(node: Node) -> Value[str]:
    kinds = [flavor.text("torch_dtype") for flavor in node.fields("flavors").values()]
    return first(*kinds, Absent(node.nearest("flavors")))


PLATFORM = Platform("mlflow", _claims, _resources)
