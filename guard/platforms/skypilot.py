"""SkyPilot tasks, services and pipelines (https://docs.skypilot.co, sky/utils/schemas.py of SkyPilot 0.14)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from guard.model.accelerators import accelerator_name, tpu_slice
from guard.model.instance import Item
from guard.model.node import Node, is_sequence
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Purchase, Purpose, Resource, Serving, Training
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._specs import (
    at_least,
    gib,
    has,
    hours,
    labels,
    links,
    merged,
    place,
    purpose_of_commands,
    root_of,
    truth,
    uris,
    written,
)

_PARTS = ("run", "setup", "service", "num_nodes", "file_mounts", "storage_mounts", "workdir", "pool")
_CHOICES = ("accelerators", "infra", "cloud", "use_spot", "any_of", "ordered", "cpus", "instance_type", "memory")
_PROVIDERS = {"aws": "aws", "gcp": "google", "google": "google", "azure": "azure"}
_STORES = {"s3": "s3", "gcs": "gs", "azure": "https", "r2": "r2", "oci": "oci", "ibm": "cos", "nebius": "nebius"}
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_SAVES = re.compile(r"check-?_?points?|ckpt|output|result|save", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Choice:
    """One candidate of `any_of` or `ordered` laid over the common `resources`."""

    node: Node
    common: Node

    def find(self, *path: str) -> Node | None:
        """Return the candidate's own setting, else the common one."""
        return self.node.get(*path) or self.common.get(*path)

    def text(self, *path: str) -> Value[str]:
        """Return a setting as text."""
        return first(self.node.text(*path), self.common.text(*path))

    @property
    def spot(self) -> Value[bool]:
        """Return whether this candidate runs on spot capacity."""
        return first(self.node.flag("use_spot"), self.common.flag("use_spot"))


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or has(node, "apiVersion", "kind", "$schema", "type"):
        return False
    resources = node.get("resources")
    if resources is not None and isinstance(resources.value, Mapping):
        return has(resources, *_CHOICES) and has(node, *_PARTS)
    return has(node, "run") and has(node, "num_nodes", "file_mounts", "service") and resources is None


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None or not isinstance(source, Item):
        return
    choices = _choices(node)
    served = node.get("service")
    name = written(node, "name") or _file_name(source.path)
    mounts = tuple(_mounts(node))
    checkpoint = _checkpoint(node, mounts)
    compute = _compute(node, choices, checkpoint)
    common = node.get("resources") or node
    limit = compute.max_runtime_hours
    run = Training(location=node.location.start, checkpoint=checkpoint, max_runtime_hours=limit)
    yield Resource(
        address=f"SkyPilot/{name}",
        type="SkyPilot",
        platform="skypilot",
        origin="spec",
        location=node.nearest("name") if node.get("name") else node.location.start,
        labels=merged(labels(node, "config", "labels"), labels(common, "labels", at=place(common))),
        region=compute.region,
        zone=compute.zone,
        other_regions=_others(choices, 1, compute.region),
        other_zones=_others(choices, 2, compute.zone),
        body=node,
        purpose=_intent(node, name),
        evidence="service:" if served else "the name and commands of a task",
        compute=(compute,),
        data=(*mounts, *_code_links(node, mounts)),
        serving=_serving(served) if served else None,
        training=None if served else run,
    )


def _file_name(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0] or path


def _intent(node: Node, name: str) -> Purpose:
    if node.get("service"):
        return Purpose.INFERENCE
    return purpose_of_commands(f"{name}\n{written(node, 'run')}", Purpose.BATCH)


def _choices(node: Node) -> tuple[_Choice, ...]:
    """Return the candidates in the order written; they are alternatives, never summed."""
    common = node.get("resources") or Node({}, node.location)
    listed = common.items("any_of") or common.items("ordered")
    return tuple(_Choice(one, common) for one in listed) or (_Choice(common, common),)


