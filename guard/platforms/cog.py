"""Cog's `cog.yaml`: a packaged model for Replicate (https://github.com/replicate/cog, pkg/config)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Purpose, Resource, Serving
from guard.model.value import Absent, Known
from guard.platforms._specs import bare, has, links, root_of, stem, truth, written


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or has(node, "services", "apiVersion", "version"):
        return False
    build = node.get("build")
    return (
        build is not None
        and has(build, "gpu", "python_version", "python_packages", "cuda")
        and has(node, "predict", "train", "run", "image")
    )


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    image = node.text("image")
    name = image.value.rpartition("/")[2] if isinstance(image, Known) else stem(source)
    gpu = node.flag("build", "gpu")
    where = node.nearest("build", "gpu")
    trains = bool(written(node, "train")) and not written(node, "predict")
    base = bare(node, "cog", "cog", f"Cog/{name}")
    yield replace(
        base,
        labels=replace(base.labels, taggable=False),
        purpose=Purpose.TRAINING if trains else Purpose.INFERENCE,
        evidence="a Cog model",
        compute=(Compute(location=where, accelerator=Known("GPU", where) if truth(gpu) else Absent(where)),),
        data=links(node, role="model"),
        serving=None if trains else Serving(location=where, model_name=Known(name, image.location)),
        unpriced="its hardware is chosen where it is hosted, not in cog.yaml",
    )


PLATFORM = Platform("cog", _claims, _resources)
