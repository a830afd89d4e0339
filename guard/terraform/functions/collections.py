"""Functions on lists, tuples and sequences in general."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guard.terraform import numbers
from guard.terraform.conversion import ConversionError, convert, unify
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    unknown_from,
    whole_number,
)
from guard.terraform.functions.strings import text_length
from guard.terraform.operations import equals, length
from guard.terraform.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Type,
    friendly_name,
    list_of,
)
from guard.terraform.values import (
    EMPTY_STRING,
    FALSE,
    TRUE,
    Value,
    as_flag,
    as_number,
    first_unknown,
    is_wholly_known,
    null,
    number,
    unmarked,
    with_marks,
)

SEQUENCES: Final = ("list", "set", "tuple")


# Length


def _length_kind(arguments: Arguments) -> Type:
    if arguments[0].type.kind in ("number", "bool"):
        raise FunctionError("argument must be a string, a collection type, or a structural type")
    return NUMBER


def _length(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    bare, marks = unmarked(arguments[0])
    if bare.type.kind == "dynamic":
        return with_marks(unknown_from(NUMBER, bare), marks)
    return with_marks(text_length(bare) if bare.type.kind == "string" else length(bare), marks)


# All and any


def _alltrue(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    for item in arguments[0].items:
        if not item.is_known:
            return unknown_from(BOOL, item)
        if item.is_null or not as_flag(item):
            return FALSE
    return TRUE


def _anytrue(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    if any(item.content is True for item in arguments[0].items):
        return TRUE
    return unknown_from(BOOL, arguments[0]) if first_unknown(arguments[0]) else FALSE


# First that is there


def _common_kind(arguments: Arguments) -> Type:
    found = unify([value.type for value in arguments])
    if found is None:
        raise FunctionError("all arguments must have the same type")
    return found.type


def _coalesce(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    for argument in arguments:
        value = convert(argument, kind)
        if not value.is_known:
            return unknown_from(kind, value)
        if not value.is_null and not (kind is STRING and value.content == EMPTY_STRING.content):
            return value
    raise FunctionError("no non-null, non-empty-string arguments")


def _coalescelist_kind(arguments: Arguments) -> Type:
    if not arguments:
        raise FunctionError("at least one argument is required")
    for value in arguments:
        if not value.is_known:
            return DYNAMIC
        if value.type.kind not in ("list", "tuple"):
            raise FunctionError("coalescelist arguments must be lists or tuples")
    first = arguments[0].type
    return first if all(value.type == first for value in arguments) else DYNAMIC


def _coalescelist(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    for value in arguments:
        if not value.is_known:
            return unknown_from(kind, value)
        if value.items:
            return value
    raise FunctionError("no non-null arguments")


# Elements


def _element_kind(arguments: Arguments) -> Type:
    kind = arguments[0].type
    if kind.kind == "list":
        return kind.of
    if kind.kind != "tuple":
        raise FunctionError(f"cannot read elements from {friendly_name(kind)}")
    if not arguments[1].is_known:
        return DYNAMIC
    index = whole_number(arguments[1], prefix="invalid index: ")
    if not kind.items:
        raise FunctionError("cannot use element function with an empty list")
    return kind.items[index % len(kind.items)]


def _element(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    index = whole_number(arguments[1], prefix="invalid index: ")
    bare, marks = unmarked(arguments[0])
    if not bare.is_known:
        return with_marks(unknown_from(kind, bare), marks)
    if not bare.items:
        raise FunctionError("cannot use element function with an empty list")
    return with_marks(bare.items[index % len(bare.items)], marks)


def _contains(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    sequence, wanted = arguments
    if sequence.type.kind not in SEQUENCES:
        raise FunctionError("argument must be list, tuple, or set")
    undecided: Value | None = None
    for item in sequence.items:
        outcome = equals(wanted, item)
        if outcome.content is True:
            return TRUE
        undecided = undecided or (None if outcome.is_known else outcome)
    return undecided or FALSE


def _index(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    sequence, wanted = arguments
    if sequence.type.kind not in ("list", "tuple"):
        raise FunctionError("argument must be a list or tuple")
    if not sequence.items:
        raise FunctionError("cannot search an empty list")
    for position, item in enumerate(sequence.items):
        outcome = equals(item, wanted)
        if not outcome.is_known:
            return unknown_from(NUMBER, outcome)
        if outcome.content is True:
            return number(position)
    raise FunctionError("item not found")


def _one_kind(arguments: Arguments) -> Type:
    kind = arguments[0].type
    if kind.kind in ("list", "set"):
        return kind.of
    if kind.kind == "tuple" and len(kind.items) < 2:
        return kind.items[0] if kind.items else DYNAMIC
    raise FunctionError("must be a list, set, or tuple value with either zero or one elements", 0)


def _one(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    value = arguments[0]
    if not length(value).is_known:
        return unknown_from(kind, value)
    if len(value.items) > 1:
        raise FunctionError("must be a list, set, or tuple value with either zero or one elements", 0)
    return value.items[0] if value.items else null(kind)


def _sum(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    sequence = arguments[0]
    if sequence.type.is_primitive:
        raise FunctionError("cannot sum noniterable", 0)
    if not sequence.items:
        raise FunctionError("cannot sum an empty list", 0)
    if sequence.type.kind not in SEQUENCES:
        shown = friendly_name(sequence.type)
        raise FunctionError(f"argument must be list, set, or tuple. Received {shown}", 0)
    if not is_wholly_known(sequence):
        return unknown_from(NUMBER, sequence)
    total: numbers.Number | None = None
    for item in sequence.items:
        try:
            found = as_number(convert(item, NUMBER))
        except (ConversionError, TypeError):
            raise FunctionError("argument must be list, set, or tuple of number values", 0) from None
        total = found if total is None else numbers.add(total, found)
    return number(total or numbers.ZERO)


_ANYTHING: Final = Parameter("vals", unknown=True, dynamic=True, null=True)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "alltrue": Function((Parameter("list", list_of(BOOL)),), BOOL, _alltrue),
    "anytrue": Function((Parameter("list", list_of(BOOL)),), BOOL, _anytrue),
    "coalesce": Function((), _common_kind, _coalesce, _ANYTHING),
    "coalescelist": Function((), _coalescelist_kind, _coalescelist, _ANYTHING),
    "contains": Function((Parameter("list"), Parameter("value")), BOOL, _contains),
    "element": Function(
        (Parameter("list", marked=True), Parameter("index", NUMBER)), _element_kind, _element, never_null=False
    ),
    "index": Function((Parameter("list"), Parameter("value")), NUMBER, _index),
    "length": Function((Parameter("value", dynamic=True, unknown=True, marked=True),), _length_kind, _length),
    "one": Function((Parameter("list"),), _one_kind, _one, never_null=False),
    "sum": Function((Parameter("list"),), NUMBER, _sum),
}