def _compute(node: Node, choices: tuple[_Choice, ...], checkpoint: Value[str]) -> Compute:
    choice = choices[0]
    named, count = _accelerator(choice)
    cloud, region, zone = _where(choice)
    places = [_where(one)[1] for one in choices] if node.get("resources", "any_of") else []
    if len({one.value if isinstance(one, Known) else "" for one in places}) > 1:
        region = zone = Unknown("any_of names several places and the cheapest one is taken", place(choice.node))
    low, high = _counts(node)
    others = [one.text("instance_type") for one in choices[1:]]
    kind = choice.text("instance_type")
    return Compute(
        location=place(node.get("resources") or node),
        provider=_PROVIDERS.get(cloud, ""),
        instance_type=kind,
        other_instance_types=tuple(one for one in others if isinstance(one, Known)),
        accelerator=named,
        accelerator_count=count,
        other_accelerators=_alternatives(choices, named),
        vcpu=at_least(choice.text("cpus")),
        memory_gib=gib(choice.text("memory")),
        count_min=low,
        count_max=high,
        purchase=_purchase(node, choices),
        fallback=_fallback(node, choices),
        checkpoint=checkpoint,
        max_runtime_hours=_limit(node, choice),
        region=region,
        zone=zone,
    )


def _accelerator(choice: _Choice) -> tuple[Value[str], Value[Decimal]]:
    """Return the accelerator and how many on each node; of a set of alternatives the first one."""
    node = choice.find("accelerators")
    if node is None:
        absent = Absent(choice.node.nearest("accelerators"))
        return absent, absent
    if is_sequence(node.value):
        node = node.value[0] if node.value else node
    if isinstance(node.value, Mapping):
        return _from_mapping(node)
    value = node.text()
    if not isinstance(value, Known):
        return value, value
    return _from_text(value.value, node)


def _alternatives(choices: tuple[_Choice, ...], first_named: Value[str]) -> tuple[Known[str], ...]:
    """Return the other accelerators that may serve: of a set or list, and of the other candidates."""
    found: dict[str, Known[str]] = {}
    for choice in choices:
        node = choice.find("accelerators")
        if node is None or isinstance(node.value, Unknown):
            continue
        for one in _spelt(node):
            found.setdefault(one.value, one)
    if isinstance(first_named, Known):
        found.pop(first_named.value, None)
    return tuple(found.values())


def _spelt(node: Node) -> Iterator[Known[str]]:
    texts = [(name, place(one)) for name, one in node.fields().items()]
    texts += [(written(one), one.location) for one in node.items() if isinstance(one.value, str)]
    for text, where in texts:
        name = text.partition(":")[0]
        pod = tpu_slice(name)
        if name:
            yield Known(pod[0] if pod else accelerator_name(name), where)


def _from_mapping(node: Node) -> tuple[Value[str], Value[Decimal]]:
    fields = node.fields()
    if not fields:
        return Absent(node.location), Absent(node.location)
    name, amount = next(iter(fields.items()))
    # A set in flow style, `{H100:8, A100:8}`, is read by YAML as keys without values.
    if amount.value is None or ":" in name:
        return _from_text(name, Node(name, place(amount)))
    return Known(accelerator_name(name), place(amount)), amount.number()


def _from_text(text: str, node: Node) -> tuple[Value[str], Value[Decimal]]:
    name, _, amount = text.partition(":")
    pod = tpu_slice(name)
    if pod:
        return Known(pod[0], node.location, node.trail), Known(Decimal(pod[1]), node.location, node.trail)
    known = Known(accelerator_name(name), node.location, node.trail)
    return known, Node(amount.strip() or 1, node.location, node.key, node.trail).number()


