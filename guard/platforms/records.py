"""Our own records, `apiVersion: guard/v1`: use cases, vendor contracts, model cards and model inventories."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from guard.model.finding import Problem
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Label, Labels, Resource
from guard.model.value import Absent
from guard.platforms._schema_check import schema_problems
from guard.platforms._specs import bare, labels, root_of, written

_NAMED_BY = {"UseCase": "name", "VendorContract": "vendor", "ModelCard": "model", "ModelInventory": "name"}
_KINDS = tuple(_NAMED_BY)
_DEPLOYED = ("ModelDeployment", "TrainingJob")
_LABELLING = ("owner", "department", "stage")


def _claims(source: Source) -> bool:
    """Tell whether it is a record, or means to be one: its kind is spelt nearly as that of a record."""
    node = root_of(source)
    if node is None or not written(node, "apiVersion").startswith("guard/"):
        return False
    close = get_close_matches(written(node, "kind")[:80], (*_KINDS, *_DEPLOYED), 1, 0.6)
    return bool(close) and close[0] in _KINDS


def _resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    node = root_of(source)
    if node is None:
        return
    yield from schema_problems(node, "records.schema.json", "kind", _KINDS)
    kind = written(node, "kind")
    if kind in _KINDS:
        yield _resource(node, kind)


def _resource(node: Node, kind: str) -> Resource:
    name = written(node, _NAMED_BY[kind]) or "unnamed"
    record = bare(node, "records", kind, f"{kind}/{name}", node.nearest("kind"))
    return Resource(
        address=record.address,
        type=kind,
        platform=record.platform,
        origin=record.origin,
        location=record.location,
        labels=_labels(node),
        region=record.region,
        zone=record.zone,
        body=node,
        evidence=f"kind: {kind}",
    )


def _labels(node: Node) -> Labels:
    """Return the labels; owner, department and stage count as labels where no such label is written.

    A record costs nothing, so that no rule asks for tags on it.
    """
    found = labels(node, "labels", at=node.nearest("kind"))
    entries = dict(found.entries)
    for name in _LABELLING:
        value = node.text(name)
        if not isinstance(value, Absent):
            entries.setdefault(name, Label(value, name))
    return Labels(found.location, entries, found.unknown, taggable=False)


PLATFORM = Platform("records", _claims, _resources, order=9)
