"""Evaluated blocks as the rest of guard sees them: lazy nodes, each with the text that must change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, overload

from guard.model.finding import UnknownFact
from guard.model.instance import Call, Instance, Provider, Written
from guard.model.location import Location, Step
from guard.model.node import Content, Node
from guard.model.value import Unknown
from guard.terraform import numbers
from guard.terraform.bodies import EvaluatedBody
from guard.terraform.evaluation import Evaluation, ModuleInstance
from guard.terraform.functions.paths import CHECKOUT
from guard.terraform.known_modules import understands
from guard.terraform.links import Links
from guard.terraform.numbers import Number
from guard.terraform.origins import Origin, child, follow, key_location
from guard.terraform.providers import provider_of
from guard.terraform.resources import ResourceInstance
from guard.terraform.values import Undecided, Value, is_sensitive


def instances_of(evaluation: Evaluation) -> tuple[Instance, ...]:
    """Return every instance of every resource and data source below a root, sorted by place and address."""
    links = Links(evaluation)
    providers: dict[int, Provider] = {}
    found = [_instance(one, links, providers) for one in _every(evaluation.root)]
    return tuple(sorted(found, key=lambda one: (one.location, one.module, one.address)))


def _every(root: ModuleInstance) -> Iterator[ResourceInstance]:
    pending = [root]
    while pending:
        module = pending.pop()
        for subject in module.module.resources:
            yield from module.resources(subject)
        for name in module.module.calls:
            pending += module.children(name)


def unknowns_of(evaluation: Evaluation) -> tuple[UnknownFact, ...]:
    """Return what the text does not decide about the root as a whole: calls that lead nowhere, numbers of instances."""
    found: set[UnknownFact] = set()
    pending = [evaluation.root]
    while pending:
        module = pending.pop()
        known = {name for name in module.branch.missing if understands(module.module.calls[name])}
        for name, cause in module.branch.missing.items():
            if name in known:
                continue
            place = module.module.calls[name].header
            found.add(UnknownFact(module.named(f"module.{name}"), "source", cause.reason, place))
        for name, call in module.module.calls.items():
            children = module.children(name)
            pending += children
            leads = children or name in known
            undecided = module.expansion(f"module.{name}", call).undecided if leads else None
            if undecided is not None:
                kind = "for_each" if call.attribute("for_each") else "count"
                found.add(UnknownFact(module.named(f"module.{name}"), kind, undecided.reason, call.header))
    return tuple(sorted(found, key=lambda one: (one.location, one.address)))


def _instance(one: ResourceInstance, links: Links, providers: dict[int, Provider]) -> Instance:
    written = one.written
    return Instance(
        address=one.address,
        type=one.kind,
        name=one.name,
        body=body_node(one.body),
        location=written.header,
        extent=Location(written.path, written.block.span),
        root=one.module.evaluation.name,
        mode=one.mode,
        key=one.key,
        module=one.module.address,
        calls=calls_of(one.module),
        provider=_provider(one, providers),
        repeated=one.undecided,
        references=links.of(one),
        written=partial(_written, one),
    )


def _written(one: ResourceInstance, *path: str | int) -> Written:
    # Few platforms read texts, and what tells of them needs this module.
    from guard.terraform.written import written

    return written(one, *path)


def calls_of(module: ModuleInstance) -> tuple[Call, ...]:
    """Return the calls that lead from the root to a module, outermost first."""
    found: list[Call] = []
    one: ModuleInstance | None = module
    while one is not None and one.branch.call is not None:
        found.append(Call(one.address, one.branch.call.header))
        one = one.parent
    return tuple(reversed(found))


def _provider(one: ResourceInstance, providers: dict[int, Provider]) -> Provider:
    served = provider_of(one)
    if served.body is None:
        return Provider(served.name, served.alias)
    found = providers.get(id(served.body))
    if found is None:
        found = providers[id(served.body)] = Provider(served.name, served.alias, body_node(served.body))
    return found


def body_node(body: EvaluatedBody, key: Location | None = None) -> Node:
    """Return a body as a lazy mapping."""
    return Node(BodyMapping(body), body.location, key)


class BodyMapping(Mapping[str, Node]):
    """The attributes and nested blocks of a body; each is evaluated when it is asked for."""

    __slots__ = ("_body", "_names", "_nodes")
    LIKELY = ("availability_zone", "labels", "location", "region", "tags", "user_labels", "zone")
    """What is asked of most resources, whatever they are."""

    def __init__(self, body: EvaluatedBody) -> None:
        self._body = body
        self._names: dict[str, None] | None = None
        self._nodes: dict[str, Node] = {}

    def _known_names(self) -> dict[str, None]:
        if self._names is None:
            # A dynamic block that expands to none is as if it were not written.
            attributes = self._body.body.attributes
            self._names = {name: None for name in self._body.names() if name in attributes or self._body.blocks(name)}
        return self._names

    def __getitem__(self, name: str) -> Node:
        found = self._nodes.get(name)
        if found is None:
            if name not in self._known_names():
                raise KeyError(name)
            found = self._nodes[name] = _member(self._body, name)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        # Most names that are asked for are not there, and an error for each would take most of the time.
        return self[name] if name in self._known_names() else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._known_names())

    def __len__(self) -> int:
        return len(self._known_names())

    def __contains__(self, name: object) -> bool:
        return name in self._known_names()


def _member(body: EvaluatedBody, name: str) -> Node:
    attribute = body.body.attributes.get(name)
    if attribute is not None and not body.is_block(name):
        value = body.value(name)
        assert value is not None
        scope = body.scope_of(name)
        use = scope.at(attribute.expression.span)
        origin = follow(Origin(attribute.expression, scope, (Step("used here", use),)))
        return value_node(value, origin, use, scope.at(attribute.name_span))
    blocks = body.blocks(name)
    places = [one.location for one in blocks]
    if len(blocks) == 1 and isinstance(blocks[0], Unknown):
        return Node(blocks[0], blocks[0].location)
    nodes = tuple(
        Node(one, one.location) if isinstance(one, Unknown) else body_node(one, one.location) for one in blocks
    )
    return Node(nodes, places[0] if places else body.location)


def value_node(value: Value, origin: Origin | None, use: Location, key: Location | None = None) -> Node:
    """Return a value as a node. `origin` tells where it is written; None where that is not told beyond `use`."""
    place = use if origin is None else origin.location
    # Two places make a chain worth telling; the last step is the place itself.
    trail = () if origin is None or place == use else tuple(one for one in origin.trail if one.location != place)
    content = value.content
    held: Content
    if isinstance(content, Undecided):
        cause = content.cause
        held = Unknown(cause.reason, place, cause.reference, content.prefix)
    elif isinstance(content, Number):
        held = plain_number(content)
    elif content is None or isinstance(content, (str, bool)):
        held = content
        if type(content) is str and CHECKOUT in content:
            held = Unknown("it depends on where the repository is checked out", place)
    elif isinstance(content, Mapping):
        held = ValueMapping(content, origin, place)
    else:
        held = ValueSequence(content, origin if value.type.kind != "set" else None, place)
    return Node(held, place, key, trail, is_sensitive(value))


def plain_number(number: Number) -> Content:
    """Return a number as an integer where it is whole, else as the decimal that Terraform writes."""
    if number.is_infinite:
        return Decimal("-Infinity" if number.negative else "Infinity")
    if number.is_integer and number.exponent + number.mantissa.bit_length() < 512:
        return numbers.integer(number)
    try:
        return numbers.decimal(number)
    except numbers.NumberTooLarge:
        return Decimal("-Infinity" if number.negative else "Infinity")


class ValueMapping(Mapping[str, Node]):
    """The members of an object or map as nodes, each traced when it is asked for."""

    __slots__ = ("_members", "_nodes", "_origin", "_place")

    def __init__(self, members: Mapping[str, Value], origin: Origin | None, place: Location) -> None:
        self._members = members
        self._origin = origin
        self._place = place
        self._nodes: dict[str, Node] = {}

    def __getitem__(self, name: str) -> Node:
        found = self._nodes.get(name)
        if found is None:
            value = self._members[name]
            origin = child(self._origin, name) if self._origin is not None else None
            key = key_location(self._origin, name) if self._origin is not None else None
            found = self._nodes[name] = value_node(value, origin, self._place, key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


class ValueSequence(Sequence[Node]):
    """The elements of a list, set or tuple as nodes, each traced when it is asked for."""

    __slots__ = ("_items", "_nodes", "_origin", "_place")

    def __init__(self, items: Sequence[Value], origin: Origin | None, place: Location) -> None:
        self._items = items
        self._origin = origin
        self._place = place
        self._nodes: dict[int, Node] = {}

    @overload
    def __getitem__(self, position: int) -> Node: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Node]: ...
    def __getitem__(self, position: int | slice) -> Node | Sequence[Node]:
        if isinstance(position, slice):
            return tuple(self[i] for i in range(*position.indices(len(self._items))))
        index = position if position >= 0 else len(self._items) + position
        found = self._nodes.get(index)
        if found is None:
            if not 0 <= index < len(self._items):
                raise IndexError(position)
            origin = child(self._origin, index) if self._origin is not None else None
            found = self._nodes[index] = value_node(self._items[index], origin, self._place)
        return found

    def __len__(self) -> int:
        return len(self._items)
