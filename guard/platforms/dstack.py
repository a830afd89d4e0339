"""dstack configurations: tasks, services, dev environments and fleets (DstackConfiguration of the dstack package)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from guard.model.accelerators import accelerator_name, tpu_slice
from guard.model.node import Node, is_sequence
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Purchase, Purpose, Resource, Serving, Storage, Training
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._specs import (
    at_least,
    bare,
    gib,
    has,
    hours,
    labels,
    links,
    purpose_of_commands,
    root_of,
    stem,
    uris,
    written,
)

_PURPOSES = {
    "task": Purpose.BATCH,
    "service": Purpose.INFERENCE,
    "dev-environment": Purpose.NOTEBOOK,
    "fleet": Purpose.UNKNOWN,
    "volume": Purpose.STORAGE,
}
_PARTS = (
    "resources",
    "commands",
    "nodes",
    "backends",
    "regions",
    "ide",
    "spot_policy",
    "image",
    "python",
    "ssh_config",
)
_PURCHASES = {"spot": Purchase.SPOT, "on-demand": Purchase.ON_DEMAND, "auto": Purchase.MIXED}
_PROVIDERS = {"aws": "aws", "gcp": "google", "azure": "azure"}
_VENDORS = {"nvidia", "amd", "google", "tpu", "intel", "tenstorrent"}
_SIZE = re.compile(r"\d+(?:\.\d+)?(?:MB|GB|TB)?(?:\.\.(?:\d+(?:\.\d+)?(?:MB|GB|TB)?)?)?", re.IGNORECASE)
_CHECKPOINT = re.compile(r"check-?_?point|ckpt|output|save", re.IGNORECASE)


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or has(node, "$schema", "apiVersion", "kind", "jobs"):
        return False
    kind = written(node, "type")
    if kind == "volume":
        return has(node, "backend", "size", "volume_id") and has(node, "region", "regions")
    return kind in _PURPOSES and has(node, *_PARTS) and not has(node, "compute")


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    kind = written(node, "type")
    name = written(node, "name") or stem(source).removesuffix(".dstack").lstrip(".") or kind
    regions = node.items("regions")
    base = bare(
        node, "dstack", f"dstack {kind}", f"dstack/{name}", node.nearest("name" if node.get("name") else "type")
    )
    zones = node.items("availability_zones")
    yield replace(
        base,
        labels=labels(node, "tags", at=base.location),
        region=_one(regions, "regions", node) if regions else node.text("region"),
        other_regions=_several(regions),
        other_zones=_several(zones),
        zone=_one(zones, "availability_zones", node) if zones else Absent(base.location),
        purpose=_purpose(node, kind, name),
        evidence=f"type: {kind}" if kind != "task" else "the commands of a task",
        compute=() if kind == "volume" else (_compute(node, kind),),
        storage=tuple(_volume(node)) if kind == "volume" else (),
        data=links(node),
        serving=_serving(node) if kind == "service" else None,
        training=_training(node) if kind == "task" else None,
    )


def _purpose(node: Node, kind: str, name: str) -> Purpose:
    if kind != "task":
        return _PURPOSES[kind]
    commands = [written(one) for one in node.items("commands")]
    return purpose_of_commands("\n".join([name, *commands]), Purpose.BATCH)


def _one(choices: tuple[Node, ...], name: str, node: Node) -> Value[str]:
    if len(choices) == 1:
        return choices[0].text()
    return Unknown(f"any of several {name} may serve", node.nearest(name))


def _several(choices: tuple[Node, ...]) -> tuple[Known[str], ...]:
    texts = [one.text() for one in choices] if len(choices) > 1 else []
    return tuple(one for one in texts if isinstance(one, Known))


def _compute(node: Node, kind: str) -> Compute:
    named, count, memory = _gpu(node)
    low, high = _counts(node, kind)
    backends = [one.text() for one in node.items("backends")]
    types = [one for one in (each.text() for each in node.items("instance_types")) if isinstance(one, Known)]
    backend = backends[0] if len(backends) == 1 else None
    return Compute(
        location=node.nearest("resources"),
        provider=_PROVIDERS.get(backend.value, "") if isinstance(backend, Known) else "",
        instance_type=types[0] if types else Absent(node.nearest("instance_types")),
        other_instance_types=tuple(types[1:]),
        accelerator=named,
        accelerator_count=count,
        accelerator_memory_gib=memory,
        other_accelerators=_others(node),
        vcpu=at_least(first(node.text("resources", "cpu", "count"), node.text("resources", "cpu"))),
        memory_gib=gib(node.text("resources", "memory")),
        count_min=low,
        count_max=high,
        purchase=_purchase(node),
        fallback=_fallback(node),
        checkpoint=_checkpoint(node),
        max_runtime_hours=_duration(node.text("max_duration")),
    )


def _gpu(node: Node) -> tuple[Value[str], Value[Decimal], Value[Decimal]]:
    """Return name, count and memory in GiB of `gpu`: `A100:80GB:2`, `24GB`, `H100:1..4`, 2, or a mapping."""
    gpu = node.get("resources", "gpu")
    if gpu is None:
        absent = Absent(node.nearest("resources", "gpu"))
        return absent, absent, absent
    if isinstance(gpu.value, Mapping):
        named = gpu.items("name")
        name = named[0].text() if named else Known("GPU", gpu.location)
        count = first(at_least(gpu.text("count")), Known(Decimal(1), gpu.location))
        return _short(name), count, gib(gpu.text("memory"))
    value = gpu.text()
    if not isinstance(value, Known):
        return value, value, value
    return _gpu_text(value)


def _others(node: Node) -> tuple[Known[str], ...]:
    """Return the further names of a GPU, any of which may serve: `name: [H100, A100]`, `H100,A100:80GB`."""
    gpu = node.get("resources", "gpu")
    if gpu is None:
        return ()
    if isinstance(gpu.value, Mapping):
        return tuple(
            Known(accelerator_name(written(one)), one.location) for one in gpu.items("name")[1:] if written(one)
        )
    named = next((part for part in str(gpu.value).split(":") if "," in part), "")
    return tuple(Known(accelerator_name(one), gpu.location) for one in named.split(",")[1:] if one.strip())


def _short(name: Value[str]) -> Value[str]:
    return Known(accelerator_name(name.value), name.location) if isinstance(name, Known) else name


def _gpu_text(value: Known[str]) -> tuple[Value[str], Value[Decimal], Value[Decimal]]:
    name: Value[str] = Known("GPU", value.location)
    count: Value[Decimal] = Known(Decimal(1), value.location)
    memory: Value[Decimal] = Absent(value.location)
    parts = [part.strip() for part in value.value.split(":") if part.strip().lower() not in _VENDORS]
    for part in parts:
        if re.search(r"[MGT]B", part, re.IGNORECASE) and _SIZE.fullmatch(part):
            memory = gib(Known(part, value.location))
        elif re.fullmatch(r"\d+(?:\.\.\d*)?", part):
            count = at_least(Known(part, value.location))
        else:
            name = Known(accelerator_name(part.split(",")[0]), value.location)
            pod = tpu_slice(part)
            if pod:
                name, count = Known(pod[0], value.location), Known(Decimal(pod[1]), value.location)
    if isinstance(memory, Known) and isinstance(name, Known) and name.value == "A100" and memory.value == 80:
        name = Known("A100-80GB", value.location)
    return name, count, memory


def _counts(node: Node, kind: str) -> tuple[Value[int], Value[int]]:
    section = "replicas" if kind == "service" else "nodes"
    one: Value[int] = Known(1, node.nearest(section))
    if node.get(section) is None:
        return one, one
    return _range(node, section)


def _range(node: Node, section: str) -> tuple[Value[int], Value[int]]:
    found = node.get(section)
    if found is not None and isinstance(found.value, Mapping):
        return found.integer("min"), first(found.integer("max"), found.integer("min"))
    value = node.text(section)
    if found is None or not isinstance(value, Known):
        return (value, value) if isinstance(value, Unknown) else (Absent(value.location), Absent(value.location))
    low, dots, high = value.value.partition("..")
    lowest = Node(low or 0, found.location).integer()
    if not dots:
        return lowest, lowest
    return lowest, Node(high, found.location).integer() if high else Absent(found.location)


def _purchase(node: Node) -> Value[Purchase]:
    policy = node.text("spot_policy")
    if not isinstance(policy, Known):
        return policy
    kind = _PURCHASES.get(policy.value.lower())
    return Known(kind, policy.location) if kind else Unknown(f"unknown spot_policy {policy.value!r}", policy.location)


def _fallback(node: Node) -> Value[str]:
    policy = node.text("spot_policy")
    if isinstance(policy, Known) and policy.value.lower() == "auto":
        return Known("on_demand", policy.location)
    return Absent(policy.location)


def _checkpoint(node: Node) -> Value[str]:
    """Return the durable place that state is written to: a volume mounted under such a name, or a bucket so named."""
    for one in node.items("volumes"):
        text = one.text()
        target = text.value if isinstance(text, Known) else f"{written(one, 'name')}:{written(one, 'path')}"
        if _CHECKPOINT.search(target):
            return Known(target.partition(":")[0], one.location)
    saved = next((uri for uri in uris(node.items("commands")) if _CHECKPOINT.search(uri.value)), None)
    return saved or Absent(node.nearest("volumes"))


def _duration(value: Value[str]) -> Value[Decimal]:
    off = isinstance(value, Known) and value.value.lower() in {"off", "false", "true"}
    return Absent(value.location) if off and isinstance(value, Known) else hours(value)


def _serving(node: Node) -> Serving:
    low, high = _range(node, "replicas")
    model = node.get("model")
    named = model is not None and not is_sequence(model.value)
    return Serving(
        location=node.nearest("replicas"),
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=Known(low.value == 0, low.location) if isinstance(low, Known) else low,
        model_name=first(node.text("model", "name"), node.text("model")) if named else Absent(node.nearest("model")),
    )


def _training(node: Node) -> Training:
    return Training(
        location=node.nearest("commands"),
        schedule=node.text("schedule", "cron"),
        checkpoint=_checkpoint(node),
        max_runtime_hours=_duration(node.text("max_duration")),
    )


def _volume(node: Node) -> Iterator[Storage]:
    provider = _PROVIDERS.get(written(node, "backend"), "")
    yield Storage(
        location=node.nearest("size"), provider=provider, size_gib=gib(node.text("size")), region=node.text("region")
    )


PLATFORM = Platform("dstack", _claims, _resources)
