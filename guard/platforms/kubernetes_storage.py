"""Volumes that Kubernetes claims: PersistentVolumeClaim, and PersistentVolume over a bucket."""

from __future__ import annotations

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import DataLink, Purpose
from guard.model.value import Absent, Known
from guard.platforms._kubernetes_data import bucket_of
from guard.platforms._kubernetes_objects import Draft, named, platform
from guard.platforms._kubernetes_volumes import volume


def _claim(node: Node, around: Surroundings) -> Draft:
    bucket = tuple(_bound_bucket(node, around))
    return Draft(
        # The size that is claimed of a bucket is a form to be filled in, and nothing is reserved.
        storage=() if bucket else (volume(node, around, Absent(node.nearest("spec"))),),
        data=bucket,
        purpose=Purpose.STORAGE,
        evidence="a PersistentVolumeClaim",
    )


def _volume(node: Node, around: Surroundings) -> Draft | None:
    """Return a PersistentVolume over a bucket; what a claim makes is counted with the claim."""
    csi = node.get("spec", "csi")
    bucket = bucket_of(csi) if csi is not None else None
    if bucket is None:
        return None
    link = DataLink(uri=bucket, location=bucket.location, direction="both")
    return Draft(data=(link,), purpose=Purpose.STORAGE, evidence="a PersistentVolume")


def _bound_bucket(claim: Node, around: Surroundings) -> list[DataLink]:
    """Return the bucket of the PersistentVolume that the claim names."""
    name = claim.text("spec", "volumeName")
    holder = (
        named(around, name.value, ("", "PersistentVolume"), near=name.location) if isinstance(name, Known) else None
    )
    csi = holder.get("spec", "csi") if holder is not None else None
    bucket = bucket_of(csi) if csi is not None else None
    return [DataLink(uri=bucket, location=bucket.location, direction="both")] if bucket is not None else []


PLATFORM = platform("kubernetes_storage", {("", "PersistentVolumeClaim"): _claim, ("", "PersistentVolume"): _volume})
