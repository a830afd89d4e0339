"""The defaults that type constraints carry: `optional(type, default)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from guard.terraform.conversion import ConversionError, unify_values
from guard.terraform.types import Type
from guard.terraform.values import (
    Value,
    list_value,
    map_value,
    may_be_null,
    not_null,
    object_value,
    set_value,
    tuple_value,
    unmarked,
    with_marks,
)


@dataclass(frozen=True, slots=True)
class Defaults:
    """The defaults of one type constraint.

    `values` are those of an object's optional attributes; `children` the defaults within its attributes by name, within
    a tuple's items by their number as text, within a collection's elements under the empty name.
    """

    type: Type
    values: Mapping[str, Value] = field(default_factory=dict)
    children: Mapping[str, Defaults] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.values and not self.children


def apply_defaults(value: Value, defaults: Defaults) -> Value:
    """Return the value with defaults in place of what is missing or null; to be done before it is converted."""
    if not value.is_known or value.is_null or defaults.is_empty:
        return value
    bare, marks = unmarked(value)
    if bare.type.kind in ("list", "set", "tuple"):
        bare = _sequence(bare, defaults)
    elif bare.type.kind in ("map", "object"):
        bare = _members(bare, defaults)
    return with_marks(bare, marks)


def _sequence(value: Value, defaults: Defaults) -> Value:
    items = []
    for position, item in enumerate(value.items):
        child = _child(defaults, str(position), "tuple")
        items.append(item if child is None else apply_defaults(item, child))
    if value.type.kind == "tuple":
        return tuple_value(items)
    make = set_value if value.type.kind == "set" else list_value
    if not items:
        return make(items, value.type.of)
    together = _together(items)
    return tuple_value(items) if together is None else make(together)


def _members(value: Value, defaults: Defaults) -> Value:
    members: dict[str, Value] = {}
    for name, item in value.fields.items():
        child = _child(defaults, name, "object")
        members[name] = item if child is None else apply_defaults(item, child)
    for name, default in defaults.values.items():
        if name not in members or members[name].is_null:
            child = defaults.children.get(name)
            members[name] = default if child is None else apply_defaults(default, child)
        elif not may_be_null(default):
            members[name] = not_null(members[name])
    if value.type.kind == "object":
        return object_value(members)
    if not members:
        return map_value(members, value.type.of)
    names = sorted(members)
    together = _together([members[name] for name in names])
    return object_value(members) if together is None else map_value(dict(zip(names, together, strict=True)))


def _child(defaults: Defaults, key: str, kind: str) -> Defaults | None:
    return defaults.children.get(key if defaults.type.kind == kind else "")


def _together(items: Sequence[Value]) -> tuple[Value, ...] | None:
    try:
        return unify_values(items)
    except ConversionError:
        return None
