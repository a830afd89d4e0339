"""Terraform instances made from plain Python values, for the tests of their readers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from guard.model.instance import Instance, Provider
from guard.model.location import Location, Span
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Resource
from guard.model.value import Unknown


@dataclass
class Lines:
    """Gives every written thing a line of its own, so that places can be told apart."""

    number: int = 0

    def next(self) -> Location:
        self.number += 1
        return Location("main.tf", Span(self.number, 1, self.number, 9))


def unknown(reason: str, reference: str = "", prefix: str = "") -> Unknown:
    return Unknown(reason, Location("main.tf", Span(900, 1, 900, 2)), reference, prefix)


def node(value: Any, lines: Lines | None = None) -> Node:
    lines = lines or Lines()
    here = lines.next()
    if isinstance(value, Mapping):
        return Node({key: node(one, lines) for key, one in value.items()}, here, here)
    if isinstance(value, (list, tuple)):
        return Node(tuple(node(one, lines) for one in value), here, here)
    return Node(value, here, here)


def instance(
    address: str,
    body: Mapping[str, Any],
    *,
    provider: Mapping[str, Any] | None = None,
    alias: str = "",
    references: Mapping[str, tuple[str, ...]] | None = None,
    repeated: Unknown | None = None,
    key: str | int | None = None,
    module: str = "",
    mode: str = "managed",
) -> Instance:
    own = address.removeprefix(f"{module}.") if module else address
    kind, _, name = own.partition(".")
    header = Location("main.tf", Span(500, 1, 500, 20))
    local = kind.partition("_")[0]
    served = Provider(local, alias, node(provider) if provider is not None else None)
    return Instance(
        address=address,
        type=kind,
        name=name.partition("[")[0],
        body=node(body),
        location=header,
        extent=header,
        mode=mode,
        key=key,
        module=module,
        provider=served,
        repeated=repeated,
        references=references or {},
    )


def read_all(platform: ModuleType, instances: Sequence[Instance]) -> Iterator[Resource]:
    around = Surroundings({one.address: one for one in instances})
    for one in instances:
        if platform.PLATFORM.claims(one):
            for resource in platform.PLATFORM.resources(one, around):
                assert isinstance(resource, Resource)
                yield resource


def read(platform: ModuleType, *instances: Instance) -> Resource:
    """Return the resource of the first of these instances, read among them all."""
    return next(read_all(platform, instances))
