"""Terraform resources that no other platform reads: they are shown with their values, and have no facets."""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Labels, Resource
from guard.model.value import Absent

LAST = 1000


def claims(source: Source) -> bool:
    """Tell whether the source is a managed Terraform resource."""
    return isinstance(source, Instance) and source.mode == "managed"


def resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    """Yield the resource as it is written."""
    if not isinstance(source, Instance):
        return
    nothing = Absent(source.location)
    yield Resource(
        address=source.address,
        type=source.type,
        platform="terraform",
        origin="terraform",
        location=source.location,
        calls=source.calls,
        labels=Labels(source.location, taggable=False),
        region=nothing,
        zone=nothing,
        body=source.body,
        repeated=source.repeated,
    )


PLATFORM = Platform("terraform", claims, resources, order=LAST)
