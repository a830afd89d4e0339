"""Where data lies: URIs and Terraform references resolved to the bucket that the repository declares and its region."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from guard.model.location import Step
from guard.model.resource import DataLink, Resource
from guard.model.value import Absent, Known, Unknown, Value

# The attribute that holds a store's name, by resource type. Storage accounts and their containers are two resources.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "aws_s3_bucket": ("bucket",),
    "google_storage_bucket": ("name",),
    "azurerm_storage_account": ("name",),
    "AWS::S3::Bucket": ("Properties", "BucketName"),
    "StorageBucket": ("metadata", "name"),
}
_SCHEMES: Mapping[str, str] = {
    "aws_s3_bucket": "s3",
    "AWS::S3::Bucket": "s3",
    "google_storage_bucket": "gs",
    "StorageBucket": "gs",
    "azurerm_storage_account": "azure",
}
_S3_HOST = r"https://([^./]+)\.s3[.-]([a-z0-9-]+)\.amazonaws\.com(?:/|$)"
_KEYS = r"\[[^\[\]]*\]"
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("s3", r"(?:s3|s3a|s3n)://([^/]+)"),
    ("s3", r"arn:aws[a-z-]*:s3:::([^/]+)"),
    ("s3", _S3_HOST),
    ("gs", r"(?:gs|gcs)://([^/]+)"),
    ("gs", r"https://storage\.(?:googleapis|cloud\.google)\.com/([^/]+)"),
    ("azure", r"(?:abfss?|wasbs?)://[^@/]*@([^./]+)"),
    ("azure", r"https://([^./]+)\.(?:blob|dfs)\.core\.windows\.net"),
    ("azureml", r"azureml://(?:subscriptions/.+/)?(datastores/[^/]+|registries/[^/]+|[^/]+)"),
)


class Store(NamedTuple):
    """What a URI names: the kind of store (`s3`, `gs`, `azure`, `azureml`) and the bucket or account in it."""

    kind: str
    name: str


class Place(NamedTuple):
    """A resource, the address that its own Terraform root knows it by, and that root (None for a document's)."""

    resource: Resource
    own: str
    root: str | None


def store_of(uri: str) -> Store | None:
    """Return the store that `uri` names, None for other schemes (`hf://`, `https://`, `pvc://`, a path)."""
    for kind, pattern in _PATTERNS:
        match = re.match(pattern, uri)
        if match:
            return Store(kind, match.group(1))
    return None


def linked(places: Sequence[Place], locality: Mapping[str, str]) -> tuple[Resource, ...]:
    """Return the resources with each data link's `target` and `region` filled where the repository tells them.

    `locality` maps a URI or a pattern of URIs (`s3://corpus`, `s3://corpus-*`) to a region, for stores that are not
    declared in the repository; the longest pattern that fits wins. What is told nowhere becomes Unknown.
    """
    stores = _Stores(places)
    resources = []
    for place in places:
        if place.resource.data:
            data = tuple(_resolve(one, place, stores, locality) for one in place.resource.data)
            resources.append(replace(place.resource, data=data))
        else:
            resources.append(place.resource)
    return tuple(resources)


class _Stores:
    """The stores that the repository declares, found by name and by address."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_name: defaultdict[Store, list[Place]] = defaultdict(list)
        self._by_address: dict[tuple[str | None, str], Place] = {}
        for place in places:
            kind = _SCHEMES.get(place.resource.type)
            if kind is None and not place.resource.storage:
                continue
            for address in (place.own, re.sub(_KEYS, "", place.own)):
                self._by_address.setdefault((place.root, address), place)
            name = place.resource.body.text(*_NAMES[place.resource.type]) if kind else Absent(place.resource.location)
            if kind and isinstance(name, Known):
                self._by_name[Store(kind, name.value)].append(place)

    def at(self, address: str, seeker: Place) -> Place | None:
        """Return the store that `seeker` refers to as `address`, with or without instance key and module path."""
        module = seeker.own.rpartition(f"{seeker.resource.type}.")[0]
        for one in (address, module + address, re.sub(_KEYS, "", address), re.sub(_KEYS, "", module + address)):
            place = self._by_address.get((seeker.root, one))
            if place is not None:
                return place
        return None

    def named(self, store: Store, seeker: Place) -> tuple[Place, ...]:
        """Return the stores of that name: the one in the same root alone where there is one."""
        places = self._by_name.get(store, [])
        near = tuple(one for one in places if one.root == seeker.root)
        return near or tuple(places)


def _resolve(link: DataLink, seeker: Place, stores: _Stores, locality: Mapping[str, str]) -> DataLink:
    uri = link.uri
    if isinstance(uri, Unknown):
        place = stores.at(uri.reference, seeker) if uri.reference else None
        if place is None:
            return _with_region(link, Unknown(uri.reason, uri.location))
        known = Known(place.resource.address, uri.location)
        return replace(_with_region(link, _region_of(place, known)), uri=known, target=place.resource.address)
    if isinstance(uri, Absent):
        return link
    place = stores.at(uri.value, seeker)
    store = store_of(uri.value)
    places = (place,) if place else stores.named(store, seeker) if store else ()
    if places:
        return replace(_with_region(link, _agreed(places, uri)), target=places[0].resource.address)
    if store is None:
        return _with_region(link, _declared(uri, locality) or Absent(uri.location))
    return _with_region(link, _declared(uri, locality) or _spoken(uri) or _untold(uri))


def _with_region(link: DataLink, region: Value[str]) -> DataLink:
    return replace(link, region=region) if isinstance(link.region, Absent) else link


def _region_of(place: Place, uri: Known[str]) -> Value[str]:
    """Return the region of a store, with the way from the URI to where the region is written."""
    resource = place.resource
    written = [one.region for one in resource.storage if not isinstance(one.region, Absent)]
    region = written[0] if written else resource.region
    if isinstance(region, Known):
        step = Step(f"{uri.value} is {resource.address}", resource.location)
        return replace(region, trail=(step, *region.trail))
    if isinstance(region, Absent):
        return Unknown(f"{resource.address} does not say its region", resource.location)
    return region


def _agreed(places: Sequence[Place], uri: Known[str]) -> Value[str]:
    regions = [_region_of(place, uri) for place in places]
    if len({one.value if isinstance(one, Known) else one for one in regions}) == 1:
        return regions[0]
    names = ", ".join(place.resource.address for place in places)
    return Unknown(f"{uri.value} is declared more than once, in different regions: {names}", uri.location)


def _declared(uri: Known[str], locality: Mapping[str, str]) -> Known[str] | None:
    fitting = [pattern for pattern in locality if _fits(uri.value, pattern)]
    if not fitting:
        return None
    best = max(fitting, key=lambda pattern: (len(pattern), pattern))
    return Known(locality[best], uri.location, uri.trail)


def _fits(uri: str, pattern: str) -> bool:
    return fnmatchcase(uri, pattern) or fnmatchcase(uri, pattern.rstrip("/") + "/*")


def _spoken(uri: Known[str]) -> Known[str] | None:
    """Return the region that stands in the host name of an S3 URL."""
    match = re.match(_S3_HOST, uri.value)
    return Known(match.group(2), uri.location, uri.trail) if match else None


def _untold(uri: Known[str]) -> Unknown:
    store = store_of(uri.value)
    short = uri.value if store is None else uri.value[: uri.value.find(store.name) + len(store.name)]
    return Unknown(
        f"the repository does not say where {short} is: declare it under locality: in guard.yaml", uri.location
    )
