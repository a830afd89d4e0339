"""Devices that a pod claims by dynamic resource allocation (resource.k8s.io) instead of an extended resource."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from guard.model.accelerators import known_accelerator
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._kubernetes_objects import beside, named, written
from guard.platforms._kubernetes_quantities import added

_GROUP = "resource.k8s.io"
_ACCELERATED = re.compile(r"gpu|tpu|neuron|gaudi|mig|accelerator", re.IGNORECASE)
_NOT_ACCELERATORS = re.compile(r"nic|rdma|net|efa|dranet", re.IGNORECASE)
_IN_EXPRESSION = re.compile(r"[\"']([^\"']{1,80})[\"']")


@dataclass(frozen=True, slots=True)
class Devices:
    """Claimed accelerators: their name and how many."""

    name: Value[str]
    count: Value[Decimal]


def claimed_devices(pod: Node, around: Surroundings) -> Devices | None:
    """Return the accelerators that a PodSpec claims, None where it claims none."""
    total: Value[Decimal] | None = None
    name: Value[str] | None = None
    for claim in pod.items("resourceClaims"):
        devices = _claimed(claim, around)
        if devices is not None:
            total = devices.count if total is None else added(total, devices.count)
            name = devices.name if name is None or not isinstance(name, Known) else name
    return Devices(name, total) if name is not None and total is not None else None


def device_class(name: str) -> str | None:
    """Return the accelerator that a device class hands out (`gpu.nvidia.com` is `GPU`), None for other devices."""
    if _NOT_ACCELERATORS.search(name) and not _ACCELERATED.search(name):
        return None
    special = known_accelerator(name)
    if special not in ("", "TPU"):
        return special
    if not _ACCELERATED.search(name):
        return None
    return "TPU" if "tpu" in name.lower() else "Neuron" if "neuron" in name.lower() else "GPU"


def product_in_expression(expression: str) -> str | None:
    """Return the product that a CEL selector compares with: `device.attributes[...].productName == "NVIDIA A100"`."""
    for text in _IN_EXPRESSION.findall(expression[:5000]):
        found = known_accelerator(text)
        if found:
            return found
    return None


def _missing(around: Surroundings, name: str, kind: str) -> str:
    several = any(written(node, "metadata", "name") == name for node in beside(around, (_GROUP, kind)))
    return "several times in the repository" if several else "not in the repository"


def _claimed(claim: Node, around: Surroundings) -> Devices | None:
    for field, kind, path in (
        ("resourceClaimTemplateName", "ResourceClaimTemplate", ("spec", "spec")),
        ("resourceClaimName", "ResourceClaim", ("spec",)),
    ):
        wanted = claim.text(field)
        if not isinstance(wanted, Known):
            continue
        holder = named(around, wanted.value, (_GROUP, kind), near=wanted.location)
        if holder is None:
            unknown = Unknown(f"{kind} {wanted.value} is {_missing(around, wanted.value, kind)}", wanted.location)
            return Devices(unknown, unknown)
        return _requests(holder, path)
    return None


def _requests(holder: Node, path: tuple[str, ...]) -> Devices | None:
    absent = Absent(holder.nearest(*path))
    total: Value[Decimal] = absent
    name: Value[str] = absent
    for request in holder.items(*path, "devices", "requests"):
        body = request.get("exactly") or request.get("firstAvailable", 0) or request
        kind = body.text("deviceClassName")
        called = device_class(kind.value) if isinstance(kind, Known) else None
        if called is None or not isinstance(kind, Known):
            continue
        chosen = next((one for one in map(_selected, body.items("selectors")) if one), None)
        name = name if isinstance(name, Known) else Known(chosen or called, kind.location)
        total = added(total, _count(body, kind))
    return None if isinstance(total, Absent) else Devices(name, total)


def _selected(selector: Node) -> str | None:
    expression = selector.text("cel", "expression")
    return product_in_expression(expression.value) if isinstance(expression, Known) else None


def _count(body: Node, kind: Known[str]) -> Value[Decimal]:
    mode = body.text("allocationMode")
    if isinstance(mode, Known) and mode.value == "All":
        return Unknown("all devices of the node are claimed", mode.location)
    count = body.number("count")
    return Known(Decimal(1), kind.location) if isinstance(count, Absent) else count
