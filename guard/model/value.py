"""Three answers to "what is it?": known, unknown with a reason, or absent. Rules `match` on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from guard.model.location import Location, Step

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """The text decides the value. `location` is the text that must change to change it.

    `trail` leads from the place where the value is used to `location`; it is empty where the two are one.
    """

    value: T_co
    location: Location
    trail: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """The text does not decide the value; `reason` names the first thing that was unknown.

    `reference` is the address of the Terraform resource whose attribute it is, where it is one, so that a
    bucket known only after apply can still be found. `prefix` is the known beginning of a partly known text.
    """

    reason: str
    location: Location
    reference: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing is written. `location` is the nearest parent that is."""

    location: Location


Value: TypeAlias = Known[T] | Unknown | Absent


def mapped(value: Value[T], change: Callable[[T], U]) -> Value[U]:
    """Return `value` with `change` applied to what is known; the unknown and the absent stay as they are."""
    if isinstance(value, Known):
        return Known(change(value.value), value.location, value.trail)
    return value


def first(*values: Value[T]) -> Value[T]:
    """Return the first value that is not absent, or else the last one; at least one must be given."""
    for value in values:
        if not isinstance(value, Absent):
            return value
    return values[-1]
