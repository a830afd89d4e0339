"""Functions on sets."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from guard.terraform.conversion import convert, unify
from guard.terraform.functions.framework import (
    MOST_ELEMENTS,
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    unknown_from,
)
from guard.terraform.operations import length
from guard.terraform.sets import Finder
from guard.terraform.types import DYNAMIC, Type, list_of, set_of, tuple_of
from guard.terraform.values import (
    Undecided,
    Value,
    first_unknown,
    is_wholly_known,
    list_value,
    refined,
    set_value,
    tuple_value,
    unmarked,
    with_marks,
)

LARGEST_BOUND: Final = 1024
"""A product's length is not foretold from arguments that may be longer than this."""


def _common_kind(arguments: Arguments) -> Type:
    elements = [
        value.type.of
        for value in arguments
        if not (value.is_known and not value.items and value.type.of.kind == "dynamic")
    ]
    if not elements:
        return set_of(DYNAMIC)
    common = unify(elements)
    if common is None:
        raise FunctionError("given sets must all have compatible element types")
    return set_of(common.type)


def _operation(
    combine: Callable[[Sequence[Value], Sequence[Value]], Sequence[Value]], *, unknowns: bool = False
) -> Callable[[Arguments, Type, Environment], Value]:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        converted = [convert(value, kind) for value in arguments]
        if not unknowns and not all(map(is_wholly_known, converted)):
            return unknown_from(kind, *converted)
        found: Sequence[Value] = converted[0].items
        for each in converted[1:]:
            found = combine(found, each.items)
        return set_value(found, kind.of)

    return run


def _finder(items: Sequence[Value]) -> Finder:
    finder = Finder()
    for position, item in enumerate(items):
        finder.add(item, position)
    return finder


def _union(left: Sequence[Value], right: Sequence[Value]) -> Sequence[Value]:
    return [*left, *right]


def _intersection(left: Sequence[Value], right: Sequence[Value]) -> Sequence[Value]:
    other = _finder(right)
    return [item for item in left if other.find(item) is not None]


def _difference(left: Sequence[Value], right: Sequence[Value]) -> Sequence[Value]:
    other = _finder(right)
    return [item for item in left if other.find(item) is None]


# Product


def _product_kind(arguments: Arguments) -> Type:
    if len(arguments) < 2:
        raise FunctionError("at least two arguments are required")
    elements = tuple_of(_element_kind(value, position) for position, value in enumerate(arguments))
    all_lists = all(value.type.kind != "set" for value in arguments)
    return list_of(elements) if all_lists else set_of(elements)


def _element_kind(value: Value, position: int) -> Type:
    if value.type.kind in ("set", "list"):
        return value.type.of
    if value.type.kind != "tuple":
        raise FunctionError("a set or a list is required", position)
    if not value.type.items:
        return DYNAMIC
    common = unify(value.type.items)
    if common is None:
        raise FunctionError("all elements must be of the same type", position)
    return common.type


def _product(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    bare = [unmarked(value)[0] for value in arguments]
    marks = frozenset[str]().union(*(value.marks for value in arguments))
    if not all(value.is_known and length(value).is_known for value in bare):
        return with_marks(_unknown_product(bare, kind), marks)
    total = math.prod(len(value.items) for value in bare)
    if total > MOST_ELEMENTS:
        raise FunctionError(f"the product would have more than {MOST_ELEMENTS} elements")
    columns = [
        [convert(item, element) for item in value.items] for value, element in zip(bare, kind.of.items, strict=True)
    ]
    rows = [tuple_value(row) for row in itertools.product(*columns)]
    return with_marks((list_value if kind.kind == "list" else set_value)(rows, kind.of), marks)


def _unknown_product(values: Sequence[Value], kind: Type) -> Value:
    cause = first_unknown(*values)
    assert cause is not None
    longest = 1
    for value in values:
        limit = _longest(value)
        if limit is None or limit > LARGEST_BOUND or longest * limit > 2 * LARGEST_BOUND:
            return unknown_from(kind, *values)
        longest *= limit
    return refined(kind, cause, shortest=min(1, longest), longest=longest)


def _longest(value: Value) -> int | None:
    if value.type.kind == "tuple":
        return len(value.type.items)
    held = value.content
    return held.longest if isinstance(held, Undecided) else len(value.items)


_SET: Final = set_of(DYNAMIC)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "setintersection": Function(
        (Parameter("first_set", _SET, dynamic=True),),
        _common_kind,
        _operation(_intersection),
        Parameter("other_sets", _SET, dynamic=True),
    ),
    "setproduct": Function((), _product_kind, _product, Parameter("sets", marked=True, unknown=True)),
    "setsubtract": Function(
        (Parameter("a", _SET, dynamic=True), Parameter("b", _SET, dynamic=True)),
        _common_kind,
        _operation(_difference),
    ),
    "setunion": Function(
        (Parameter("first_set", _SET, dynamic=True),),
        _common_kind,
        _operation(_union, unknowns=True),
        Parameter("other_sets", _SET, dynamic=True),
    ),
}
