"""What adapters share: inputs with their fallbacks, bodies made of them, and the instances that these describe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Content, Node, is_sequence
from guard.model.value import Known, Unknown
from guard.terraform.expansion import Key, key_text
from guard.terraform.known_modules import ModuleCall

Wanted = bool | Unknown


class Group(NamedTuple):
    """One member of an input that holds many: its key, its node, and why its number is unknown where it is."""

    key: str
    node: Node
    repeated: Unknown | None = None

    @property
    def place(self) -> Location:
        """Return where the member is written: its key if it has one."""
        return self.node.key or self.node.location


def pick(name: str, *sources: Node) -> Node | None:
    """Return what the first of `sources` that writes `name` (not as null) gives, None where none of them does.

    A source that is unknown as a whole may hold it, and makes it unknown.
    """
    for source in sources:
        if isinstance(source.value, Unknown):
            return Node(source.value, source.location, source.key)
        found = source.value.get(name) if isinstance(source.value, Mapping) else None
        if found is not None and found.value is not None:
            return found
    return None


def setting(name: str, default: Content, *sources: Node) -> Node:
    """Return what `pick` does, or else the module's default at the place of the first source."""
    found = pick(name, *sources)
    return constant(default, place_of(sources[0])) if found is None else found


def constant(value: Content, place: Location) -> Node:
    """Return a value that the module itself brings, at the place of what asks for it."""
    return Node(value, place, place)


def place_of(node: Node) -> Location:
    """Return where a node begins: its key if it has one."""
    return node.key or node.location


def flag(name: str, default: bool, *sources: Node) -> Wanted:
    """Return a switch of the module."""
    found = pick(name, *sources)
    if found is None:
        return default
    value = found.flag()
    return value.value if isinstance(value, Known) else value if isinstance(value, Unknown) else default


def every(*flags: Wanted) -> Wanted:
    """Return whether all of `flags` hold: an unknown one leaves it open unless another one is off."""
    if any(one is False for one in flags):
        return False
    return next((one for one in flags if isinstance(one, Unknown)), True)


def text(name: str, default: str, *sources: Node) -> str:
    """Return an input as text for an address or name; `default` where it is not known."""
    found = pick(name, *sources)
    value = found.text() if found is not None else None
    return value.value if isinstance(value, Known) else default


def is_filled(node: Node | None) -> Wanted:
    """Tell whether an input holds anything: `null`, `{}`, `[]` and "" stand for nothing."""
    if node is None or node.value is None or node.value == "":
        return False
    if isinstance(node.value, Unknown):
        return node.value
    if isinstance(node.value, Mapping) or is_sequence(node.value):
        return len(node.value) > 0
    return True


def filled(node: Node | None) -> Node | None:
    """Return a node that holds anything or is unknown, None for one that is empty."""
    return None if is_filled(node) is False else node


def members(node: Node | None) -> tuple[Node, ...]:
    """Return the members of a list, or the values of a map in the order of its keys."""
    if node is None:
        return ()
    if isinstance(node.value, Mapping):
        return tuple(node.value.values())
    return node.items()


def listed(node: Node | None) -> Node | None:
    """Return a list or map of objects as the sequence of nested blocks that they become; None where it is empty."""
    if filled(node) is None or node is None or isinstance(node.value, Unknown):
        return filled(node)
    return Node(members(node), node.location, node.key)


def one_or_many(node: Node | None) -> Node | None:
    """Return an object, or a list of them, as the nested blocks that it becomes; None where it is empty."""
    found = filled(node)
    if found is not None and isinstance(found.value, Mapping):
        return Node((found,), found.location, found.key)
    return found


def groups(node: Node | None) -> Iterator[Group]:
    """Yield the members of a map or list of objects by key or position; one for all where they are unknown."""
    if node is None:
        return
    if isinstance(node.value, Unknown):
        yield Group("", node, node.value)
    elif isinstance(node.value, Mapping):
        yield from (Group(key, one) for key, one in node.value.items())
    else:
        yield from (Group(str(position), one) for position, one in enumerate(node.items()))