def _where(choice: _Choice) -> tuple[str, Value[str], Value[str]]:
    """Return cloud, region and zone from `infra` (aws/us-east-1/us-east-1a) or from their own keys."""
    cloud, region, zone = choice.text("cloud"), choice.text("region"), choice.text("zone")
    infra = choice.text("infra")
    if isinstance(infra, Known):
        parts = [part.strip() for part in infra.value.split("/")]
        told: list[Value[str]] = [
            Known(part, infra.location, infra.trail) if part not in {"", "*"} else Absent(infra.location)
            for part in (*parts, "", "", "")[:3]
        ]
        cloud, region, zone = told[0], first(region, told[1]), first(zone, told[2])
        if isinstance(cloud, Known) and cloud.value.lower() in {"k8s", "kubernetes", "ssh", "slurm"}:
            region, zone = Absent(infra.location), Absent(infra.location)
    return (cloud.value.lower() if isinstance(cloud, Known) else ""), region, zone


def _others(choices: tuple[_Choice, ...], part: int, chosen: Value[str]) -> tuple[Known[str], ...]:
    """Return the regions (part 1) or zones (part 2) that candidates name beside the one that is sure."""
    told = [place for one in choices if isinstance(place := _where(one)[part], Known)]
    sure = chosen.value if isinstance(chosen, Known) else ""
    return tuple({one.value: one for one in told if one.value != sure}.values())


def _counts(node: Node) -> tuple[Value[int], Value[int]]:
    """Return the nodes at least and at most: those of one replica times the replicas."""
    nodes = first(node.integer("num_nodes"), Known(1, node.nearest("num_nodes")))
    served = node.get("service")
    if served is None:
        workers = node.integer("pool", "workers")
        return (workers, workers) if isinstance(workers, Known) else (nodes, nodes)
    low, high = _replicas(served)
    one: Value[int] = Known(1, place(served))
    low = first(low, one)
    return _product(low, nodes), _product(first(high, low), nodes)


def _product(a: Value[int], b: Value[int]) -> Value[int]:
    return mapped(a, lambda count: count * b.value) if isinstance(b, Known) else b


def _replicas(served: Node) -> tuple[Value[int], Value[int]]:
    fixed = first(served.integer("replicas"), Absent(place(served)))
    if isinstance(fixed, Known):
        return fixed, fixed
    return served.integer("replica_policy", "min_replicas"), served.integer("replica_policy", "max_replicas")


def _purchase(node: Node, choices: tuple[_Choice, ...]) -> Value[Purchase]:
    told = [one.spot for one in choices]
    spots = [truth(one) for one in told]
    unknown = next((one for one in told if isinstance(one, Unknown)), None)
    if unknown:
        return unknown
    policy = node.find("service", "replica_policy")
    base = policy.value.integer("base_ondemand_fallback_replicas") if isinstance(policy, Known) else None
    known = next((one for one in told if isinstance(one, Known)), None)
    if known is None:
        return Absent(choices[0].node.nearest("use_spot"))
    behind = truth(node.flag("service", "replica_policy", "dynamic_ondemand_fallback"))
    mixed = any(spots) and (not all(spots) or behind or (isinstance(base, Known) and base.value > 0))
    kind = Purchase.MIXED if mixed else Purchase.SPOT if all(spots) else Purchase.ON_DEMAND
    place_of_spot = next((one for one in told if isinstance(one, Known) and one.value), known)
    return Known(kind, place_of_spot.location, place_of_spot.trail)


def _fallback(node: Node, choices: tuple[_Choice, ...]) -> Value[str]:
    """Return what serves when spot is gone: an on-demand candidate, or on-demand replicas of a service."""
    dynamic = node.flag("service", "replica_policy", "dynamic_ondemand_fallback")
    if truth(dynamic):
        return Known("on_demand", dynamic.location)
    base = node.integer("service", "replica_policy", "base_ondemand_fallback_replicas")
    if isinstance(base, Known) and base.value > 0:
        return Known("on_demand", base.location)
    spots = [one.spot for one in choices]
    if any(truth(one) for one in spots):
        for one, spot in zip(choices, spots, strict=True):
            if not truth(spot):
                return Known("on_demand", place(one.node))
    return Absent(choices[0].node.nearest("use_spot"))


def _limit(node: Node, choice: _Choice) -> Value[Decimal]:
    """Return no runtime limit: `autostop` counts idle time only, so a run that hangs is never stopped by it."""
    return hours(choice.text("max_runtime"), "m") if choice.find("max_runtime") else Absent(place(node))


