"""Functions that make lists and tuples of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from guard.terraform.operations import length
from guard.terraform.sets import Finder
from guard.terraform.types import (
    DYNAMIC,
    EMPTY_TUPLE,
    NUMBER,
    STRING,
    Type,
    friendly_name,
    list_of,
    tuple_of,
)
from guard.terraform.values import (
    Value,
    as_number,
    is_wholly_known,
    list_value,
    number,
    tuple_value,
    unmarked,
    unmarked_deep,
    with_marks,
)

SEQUENCES: Final = ("list", "set", "tuple")
MOST_IN_RANGE: Final = 1024


def _compact(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    if not is_wholly_known(arguments[0]):
        return unknown_from(kind, arguments[0])
    return list_value([item for item in arguments[0].items if item.content], STRING)


def _same_kind(arguments: Arguments) -> Type:
    return arguments[0].type


def _distinct(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    if not is_wholly_known(arguments[0]):
        return unknown_from(kind, arguments[0])
    seen = Finder()
    kept: list[Value] = []
    for item in arguments[0].items:
        if seen.find(item) is None:
            seen.add(item, len(kept))
            kept.append(item)
    return list_value(kept, kind.of)


def _chunklist_kind(arguments: Arguments) -> Type:
    return list_of(arguments[0].type)


def _chunklist(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    items, marks = unmarked(arguments[0])
    size_value, size_marks = unmarked(arguments[1])
    size = whole_number(size_value, prefix="invalid size: ")
    if size < 0:
        raise FunctionError("the size argument must be positive")
    step = size or max(1, len(items.items))
    chunks = [
        list_value(items.items[start : start + step], items.type.of) for start in range(0, len(items.items), step)
    ]
    return with_marks(list_value(chunks, items.type), marks | size_marks)


def _flatten_kind(arguments: Arguments) -> Type:
    if is_wholly_known(arguments[0]) and arguments[0].type.kind not in SEQUENCES:
        raise FunctionError("can only flatten lists, sets and tuples")
    return DYNAMIC


def _flatten(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    if arguments[0].type.kind not in SEQUENCES:
        raise FunctionError("can only flatten lists, sets and tuples")
    found: list[Value] = []
    marks: set[str] = set()
    if not _flatten_into(arguments[0], found, marks):
        return with_marks(unknown_from(DYNAMIC, unmarked_deep(arguments[0])[0]), marks)
    return with_marks(tuple_value(found), marks)


def _flatten_into(value: Value, found: list[Value], marks: set[str]) -> bool:
    """Append what is in a sequence, at any depth; tell whether the number of elements is known."""
    bare, own = unmarked(value)
    marks |= own
    if not (bare.is_known and length(bare).is_known):
        return False
    known = True
    for item in bare.items:
        if item.type.kind == "dynamic" and not item.is_known:
            known = False
        elif item.type.kind in SEQUENCES and not item.is_null:
            known = _flatten_into(item, found, marks) and known
        else:
            found.append(item)
    return known


def _reverse_kind(arguments: Arguments) -> Type:
    kind = arguments[0].type
    if kind.kind == "tuple":
        return tuple_of(reversed(kind.items))
    if kind.kind in ("list", "set"):
        return list_of(kind.of)
    raise FunctionError(f"can only reverse list or tuple values, not {friendly_name(kind)}", 0)


def _reverse(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    bare, marks = unmarked(arguments[0])
    return with_marks(Value(kind, tuple(reversed(bare.items))), marks)


def _bounds(arguments: Arguments) -> tuple[int, int] | None:
    """Return the ends of a slice, None where one is unknown; FunctionError where they do not fit the list."""
    sequence = arguments[0]
    known = sequence.type.kind == "tuple" or sequence.is_known
    size = len(sequence.type.items or sequence.items)
    ends: list[int] = []
    for argument, name in ((1, "start"), (2, "end")):
        if not arguments[argument].is_known:
            continue
        found = whole_number(arguments[argument], argument, f"invalid {name} index: ")
        if found < 0:
            raise FunctionError(f"{name} index must not be less than zero", argument)
        if known and found > size:
            raise FunctionError(f"{name} index must not be greater than the length of the list", argument)
        ends.append(found)
    if len(ends) < 2:
        return None
    if ends[0] > ends[1]:
        raise FunctionError("start index must not be greater than end index", 1)
    return ends[0], ends[1]


def _slice_kind(arguments: Arguments) -> Type:
    kind = arguments[0].type
    if kind.kind == "set":
        message = "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the"
        raise FunctionError(f"{message} ordering of the result is not important", 0)
    if kind.kind not in ("list", "tuple"):
        raise FunctionError("must be a list or tuple value", 0)
    ends = _bounds(arguments)
    if kind.kind == "list":
        return kind
    return DYNAMIC if ends is None else tuple_of(kind.items[ends[0] : ends[1]])


def _slice(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    bare, marks = unmarked(arguments[0])
    ends = _bounds(arguments)
    assert ends is not None
    return with_marks(Value(kind, bare.items[ends[0] : ends[1]]), marks)


def _concat_kind(arguments: Arguments) -> Type:
    if not arguments:
        raise FunctionError("at least one argument is required")
    kinds = [value.type for value in arguments]
    if all(kind.kind == "list" for kind in kinds):
        common = unify(kinds)
        if common is not None:
            return common.type
    items: list[Type] = []
    for position, value in enumerate(arguments):
        if value.type.kind not in ("list", "tuple"):
            raise FunctionError(f"all arguments must be lists or tuples; got {friendly_name(value.type)}", position)
        if value.type.kind == "tuple":
            items += value.type.items
        elif not value.is_known:
            return DYNAMIC
        else:
            items += [value.type.of] * len(value.items)
    return tuple_of(items) if items else EMPTY_TUPLE


def _concat(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    found: list[Value] = []
    marks: frozenset[str] = frozenset()
    for position, argument in enumerate(arguments):
        try:
            bare, own = unmarked(convert(argument, kind) if kind.kind == "list" else argument)
        except ConversionError as error:
            raise FunctionError(str(error), position) from None
        marks |= own
        found += bare.items
    result = list_value(found, kind.of) if kind.kind == "list" else tuple_value(found)
    return with_marks(result, marks)


def _matchkeys_kind(arguments: Arguments) -> Type:
    if unify([arguments[1].type, arguments[2].type]) is None:
        raise FunctionError("keys and searchset must be of the same type")
    return arguments[0].type


def _matchkeys(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    values, given_keys, given_searchset = arguments
    if len(values.items) != len(given_keys.items):
        raise FunctionError("length of keys and values should be equal")
    common = unify([given_keys.type, given_searchset.type])
    assert common is not None
    keys, searchset = convert(given_keys, common.type), convert(given_searchset, common.type)
    if not searchset.items:
        return list_value((), kind.of)
    if not (is_wholly_known(values) and is_wholly_known(keys)):
        return unknown_from(kind, values, keys)
    return list_value(_matched(values.items, keys.items, searchset.items), kind.of)


def _matched(values: Sequence[Value], keys: Sequence[Value], searchset: Sequence[Value]) -> list[Value]:
    searched = Finder()
    undecided = len(searchset)
    for position, item in enumerate(searchset):
        if not is_wholly_known(item):
            undecided = position
            break
        searched.add(item, position)
    found = []
    for value, key in zip(values, keys, strict=True):
        if searched.find(key) is not None:
            found.append(value)
        elif undecided < len(searchset):
            return []
    return found


def _range(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    given = [as_number(value) for value in arguments]
    if not 1 <= len(given) <= 3:
        raise FunctionError("must have one, two, or three arguments")
    start, end = (numbers.ZERO, given[0]) if len(given) == 1 else (given[0], given[1])
    down = numbers.compare(end, start) < 0
    step = given[2] if len(given) == 3 else numbers.from_integer(-1 if down else 1)
    if step.is_zero:
        raise FunctionError("step must not be zero", 2)
    if step.sign < 0 and numbers.compare(end, start) > 0:
        raise FunctionError("end must be less than start when step is negative", 1)
    if step.sign > 0 and down:
        raise FunctionError("end must be greater than start when step is positive", 1)
    found: list[Value] = []
    while numbers.compare(start, end) * step.sign < 0:
        if len(found) >= MOST_IN_RANGE:
            advice = "either decrease the difference between start and end or use a smaller step"
            raise FunctionError(f"more than {MOST_IN_RANGE} values were generated; {advice}")
        found.append(number(start))
        start = numbers.add(start, step)
    return list_value(found, NUMBER)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "chunklist": Function(
        (Parameter("list", list_of(DYNAMIC), marked=True), Parameter("size", NUMBER, marked=True)),
        _chunklist_kind,
        _chunklist,
    ),
    "compact": Function((Parameter("list", list_of(STRING)),), list_of(STRING), _compact),
    "concat": Function((), _concat_kind, _concat, Parameter("seqs", marked=True)),
    "distinct": Function((Parameter("list", list_of(DYNAMIC)),), _same_kind, _distinct),
    "flatten": Function((Parameter("list", marked=True),), _flatten_kind, _flatten),
    "matchkeys": Function(
        (
            Parameter("values", list_of(DYNAMIC)),
            Parameter("keys", list_of(DYNAMIC)),
            Parameter("searchset", list_of(DYNAMIC)),
        ),
        _matchkeys_kind,
        _matchkeys,
    ),
    "range": Function((), list_of(NUMBER), _range, Parameter("params", NUMBER)),
    "reverse": Function((Parameter("list", marked=True),), _reverse_kind, _reverse),
    "slice": Function(
        (Parameter("list", marked=True), Parameter("start_index", NUMBER), Parameter("end_index", NUMBER)),
        _slice_kind,
        _slice,
    ),
}
