"""BentoML: `bentofile.yaml`, and the deployment configurations of BentoCloud (bentoml/_internal/cloud/schemas)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Purpose, Resource, Serving
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._specs import accelerator, bare, gib, has, labels, links, root_of, stem, written

_BUILD = ("python", "include", "docker", "conda", "models", "envs", "exclude", "labels", "description")


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or has(node, "apiVersion", "$schema", "version"):
        return False
    return _is_deployment(node) or (":" in written(node, "service") and has(node, *_BUILD))


def _is_deployment(node: Node) -> bool:
    services = node.fields("services")
    scaled = any(has(one, "scaling", "instance_type", "config_overrides") for one in services.values())
    return scaled and has(node, "bento", "name", "access_authorization")


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    if not _is_deployment(node):
        yield _build(node, source)
        return
    for key, service in node.fields("services").items():
        yield _service(node, key, service, written(node, "name") or stem(source))


def _build(node: Node, source: Source) -> Resource:
    service = node.text("service")
    name = written(node, "name") or written(node, "service").partition(":")[2] or stem(source)
    base = bare(node, "bentoml", "bentofile", f"BentoML/{name}", service.location)
    return replace(
        base,
        labels=labels(node, "labels", at=base.location),
        purpose=Purpose.INFERENCE,
        evidence="a BentoML service",
        data=links(node, role="model"),
        serving=Serving(
            location=base.location, model_name=first(node.text("models", 0, "tag"), node.text("models", 0))
        ),
    )


def _service(node: Node, key: str, service: Node, deployment: str) -> Resource:
    base = bare(service, "bentoml", "BentoService", f"BentoML/{deployment}/{key}")
    low, high = _bounds(service)
    where = service.nearest("instance_type")
    resources = service.get("config_overrides", "resources") or Node({}, where)
    kind = service.text("instance_type")
    count = resources.number("gpu")
    compute = Compute(
        location=where,
        service="bentocloud",
        instance_type=kind,
        accelerator=_gpu(kind, resources.text("gpu_type"), count),
        accelerator_count=count,
        vcpu=resources.number("cpu"),
        memory_gib=gib(resources.text("memory")),
        count_min=first(low, Known(1, where)),
        count_max=first(high, low, Known(1, where)),
    )
    return replace(
        base,
        labels=labels(node, "labels", at=base.location),
        purpose=Purpose.INFERENCE,
        evidence="a BentoML service",
        compute=(compute,),
        data=links(service, role="model"),
        serving=Serving(
            location=where,
            min_replicas=low,
            max_replicas=high,
            scale_to_zero=mapped(low, lambda number: number == 0),
            model_name=node.text("bento"),
        ),
        unpriced="there are no prices of BentoCloud here",
    )


def _gpu(kind: Value[str], named: Value[str], count: Value[Decimal]) -> Value[str]:
    """Return the accelerator: named, or told by an instance type such as `gpu.l4.1`."""
    if not isinstance(named, Absent):
        return accelerator(named)
    parts = kind.value.split(".") if isinstance(kind, Known) else []
    if len(parts) > 1 and parts[0] == "gpu":
        return accelerator(Known(parts[1], kind.location))
    return Known("GPU", count.location) if isinstance(count, Known) and count.value > 0 else named


def _bounds(service: Node) -> tuple[Value[int], Value[int]]:
    scaling = service.get("scaling")
    if scaling is not None and not isinstance(scaling.value, Mapping):
        fixed = scaling.integer()
        return fixed, fixed
    return service.integer("scaling", "min_replicas"), service.integer("scaling", "max_replicas")


PLATFORM = Platform("bentoml", _claims, _resources)
