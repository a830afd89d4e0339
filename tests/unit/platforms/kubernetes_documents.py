"""Manifests written as YAML, read by the platforms that claim them."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import Any

from guard.discover import offered
from guard.formats.yaml import parse
from guard.model.finding import Problem
from guard.model.instance import Item
from guard.model.platform import Platform, Surroundings
from guard.model.resource import Compute, Resource
from guard.model.value import Absent, Known, Unknown


def items(text: str, path: str = "k8s.yaml") -> tuple[Item, ...]:
    """Return the documents of a YAML text."""
    roots = parse(path, textwrap.dedent(text)).roots
    return tuple(Item(path, root, number) for number, root in enumerate(roots))


def read(text: str) -> tuple[Resource, ...]:
    """Return the resources of all documents of a text, in their order."""
    every = items(text)
    around = Surroundings({}, every)
    platforms = sorted(offered("guard.platforms", "PLATFORM", Platform).values(), key=lambda one: (one.order, one.name))
    found = []
    for item in every:
        reader = next((one for one in platforms if one.claims(item)), None)
        things = list(reader.resources(item, around)) if reader else []
        assert not [one for one in things if isinstance(one, Problem)]
        found += [one for one in things if isinstance(one, Resource)]
    return tuple(found)


def only(text: str) -> Resource:
    """Return the one resource of a text."""
    (resource,) = read(text)
    return resource


def group(resource: Resource, name: str = "") -> Compute:
    """Return the group of machines of that name, the only one where no name is given."""
    if not name:
        (compute,) = resource.compute
        return compute
    (compute,) = (one for one in resource.compute if one.name == name)
    return compute


def plain(value: Known[Any] | Unknown | Absent) -> Any:
    """Return a value as plain data: None where absent, `?` and the reason where unknown, numbers as text."""
    if isinstance(value, Absent):
        return None
    if isinstance(value, Unknown):
        return f"? {value.reason}"
    return f"{value.value.normalize():f}" if isinstance(value.value, Decimal) else value.value


def line(value: Known[Any] | Unknown | Absent) -> int:
    """Return the line that a value points at."""
    return value.location.line
