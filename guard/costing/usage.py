"""What the text does not say and use decides (hours, stored data, requests), as Infracost's usage file declares it.

The file's shape is that of Infracost's version 0.1: `resource_usage` by address with its `[*]` wildcard, and
`resource_type_default_usage` by type. `data_usage` is an addition: what moves a month, by globs of URIs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from guard.costing._usage_keys import Declared, applied_to
from guard.model.finding import Problem
from guard.model.glob import matches
from guard.model.location import Location
from guard.model.node import Node, kind_of
from guard.model.resource import Resource
from guard.model.value import Known, Unknown

VERSIONS = ("0.1", "0.2")
_TYPES, _RESOURCES, _DATA = "resource_type_default_usage", "resource_usage", "data_usage"
_SECTIONS = (_TYPES, _RESOURCES, _DATA)
# What stands before an address that two Terraform roots share: `infra/prod:aws_instance.a`.
_ROOT = re.compile(r'[^:"\[]+:(.+)', re.DOTALL)
_MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A declaration: a type, an address or a glob of them, or a glob of URIs, with its keys."""

    pattern: str
    node: Node


@dataclass(frozen=True, slots=True)
class Usage:
    """Everything that a usage file declares; `path` is the file as reports call it."""

    path: str
    types: tuple[Entry, ...] = ()
    resources: tuple[Entry, ...] = ()
    data: tuple[Entry, ...] = ()


class Applied(NamedTuple):
    """The resources with what is declared about them, and what nobody used."""

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]


def read_usage(root: Node | None, path: str, versioned: bool = True) -> tuple[Usage, tuple[Problem, ...]]:
    """Return what a usage file (or the `usage` mapping of a policy: not `versioned`) declares, and its mistakes."""
    if root is None or root.value is None:
        return Usage(path), ()
    if isinstance(root.value, Unknown):
        return Usage(path), (_wrong(root.value.reason, root.location),)
    if not isinstance(root.value, Mapping):
        return Usage(path), (_wrong(f"a usage file is a mapping, found {kind_of(root)}", root.location),)
    problems = [*_header(root, versioned)]
    found: dict[str, tuple[Entry, ...]] = {}
    for name in _SECTIONS:
        entries, wrong = _entries(root.get(name), name)
        found[name] = entries
        problems += wrong
    return Usage(path, found[_TYPES], found[_RESOURCES], found[_DATA]), tuple(problems)


def apply_usage(resources: Sequence[Resource], usage: Usage) -> Applied:
    """Return the resources with the declared numbers in place of what the text leaves open.

    A declaration for an address counts before one with a wildcard, and that before the default of the type; key by
    key. Addresses that fit nothing and keys that change no price are told as advice.
    """
    used: set[Location] = set()
    mistakes: dict[tuple[Location, str], Problem] = {}
    changed = []
    for resource in resources:
        declared = _declared(resource, usage)
        one = applied_to(resource, declared)
        used |= one.used
        mistakes |= {(p.location, p.message): p for p in one.problems if p.location}
        changed.append(one.resource)
    told = [*mistakes.values(), *_unused(usage, resources, used)]
    return Applied(tuple(changed), tuple(told))


def _header(root: Node, versioned: bool) -> Iterator[Problem]:
    version = root.text("version")
    if versioned and not isinstance(version, Known):
        yield _wrong("the usage file has no version; write `version: 0.1`", root.nearest("version"))
    elif isinstance(version, Known) and version.value not in VERSIONS:
        yield _wrong(f"guard reads usage files of version 0.1, found {version.value}", version.location)
    for name, node in root.fields().items():
        if name not in (*_SECTIONS, "version"):
            known = ", ".join(_SECTIONS)
            yield _wrong(f'unknown key "{name}" of a usage file; there are version, {known}', node.key or node.location)


def _entries(section: Node | None, name: str) -> tuple[tuple[Entry, ...], list[Problem]]:
    if section is None:
        return (), []
    if not isinstance(section.value, Mapping):
        return (), [_wrong(f"{name} is a mapping of names to their usage, found {kind_of(section)}", section.location)]
    entries, problems = [], []
    for pattern, node in section.value.items():
        if isinstance(node.value, Mapping):
            entries.append(Entry(pattern, node))
        elif node.value is not None:
            problems.append(
                _wrong(f"the usage of {pattern} is a mapping of keys, found {kind_of(node)}", node.location)
            )
    return tuple(entries), problems


def _declared(resource: Resource, usage: Usage) -> Declared:
    addresses = _addresses(resource.address)
    exact = [one for one in usage.resources if one.pattern in addresses]
    wild = [one for one in usage.resources if one not in exact and _fits(one.pattern, addresses)]
    types = [one for one in usage.types if one.pattern == resource.type]
    keys: dict[str, Node] = {}
    for entry in (*types, *wild, *exact):
        keys = _merged(keys, entry.node.fields())
    uris = tuple((one.pattern, one.node) for one in usage.data)
    return Declared(keys, uris)


def _addresses(address: str) -> tuple[str, ...]:
    match = _ROOT.fullmatch(address)
    return (address, match[1]) if match else (address,)


def _fits(pattern: str, addresses: Iterable[str]) -> bool:
    return "*" in pattern and any(matches(pattern, one) for one in addresses)


def _merged(below: Mapping[str, Node], above: Mapping[str, Node]) -> dict[str, Node]:
    """Return both together, `above` before `below`, mapping by mapping; null says nothing."""
    merged = dict(below)
    for key, node in above.items():
        old = merged.get(key)
        if node.value is None and old is not None:
            continue
        both = old is not None and isinstance(old.value, Mapping) and isinstance(node.value, Mapping)
        merged[key] = replace(node, value=_merged(old.fields(), node.fields())) if old is not None and both else node
    return merged


def _unused(usage: Usage, resources: Sequence[Resource], used: set[Location]) -> list[Problem]:
    problems: list[Problem] = []
    addresses = [_addresses(one.address) for one in resources]
    types = {one.type for one in resources}
    for entry in usage.resources:
        place = entry.node.key or entry.node.location
        if any(entry.pattern in one or _fits(entry.pattern, one) for one in addresses):
            problems += _unused_keys(entry, used)
        else:
            problems.append(_advice(f"usage is declared for {entry.pattern}, and no resource is called so", place))
    for entry in usage.types:
        # Defaults may serve several repositories: a type that this one does not have is no mistake.
        if entry.pattern in types:
            problems += _unused_keys(entry, used)
    for entry in usage.data:
        if not _touched(entry.node, used):
            place = entry.node.key or entry.node.location
            problems.append(_advice(f"usage is declared for {entry.pattern}, and nothing reads or writes it", place))
    return problems[:_MOST_TOLD]


def _unused_keys(entry: Entry, used: set[Location]) -> Iterator[Problem]:
    for key, node in entry.node.fields().items():
        if node.value is not None and not _touched(node, used):
            message = f"the usage {key} of {entry.pattern} is not used: no price of guard's depends on it here"
            yield _advice(message, node.key or node.location)


def _touched(node: Node, used: set[Location]) -> bool:
    return any(one.location in used for _, one in node.walk())


def _wrong(message: str, location: Location) -> Problem:
    return Problem("usage", message, location)


def _advice(message: str, location: Location) -> Problem:
    return Problem("usage", message, location, blocking=False, advisory=True)
