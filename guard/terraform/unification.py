"""Which type several types have in common: cty's unification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from guard.terraform.types import DYNAMIC, Type, list_of, map_of, object_of, set_of, tuple_of

MOST_TYPES: Final = 300
"""More different types than this are not compared each with each."""


class CanConvert(Protocol):
    def __call__(self, given: Type, wanted: Type, *, unsafe: bool = ...) -> bool: ...


def unified_type(types: Sequence[Type], can_convert: CanConvert, *, unsafe: bool) -> Type | None:
    """Return the type to which all of `types` can be converted; None if there is none, or no type is given."""
    distinct = _distinct(types)
    if len(distinct) < 2:
        return distinct[0] if distinct else None
    kinds: set[str] = {each.kind for each in distinct}
    if not kinds <= {"string", "number", "bool", "dynamic"}:
        decided, found = _structural(distinct, kinds, can_convert, unsafe)
        if decided:
            return found
    if len(distinct) > MOST_TYPES:
        return None
    for wanted in _by_preference(distinct):
        if all(each is wanted or can_convert(each, wanted, unsafe=unsafe) for each in distinct):
            return wanted
    return None


def _distinct(types: Sequence[Type]) -> list[Type]:
    found: list[Type] = []
    by_hash: dict[Type, None] = {}
    last: Type | None = None
    for each in types:
        if each is not last and each not in by_hash:
            by_hash[each] = None
            found.append(each)
        last = each
    return found


def _structural(types: list[Type], kinds: set[str], can_convert: CanConvert, unsafe: bool) -> tuple[bool, Type | None]:
    """Return whether the kinds alone decide how to unify, and the outcome."""
    rest = kinds - {"dynamic"}
    if len(rest) == 1:
        kind = next(iter(rest))
        if kind in ("string", "number", "bool"):
            return False, None
        if "dynamic" in kinds:
            return True, DYNAMIC
        return True, _ALIKE[kind](types, can_convert, unsafe)
    if rest in ({"map", "object"}, {"list", "tuple"}):
        found = _structures_as_collections(types, can_convert, unsafe)
        return found is not None, found
    return {"object", "tuple"} <= rest and rest <= {"object", "tuple"}, None


def _structures_as_collections(types: list[Type], can_convert: CanConvert, unsafe: bool) -> Type | None:
    """Unify tuples as lists, or objects as maps, with the lists or maps among the types."""
    structures = [each for each in types if each.kind in ("object", "tuple")]
    whole = (_as_map if structures[0].kind == "object" else _as_list)(structures, can_convert, unsafe)
    if whole is None:
        return None
    found = unified_type([whole if each in structures else each for each in types], can_convert, unsafe=unsafe)
    return found if found is not None and found.kind == whole.kind else None


def _collections(make: Callable[[Type], Type]) -> Callable[[list[Type], CanConvert, bool], Type | None]:
    def unify(types: list[Type], can_convert: CanConvert, unsafe: bool) -> Type | None:
        element = unified_type([each.of for each in types], can_convert, unsafe=unsafe)
        if element is None:
            return None
        found = make(element)
        return found if _all_convert(types, found, can_convert, unsafe) else None

    return unify


def _all_convert(types: list[Type], wanted: Type, can_convert: CanConvert, unsafe: bool) -> bool:
    return all(each == wanted or can_convert(each, wanted, unsafe=unsafe) for each in types)


def _objects(types: list[Type], can_convert: CanConvert, unsafe: bool) -> Type | None:
    names = types[0].fields.keys()
    if any(each.fields.keys() != names for each in types):
        return _as_map(types, can_convert, unsafe)
    fields: dict[str, Type] = {}
    for name in names:
        found = unified_type([each.fields[name] for each in types], can_convert, unsafe=unsafe)
        if found is None:
            return None
        fields[name] = found
    whole = object_of(fields)
    return whole if _all_convert(types, whole, can_convert, unsafe) else _as_map(types, can_convert, unsafe)


def _as_map(types: list[Type], can_convert: CanConvert, unsafe: bool) -> Type | None:
    element = unified_type([part for each in types for part in each.fields.values()], can_convert, unsafe=unsafe)
    if element is None:
        return None
    return map_of(element) if _all_convert(types, map_of(element), can_convert, unsafe) else None


def _tuples(types: list[Type], can_convert: CanConvert, unsafe: bool) -> Type | None:
    count = len(types[0].items)
    if any(len(each.items) != count for each in types):
        return _as_list(types, can_convert, unsafe)
    items: list[Type] = []
    for position in range(count):
        found = unified_type([each.items[position] for each in types], can_convert, unsafe=unsafe)
        if found is None:
            return None
        items.append(found)
    whole = tuple_of(items)
    return whole if _all_convert(types, whole, can_convert, unsafe) else _as_list(types, can_convert, unsafe)


def _as_list(types: list[Type], can_convert: CanConvert, unsafe: bool) -> Type | None:
    element = unified_type([part for each in types for part in each.items], can_convert, unsafe=unsafe)
    if element is None:
        return None
    return list_of(element) if _all_convert(types, list_of(element), can_convert, unsafe) else None


_ALIKE: Final[dict[str, Callable[[list[Type], CanConvert, bool], Type | None]]] = {
    "list": _collections(list_of),
    "set": _collections(set_of),
    "map": _collections(map_of),
    "object": _objects,
    "tuple": _tuples,
}


def _by_preference(types: list[Type]) -> list[Type]:
    """Return the types with the more general before the less, otherwise in their order."""
    count = len(types)
    later: list[list[int]] = [[] for _ in types]
    before = [0] * count
    for i in range(count):
        for j in range(i + 1, count):
            order = _compared(types[i], types[j])
            if order:
                first, second = (i, j) if order < 0 else (j, i)
                later[first].append(second)
                before[second] += 1
    queue = [position for position in range(count) if not before[position]]
    for position in queue:
        for follower in later[position]:
            before[follower] -= 1
            if not before[follower]:
                queue.append(follower)
    return [types[position] for position in queue]


_GENERAL_FIRST: Final = {
    ("list", "tuple"): -1,
    ("map", "object"): -1,
    ("tuple", "set"): -1,
    ("list", "set"): -1,
}


def _compared(left: Type, right: Type) -> int:
    """Return -1 where `left` is to be preferred as the common type, 1 where `right` is, else 0."""
    if "dynamic" in (left.kind, right.kind):
        return (left.kind == "dynamic") - (right.kind == "dynamic")
    if left.is_primitive and right.is_primitive:
        return (right.kind == "string") - (left.kind == "string")
    if left.kind != right.kind:
        return _GENERAL_FIRST.get((left.kind, right.kind), 0) - _GENERAL_FIRST.get((right.kind, left.kind), 0)
    if left.is_collection:
        return _compared(left.of, right.of)
    if left.kind == "object" and left.fields.keys() != right.fields.keys():
        return 0
    if len(left.items) != len(right.items):
        return 0
    parts = (
        [(each, right.fields[name]) for name, each in left.fields.items()]
        if left.kind == "object"
        else list(zip(left.items, right.items, strict=True))
    )
    orders = {_compared(a, b) for a, b in parts} - {0}
    return orders.pop() if len(orders) == 1 else 0


def replaced(given: Type, wanted: Type, can_convert: CanConvert) -> Type:
    """Return `wanted` with each `any` in it replaced by what stands there in `given`, where that is known."""
    if given.kind == "dynamic":
        return wanted
    if wanted.kind == "dynamic":
        return given
    if wanted.kind == "tuple" and given.kind == "tuple":
        return tuple_of(replaced(old, new, can_convert) for old, new in zip(given.items, wanted.items, strict=True))
    if wanted.kind == "object" and given.kind in ("object", "map"):
        source = given.fields if given.kind == "object" else dict.fromkeys(wanted.fields, given.of)
        return object_of(
            {
                name: replaced(source[name], each, can_convert) if name in source else each
                for name, each in wanted.fields.items()
            }
        )
    if not wanted.is_collection:
        return wanted
    element = given.element
    if element is None:
        parts = tuple(given.fields.values()) if given.kind == "object" else given.items
        element = unified_type(parts, can_convert, unsafe=True) or DYNAMIC
    return {"list": list_of, "set": set_of, "map": map_of}[wanted.kind](replaced(element, wanted.of, can_convert))
