"""What a platform is: it turns Terraform instances and document items into resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from guard.model.finding import Problem
from guard.model.instance import Instance, Item
from guard.model.resource import Resource

Source: TypeAlias = Instance | Item


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else stands in the repository, for facts that are written elsewhere (a launch template, an autoscaler).

    `instances` are all those of the same Terraform root by address; `items` are all document items of the repository.
    """

    instances: Mapping[str, Instance] = field(default_factory=dict)
    items: tuple[Item, ...] = ()

    def instances_of(self, *types: str) -> tuple[Instance, ...]:
        """Return the instances of the same root that are of one of these types."""
        return tuple(one for one in self.instances.values() if one.type in types)


@dataclass(frozen=True, slots=True)
class Platform:
    """A reader of one kind of configuration.

    `claims` says whether a source is this platform's, by content and cheaply; the first platform (by `order`, then
    name) that claims a source reads it. `resources` yields what it deploys, and problems of what is wrong in it.
    """

    name: str
    claims: Callable[[Source], bool]
    resources: Callable[[Source, Surroundings], Iterator[Resource | Problem]]
    order: int = 50
