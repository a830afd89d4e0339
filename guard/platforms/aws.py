"""Resources of the Terraform provider for AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guard.model.finding import Problem
from guard.model.instance import Instance
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Labels, Resource
from guard.model.value import Absent, Known, Unknown, Value, mapped
from guard.platforms import _aws_batch, _aws_compute, _aws_eks, _aws_fleets, _aws_managed, _aws_sagemaker, _aws_storage
from guard.platforms._terraform import Reader, Site, resource_of, unread
from guard.platforms._terraform_labels import labels_of, tag_block_labels, taggable

READERS: dict[str, Reader] = {
    **_aws_compute.READERS,
    **_aws_fleets.READERS,
    **_aws_eks.READERS,
    **_aws_sagemaker.READERS,
    **_aws_storage.READERS,
    **_aws_managed.READERS,
    **_aws_batch.READERS,
}

# us-east-1a, and the local and wavelength zones us-west-2-lax-1a and us-east-1-wl1-bos-wlz-1.
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)(?:[a-z]|-[a-z0-9-]+)")


def claims(source: Source) -> bool:
    """Tell whether `source` is a managed resource of this provider."""
    return isinstance(source, Instance) and source.mode == "managed" and source.type.startswith("aws_")


def resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    """Yield the resource that an instance is; a type that nobody reads still has its labels and region."""
    if not isinstance(source, Instance):
        return
    zone = _zone(source)
    site = Site(source, around, "aws", _region(source, zone), zone, _labels(source))
    reader = READERS.get(source.type)
    if reader is not None:
        yield resource_of(site, reader(site))
        return
    yield resource_of(site, unread(source.type, "aws"))


def _labels(instance: Instance) -> Labels:
    place = taggable("aws").get(instance.type)
    if place == "tag":
        return tag_block_labels(instance)
    return labels_of(instance, "" if place == "-" else place, "default_tags.tags")


def _zone(instance: Instance) -> Value[str]:
    zone = instance.body.text("availability_zone")
    if not isinstance(zone, Absent):
        return zone
    zones = instance.body.items("availability_zones")
    return zones[0].text() if len(zones) == 1 else Absent(instance.location)


def _region(instance: Instance, zone: Value[str]) -> Value[str]:
    """Return the region: the resource's own (since version 6 of the provider), its zone's, or the provider's."""
    own = instance.body.text("region")
    if not isinstance(own, Absent):
        return own
    match = _ZONE.fullmatch(zone.value) if isinstance(zone, Known) else None
    if match is not None:
        name = match.group(1)
        return mapped(zone, lambda _: name)
    provider = instance.provider
    region = provider.body.text("region") if provider is not None and provider.body is not None else None
    if region is None or isinstance(region, Absent):
        label = provider.label if provider is not None else "aws"
        return Unknown(f"provider {label} has no region", instance.location if region is None else region.location)
    return region


PLATFORM = Platform("aws", claims, resources, order=10)
