"""Where Google resources stand: zones, regions and multi-regions, as the provider and the price list name them."""

from __future__ import annotations

import re

from guard.model.instance import Instance
from guard.model.value import Absent, Known, Unknown, Value, mapped

_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")
_MULTI = {"us": "us-multi", "eu": "europe-multi", "asia": "asia-multi"}
_CLUSTERS = ("google_container_cluster",)


def is_zone(location: str) -> bool:
    """Tell whether a location is a zone (`us-central1-a`) and not a region."""
    return _ZONE.fullmatch(location.lower()) is not None


def region_name(location: str) -> str:
    """Return the region of a location as written: in small letters, without its zone or the path before it."""
    name = location.rpartition("/")[2].lower()
    match = _ZONE.fullmatch(name)
    return match.group(1) if match else name


def priced_place(region: str) -> str:
    """Return the region under which storage is priced: multi-regions have a name of their own there (`us-multi`)."""
    return _MULTI.get(region, region)


def zone_of(instance: Instance) -> Value[str]:
    """Return the zone that an instance writes, as `zone` or as a `location` that is one."""
    zone = instance.body.text("zone")
    if not isinstance(zone, Absent):
        return mapped(zone, lambda text: text.rpartition("/")[2])
    location = instance.body.text("location")
    if isinstance(location, Known) and is_zone(location.value):
        return location
    return Absent(instance.location)


def region_of(instance: Instance) -> Value[str]:
    """Return the region: the resource's own zone, location or region, or else the provider's."""
    for name in ("zone", "location", "region"):
        written = instance.body.text(name)
        if not isinstance(written, Absent):
            return mapped(written, region_name)
    provider = instance.provider
    if provider is None or provider.body is None:
        return Unknown(f"provider {provider.label if provider else 'google'} has no region", instance.location)
    for name in ("region", "zone"):
        written = provider.body.text(name)
        if not isinstance(written, Absent):
            return mapped(written, region_name)
    return Unknown(f"provider {provider.label} has no region", provider.body.location)
