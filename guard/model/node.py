"""One shape for every configuration: evaluated Terraform bodies, YAML, JSON and text protobuf alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias, TypeGuard, TypeVar

from guard.model.location import Location, Step
from guard.model.value import Absent, Known, Unknown, Value

T = TypeVar("T")
_MOST_DIGITS = 60

Scalar: TypeAlias = str | bool | int | Decimal | None
Content: TypeAlias = "Scalar | Sequence[Node] | Mapping[str, Node] | Unknown"


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the place where it is written, and its key with its own.

    Mappings and sequences may be lazy: a child is read or evaluated when it is asked for.
    Null counts as absent, as it does to Terraform and to Kubernetes. What Terraform marks as sensitive keeps its
    value here for `guard dump`, but no accessor gives it out: to facts, rules and reports it is unknown.
    """

    value: Content
    location: Location
    key: Location | None = None
    trail: tuple[Step, ...] = ()
    sensitive: bool = False

    def get(self, *path: str | int) -> Node | None:
        """Return the node at `path`, or None where it is not written or null.

        A name asked of a sequence is asked of its first element, because Terraform writes a nested block
        and a list of one object in the same way. An unknown on the way is returned as it is.
        """
        node: Node | None = self
        for step in path:
            if node is None or isinstance(node.value, Unknown):
                return node
            node = _child(node, step)
        return None if node is None or node.value is None else node

    def nearest(self, *path: str | int) -> Location:
        """Return where the last written part of `path` is: its key if it has one, else itself."""
        node: Node = self
        for step in path:
            child = None if isinstance(node.value, Unknown) else _child(node, step)
            if child is None:
                break
            node = child
        return node.key or node.location

    def unwritten(self, *path: str | int) -> tuple[str | int, ...]:
        """Return the end of `path` that is not written below the place that `nearest` returns."""
        node: Node = self
        for i, step in enumerate(path):
            child = None if isinstance(node.value, Unknown) else _child(node, step)
            if child is None:
                return path[i:]
            node = child
        return ()

    def find(self, *path: str | int) -> Value[Node]:
        """Return the node at `path` as known, unknown or absent."""
        node = self.get(*path)
        if node is None:
            return Absent(self.nearest(*path))
        if isinstance(node.value, Unknown):
            return node.value
        return Known(node, node.location, node.trail)

    def text(self, *path: str | int) -> Value[str]:
        """Return the text at `path`; numbers and booleans as they would be written."""
        return self._scalar(path, "text", _as_text)

    def number(self, *path: str | int) -> Value[Decimal]:
        """Return the number at `path`; a text that is a plain decimal number counts as one."""
        return self._scalar(path, "a number", _as_number)

    def integer(self, *path: str | int) -> Value[int]:
        """Return the whole number at `path`; a text that is one counts as one."""
        return self._scalar(path, "a whole number", _as_integer)

    def flag(self, *path: str | int) -> Value[bool]:
        """Return the truth value at `path`; the texts `true` and `false` count as such."""
        return self._scalar(path, "true or false", _as_flag)

    def items(self, *path: str | int) -> tuple[Node, ...]:
        """Return the members of the sequence at `path`; a mapping or scalar counts as a sequence of one.

        Absent and unknown give no members: ask `find` where the difference matters.
        """
        node = self.get(*path)
        if node is None or isinstance(node.value, Unknown):
            return ()
        if is_sequence(node.value):
            return tuple(node.value)
        return (node,)

    def fields(self, *path: str | int) -> Mapping[str, Node]:
        """Return the mapping at `path` (of the first element of a sequence), empty where there is none."""
        node = self.get(*path)
        if node is not None and is_sequence(node.value):
            node = node.value[0] if node.value else None
        if node is None or not isinstance(node.value, Mapping):
            return {}
        return node.value

    def walk(self) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """Yield every node below this one, itself first, each with its path from here."""
        pending: list[tuple[tuple[str | int, ...], Node]] = [((), self)]
        while pending:
            path, node = pending.pop()
            yield path, node
            if isinstance(node.value, Mapping):
                pending += [((*path, name), child) for name, child in reversed(list(node.value.items()))]
            elif is_sequence(node.value):
                pending += [((*path, i), node.value[i]) for i in range(len(node.value) - 1, -1, -1)]

    def _scalar(self, path: tuple[str | int, ...], wanted: str, convert: Callable[[Scalar], T | None]) -> Value[T]:
        node: Node = self
        for step in path:
            if isinstance(node.value, Unknown):
                return node.value
            child = _child(node, step)
            if child is None:
                return Absent(node.key or node.location)
            node = child
        value = node.value
        if value is None:
            return Absent(node.key or node.location)
        if isinstance(value, Unknown):
            return value
        if node.sensitive:
            return Unknown("the value is sensitive", node.location)
        if not isinstance(value, (str, int, Decimal)):
            return Unknown(f"expected {wanted}, found {kind_of(node)}", node.location)
        converted = convert(value)
        if converted is None:
            return Unknown(f"expected {wanted}, found {value!r}", node.location)
        return Known(converted, node.location, node.trail)


def is_sequence(value: object) -> TypeGuard[Sequence[Node]]:
    """Tell whether `value` is a sequence of nodes (text is not)."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def kind_of(node: Node) -> str:
    """Return what a node holds, in words for a message: `a list`, `a mapping`, `text` and so on."""
    value = node.value
    if isinstance(value, Unknown):
        return "an unknown value"
    if isinstance(value, Mapping):
        return "a mapping"
    if is_sequence(value):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "a number"


def _child(node: Node, step: str | int) -> Node | None:
    value = node.value
    if isinstance(step, str):
        # Asked far more often than anything else; what has a `get` is a mapping, and asking so is many times faster.
        get: Callable[[str], Node | None] | None = getattr(value, "get", None)
        if get is None and is_sequence(value) and value:
            get = getattr(value[0].value, "get", None)
        return None if get is None else get(step)
    if is_sequence(value) and -len(value) <= step < len(value):
        return value[step]
    return None


def _writable(number: Decimal) -> bool:
    """Tell whether a number may be written out and reckoned with: "1e999999999" would be a billion digits."""
    return number.is_finite() and (not number or abs(number.adjusted()) <= _MOST_DIGITS)


def _as_text(value: Scalar) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if _writable(value) else str(value)
    return None if value is None else str(value)


def _as_number(value: Scalar) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if _writable(number) else None


def _as_integer(value: Scalar) -> int | None:
    number = _as_number(value)
    if number is None or number != number.to_integral_value():
        return None
    return int(number)


def _as_flag(value: Scalar) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
