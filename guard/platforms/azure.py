"""Resources of the Terraform providers for Azure: azurerm, and azapi where it writes model endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Problem
from guard.model.instance import Instance
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Labels, Resource
from guard.platforms import _azure_clusters, _azure_compute, _azure_learning, _azure_storage
from guard.platforms._azure_places import region_of, zone_of
from guard.platforms._terraform import Reader, Site, resource_of, unread
from guard.platforms._terraform_labels import labels_of, taggable

READERS: dict[str, Reader] = {
    **_azure_compute.READERS,
    **_azure_clusters.READERS,
    **_azure_learning.READERS,
    **_azure_storage.READERS,
}
_PREFIXES = ("azurerm_", "azapi_")


def claims(source: Source) -> bool:
    """Tell whether `source` is a managed resource of these providers."""
    return isinstance(source, Instance) and source.mode == "managed" and source.type.startswith(_PREFIXES)


def resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    """Yield the resource that an instance is; a type that nobody reads still has its labels and region."""
    if not isinstance(source, Instance):
        return
    site = Site(source, around, "azure", region_of(source, around), zone_of(source), _labels(source))
    reader = READERS.get(source.type)
    yield resource_of(site, reader(site) if reader is not None else unread(source.type, "azurerm"))


def _labels(instance: Instance) -> Labels:
    """The provider has no default tags, and those of a resource group do not pass on."""
    place = "tags" if instance.type == "azapi_resource" else taggable("azurerm").get(instance.type)
    return labels_of(instance, "" if place == "-" else place, "")


PLATFORM = Platform("azure", claims, resources, order=10)
