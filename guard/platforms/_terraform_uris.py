"""Data that a Terraform resource names: URIs in scripts, environments and definitions, and references to buckets."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import DataLink
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._terraform import Site

_URI = re.compile(r"(?:s3a?|gs|gcs|abfss?|wasbs?|hf)://[A-Za-z0-9][A-Za-z0-9._~:/@%+=-]*")
_COMMENT = re.compile(r"^[ \t]*#(?!!).*$", re.MULTILINE)
_CHECKPOINT = re.compile(r"checkpoint|ckpt", re.IGNORECASE)
_MODEL = re.compile(r"(?:^|[^a-z])(?:models?|weights|artifacts?)(?:[^a-z]|$)", re.IGNORECASE)
_OUTPUT = re.compile(r"(?:^|[^a-z])(?:outputs?|results?|logs?|predictions?)(?:[^a-z]|$)", re.IGNORECASE)
_CODE = re.compile(r"\.(?:py|sh|whl|jar|ya?ml)$|(?:^|[^a-z])(?:scripts?|bootstrap)(?:[^a-z]|$)", re.IGNORECASE)
_CHECKPOINT_LABELS = frozenset(("checkpoint", "checkpoint-uri", "checkpoint-path", "guard:checkpoint"))
_DATA_LABELS = frozenset(("data", "dataset", "data-uri", "dataset-uri", "guard:data"))
_BUCKETS = ("aws_s3_bucket", "google_storage_bucket", "azurerm_storage_account", "azurerm_storage_container")
_LONGEST = 262_144
_MOST = 64


def uris(text: str) -> tuple[str, ...]:
    """Return the data URIs in a script or other text, in order and once each; those in comment lines do not count."""
    found = (match.group().rstrip(".,:") for match in _URI.finditer(_COMMENT.sub("", text[:_LONGEST])))
    return tuple(dict.fromkeys(found))[:_MOST]


def role_of(uri: str) -> tuple[str, str]:
    """Return what a URI's own words say it is for, and the direction that follows from it."""
    if _CHECKPOINT.search(uri):
        return "checkpoint", "both"
    if _CODE.search(uri):
        return "code", "read"
    if _MODEL.search(uri):
        return "model", "read"
    if _OUTPUT.search(uri):
        return "output", "write"
    return "data", "read"


def link(site: Site, attribute: str, value: Value[str], direction: str, role: str) -> Iterator[DataLink]:
    """Yield the link for an attribute whose meaning is data; a bucket that it refers to is named by its address."""
    if isinstance(value, Absent) or (isinstance(value, Known) and not value.value):
        return
    if isinstance(value, Unknown) and not value.reference:
        buckets = [one for one in site.instance.references.get(attribute, ()) if _is_bucket(one)]
        if len(buckets) == 1:
            value = Unknown(value.reason, value.location, buckets[0], value.prefix)
    yield DataLink(uri=value, location=value.location, direction=direction, role=role)


def text_links(sources: Iterable[Node | None]) -> tuple[DataLink, ...]:
    """Return a link for each data URI in these texts, or in any text within them."""
    links: dict[str, DataLink] = {}
    for uri, location in _all_uris(sources):
        role, direction = role_of(uri)
        links.setdefault(uri, DataLink(uri=Known(uri, location), location=location, direction=direction, role=role))
    return tuple(links.values())[:_MOST]


def label_links(site: Site) -> tuple[DataLink, ...]:
    """Return a link for each label that declares data or a checkpoint by a URI."""
    links = []
    for key, label in sorted(site.labels.entries.items()):
        wanted = key.lower().replace("_", "-")
        value = label.value
        if not isinstance(value, Known) or not _URI.match(value.value):
            continue
        if wanted in _CHECKPOINT_LABELS:
            links.append(DataLink(uri=value, location=value.location, direction="both", role="checkpoint"))
        elif wanted in _DATA_LABELS:
            links.append(DataLink(uri=value, location=value.location))
    return tuple(links)


def checkpoint(site: Site, scripts: Iterable[Node | None], place: Location) -> Value[str]:
    """Return the durable place of checkpoints: from a label, or a URI in a script whose words say checkpoint.

    Where a script is not known, neither is the answer; else it is absent at `place`.
    """
    for key, label in sorted(site.labels.entries.items()):
        if key.lower().replace("_", "-") in _CHECKPOINT_LABELS and not isinstance(label.value, Absent):
            return label.value
    nodes = [node for node in scripts if node is not None]
    for uri, location in _all_uris(nodes):
        if _CHECKPOINT.search(uri):
            return Known(uri, location)
    for node in nodes:
        if isinstance(node.value, Unknown):
            return Unknown(node.value.reason, node.value.location)
    return Absent(place)


def _all_uris(sources: Iterable[Node | None]) -> Iterator[tuple[str, Location]]:
    for source in sources:
        if source is None:
            continue
        for _, node in source.walk():
            yield from ((uri, node.location) for uri in uris(_script(node)))


def _script(node: Node) -> str:
    """Return the text of a node, out of Base64 where it is that; of an unknown text its known beginning."""
    if isinstance(node.value, Unknown):
        return node.value.prefix
    text = node.value if isinstance(node.value, str) else ""
    if len(text) < 16 or len(text) > _LONGEST * 2 or "://" in text:
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text


def _is_bucket(address: str) -> bool:
    return any(f"{kind}." in address for kind in _BUCKETS)
