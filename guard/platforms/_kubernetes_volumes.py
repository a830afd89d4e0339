"""The volume that a claim makes: which disk of which cloud, by its storage class.

Sources: the storage classes that EKS, GKE and AKS install, and the parameters of their CSI drivers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Storage
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._kubernetes_objects import annotation, named
from guard.platforms._kubernetes_quantities import gib, quantity


class _Made(NamedTuple):
    provider: str
    kind: Value[str]


_CLASS = ("storage.k8s.io", "StorageClass")
# What the parameter `type` is where it is not written.
_DRIVERS: Mapping[str, tuple[str, str, str]] = {
    "ebs.csi.aws.com": ("aws", "type", "gp3"),
    "ebs.csi.eks.amazonaws.com": ("aws", "type", "gp3"),
    "kubernetes.io/aws-ebs": ("aws", "type", "gp2"),
    "pd.csi.storage.gke.io": ("google", "type", "pd-standard"),
    "kubernetes.io/gce-pd": ("google", "type", "pd-standard"),
}
_FORMS = {"aws": "ebs:{}", "google": "{}"}
# Classes that a managed cluster has from the start, by name.
_INSTALLED = {
    "gp2": ("aws", "ebs:gp2"),
    "gp3": ("aws", "ebs:gp3"),
    "standard-rwo": ("google", "pd-balanced"),
    "premium-rwo": ("google", "pd-ssd"),
}


def volume(claim: Node, around: Surroundings, count: Value[int]) -> Storage:
    """Return the storage that a claim (or the template of claims) asks for, `count` times."""
    made = _made(claim, around)
    spec = claim.get("spec") or claim
    return Storage(
        location=spec.key or spec.location,
        name=_name(claim),
        provider=made.provider,
        kind=made.kind,
        size_gib=gib(quantity(claim, "spec", "resources", "requests", "storage")),
        count_min=count,
        count_max=count,
    )


def _name(claim: Node) -> str:
    name = claim.text("metadata", "name")
    return name.value if isinstance(name, Known) else ""


def _made(claim: Node, around: Surroundings) -> _Made:
    old = annotation(claim, "volume.beta.kubernetes.io/storage-class")
    asked = first(claim.text("spec", "storageClassName"), old)
    if not isinstance(asked, Known):
        return _Made("", asked)
    found = named(around, asked.value, _CLASS, near=asked.location)
    if found is not None:
        return _of_class(found, asked)
    installed = _INSTALLED.get(asked.value)
    if installed is not None:
        return _Made(installed[0], Known(installed[1], asked.location, asked.trail))
    return _Made("", Unknown(f"StorageClass {asked.value} is not in the repository", asked.location))


def _of_class(found: Node, asked: Known[str]) -> _Made:
    provisioner = found.text("provisioner")
    driver = _DRIVERS.get(provisioner.value) if isinstance(provisioner, Known) else None
    if driver is None or not isinstance(provisioner, Known):
        return _Made("", Unknown(f"what StorageClass {asked.value} provisions has no known price", asked.location))
    provider, parameter, default = driver
    kind = found.text("parameters", parameter)
    if isinstance(kind, Absent):
        kind = Known(default, provisioner.location)
    if isinstance(kind, Unknown):
        return _Made(provider, kind)
    return _Made(provider, Known(_FORMS[provider].format(kind.value), kind.location, kind.trail))
