"""Modules that make nothing with a price (roles, policies, rules): a call of one leaves nothing open about cost."""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.terraform.known_modules import KnownModule, ModuleCall


def free(name: str, source: str) -> KnownModule:
    """Return the adapter for a module none of whose resources costs money of itself, nor those of its submodules."""
    return KnownModule(name, source, None, _nothing, _undecided)


def _nothing(call: ModuleCall) -> Iterator[Instance]:
    return iter(())


def _undecided(call: ModuleCall, name: str) -> Node | None:
    return None
