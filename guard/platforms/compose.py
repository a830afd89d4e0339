"""Docker Compose services that reserve accelerators (the Compose specification); other services are left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Label, Labels, Purpose, Resource, Serving
from guard.model.value import Known, Unknown, Value, first
from guard.platforms._specs import bare, gib, has, links, merged, root_of, written
from guard.platforms._specs import labels as labels_at

_SERVERS = re.compile(
    r"vllm|text-generation-inference|tritonserver|ollama|sglang|llama\.cpp|lmdeploy|tei|nim/", re.IGNORECASE
)
_NOTEBOOKS = re.compile(r"jupyter|notebook", re.IGNORECASE)
_TRAINING = re.compile(r"train|fine-?tun|torchrun|deepspeed", re.IGNORECASE)


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or has(node, "apiVersion", "$schema", "bento"):
        return False
    return any(_reserved(one) is not None for one in node.fields("services").values())


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    project = written(node, "name")
    for key, service in node.fields("services").items():
        found = _reserved(service)
        if found is not None:
            yield _service(service, f"Compose/{project}/{key}" if project else f"Compose/{key}", found)


def _reserved(service: Node) -> tuple[Value[str], Value[Decimal]] | None:
    """Return the accelerator and how many a service reserves, None where it reserves none."""
    for device in service.items("deploy", "resources", "reservations", "devices"):
        wanted = {written(one) for one in device.items("capabilities")}
        if wanted & {"gpu", "tpu"} or written(device, "driver") == "nvidia":
            return Known("GPU", device.nearest("capabilities")), _devices(device)
    gpus = service.get("gpus")
    if gpus is not None:
        device = gpus.items()[0] if gpus.items() else gpus
        amount = _devices(device) if isinstance(device.value, Mapping) else _all(gpus.text(), gpus)
        return Known("GPU", gpus.key or gpus.location), amount
    runtime = service.text("runtime")
    if isinstance(runtime, Known) and runtime.value in {"nvidia", "habana"}:
        name = "Gaudi" if runtime.value == "habana" else "GPU"
        return Known(name, runtime.location), Unknown("the runtime gives it all accelerators", runtime.location)
    driver = next((one for one in service.items("devices") if written(one).startswith("/dev/kfd")), None)
    return (Known("GPU", driver.location), Unknown("all GPUs of the host", driver.location)) if driver else None


def _devices(device: Node) -> Value[Decimal]:
    ids = device.items("device_ids")
    if ids:
        return Known(Decimal(len(ids)), device.nearest("device_ids"))
    return _all(device.text("count"), device)


def _all(count: Value[str], device: Node) -> Value[Decimal]:
    """Return a number of devices; `all`, and none written, mean all of the host."""
    if isinstance(count, Known) and count.value not in {"all", "-1"}:
        return Node(count.value, count.location).number()
    if isinstance(count, Unknown):
        return count
    return Unknown(
        "all accelerators of the host", count.location if isinstance(count, Known) else device.nearest("count")
    )


def _service(node: Node, address: str, reserved: tuple[Value[str], Value[Decimal]]) -> Resource:
    base = bare(node, "compose", "ComposeService", address)
    replicas: Value[int] = first(node.integer("deploy", "replicas"), node.integer("scale"))
    number = first(replicas, Known(1, base.location))
    image = f"{written(node, 'image')} {written(node, 'command')} {' '.join(written(o) for o in node.items('command'))}"
    purpose = _purpose(image)
    limits = node.get("deploy", "resources") or Node({}, base.location)
    return replace(
        base,
        labels=merged(_labels(node, "labels"), _labels(node, "deploy", "labels")),
        purpose=purpose,
        evidence="the image and command" if purpose is not Purpose.UNKNOWN else "",
        compute=(
            Compute(
                location=reserved[0].location,
                accelerator=reserved[0],
                accelerator_count=reserved[1],
                vcpu=first(limits.number("reservations", "cpus"), limits.number("limits", "cpus")),
                memory_gib=gib(first(limits.text("reservations", "memory"), limits.text("limits", "memory")), ""),
                count_min=number,
                count_max=number,
            ),
        ),
        data=links(node),
        serving=Serving(location=base.location, min_replicas=replicas, max_replicas=replicas)
        if purpose is Purpose.INFERENCE
        else None,
        unpriced="the machine that Compose runs on is not in this file",
    )


def _purpose(image: str) -> Purpose:
    if _SERVERS.search(image):
        return Purpose.INFERENCE
    if _NOTEBOOKS.search(image):
        return Purpose.NOTEBOOK
    return Purpose.TRAINING if _TRAINING.search(image) else Purpose.UNKNOWN


def _labels(node: Node, *path: str) -> Labels:
    """Return labels written as a mapping or as a list of `key=value`."""
    texts = [one for one in node.items(*path) if isinstance(one.value, str)]
    where = node.key or node.location
    if not texts:
        return labels_at(node, *path, at=where)
    entries = {}
    for one in texts:
        key, _, value = str(one.value).partition("=")
        entries[key] = Label(Known(value, one.location), "resource")
    return Labels(node.nearest(*path), entries)


PLATFORM = Platform("compose", _claims, _resources)
