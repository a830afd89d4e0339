"""Functions on maps and objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guard.terraform.conversion import ConversionError, convert
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    unknown_from,
)
from guard.terraform.sets import quoted
from guard.terraform.types import (
    DYNAMIC,
    EMPTY_OBJECT,
    STRING,
    Type,
    friendly_name,
    list_of,
    map_of,
    object_of,
    tuple_of,
)
from guard.terraform.values import (
    Value,
    as_text,
    is_sensitive,
    is_wholly_known,
    list_value,
    map_value,
    object_value,
    string,
    tuple_value,
    unmarked,
    with_marks,
)


def _keys_kind(arguments: Arguments) -> Type:
    kind = arguments[0].type
    if kind.kind == "map":
        return list_of(STRING)
    if kind.kind == "object":
        return tuple_of([STRING] * len(kind.fields))
    raise FunctionError("must have map or object type", 0)


def _keys(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    bare, marks = unmarked(arguments[0])
    if bare.type.kind == "object":
        return with_marks(tuple_value(map(string, bare.type.fields)), marks)
    if not bare.is_known:
        return with_marks(unknown_from(kind, bare), marks)
    return with_marks(list_value(map(string, bare.fields), STRING), marks)


def _values_kind(arguments: Arguments) -> Type:
    kind = arguments[0].type
    if kind.kind == "map":
        return list_of(kind.of)
    if kind.kind == "object":
        return tuple_of(kind.fields.values())
    raise FunctionError("values() requires a map as the first argument")


def _values(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    bare, marks = unmarked(arguments[0])
    return with_marks(Value(kind, bare.items), marks)


# Lookup


def _lookup_kind(arguments: Arguments) -> Type:
    if len(arguments) > 3:
        raise FunctionError(f"lookup() takes two or three arguments, got {len(arguments)}")
    kind = arguments[0].type
    if kind.kind == "object":
        return _lookup_in_object(arguments, kind)
    if kind.kind != "map":
        raise FunctionError("lookup() requires a map as the first argument", 0)
    if len(arguments) == 3:
        try:
            convert(arguments[2], kind.of)
        except ConversionError:
            raise FunctionError("the default value must have the same type as the map elements", 2) from None
    return kind.of


def _lookup_in_object(arguments: Arguments, kind: Type) -> Type:
    if not arguments[1].is_known:
        return DYNAMIC
    key = as_text(arguments[1])
    if key in kind.fields:
        return kind.fields[key]
    if len(arguments) == 3:
        return arguments[2].type
    raise FunctionError(f"the given object has no attribute {quoted(key)}", 0)


def _lookup(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    mapping, marks = unmarked(arguments[0])
    key, key_marks = unmarked(arguments[1])
    marks |= key_marks
    if not (mapping.is_known and key.is_known):
        return with_marks(unknown_from(kind, mapping, key), marks)
    found = mapping.fields.get(as_text(key))
    if found is not None:
        return with_marks(found, marks)
    if len(arguments) == 3:
        return with_marks(convert(arguments[2], kind), marks)
    shown = "(sensitive value)" if is_sensitive(arguments[1]) else quoted(as_text(key))
    raise FunctionError(f"lookup failed to find key {shown}")


# Merge


def _merge_kind(arguments: Arguments) -> Type:
    if not arguments:
        return EMPTY_OBJECT
    attributes: dict[str, Type] = {}
    known = True
    for value in arguments:
        kind = value.type
        if kind.kind == "dynamic":
            return DYNAMIC
        if kind.kind not in ("map", "object"):
            raise FunctionError(f'arguments must be maps or objects, got "{friendly_name(kind)}"')
        if kind.kind == "object" and not value.is_null:
            attributes |= kind.fields
        elif kind.kind == "map":
            known = known and value.is_known
            attributes |= dict.fromkeys(value.fields, kind.of)
    first = arguments[0].type
    if all(value.type is first or value.type == first for value in arguments):
        return first
    return object_of(attributes) if known else DYNAMIC


def _merge(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    merged: dict[str, Value] = {}
    marks: frozenset[str] = frozenset()
    for value in arguments:
        if value.is_null:
            continue
        marks |= value.marks
        merged |= value.fields
    result = map_value(merged, kind.of) if kind.kind == "map" else object_value(merged)
    return with_marks(result, marks)


# Maps out of lists


def _transpose(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    if not is_wholly_known(arguments[0]):
        return unknown_from(kind, arguments[0])
    found: dict[str, list[Value]] = {}
    for key, items in arguments[0].fields.items():
        if items.is_null:
            raise FunctionError("input must not contain null list")
        for item in items.items:
            if item.is_null:
                raise FunctionError("input list must not contain null string")
            found.setdefault(as_text(item), []).append(string(key))
    return map_value({key: list_value(items) for key, items in found.items()}, list_of(STRING))


def _zipmap_kind(arguments: Arguments) -> Type:
    keys, values = arguments
    if values.type.kind == "list":
        return map_of(values.type.of)
    if values.type.kind != "tuple":
        raise FunctionError("values argument must be a list or tuple value")
    if not is_wholly_known(keys):
        return DYNAMIC
    _same_length(len(keys.items), len(values.type.items))
    attributes: dict[str, Type] = {}
    for position, (key, kind) in enumerate(zip(keys.items, values.type.items, strict=True)):
        if key.is_null:
            raise FunctionError(f"keys list has null value at index {position}")
        attributes[as_text(key)] = kind
    return object_of(attributes)


def _same_length(keys: int, values: int) -> None:
    if keys != values:
        raise FunctionError(f"number of keys ({keys}) does not match number of values ({values})")


def _zipmap(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    keys, marks = unmarked(arguments[0])
    values, own = unmarked(arguments[1])
    marks |= own
    if not is_wholly_known(keys):
        return with_marks(unknown_from(kind, keys), marks)
    _same_length(len(keys.items), len(values.items))
    members: dict[str, Value] = {}
    for position, (key, value) in enumerate(zip(keys.items, values.items, strict=True)):
        if key.is_null:
            raise FunctionError(f"keys list has null value at index {position}")
        marks |= key.marks
        members[as_text(key)] = value
    result = map_value(members, kind.of) if kind.kind == "map" else object_value(members)
    return with_marks(result, marks)


def _no_longer(name: str, instead: str) -> Function:
    def kind(arguments: Arguments) -> Type:
        message = f'the "{name}" function was deprecated in Terraform v0.12 and is no longer available; use {instead}'
        raise FunctionError(f"{message} syntax to write a literal {name}")

    def run(arguments: Arguments, result: Type, environment: Environment) -> Value:
        return unknown_from(kind(arguments))

    return Function((), kind, run, Parameter("vals", unknown=True, dynamic=True, null=True))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "keys": Function((Parameter("inputMap", unknown=True, marked=True),), _keys_kind, _keys),
    "list": _no_longer("list", "tolist([ ... ])"),
    "lookup": Function(
        (Parameter("inputMap", marked=True, unknown=True), Parameter("key", STRING, marked=True, unknown=True)),
        _lookup_kind,
        _lookup,
        Parameter("default", unknown=True, dynamic=True, null=True, marked=True),
        never_null=False,
    ),
    "map": _no_longer("map", "tomap({ ... })"),
    "merge": Function((), _merge_kind, _merge, Parameter("maps", dynamic=True, null=True, marked=True)),
    "transpose": Function((Parameter("values", map_of(list_of(STRING))),), map_of(list_of(STRING)), _transpose),
    "values": Function((Parameter("mapping", marked=True),), _values_kind, _values),
    "zipmap": Function(
        (Parameter("keys", list_of(STRING), marked=True), Parameter("values", marked=True)), _zipmap_kind, _zipmap
    ),
}