def _mounts(node: Node) -> Iterator[DataLink]:
    """Yield the buckets that `file_mounts` and `storage_mounts` bring in."""
    for section in ("file_mounts", "storage_mounts"):
        for target, mount in node.fields(section).items():
            yield from _mount(target, mount, node)


def _set(value: Value[str], task: Node) -> Value[str]:
    """Return a text with the variables that the task's `envs` set; one without a value makes it unknown."""
    if not isinstance(value, Known):
        return value
    text, missing = value.value, ""
    for match in _VARIABLE.finditer(value.value):
        name = match.group(1) or match.group(2)
        given = task.text("envs", name)
        if isinstance(given, Known):
            text = text.replace(match.group(), given.value)
        else:
            missing = missing or name
    if missing:
        return Unknown(f"the variable {missing} has no value in envs", value.location)
    return Known(text, value.location, value.trail)


def _mount(target: str, mount: Node, task: Node) -> Iterator[DataLink]:
    if isinstance(mount.value, str):
        source = _set(mount.text(), task)
        texts = (Node(source.value, source.location),) if isinstance(source, Known) else ()
        yield from (DataLink(uri=uri, location=uri.location) for uri in uris(texts))
        return
    if not isinstance(mount.value, Mapping):
        return
    mode = written(mount, "mode").upper() or "MOUNT"
    direction = "both" if mode in {"MOUNT", "MOUNT_CACHED"} else "read"
    role = "checkpoint" if direction == "both" and _SAVES.search(f"{target} {written(mount, 'name')}") else "data"
    source = _set(mount.text("source"), task)
    found = tuple(uris((Node(source.value, source.location),))) if isinstance(source, Known) else ()
    for uri in found:
        yield DataLink(uri=uri, location=uri.location, direction=direction, role=role)
    name = _set(mount.text("name"), task)
    if not found and isinstance(name, Unknown):
        yield DataLink(uri=name, location=name.location, direction=direction, role=role)
    if not found and isinstance(name, Known):
        scheme = _STORES.get(written(mount, "store").lower(), "s3" if not written(mount, "store") else "")
        yield DataLink(
            uri=Known(f"{scheme}://{name.value}", name.location) if scheme and scheme != "https" else name,
            location=name.location,
            direction=direction,
            role=role,
        )


def _checkpoint(node: Node, mounts: tuple[DataLink, ...]) -> Value[str]:
    """Return the bucket that survives the nodes: one mounted for writing that is named so or that the commands name."""
    named = next((one for one in mounts if one.role == "checkpoint"), None)
    if named and not isinstance(named.uri, Absent):
        return named.uri
    commands = written(node, "run")
    for section in ("file_mounts", "storage_mounts"):
        for target, mount in node.fields(section).items():
            link = next(iter(_mount(target, mount, node)), None)
            if link and link.direction == "both" and _written_to(commands, target):
                return link.uri
    saved = next((uri for uri in uris(node.items("run")) if _SAVES.search(uri.value)), None)
    return saved or Absent(node.nearest("file_mounts"))


def _written_to(commands: str, target: str) -> bool:
    """Tell whether a line of the commands names the mounted folder next to a word for saving."""
    return any(target in line and _SAVES.search(line.replace(target, "")) for line in commands.splitlines())


def _code_links(node: Node, mounts: tuple[DataLink, ...]) -> Iterator[DataLink]:
    taken = {one.uri.value for one in mounts if isinstance(one.uri, Known)}
    for section in ("run", "setup", "envs", "volumes", "workdir"):
        part = node.get(section)
        if part is None:
            continue
        for link in links(part):
            if isinstance(link.uri, Known) and link.uri.value not in taken:
                taken.add(link.uri.value)
                yield link


def _serving(served: Node) -> Serving:
    low, high = _replicas(served)
    return Serving(
        location=place(served),
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=mapped(low, lambda count: count == 0),
    )


PLATFORM = Platform("skypilot", _claims, _resources)
