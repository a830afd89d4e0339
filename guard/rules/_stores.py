"""What rules on kept data ask of a bucket or container: what it holds by name or label, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from guard.model.resource import Resource, Storage
from guard.model.value import Known
from guard.rules._helpers import fitting
from guard.rules._workloads import declared

OBJECTS = ("s3:", "gcs:", "blob:")
_NAMES = ("bucket", "name", "BucketName", "bucket_prefix")
_WORDS = re.compile(r"[a-z]+")


class Evidence(NamedTuple):
    """What tells what is in a store: the word that does, and the fact that it stands in (None for the address)."""

    word: str
    fact: Known[str] | None


def object_stores(resource: Resource) -> Iterator[Storage]:
    """Yield the buckets and containers of a resource that may exist; a kind that is not known is none."""
    for one in resource.storage:
        never = isinstance(one.count_max, Known) and one.count_max.value == 0
        if isinstance(one.kind, Known) and one.kind.value.startswith(OBJECTS) and not never:
            yield one


def content(resource: Resource, words: tuple[str, ...], labels: tuple[str, ...]) -> Evidence | None:
    """Return what says that a store holds one of these: a label, the store's name, or else its address.

    Words fit whole parts of names only (`acme-raw-events` holds `raw`, `drawings` does not). A label that says
    something else decides against it.
    """
    said = declared(resource, labels)
    if isinstance(said, Known):
        return Evidence(said.value, said) if fitting(words, said.value) is not None else None
    for name in _NAMES:
        written = resource.body.text(name)
        found = _word(words, written.value) if isinstance(written, Known) else None
        if found is not None and isinstance(written, Known):
            return Evidence(found, written)
    found = _word(words, resource.address.rpartition(".")[2])
    return Evidence(found, None) if found is not None else None


def expires(store: Storage) -> bool:
    """Tell whether current objects are deleted after a time."""
    if isinstance(store.retention_days, Known):
        return True
    if not isinstance(store.lifecycle, Known):
        return False
    return any(
        one.startswith(("expire", "delete")) and not one.startswith("expire old") for one in store.lifecycle.value
    )


def _word(words: tuple[str, ...], text: str) -> str | None:
    return next((one for one in _WORDS.findall(text.casefold()) if fitting(words, one) is not None), None)
