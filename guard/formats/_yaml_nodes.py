"""Composed YAML nodes as Nodes that are made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, overload

from yaml.nodes import CollectionNode, MappingNode, ScalarNode, SequenceNode
from yaml.nodes import Node as Composed

from guard.formats._positions import clean
from guard.formats._yaml_scalars import is_not_finite, number, resolve
from guard.model.location import Location, Span
from guard.model.node import Content, Node
from guard.model.value import Unknown

T = TypeVar("T")
PLAIN, QUOTED = "plain", "quoted"
_STANDARD = "tag:yaml.org,2002:"
# The short tags of CloudFormation whose long form is the name itself; the others get `Fn::` before it.
_AS_THEY_ARE = ("Ref", "Condition")
_FUNCTIONS = frozenset(
    ["And", "Base64", "Cidr", "Equals", "FindInMap", "ForEach", "GetAZs", "GetAtt", "If", "ImportValue", "Join"]
) | frozenset(["Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform"])


class Offsets(Protocol):
    """Tells where a range of offsets of the text is written."""

    def location(self, start: int, end: int) -> Location:
        """Return where the characters from offset `start` up to `end` stand."""
        ...


@dataclass(slots=True)
class Place:
    """How the marks of composed nodes become locations: where the text that was composed begins in the file.

    `source` is set where a line of YAML is not a line of the file (U+2028 and the like); then offsets count.
    `gaps` are the parts of the text that nobody knows, by what stands in their place.
    """

    path: str
    text: str
    lines: int = 0
    columns: int = 0
    offset: int = 0
    source: Offsets | None = None
    gaps: Mapping[str, Unknown] = field(default_factory=dict)

    def location(self, node: Composed) -> Location:
        """Return where a node is written, without the blank lines and comments that libyaml counts to it."""
        start, last = node.start_mark, _last(node)
        if isinstance(last, ScalarNode) and last.style in ("|", ">"):
            return self._with_block_scalar(node, last)
        end = last.end_mark
        if self.source is not None:
            return self.source.location(self.offset + start.index, self.offset + end.index)
        lines, columns = self.lines + 1, self.columns + 1
        span = Span(start.line + lines, start.column + columns, end.line + lines, end.column + columns)
        return Location(self.path, span)

    def point(self, index: int, line: int, column: int) -> Location:
        """Return the empty range at a mark."""
        if self.source is not None:
            return self.source.location(self.offset + index, self.offset + index)
        line, column = line + self.lines + 1, column + self.columns + 1
        return Location(self.path, Span(line, column, line, column))

    def _with_block_scalar(self, node: Composed, scalar: Composed) -> Location:
        """Return the location of a node that ends with a block scalar, up to its last line that is not blank."""
        start, first = node.start_mark, scalar.start_mark
        text = self.text[self.offset + first.index : self.offset + scalar.end_mark.index].rstrip()
        if self.source is not None:
            return self.source.location(self.offset + start.index, self.offset + first.index + len(text))
        breaks = text.count("\n")
        end = len(text) - text.rfind("\n") - 1 if breaks else first.column + len(text)
        lines, columns = self.lines + 1, self.columns + 1
        span = Span(start.line + lines, start.column + columns, first.line + breaks + lines, end + columns)
        return Location(self.path, span)


def _last(node: Composed) -> Composed:
    """Return what is written last in a node; libyaml ends a block where the next token begins."""
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        written = node.value[-1]
        before: Composed = written[0] if isinstance(written, tuple) else node
        last: Composed = written[1] if isinstance(written, tuple) else written
        if last.start_mark.index < before.start_mark.index:
            # An alias: its node stands elsewhere, above.
            return before
        node = last
    return node


def node_of(composed: Composed, place: Place, key: Location | None = None) -> Node:
    """Return a composed node as a Node; its members are made when they are asked for."""
    location = place.location(composed)
    tag = composed.tag
    if tag is PLAIN or tag is QUOTED or tag.startswith(_STANDARD):
        return Node(_content(composed, place, location), location, key)
    inner = Node(_content(composed, place, location, tagged=True), location)
    return Node({_long_form(tag): inner}, location, key)


def _long_form(tag: str) -> str:
    name = tag.removeprefix("!")
    if name in _AS_THEY_ARE:
        return name
    return f"Fn::{name}" if name in _FUNCTIONS else tag


def _content(composed: Composed, place: Place, location: Location, tagged: bool = False) -> Content:
    if isinstance(composed, MappingNode):
        if _is_template(composed):
            return Unknown(f"the template {_written(composed, place)} is not filled in", location)
        return Members(composed, place)
    if isinstance(composed, SequenceNode):
        return Elements(composed, place)
    gap = _gap(composed.value, place, location) if place.gaps else None
    return _scalar(composed, location, tagged) if gap is None else gap


def _gap(text: str, place: Place, location: Location) -> Unknown | None:
    """Return why a text is not known, None where no part of it is missing."""
    found = min(((text.find(mark), mark) for mark in place.gaps if mark in text), default=None)
    if found is None:
        return None
    at, mark = found
    cause = place.gaps[mark]
    return Unknown(cause.reason, location, cause.reference if text == mark else "", text[:at])


def _is_template(composed: MappingNode) -> bool:
    """Tell whether a flow mapping is `{{ ... }}` of a template that nobody has filled in."""
    return bool(composed.flow_style and composed.value) and isinstance(composed.value[0][0], MappingNode)


def _written(composed: Composed, place: Place) -> str:
    start = place.offset + composed.start_mark.index
    text = place.text[start : min(place.offset + composed.end_mark.index, start + 60)]
    return " ".join(text.split())


def _scalar(composed: Composed, location: Location, tagged: bool) -> Content:
    text, tag = composed.value, composed.tag
    if tag is PLAIN or (tagged and isinstance(composed, ScalarNode) and composed.style is None):
        if is_not_finite(text):
            return Unknown(f"{text} is no finite number", location)
        value = resolve(text)
        return clean(value) if isinstance(value, str) else value
    kind = tag.removeprefix(_STANDARD)
    if kind in ("int", "float"):
        return number(text) if text else text
    return resolve(text) if kind in ("bool", "null") else clean(text)


def key_of(composed: Composed, place: Place) -> str:
    """Return a key as text, as it is written; a key that is no scalar is its whole text."""
    if isinstance(composed, ScalarNode):
        return clean(composed.value)
    return clean(_written(composed, place))


class Members(Mapping[str, Node]):
    """A mapping; its own keys win over those that `<<` merges into it, and of a key written twice the last counts."""

    __slots__ = ("_composed", "_nodes", "_place")

    def __init__(self, composed: MappingNode, place: Place) -> None:
        self._composed, self._place = composed, place
        self._nodes: dict[str, Node] | None = None

    def _members(self) -> dict[str, Node]:
        if self._nodes is None:
            self._nodes = self._read()
        return self._nodes

    def _read(self) -> dict[str, Node]:
        place = self._place
        nodes: dict[str, Node] = {}
        merged: list[Composed] = []
        for key, value in self._composed.value:
            if key.tag is PLAIN and key.value == "<<":
                merged += value.value if isinstance(value, SequenceNode) else [value]
            else:
                nodes[key_of(key, place)] = node_of(value, place, place.location(key))
        for source in merged:
            if isinstance(source, MappingNode):
                for name, node in Members(source, place).items():
                    nodes.setdefault(name, node)
        return nodes

    def __getitem__(self, name: str) -> Node:
        return self._members()[name]

    # The mix-in's `get` and `in` raise and catch a KeyError for each key that is not there, which most are not.
    @overload
    def get(self, name: str, default: None = None, /) -> Node | None: ...
    @overload
    def get(self, name: str, default: Node, /) -> Node: ...
    @overload
    def get(self, name: str, default: T, /) -> Node | T: ...
    def get(self, name: str, default: object = None, /) -> object:
        nodes = self._nodes
        if nodes is None:
            nodes = self._nodes = self._read()
        return nodes.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._members()

    def __iter__(self) -> Iterator[str]:
        return iter(self._members())

    def __len__(self) -> int:
        return len(self._members())


class Elements(Sequence[Node]):
    """A sequence, each element of which is made when it is asked for."""

    __slots__ = ("_composed", "_nodes", "_place")

    def __init__(self, composed: SequenceNode, place: Place) -> None:
        self._composed, self._place = composed, place
        self._nodes: tuple[Node, ...] | None = None

    def _elements(self) -> tuple[Node, ...]:
        if self._nodes is None:
            self._nodes = tuple(node_of(child, self._place) for child in self._composed.value)
        return self._nodes

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Node]: ...
    def __getitem__(self, index: int | slice) -> Node | Sequence[Node]:
        return self._elements()[index]

    def __len__(self) -> int:
        return len(self._composed.value)
