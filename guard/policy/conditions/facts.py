"""The facts of a resource that conditions may read, each known, unknown or null where nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from guard.model.node import Node, is_sequence
from guard.model.price import Estimate
from guard.model.resource import Compute, DataLink, Fee, Resource, Serving, Storage, Training
from guard.model.value import Absent, Known, Unknown
from guard.policy.conditions.tokens import MACROS

Path: TypeAlias = "tuple[str | int, ...]"

LISTS = {"compute": Compute, "storage": Storage, "data": DataLink, "fees": Fee}
SINGLES = {"serving": Serving, "training": Training}
TEXTS = ("address", "type", "platform", "origin", "purpose", "path", "region", "zone")
MONTHLY = ("low", "high")
NAMES = (*TEXTS, "labels", "values", "monthly", *LISTS, *SINGLES)
_OF_THE_TYPE = ("accelerator", "accelerator_count", "accelerator_memory_gib", "vcpu", "memory_gib")
_SAMPLES = {"str": "x", "int": 1, "Decimal": 1.0, "bool": True, "Purchase": "spot", "tuple": ["x"]}


@dataclass(frozen=True, slots=True)
class Open:
    """A mapping of which a part is unknown: a key that it lacks may yet be there."""

    entries: Mapping[str, Any]
    reason: Unknown


def field_names(kind: str) -> tuple[str, ...]:
    """Return the fields of `compute`, `serving` and so on."""
    found = LISTS.get(kind) or SINGLES.get(kind)
    return tuple(one.name for one in fields(found) if one.name != "location") if found else ()


def fact(resource: Resource, estimate: Estimate, path: Path) -> Any:
    """Return what stands at `path` (`("region",)`, `("labels", "owner")`): plain data, an Unknown, or None.

    Inside of a list or mapping the unknown parts stand as Unknown too.
    """
    value: Any = _top(resource, estimate, str(path[0]))
    for step in path[1:]:
        if isinstance(value, Unknown) or value is None:
            return value
        value = _step(value, step)
    return _plain(value)


def sample(path: Path) -> Any:
    """Return a value of the type that a fact has, to try a condition on; None for what may be anything."""
    name = str(path[0])
    if name in TEXTS or (name == "labels" and len(path) == 2):
        return "x"
    if name == "monthly":
        return 1.0 if len(path) == 2 else {"low": 1.0, "high": 1.0}
    kind = LISTS.get(name) or SINGLES.get(name)
    if kind is None:
        return None
    one = {each.name: _sample_of(str(each.type)) for each in fields(kind) if each.name != "location"}
    whole: Any = [one] if name in LISTS else one
    for step in path[1:]:
        whole = whole[step] if isinstance(step, str) and isinstance(whole, dict) else whole
        whole = whole[0] if isinstance(step, int) and isinstance(whole, list) else whole
    return whole


def _sample_of(annotation: str) -> Any:
    inner = annotation.removeprefix("Value[").removesuffix("]")
    return _SAMPLES.get("tuple" if inner.startswith("tuple") else inner)


def _top(resource: Resource, estimate: Estimate, name: str) -> Any:
    if name == "labels":
        entries = {key: label.value for key, label in resource.labels.entries.items()}
        return Open(entries, resource.labels.unknown[0]) if resource.labels.unknown else entries
    if name == "values":
        return resource.body
    if name == "path":
        return resource.location.path
    if name == "monthly":
        place = Unknown("not all of its cost is known", resource.location)
        return {"low": estimate.low, "high": place if estimate.open_ended else estimate.high}
    value = getattr(resource, name)
    return _plain(value) if isinstance(value, (Known, Unknown, Absent)) else value


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, Known):
        value = value.value
    if isinstance(value, Open):
        return value.entries.get(str(step), value.reason)
    if isinstance(value, Node):
        if value.sensitive:
            return Unknown("the value is sensitive", value.location)
        if isinstance(value.value, Unknown):
            return value.value
        value = value.value
    if isinstance(value, Mapping):
        return value.get(str(step))
    if isinstance(step, int):
        return value[step] if isinstance(value, Sequence) and step < len(value) and not isinstance(value, str) else None
    if isinstance(value, (Unknown, Absent)):
        return value
    return getattr(value, step, None) if hasattr(value, "__dataclass_fields__") else None


def _plain(value: Any) -> Any:
    match value:
        case Known(inner):
            return _plain(inner)
        case Absent():
            return None
        case Enum():
            return value.value
        case Unknown() | Open() | None | bool() | int() | str():
            return value
        case Decimal():
            return float(value)
        case Node():
            return _node(value)
    return _container(value)


def _container(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, Compute):
        value = _unknown_machine(value)
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.name != "location"}


def _unknown_machine(compute: Compute) -> Compute:
    """Return the machines with what only their type would tell as unknown, where the type is unknown or not listed."""
    match compute.instance_type:
        case Unknown() as unknown:
            reason = unknown
        case Known(name, location) if isinstance(compute.vcpu, Absent):
            reason = Unknown(f"guard does not know what a {name} has", location)
        case _:
            return compute
    told: dict[str, Any] = {name: reason for name in _OF_THE_TYPE if isinstance(getattr(compute, name), Absent)}
    return replace(compute, **told)


def _node(node: Node) -> Any:
    value = node.value
    if node.sensitive:
        return Unknown("the value is sensitive", node.location)
    if isinstance(value, Mapping):
        return {name: _node(one) for name, one in value.items()}
    if is_sequence(value):
        return [_node(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value.adjusted()) < 18 else float(value)
    return value


def first_unknown(value: Any) -> Unknown | None:
    """Return the first unknown part of a fact."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, Unknown):
            return one
        if isinstance(one, Open):
            return one.reason
        if isinstance(one, dict):
            pending += reversed(list(one.values()))
        elif isinstance(one, list):
            pending += reversed(one)
    return None


def without_unknowns(value: Any, read: frozenset[str]) -> Any:
    """Return a fact as CEL takes it: unknown parts are left out, so that reading one is an error.

    Keys in `read` that a mapping within a list lacks are null there: not written.
    """
    if isinstance(value, Open):
        value = dict(value.entries)
    if isinstance(value, dict):
        return {name: without_unknowns(one, read) for name, one in value.items() if not isinstance(one, Unknown)}
    if isinstance(value, list):
        return [_element(one, read) for one in value if not isinstance(one, Unknown)]
    return value


def _element(value: Any, read: frozenset[str]) -> Any:
    made = without_unknowns(value, read)
    if isinstance(value, dict):
        made |= dict.fromkeys(name for name in read if name not in value and name not in MACROS)
    return made
