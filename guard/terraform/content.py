"""What a value is made of: a type, a content or the reason why there is none, and marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from guard.model.value import Unknown
from guard.terraform.numbers import Number
from guard.terraform.types import Type

Marks: TypeAlias = frozenset[str]
NO_MARKS: Final[Marks] = frozenset()


@dataclass(frozen=True, slots=True)
class Undecided:
    """The content of an unknown value: why it is unknown, and what is known of it all the same (cty's refinements).

    `prefix` begins the text, `minimum` and `maximum` bound the number (inclusive), `shortest` and `longest` bound the
    number of elements of a collection. `part` answers for an attribute or element where those can be asked for
    although the whole is not known, as a resource's can without its provider's schema.
    """

    cause: Unknown
    not_null: bool = False
    prefix: str = ""
    minimum: Number | None = None
    maximum: Number | None = None
    shortest: int = 0
    longest: int | None = None
    part: Callable[[str | int], Value] | None = field(default=None, compare=False, repr=False)


class Value(NamedTuple):
    """A value of `type`. Its `content` is None where it is null, Undecided where it is unknown."""

    type: Type
    content: Content
    marks: Marks = NO_MARKS

    @property
    def is_null(self) -> bool:
        return self.content is None

    @property
    def is_known(self) -> bool:
        """Whether the value itself is known; parts of it may be unknown still."""
        return type(self.content) is not Undecided

    @property
    def undecided(self) -> Undecided | None:
        """What is known of an unknown value; None where the value is known."""
        return self.content if isinstance(self.content, Undecided) else None

    @property
    def items(self) -> tuple[Value, ...]:
        """The elements of a known list, set or tuple, the values of a map or object; empty for everything else."""
        content = self.content
        if type(content) is tuple:
            return content
        return tuple(content.values()) if isinstance(content, (dict, Mapping)) else ()

    @property
    def fields(self) -> Mapping[str, Value]:
        """The members of a known map or object by sorted key; empty for everything else."""
        return self.content if isinstance(self.content, (dict, Mapping)) else {}


Content: TypeAlias = "str | Number | bool | tuple[Value, ...] | Mapping[str, Value] | Undecided | None"
