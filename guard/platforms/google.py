"""Resources of the Terraform provider for Google Cloud."""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Problem
from guard.model.instance import Instance
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Labels, Resource
from guard.model.value import Absent, Value
from guard.platforms import _google_clusters, _google_compute, _google_managed, _google_storage, _google_vertex
from guard.platforms._google_places import region_of, zone_of
from guard.platforms._terraform import Reader, Site, resource_of, unread
from guard.platforms._terraform_joining import joined
from guard.platforms._terraform_labels import labels_of, taggable

READERS: dict[str, Reader] = {
    **_google_compute.READERS,
    **_google_clusters.READERS,
    **_google_storage.READERS,
    **_google_vertex.READERS,
    **_google_managed.READERS,
}
_POLICIES = ("_iam_binding", "_iam_member", "_iam_policy", "_iam_audit_config")


def claims(source: Source) -> bool:
    """Tell whether `source` is a managed resource of this provider."""
    return isinstance(source, Instance) and source.mode == "managed" and source.type.startswith("google_")


def resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    """Yield the resource that an instance is; a type that nobody reads still has its labels and region."""
    if not isinstance(source, Instance):
        return
    region, zone = _place(source, around)
    site = Site(source, around, "google", region, zone, _labels(source))
    reader = READERS.get(source.type)
    yield resource_of(site, reader(site) if reader is not None else unread(source.type, "google"))


def _labels(instance: Instance) -> Labels:
    row = taggable("google").get(instance.type)
    if row == "-" or (row is None and instance.type.endswith(_POLICIES)):
        return labels_of(instance, "", "")
    place, _, reach = (row or "").partition(" ")
    return labels_of(instance, place or None, "default_labels" if reach else "")


def _place(instance: Instance, around: Surroundings) -> tuple[Value[str], Value[str]]:
    """Return region and zone; a node pool that writes none stands where its cluster does."""
    zone = zone_of(instance)
    if instance.type == "google_container_node_pool" and isinstance(instance.body.text("location"), Absent):
        cluster = joined(instance, "cluster", around, ("google_container_cluster",))
        if cluster is not None:
            return region_of(cluster), zone_of(cluster)
    return region_of(instance), zone


PLATFORM = Platform("google", claims, resources, order=10)
