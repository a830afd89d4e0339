"""Terraform's values: a type, a content or the reason why there is none, and marks such as `sensitive`.

Values are immutable and cheap to make. Text is NFC-normalised. Lists, sets and tuples hold a tuple of values, maps
and objects a mapping in the order of their keys; sets keep Terraform's order and no marks of their own elements.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from guard.model.value import Unknown
from guard.terraform import types
from guard.terraform.content import NO_MARKS as NO_MARKS
from guard.terraform.content import Content as Content
from guard.terraform.content import Marks as Marks
from guard.terraform.content import Undecided as Undecided
from guard.terraform.content import Value as Value
from guard.terraform.number_parsing import from_decimal
from guard.terraform.numbers import Number, compare, from_integer
from guard.terraform.sets import distinct
from guard.terraform.types import BOOL, DYNAMIC, NUMBER, STRING, Type, list_of, map_of, set_of, tuple_of

SENSITIVE: Final = "sensitive"
EPHEMERAL: Final = "ephemeral"


TRUE: Final = Value(BOOL, True)
FALSE: Final = Value(BOOL, False)
NULL: Final = Value(DYNAMIC, None)
EMPTY_STRING: Final = Value(STRING, "")
EMPTY_OBJECT: Final = Value(types.EMPTY_OBJECT, {})
EMPTY_TUPLE: Final = Value(types.EMPTY_TUPLE, ())


def normalized(text_: str) -> str:
    """Return text in Unicode's NFC, which every text and key of a value has."""
    return text_ if text_.isascii() else unicodedata.normalize("NFC", text_)


def string(text_: str) -> Value:
    """Return a string value."""
    return Value(STRING, normalized(text_))


def number(value: Number | Decimal | int) -> Value:
    """Return a number value; an integer counts as computed (64 bits), a Decimal as written (512 bits)."""
    if isinstance(value, Number):
        return Value(NUMBER, value)
    return Value(NUMBER, from_integer(value) if isinstance(value, int) else from_decimal(value))


def boolean(flag: bool) -> Value:
    """Return true or false."""
    return TRUE if flag else FALSE


def null(type_: Type = DYNAMIC) -> Value:
    """Return null of a type; the null that is written has the type `any`."""
    return NULL if type_ is DYNAMIC else Value(types.without_optional(type_), None)


def unknown(type_: Type, cause: Unknown, *, not_null: bool = False) -> Value:
    """Return an unknown value of a type; `cause` names the first thing that was unknown."""
    return Value(types.without_optional(type_), Undecided(cause, not_null and type_.kind != "dynamic"))


def refined(
    type_: Type,
    cause: Unknown,
    *,
    prefix: str = "",
    minimum: Number | None = None,
    maximum: Number | None = None,
    shortest: int = 0,
    longest: int | None = None,
) -> Value:
    """Return an unknown value that is not null and of which something is known.

    Where that decides the value it is known: a collection of at most no elements, a number between two equal bounds.
    """
    if longest == 0 and type_.kind in ("list", "set"):
        return Value(type_, ())
    if longest == 0 and type_.kind == "map":
        return Value(type_, {})
    if minimum is not None and maximum is not None and compare(minimum, maximum) == 0:
        return Value(NUMBER, minimum)
    if type_.kind == "dynamic":
        return Value(type_, Undecided(cause))
    if type_.kind == "list" and longest == shortest and longest is not None and longest <= 1024:
        return Value(type_, (unknown(type_.of, cause),) * longest)
    return Value(type_, Undecided(cause, True, prefix, minimum, maximum, shortest, longest))


def not_null(value: Value) -> Value:
    """Return an unknown value refined to be not null; known values and those of unknown type stay as they are."""
    held = value.content
    if not isinstance(held, Undecided) or held.not_null or value.type.kind == "dynamic":
        return value
    changed = Undecided(held.cause, True, held.prefix, held.minimum, held.maximum, held.shortest, held.longest)
    return Value(value.type, changed, value.marks)


def tuple_value(items: Iterable[Value]) -> Value:
    """Return a tuple of values, each of its own type."""
    content = tuple(items)
    return Value(tuple_of([item.type for item in content]), content)


def object_value(attributes: Mapping[str, Value]) -> Value:
    """Return an object; names are normalised and sorted."""
    content = {name: attributes[name] for name in sorted(attributes)}
    if not "".join(content).isascii():
        content = dict(sorted((normalized(name), each) for name, each in content.items()))
    if not content:
        return EMPTY_OBJECT
    # Made here and not by object_of, which would sort the names again.
    return Value(Type("object", attributes={name: each.type for name, each in content.items()}), content)


def list_value(items: Iterable[Value], element: Type | None = None) -> Value:
    """Return a list of values that are of one type already; `element` is needed where there may be none."""
    content = tuple(items)
    return Value(list_of(common_type(content, element)), content)


