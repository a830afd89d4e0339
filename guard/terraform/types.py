"""Terraform's types, as cty has them: three primitives, `any`, three collections and two structural types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["string", "number", "bool", "dynamic", "list", "set", "map", "tuple", "object"]


@dataclass(frozen=True, slots=True)
class Type:
    """A type. `element` is that of a list, set or map; `items` are a tuple's; `attributes` an object's, by sorted name.

    `optional` names the attributes which a value may lack when it is converted to this object type. Types of values
    have none. `dynamic` is `any`: a type that is not known.
    """

    kind: Kind
    element: Type | None = None
    items: tuple[Type, ...] = ()
    attributes: Mapping[str, Type] | None = None
    optional: frozenset[str] = frozenset()
    _bare: Type | bool = field(default=False, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        return hash((self.kind, self.element, self.items, tuple(self.attributes or ())))

    @property
    def is_primitive(self) -> bool:
        return self.kind in ("string", "number", "bool")

    @property
    def is_collection(self) -> bool:
        """A list, set or map: all elements have one type."""
        return self.element is not None

    @property
    def fields(self) -> Mapping[str, Type]:
        """An object's attributes; empty for every other type."""
        return self.attributes or {}

    @property
    def of(self) -> Type:
        """A collection's element type; `any` for every other type."""
        return self.element or DYNAMIC


STRING: Final = Type("string")
NUMBER: Final = Type("number")
BOOL: Final = Type("bool")
DYNAMIC: Final = Type("dynamic")
EMPTY_TUPLE: Final = Type("tuple")
EMPTY_OBJECT: Final = Type("object", attributes={})

_SIMPLE: Final = frozenset({"string", "number", "bool", "dynamic"})

_LISTS: Final = {kind.kind: Type("list", kind) for kind in (STRING, NUMBER, BOOL, DYNAMIC)}
_SETS: Final = {kind.kind: Type("set", kind) for kind in (STRING, NUMBER, BOOL, DYNAMIC)}
_MAPS: Final = {kind.kind: Type("map", kind) for kind in (STRING, NUMBER, BOOL, DYNAMIC)}


def list_of(element: Type) -> Type:
    """Return `list(element)`."""
    return _LISTS.get(element.kind) or Type("list", element)


def set_of(element: Type) -> Type:
    """Return `set(element)`."""
    return _SETS.get(element.kind) or Type("set", element)


def map_of(element: Type) -> Type:
    """Return `map(element)`."""
    return _MAPS.get(element.kind) or Type("map", element)


def tuple_of(items: Iterable[Type]) -> Type:
    """Return `tuple([items...])`."""
    types = tuple(items)
    return Type("tuple", items=types) if types else EMPTY_TUPLE


def object_of(attributes: Mapping[str, Type], optional: Iterable[str] = ()) -> Type:
    """Return `object({attributes...})`; `optional` names the attributes written as `optional(...)`."""
    if not attributes:
        return EMPTY_OBJECT
    ordered = {name: attributes[name] for name in sorted(attributes)}
    return Type("object", attributes=ordered, optional=frozenset(optional))


def has_dynamic(type_: Type) -> bool:
    """Tell whether `any` stands anywhere in the type."""
    if type_.is_primitive:
        return False
    if type_.kind == "dynamic":
        return True
    if type_.element is not None:
        return has_dynamic(type_.element)
    return any(has_dynamic(each) for each in type_.items or type_.fields.values())


def without_optional(type_: Type) -> Type:
    """Return the type of values that conform to this constraint: the same without optional attributes, at any depth."""
    if type_.kind in _SIMPLE:
        return type_
    kept = type_._bare
    if isinstance(kept, Type):
        return kept
    if kept:
        return type_
    found = _without_optional(type_)
    # Kept, because whoever converts to a type asks for it; a type does not refer to itself, so that it can be freed.
    object.__setattr__(type_, "_bare", True if found is type_ else found)
    return found


def _without_optional(type_: Type) -> Type:
    if type_.element is not None:
        element = without_optional(type_.element)
        return type_ if element is type_.element else Type(type_.kind, element)
    if type_.kind == "tuple":
        items = tuple(map(without_optional, type_.items))
        return type_ if all(new is old for new, old in zip(items, type_.items, strict=True)) else tuple_of(items)
    fields = {name: without_optional(each) for name, each in type_.fields.items()}
    if not type_.optional and all(fields[name] is each for name, each in type_.fields.items()):
        return type_
    return object_of(fields)


def conforms(given: Type, wanted: Type) -> bool:
    """Tell whether `given` equals `wanted`, where `any` in `wanted` matches every type."""
    if wanted.kind == "dynamic" or given == wanted:
        return True
    if given.kind != wanted.kind:
        return False
    if given.element is not None and wanted.element is not None:
        return conforms(given.element, wanted.element)
    if given.kind == "tuple":
        return len(given.items) == len(wanted.items) and all(map(conforms, given.items, wanted.items))
    if given.kind == "object":
        return given.fields.keys() == wanted.fields.keys() and all(
            conforms(each, wanted.fields[name]) for name, each in given.fields.items()
        )
    return False


def friendly_name(type_: Type, *, constraint: bool = False) -> str:
    """Return the type in words, as Terraform's messages have it: `list of string`, `object`, `any type`."""
    if type_.kind == "dynamic":
        return "any type" if constraint else "dynamic"
    if type_.element is not None:
        if type_.element.kind == "dynamic":
            return f"{type_.kind} of any single type" if constraint else f"{type_.kind} of dynamic"
        return f"{type_.kind} of {friendly_name(type_.element, constraint=constraint)}"
    return type_.kind
