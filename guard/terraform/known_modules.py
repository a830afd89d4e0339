"""What an adapter for a public module is, and which one a module source means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from guard.discover import offered
from guard.model.instance import Call, Instance, Provider
from guard.model.location import Location
from guard.model.node import Node
from guard.model.value import Unknown
from guard.terraform.configuration import Written
from guard.terraform.modules import source_of


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One instance of a call of a known module.

    `inputs` is the call's body as a mapping: each input where the caller writes it. `submodule` is the last part of
    the path behind `//` ("" for the module itself), `major` the version that the call asks for, None for the newest.
    `calls` ends with this call, `provider` gives the configuration that the call hands down under a local name.
    """

    address: str
    submodule: str
    major: int | None
    inputs: Node
    location: Location
    extent: Location
    root: str
    calls: tuple[Call, ...]
    provider: Callable[[str], Provider]
    repeated: Unknown | None = None


@dataclass(frozen=True, slots=True)
class KnownModule:
    """An adapter: from the inputs of a public module's call to the resources and outputs that the module makes of them.

    `source` is the address in the public registry, `submodules` those whose calls it understands ("" is the module
    itself; None is every one). `output` returns None for an output that only the apply decides; nothing else of the
    module is evaluated for it.
    """

    name: str
    source: str
    submodules: frozenset[str] | None
    instances: Callable[[ModuleCall], Iterator[Instance]]
    output: Callable[[ModuleCall, str], Node | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A module source taken apart: `address` as in the public registry (`namespace/name/provider`)."""

    address: str
    submodule: str = ""
    version: str = ""


_REGISTRY = re.compile(
    r"(?:registry\.terraform\.io/|registry\.opentofu\.org/)?"
    r"(?P<address>[\w-]+/[\w-]+/[a-z0-9]+)(?://(?P<path>[\w./-]+))?"
)
_GITHUB = re.compile(
    r"(?:git::)?(?:https://|ssh://)?(?:[\w-]+@)?(?:www\.)?github\.com[/:]"
    r"(?P<owner>[\w-]+)/terraform-(?P<provider>[a-z0-9]+)-(?P<name>[\w-]+?)(?:\.git)?"
    r"(?://(?P<path>[\w./-]+?))?(?:\?(?P<query>.*))?"
)
_REF = re.compile(r"(?:^|&)ref=(?:refs/tags/)?v?(\d[\w.+-]*)")
_VERSION = re.compile(r"\s*(=|~>|>=|<=|!=|<|>)?\s*v?(\d+)")
_LONGEST_SOURCE = 500


def parse_source(source: str) -> Source | None:
    """Return a module source as an address of the public registry, None where it is from elsewhere.

    A GitHub repository stands for the registry's module of the same name (`terraform-PROVIDER-NAME`), as the registry
    itself requires (documentation of publishing modules).
    """
    if len(source) > _LONGEST_SOURCE:
        return None
    match = _REGISTRY.fullmatch(source)
    if match is not None and not source.startswith("github.com/"):
        return Source(match["address"], _last(match["path"]))
    match = _GITHUB.fullmatch(source)
    if match is None:
        return None
    ref = _REF.search(match["query"] or "")
    address = f"{match['owner']}/{match['name']}/{match['provider']}"
    return Source(address, _last(match["path"]), ref[1] if ref else "")


def _last(path: str | None) -> str:
    return (path or "").strip("/").rpartition("/")[2]


def major_version(constraint: str) -> int | None:
    """Return the major version that a constraint settles (`~> 20.8`, `19.21.0`), None where the newest one serves.

    A lower bound alone lets `terraform init` take the newest; an upper bound (`< 21.0`) lets it take the one below.
    """
    for part in constraint.split(","):
        match = _VERSION.match(part)
        if match is None:
            continue
        operator, major = match[1] or "=", int(match[2][:9])
        if operator in ("=", "~>", "<="):
            return major
        if operator == "<":
            return major - 1 if re.fullmatch(r"\s*<\s*v?\d+(\.0+)*\s*", part) else major
    return None


@cache
def _adapters() -> dict[str, KnownModule]:
    return {one.source.lower(): one for one in offered("guard.terraform.known", "MODULE", KnownModule).values()}


def find(source: str) -> KnownModule | None:
    """Return the adapter for a module source, None where no adapter understands it."""
    parsed = parse_source(source)
    adapter = _adapters().get(parsed.address.lower()) if parsed is not None else None
    if adapter is None or parsed is None:
        return None
    return adapter if adapter.submodules is None or parsed.submodule in adapter.submodules else None


def understands(call: Written) -> bool:
    """Tell whether there is an adapter for a module call."""
    return find(source_of(call)[0] or "") is not None
