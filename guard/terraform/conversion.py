"""Conversion between Terraform's types and their unification, by cty's rules and with its messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from guard.model.location import whole_file
from guard.model.value import Unknown
from guard.terraform.mismatch import mismatch
from guard.terraform.primitives import SAFE, UNSAFE, Path, unchanged
from guard.terraform.primitives import Conversion as Conversion
from guard.terraform.primitives import ConversionError as ConversionError
from guard.terraform.types import (
    DYNAMIC,
    Type,
    list_of,
    without_optional,
)
from guard.terraform.unification import replaced, unified_type
from guard.terraform.values import (
    Undecided,
    Value,
    first_unknown,
    is_wholly_known,
    list_value,
    map_value,
    null,
    object_value,
    one_type,
    refined,
    set_value,
    tuple_value,
    unknown,
    unmarked,
    with_marks,
)


class Unified(NamedTuple):
    """The type that several values can have in common, and the conversion of each to it (None where it has it)."""

    type: Type
    conversions: tuple[Conversion | None, ...]


def convert(value: Value, wanted: Type) -> Value:
    """Return `value` converted to the type (constraint) `wanted`; ConversionError where that cannot be.

    Unknown and null become unknown and null of the wanted type, marks stay, optional attributes that are missing
    become null. `any` in `wanted` takes every type, in a collection the one that the elements have in common.
    """
    if value.type is wanted or value.type == without_optional(wanted):
        return value
    change = conversion(value.type, wanted, unsafe=True)
    if change is None:
        raise ConversionError(mismatch(value.type, wanted, can_convert))
    return change(value, ())


def convertible(value: Value, wanted: Type) -> Value | None:
    """Return `convert(value, wanted)`, or None where it fails."""
    try:
        return convert(value, wanted)
    except ConversionError:
        return None


def can_convert(given: Type, wanted: Type, *, unsafe: bool = True) -> bool:
    """Tell whether values of `given` may be converted to `wanted`; `unsafe` ones may fail for some values."""
    return conversion(given, wanted, unsafe=unsafe) is not None


def unify(types: Sequence[Type], *, unsafe: bool = True) -> Unified | None:
    """Return the most general of the types, or one made of them, to which all can be converted; None if there is none.

    A conditional's branches and a list's elements are unified by this. Where some of the types are `any` within
    structures, the result is `any` and the conversions give unknown values.
    """
    common = unified_type(types, can_convert, unsafe=unsafe)
    if common is None:
        return None
    if common.kind == "dynamic" and any(each.kind != "dynamic" for each in types):
        return Unified(common, tuple(_to_unknown for _ in types))
    changes = []
    for each in types:
        change = None if each == common else conversion(each, common, unsafe=unsafe)
        if change is None and each != common:
            return None
        changes.append(change)
    return Unified(common, tuple(changes))


def unify_values(values: Sequence[Value], *, unsafe: bool = True) -> tuple[Value, ...] | None:
    """Return the values converted to the type they have in common; None where they have none."""
    found = unify([value.type for value in values], unsafe=unsafe)
    if found is None:
        return None
    changes = zip(values, found.conversions, strict=True)
    return tuple(value if change is None else change(value, ()) for value, change in changes)


@lru_cache(maxsize=8192)
def conversion(given: Type, wanted: Type, *, unsafe: bool) -> Conversion | None:
    """Return the conversion between two types, None where there is none. It raises ConversionError for unfit values."""
    known = _known_conversion(given, wanted, unsafe=unsafe)
    if known is None:
        return None
    target = without_optional(wanted)

    def change(value: Value, path: Path) -> Value:
        if value.marks:
            bare, marks = unmarked(value)
            return with_marks(change(bare, path), marks)
        if wanted.kind == "dynamic":
            return value
        if isinstance(value.content, Undecided):
            return _unknown_result(value, value.content, replaced(value.type, target, can_convert))
        if value.content is None:
            return null(replaced(value.type, target, can_convert))
        return known(value, path)

    return change


def _known_conversion(given: Type, wanted: Type, *, unsafe: bool) -> Conversion | None:
    if wanted.kind == "dynamic":
        return unchanged
    if given.kind == "dynamic":
        return _late(wanted) if unsafe else None
    if given.is_primitive and wanted.is_primitive:
        return SAFE.get((given.kind, wanted.kind)) or (UNSAFE.get((given.kind, wanted.kind)) if unsafe else None)
    if given.kind == wanted.kind and given.kind in ("object", "tuple"):
        return (_object_to_object if given.kind == "object" else _tuple_to_tuple)(given, wanted, unsafe)
    makers = _STRUCTURES.get((given.kind, wanted.kind))
    if makers is None or (not unsafe and (given.kind, wanted.kind) in (("list", "set"), ("map", "object"))):
        return None
    return makers(given, wanted, unsafe)


def _late(wanted: Type) -> Conversion:
    def change(value: Value, path: Path) -> Value:
        try:
            return convert(value, wanted)
        except ConversionError as error:
            raise ConversionError(error.message, path + error.path) from None

    return change


def _to_unknown(value: Value, path: Path) -> Value:
    cause = first_unknown(value) or Unknown("its type depends on what is not known", whole_file(""))
    return with_marks(unknown(DYNAMIC, cause), value.marks)


def _unknown_result(value: Value, held: Undecided, target: Type) -> Value:
    """Return the unknown of the target type with what is known of its length."""
    given = value.type
    count = len(given.fields) if given.kind == "object" else len(given.items)
    if given.kind == "object" and target.kind == "map":
        return _sized(target, held, count, count)
    if given.kind == "tuple" and target.kind == "list":
        return _sized(target, held, count, count)
    if given.kind == "tuple" and target.kind == "set":
        return _sized(target, held, min(count, 1), count)
    if given.is_collection and target.is_collection:
        least = min(held.shortest, 1) if target.kind == "set" else held.shortest
        return _sized(target, held, least, held.longest)
    return unknown(target, held.cause, not_null=held.not_null)


def _sized(target: Type, held: Undecided, shortest: int, longest: int | None) -> Value:
    if held.not_null:
        return refined(target, held.cause, shortest=shortest, longest=longest)
    return Value(target, Undecided(held.cause, shortest=shortest, longest=longest))


# Structures


class _Impossible(Exception):  # noqa: N818 - caught where it is raised for
    """A part has no conversion, so the whole has none."""


def _part(given: Type, wanted: Type, unsafe: bool) -> Conversion | None:
    """Return the conversion of a part, None where it fits already."""
    if given is wanted or given == wanted:
        return None
    change = conversion(given, wanted, unsafe=unsafe)
    if change is None:
        raise _Impossible
    return change


def _apply(change: Conversion | None, value: Value, path: Path) -> Value:
    return value if change is None else change(value, path)


def _object_to_object(given: Type, wanted: Type, unsafe: bool) -> Conversion | None:
    changes: dict[str, Conversion | None] = {}
    try:
        for name, each in wanted.fields.items():
            if name in given.fields:
                changes[name] = _part(given.fields[name], each, unsafe)
            elif name not in wanted.optional:
                return None
    except _Impossible:
        return None
    missing = {name: null(wanted.fields[name]) for name in wanted.optional if name not in given.fields}

    def change(value: Value, path: Path) -> Value:
        parts = {name: _apply(each, value.fields[name], (*path, name)) for name, each in changes.items()}
        return object_value({**parts, **missing})

    return change


def _tuple_to_tuple(given: Type, wanted: Type, unsafe: bool) -> Conversion | None:
    if len(given.items) != len(wanted.items):
        return None
    try:
        changes = [_part(old, new, unsafe) for old, new in zip(given.items, wanted.items, strict=True)]
    except _Impossible:
        return None

    def change(value: Value, path: Path) -> Value:
        return tuple_value(_each(changes, value.items, path))

    return change


def _each(changes: Sequence[Conversion | None], items: Sequence[Value], path: Path) -> list[Value]:
    return [
        _apply(each, item, (*path, position)) for position, (each, item) in enumerate(zip(changes, items, strict=True))
    ]


def _collection(items: Sequence[Value], kind: str, element: Type) -> Value:
    return set_value(items, element) if kind == "set" else list_value(items, element)


def _sequence_to_sequence(given: Type, wanted: Type, unsafe: bool) -> Conversion | None:
    element = without_optional(wanted.of)
    try:
        change_one = _part(given.of, wanted.of, unsafe)
    except _Impossible:
        return None

    def change(value: Value, path: Path) -> Value:
        items = value.items
        if wanted.kind == "list" and given.kind == "set" and len(items) > 1 and not is_wholly_known(value):
            cause = first_unknown(value)
            assert cause is not None
            return unknown(list_of(given.of), cause)
        converted = _each([change_one] * len(items), items, path)
        if not one_type(converted):
            raise ConversionError(f"element types must all match for conversion to {wanted.kind}", path)
        return _collection(converted, wanted.kind, given.of if element.kind == "dynamic" else element)

    return change


def _tuple_to_sequence(given: Type, wanted: Type, unsafe: bool) -> Conversion | None:
    if not given.items:
        empty = _collection((), wanted.kind, without_optional(wanted.of))
        return lambda value, path: empty
    element: Type | None = wanted.of
    if element is not None and element.kind == "dynamic":
        element = unified_type(given.items, can_convert, unsafe=unsafe)
        if element is None or (element.kind == "dynamic" and any(each.kind != "dynamic" for each in given.items)):
            return None
    target = wanted.of if element is None else element
    try:
        changes = [_part(each, target, unsafe) for each in given.items]
    except _Impossible:
        return None

    def change(value: Value, path: Path) -> Value:
        converted: Sequence[Value] = _each(changes, value.items, path)
        if wanted.kind == "list" and not one_type(converted):
            converted = unify_values(converted, unsafe=unsafe) or converted
        if not one_type(converted):
            raise ConversionError(f"element types must all match for conversion to {wanted.kind}", path)
        return _collection(converted, wanted.kind, without_optional(target))

    return change


def _members_to_map(given: Type, wanted: Type, unsafe: bool) -> Conversion | None:
    members = given.fields
    if given.kind == "object" and not members:
        empty = map_value({}, without_optional(wanted.of))
        return lambda value, path: empty
    target: Type | None = wanted.of
    if given.kind == "object" and wanted.of.kind == "dynamic":
        target = unified_type(tuple(members.values()), can_convert, unsafe=unsafe)
    if target is None:
        return None
    kind = target
    try:
        changes = {name: _part(each, kind, unsafe) for name, each in members.items()}
        every = _part(given.of, kind, unsafe) if given.kind == "map" else None
    except _Impossible:
        return None

    def change(value: Value, path: Path) -> Value:
        parts = {name: _apply(changes.get(name, every), each, (*path, name)) for name, each in value.fields.items()}
        if (kind.is_collection or kind.kind == "object") and not one_type(list(parts.values())):
            together = unify_values(list(parts.values()), unsafe=unsafe and given.kind == "object")
            if together is None:
                raise ConversionError("cannot find a common base type for all elements", path)
            parts = dict(zip(parts, together, strict=True))
        if not one_type(list(parts.values())):
            noun = "attribute" if given.kind == "object" else "element"
            raise ConversionError(f"{noun} types must all match for conversion to map", path)
        return map_value(parts, given.of if kind.kind == "dynamic" else without_optional(kind))

    return change


def _map_to_object(given: Type, wanted: Type, unsafe: bool) -> Conversion | None:
    changes: dict[str, Conversion | None] = {}
    unfit: set[str] = set()
    for name, each in wanted.fields.items():
        try:
            changes[name] = _part(given.of, each, unsafe)
        except _Impossible:
            if name not in wanted.optional:
                return None
            unfit.add(name)

    def change(value: Value, path: Path) -> Value:
        parts: dict[str, Value] = {}
        for name, each in wanted.fields.items():
            found = value.fields.get(name)
            if found is not None and name in unfit:
                why = mismatch(found.type, each, can_convert)
                raise ConversionError(f'map element type is incompatible with attribute "{name}": {why}', path)
            if found is None and name not in wanted.optional:
                raise ConversionError(f'map has no element for required attribute "{name}"', path)
            parts[name] = null(each) if found is None else _apply(changes[name], found, (*path, name))
        return object_value(parts)

    return change


_Maker: TypeAlias = Callable[[Type, Type, bool], Conversion | None]
_STRUCTURES: Final[Mapping[tuple[str, str], _Maker]] = {
    ("list", "list"): _sequence_to_sequence,
    ("set", "list"): _sequence_to_sequence,
    ("list", "set"): _sequence_to_sequence,
    ("set", "set"): _sequence_to_sequence,
    ("tuple", "list"): _tuple_to_sequence,
    ("tuple", "set"): _tuple_to_sequence,
    ("map", "map"): _members_to_map,
    ("object", "map"): _members_to_map,
    ("map", "object"): _map_to_object,
}