def map_value(members: Mapping[str, Value], element: Type | None = None) -> Value:
    """Return a map of values that are of one type already; `element` is needed where there may be none."""
    content = {normalized(name): members[name] for name in sorted(members)}
    return Value(map_of(common_type(content.values(), element)), content)


def set_value(items: Iterable[Value], element: Type | None = None) -> Value:
    """Return a set of values that are of one type already, without repetitions and in Terraform's order.

    Marks of the elements, at any depth, become marks of the set.
    """
    marks: set[str] = set()
    plain = []
    for item in items:
        bare, found = unmarked_deep(item)
        marks |= found
        plain.append(bare)
    kind = common_type(plain, element)
    return Value(set_of(kind), distinct(plain, kind), frozenset(marks))


def common_type(items: Iterable[Value], element: Type | None = None) -> Type:
    """Return the first type of `items` that is not `any`, or else `element` (`any` where that is not given)."""
    for item in items:
        if item.type.kind != "dynamic":
            return item.type
    return element if element is not None else DYNAMIC


def one_type(items: Sequence[Value]) -> bool:
    """Tell whether `items` can stand in one collection: all of one type, those of type `any` apart."""
    wanted = common_type(items)
    return all(item.type is wanted or item.type.kind == "dynamic" or item.type == wanted for item in items)


# Marks


def marked(value: Value, *marks: str) -> Value:
    """Return the value with more marks."""
    return with_marks(value, frozenset(marks))


def with_marks(value: Value, marks: Iterable[str]) -> Value:
    """Return the value with more marks; what is given is added to what it has."""
    added = frozenset(marks)
    if added <= value.marks:
        return value
    return Value(value.type, value.content, value.marks | added)


def unmarked(value: Value) -> tuple[Value, Marks]:
    """Return the value without its own marks, and these."""
    return (Value(value.type, value.content), value.marks) if value.marks else (value, NO_MARKS)


def marks_deep(value: Value) -> Marks:
    """Return the marks of the value and of everything in it."""
    marks = value.marks
    kind = type(value.content)
    if kind is tuple or kind is dict:
        for item in value.items:
            found = marks_deep(item)
            if found:
                marks |= found
    return marks


def unmarked_deep(value: Value) -> tuple[Value, Marks]:
    """Return the value with no marks anywhere, and all that were found."""
    marks = marks_deep(value)
    return (_without_marks(value), marks) if marks else (value, NO_MARKS)


def _without_marks(value: Value) -> Value:
    content = value.content
    if isinstance(content, Mapping):
        return Value(value.type, {name: _without_marks(each) for name, each in content.items()})
    if isinstance(content, tuple) and not isinstance(content, Number):
        return Value(value.type, tuple(map(_without_marks, content)))
    return Value(value.type, content)


def is_sensitive(value: Value) -> bool:
    """Tell whether the value itself must not be shown."""
    return SENSITIVE in value.marks or EPHEMERAL in value.marks


# What is unknown


def first_unknown(*values: Value) -> Unknown | None:
    """Return why the first unknown part of the values (in order, at any depth) is unknown, or None."""
    for value in values:
        if isinstance(value.content, Undecided):
            return value.content.cause
        cause = first_unknown(*value.items)
        if cause is not None:
            return cause
    return None


def is_wholly_known(value: Value) -> bool:
    """Tell whether nothing in the value is unknown."""
    return type(value.content) is not Undecided and all(map(is_wholly_known, value.items))


def cause_of(value: Value) -> Unknown:
    """Return why an unknown value is unknown; the value must be unknown."""
    if not isinstance(value.content, Undecided):
        raise TypeError("the value is known")
    return value.content.cause


def has_known_type(value: Value) -> bool:
    """Tell whether no part of the value is of a type that is still to be known (nulls apart)."""
    if value.content is None:
        return True
    if isinstance(value.content, Undecided):
        return not types.has_dynamic(value.type)
    return all(map(has_known_type, value.items))


def may_be_null(value: Value) -> bool:
    """Tell whether the value is null or may turn out to be."""
    held = value.content
    return held is None or (isinstance(held, Undecided) and not held.not_null)


# Plain contents


def as_text(value: Value) -> str:
    """Return a known string's text; TypeError for everything else."""
    if not isinstance(value.content, str):
        raise TypeError("not a known string")
    return value.content


def as_number(value: Value) -> Number:
    """Return a known number; TypeError for everything else."""
    if not isinstance(value.content, Number):
        raise TypeError("not a known number")
    return value.content


def as_flag(value: Value) -> bool:
    """Return a known truth value; TypeError for everything else."""
    if not isinstance(value.content, bool):
        raise TypeError("not a known bool")
    return value.content


def pairs(value: Value) -> Iterator[tuple[Value, Value]]:
    """Yield key and value of each element of a known collection, tuple or object, as a `for` expression sees them."""
    if isinstance(value.content, Mapping):
        for name, each in value.content.items():
            yield Value(STRING, name), each
        return
    for position, each in enumerate(value.items):
        yield (each if value.type.kind == "set" else number(position)), each
