"""The labels that a provider adds by default, told from what a plan shows of those in effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from guard.model.instance import Provider
from guard.model.location import Location
from guard.model.node import Node
from guard.model.value import Unknown

# What is in effect, what is written, and where the provider takes its defaults (documentation of the providers).
_KINDS = (
    ("tags_all", "tags", ("default_tags", "tags")),
    ("terraform_labels", "labels", ("default_labels",)),
)


def with_default_labels(provider: Provider, body: Node, place: Location) -> Provider:
    """Return `provider` with the default labels that `body` shows to be in effect beyond those that it writes.

    Where they are those of the configuration already, these stay: they know where they are written.
    """
    for effective, written, path in _KINDS:
        every = body.get(effective)
        if every is None:
            continue
        if isinstance(every.value, Unknown):
            return provider
        own = body.fields(written)
        extra = {name: one for name, one in every.fields().items() if name not in own}
        known = provider.body.fields(*path) if provider.body is not None else {}
        if _same(extra, {name: one for name, one in known.items() if name not in own}):
            return provider
        found = {name: known[name] if _equal(known.get(name), one) else one for name, one in extra.items()}
        return _with(provider, path, Node(found, place), place)
    return provider


def _same(extra: Mapping[str, Node], known: Mapping[str, Node]) -> bool:
    return extra.keys() == known.keys() and all(_equal(known[name], one) for name, one in extra.items())


def _equal(known: Node | None, planned: Node) -> bool:
    return known is not None and not isinstance(known.value, Unknown) and known.value == planned.value


def _with(provider: Provider, path: tuple[str, ...], labels: Node, place: Location) -> Provider:
    body = provider.body if provider.body is not None else Node({}, place)
    value = labels
    for name in reversed(path[1:]):
        value = Node((Node({name: value}, place),), place)
    return replace(provider, body=Node({**body.fields(), path[0]: value}, body.location, body.key))