def count(node: Node | None) -> int | Unknown:
    """Return the number of elements of a list, 0 where nothing is written."""
    if node is None or node.value is None:
        return 0
    if isinstance(node.value, Unknown):
        return node.value
    return len(members(node))


def merged(place: Location, *maps: Node | None) -> Node | None:
    """Return what `merge` makes of labels: later ones win; unknown as a whole where one of them is."""
    found: dict[str, Node] = {}
    written = [one for one in maps if one is not None and one.value is not None]
    for one in written:
        if isinstance(one.value, Unknown):
            return one
        if isinstance(one.value, Mapping):
            found.update(one.value)
    if not found:
        return None
    nearest = next((one for one in reversed(written) if one.key is not None), None)
    return Node(found, written[-1].location, nearest.key if nearest is not None else place)


def named(name: Node | str, place: Location) -> Node:
    """Return the label `Name` as a map for `merged`."""
    return Node({"Name": name if isinstance(name, Node) else constant(name, place)}, place)


def tag_blocks(labels: Node | None) -> Node | None:
    """Return labels as the `tag` blocks of an autoscaling group."""
    if labels is None or isinstance(labels.value, Unknown):
        return labels
    blocks = [
        Node({"key": Node(key, place_of(one)), "value": one}, one.location, one.key)
        for key, one in labels.fields().items()
    ]
    return Node(tuple(blocks), labels.location, labels.key)


def block(place: Location, content: Mapping[str, Node | None]) -> Node:
    """Return one nested block of what is given."""
    return Node((mapping(place, content),), place, place)


def mapping(place: Location, content: Mapping[str, Node | None]) -> Node:
    """Return a mapping of what is given."""
    return Node({name: one for name, one in content.items() if one is not None}, place, place)


def copied(names: Iterable[str], *sources: Node) -> dict[str, Node | None]:
    """Return the inputs whose names are those of the resource's arguments too."""
    return {name: pick(name, *sources) for name in names}


def reference(address: str, attribute: str, place: Location) -> Node:
    """Return an attribute of another resource that only the apply decides."""
    return Node(Unknown(f"known only after apply: {address}.{attribute}", place, address), place, place)


def address_of(call: ModuleCall, within: str, kind: str, name: str, key: Key = 0) -> str:
    """Return the address of a resource of the module; `within` is the path of modules inside it."""
    return ".".join((call.address, *([within] if within else []), kind, name)) + key_text(key)


def inner(name: str, key: Key) -> str:
    """Return a module inside the module as addresses write it."""
    return f"module.{name}{key_text(key)}"


def resource(
    call: ModuleCall,
    kind: str,
    name: str,
    content: Mapping[str, Node | None],
    *,
    wanted: Wanted = True,
    within: str = "",
    key: Key = 0,
    place: Location | None = None,
    repeated: Unknown | None = None,
) -> Iterator[Instance]:
    """Yield the instance of a resource of the module: none where it is not `wanted`, an open number where unknown.

    `content` are its arguments; the region that the newest modules take goes to each resource of AWS.
    """
    if wanted is False:
        return
    here = place or call.location
    open_number = call.repeated or repeated or (wanted if isinstance(wanted, Unknown) else None)
    region = {"region": pick("region", call.inputs)} if kind.startswith("aws_") else {}
    module = ".".join((call.address, *([within] if within else [])))
    yield Instance(
        address=address_of(call, within, kind, name, None if open_number is not None and key == 0 else key),
        type=kind,
        name=name,
        body=mapping(here, {**region, **content}),
        location=here,
        extent=here if place is not None else call.extent,
        root=call.root,
        key=key,
        module=module,
        calls=call.calls,
        provider=call.provider(kind.partition("_")[0]),
        repeated=open_number,
        provenance="module",
    )
