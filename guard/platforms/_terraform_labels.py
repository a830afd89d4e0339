"""The labels of a Terraform resource as they take effect, and which types have any."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from guard.model.instance import Instance
from guard.model.node import Node, kind_of
from guard.model.resource import Label, Labels
from guard.model.value import Absent, Unknown

_USUAL = ("tags", "labels", "resource_labels")


@cache
def taggable(provider: str) -> dict[str, str]:
    """Return the table of a provider (`aws`, `google`, `azurerm`): type -> argument with its labels, `-` for none.

    A further word `default` says that the provider's default labels reach the type. Each table names its source.
    """
    rows = (line.partition(" ") for line in _lines("_taggable", provider))
    return {name: rest for name, _, rest in rows}


@cache
def costly(provider: str) -> frozenset[str]:
    """Return the types of a provider that certainly cost money although no reader knows how much."""
    return frozenset(_lines("_costly", provider))


def _lines(table: str, provider: str) -> list[str]:
    text = files("guard.platforms").joinpath(table, f"{provider}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def labels_of(instance: Instance, place: str | None, defaults: str) -> Labels:
    """Return the effective labels of `instance`.

    `place` is the path of the argument that holds them (`node_config.resource_labels`), "" for a type that has none
    and None for a type that guard does not know; `defaults` names the provider's block or argument, "" for none.
    """
    if place == "":
        return Labels(instance.location, taggable=False)
    if place is None:
        place = next((name for name in _USUAL if instance.body.get(name) is not None), "")
        if not place:
            reason = f"guard does not know whether {instance.type} takes labels"
            return Labels(instance.location, unknown=(Unknown(reason, instance.location),))
    entries: dict[str, Label] = {}
    unknown: list[Unknown] = []
    _add_defaults(instance, defaults, entries, unknown)
    path = tuple(place.split("."))
    node = instance.body.get(*path)
    _add(node, "resource", entries, unknown)
    written = instance.body.get(path[0])
    where = instance.location if written is None else instance.body.nearest(*path)
    return Labels(where, entries, tuple(unknown), below=path if written is None else instance.body.unwritten(*path))


def tag_block_labels(instance: Instance) -> Labels:
    """Return the labels that `tag` blocks with `key` and `value` make, as autoscaling groups have them.

    The provider's default tags do not reach these (documentation of aws_autoscaling_group).
    """
    entries: dict[str, Label] = {}
    unknown: list[Unknown] = []
    blocks = instance.body.get("tag")
    if blocks is not None and isinstance(blocks.value, Unknown):
        unknown.append(blocks.value)
    for block in instance.body.items("tag"):
        key = block.text("key")
        if isinstance(key, Unknown):
            unknown.append(key)
        elif not isinstance(key, Absent):
            entries[key.value] = Label(block.text("value"), "resource", key.location)
    _add(instance.body.get("tags"), "resource", entries, unknown)
    return Labels(instance.body.nearest("tag") if blocks else instance.location, entries, tuple(unknown))


def _add_defaults(instance: Instance, defaults: str, entries: dict[str, Label], unknown: list[Unknown]) -> None:
    provider = instance.provider
    if not defaults or provider is None or provider.body is None:
        return
    source = f"provider.{provider.label}.{defaults.partition('.')[0]}"
    _add(provider.body.get(*defaults.split(".")), source, entries, unknown)


def _add(node: Node | None, source: str, entries: dict[str, Label], unknown: list[Unknown]) -> None:
    if node is None:
        return
    if isinstance(node.value, Unknown):
        unknown.append(node.value)
        return
    if any(not isinstance(one.value, Mapping) for one in node.items()):
        unknown.append(Unknown(f"expected a mapping of labels, found {kind_of(node)}", node.location))
        return
    for key, child in node.fields().items():
        value = child.text()
        if not isinstance(value, Absent):
            entries[key] = Label(value, source, child.key)
