"""Instances made whole, so that they can leave the process that evaluated them: every part evaluated, nothing lazy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from guard.model.instance import Instance, Provider, Written
from guard.model.node import Node, is_sequence

Texts = Mapping[str, str]
"""By type of resource, the attribute that holds texts of which it is asked how they are written."""


class Told:
    """What an instance's `written` says of the paths that were asked beforehand, and None of all others."""

    __slots__ = ("told",)

    def __init__(self, told: Mapping[tuple[str | int, ...], Written]) -> None:
        self.told = told

    def __call__(self, *path: str | int) -> Written:
        return self.told.get(path)


class Freezer:
    """Makes the instances of one root whole; what they share is made once."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._providers: dict[int, Provider] = {}

    def instance(self, one: Instance) -> Instance:
        """Return an instance that is equal to `one` and holds nothing lazy."""
        return replace(
            one,
            body=node(one.body),
            provider=self._provider(one.provider),
            references=dict(one.references),
            written=Told(self._written(one)),
        )

    def _provider(self, one: Provider | None) -> Provider | None:
        if one is None or one.body is None:
            return one
        found = self._providers.get(id(one))
        if found is None:
            found = self._providers[id(one)] = replace(one, body=node(one.body))
        return found

    def _written(self, one: Instance) -> dict[tuple[str | int, ...], Written]:
        attribute = self._texts.get(one.type)
        if attribute is None:
            return {}
        paths: list[tuple[str | int, ...]] = [(attribute,)]
        paths += [(attribute, number) for number in range(len(one.body.items(attribute)))]
        found = {path: one.written(*path) for path in paths}
        return {path: node(told) if isinstance(told, Node) else told for path, told in found.items()}


def node(one: Node) -> Node:
    """Return a node with every part of it evaluated."""
    held = one.value
    if isinstance(held, Mapping):
        return replace(one, value={name: node(child) for name, child in held.items()})
    if is_sequence(held):
        return replace(one, value=tuple(node(child) for child in held))
    return one
