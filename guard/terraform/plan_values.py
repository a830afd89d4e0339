"""The values of a planned resource as nodes: what is planned, what only the apply decides, and what is sensitive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.value import Unknown

Path = tuple[str | int, ...]


class Planned(NamedTuple):
    """One value of a plan and what the plan says about it at the same path.

    `text` is the same value in the configuration where that is at hand, `place` where it is to be found otherwise;
    `why` makes the reason for a part that is unknown.
    """

    value: Node | None
    unknown: Node | None
    sensitive: Node | None
    text: Node | None
    place: Location
    why: Callable[[Path, Location], Unknown]
    path: Path = ()
    positions: bool = False

    def child(self, step: str | int) -> Planned:
        """Return the value at a name or position within this one."""
        value, text = _at(self.value, step), _text(self, step)
        place = self.place
        if text is not None:
            place = text.key or text.location
        elif self.positions and value is not None:
            place = value.location
        return self._replace(
            value=value,
            unknown=_at(self.unknown, step),
            sensitive=_at(self.sensitive, step),
            text=text,
            place=place,
            path=(*self.path, step),
        )

    def node(self) -> Node:
        """Return the value as a node."""
        location, key, trail = self._location()
        sensitive = _is_true(self.sensitive)
        if _is_true(self.unknown):
            return Node(self.why(self.path, location), location, key, (), sensitive)
        content = self.value.value if self.value is not None else None
        if isinstance(content, Mapping) or (content is None and _holds(self.unknown, Mapping)):
            return Node(PlannedMapping(self), location, key, (), sensitive)
        if is_sequence(content) or (content is None and _holds(self.unknown, Sequence)):
            length = max(_length(self.value), _length(self.unknown))
            return Node(tuple(self.child(i).node() for i in range(length)), location, key, (), sensitive)
        same = self.text is not None and same_scalar(self.text, content)
        return Node(content, location, key, trail if same else (), sensitive)

    def _location(self) -> tuple[Location, Location | None, tuple]:  # type: ignore[type-arg]
        if self.text is None:
            key = self.value.key if self.positions and self.value is not None else None
            return self.place, key, ()
        content = self.value.value if self.value is not None else None
        if _is_scalar(content) and _is_scalar(self.text.value) and not same_scalar(self.text, content):
            # The configuration as it stands gives another value: what was planned came in where it is used.
            used = self.text.trail[0].location if self.text.trail else self.text.location
            return used, self.text.key, ()
        return self.text.location, self.text.key, self.text.trail


class PlannedMapping(Mapping[str, Node]):
    """The members of a planned object, each made when it is asked for.

    Null, and an empty list or object (a plan shows so that a nested block is not written), are left out.
    """

    __slots__ = ("_names", "_nodes", "_planned")

    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        self._nodes: dict[str, Node] = {}
        self._names: dict[str, None] | None = None

    def _known_names(self) -> dict[str, None]:
        if self._names is None:
            names = dict.fromkeys((*_names(self._planned.value), *_names(self._planned.unknown)))
            self._names = {name: None for name in names if name in self}
        return self._names

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        return not _is_nothing(_at(self._planned.value, name), _at(self._planned.unknown, name))

    def __getitem__(self, name: str) -> Node:
        found = self._nodes.get(name)
        if found is None:
            if name not in self:
                raise KeyError(name)
            found = self._nodes[name] = self._planned.child(name).node()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._known_names())

    def __len__(self) -> int:
        return len(self._known_names())


def same_scalar(node: Node, value: object) -> bool:
    """Tell whether a node holds a scalar as a plan writes it: numbers and booleans may stand as text."""
    content = node.value
    if content is value or content == value:
        return True
    if isinstance(content, bool) or isinstance(value, bool):
        return str(content).lower() == str(value).lower()
    if isinstance(content, int | Decimal) or isinstance(value, int | Decimal):
        return node.number() == Node(value if isinstance(value, str | int | Decimal) else None, node.location).number()
    return False


def _is_scalar(content: object) -> bool:
    return content is None or isinstance(content, str | bool | int | Decimal)


def _is_true(node: Node | None) -> bool:
    return node is not None and node.value is True


def _holds(node: Node | None, kind: type) -> bool:
    return node is not None and isinstance(node.value, kind) and not isinstance(node.value, str) and bool(node.value)


def _is_nothing(value: Node | None, unknowns: Node | None) -> bool:
    content = value.value if value is not None else None
    unknown = unknowns.value if unknowns is not None else None
    empty = content is None or (not _is_scalar(content) and not content)
    return empty and (unknown is None or unknown is False or (not isinstance(unknown, bool) and not unknown))


def _names(node: Node | None) -> tuple[str, ...]:
    return tuple(node.value) if node is not None and isinstance(node.value, Mapping) else ()


def _length(node: Node | None) -> int:
    return len(node.value) if node is not None and is_sequence(node.value) else 0


def _at(node: Node | None, step: str | int) -> Node | None:
    if node is None:
        return None
    if node.value is True:
        return node
    if isinstance(step, str):
        return node.value.get(step) if isinstance(node.value, Mapping) else None
    return node.value[step] if is_sequence(node.value) and step < len(node.value) else None


def _text(planned: Planned, step: str | int) -> Node | None:
    """Return what the configuration writes at a name or position, without following what is unknown there.

    The elements of a set stand in the plan in another order than in the text: the one that says the same is taken.
    """
    text = planned.text
    if text is None or isinstance(text.value, Unknown):
        return text if isinstance(step, int) else None
    if isinstance(step, str):
        return text.value.get(step) if isinstance(text.value, Mapping) else None
    items = text.items()
    wanted = _at(planned.value, step)
    if len(items) <= 1 or wanted is None:
        return next(iter(items), None)
    ordered = (items[step], *items) if step < len(items) else items
    return next((one for one in ordered if _agrees(one, wanted)), None)


def _agrees(text: Node, planned: Node) -> bool:
    """Tell whether nothing that is written as a scalar contradicts what is planned."""
    if not isinstance(text.value, Mapping):
        return isinstance(text.value, Unknown) or not _is_scalar(text.value) or same_scalar(text, planned.value)
    for name, one in text.value.items():
        other = _at(planned, name)
        if _is_scalar(one.value) and one.value is not None and not (other and same_scalar(one, other.value)):
            return False
    return True
