"""What a YAML document may not be: too deep, endless, or a billion laughs; and keys that are written twice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import accumulate

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.nodes import Node as Composed

MAX_DEPTH = 200
MAX_NODES = 1_000_000
_BRACKETS = re.compile(r"[\[\]{}]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
# Block collections nest only by columns, so what stands before the first word of a line bounds their depth.
_DEEP_LINE = re.compile(rf"^(?=[ \t\-?:!&])(?:[ \t]|[-?:](?=[ \t])|[!&]\S*+){{{MAX_DEPTH},}}", re.MULTILINE)


def too_deep(text: str) -> tuple[int, int, int] | None:
    """Return the offset, line and column (from 0) where the nesting is too deep; libyaml would overflow its stack."""
    brackets = max(accumulate(map(_STEPS.__getitem__, _BRACKETS.findall(text))), default=0)
    if brackets <= MAX_DEPTH and not _DEEP_LINE.search(text):
        return None
    depth = 0
    parser = CParser(text)
    try:
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    mark = event.start_mark
                    return (mark.index, mark.line, mark.column) if mark else (0, 0, 0)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        # Whoever composes the text meets the same error at the same place, no deeper than here.
        return None
    return None


@dataclass(slots=True)
class Survey:
    """What one look at every node of a document found: keys written twice, and whether aliases share anything."""

    doubled: list[tuple[Composed, Composed]] = field(default_factory=list)
    shared: bool = False


def survey(root: Composed) -> Survey:
    """Return each key that its mapping holds already, with the one before it, and whether a collection is aliased."""
    found = Survey()
    seen = {id(root)}
    pending = [root]
    while pending:
        node = pending.pop()
        for child in _collections(node, found):
            if id(child) in seen:
                found.shared = True
            else:
                seen.add(id(child))
                pending.append(child)
    return found


def _collections(node: Composed, found: Survey) -> list[Composed]:
    """Return the children that are collections, and note the keys written twice."""
    if isinstance(node, MappingNode):
        pairs = node.value
        try:
            if len({key.value for key, _ in pairs}) != len(pairs):
                found.doubled += _doubled(node)
        except TypeError:
            # A key that is itself a collection.
            found.doubled += _doubled(node)
            return [child for pair in pairs for child in pair if not isinstance(child, ScalarNode)]
        return [child for _, child in pairs if type(child) is not ScalarNode]
    return [child for child in node.value if type(child) is not ScalarNode] if isinstance(node, SequenceNode) else []


def _doubled(node: MappingNode) -> list[tuple[Composed, Composed]]:
    found: list[tuple[Composed, Composed]] = []
    first: dict[str, Composed] = {}
    for key, _ in node.value:
        if not isinstance(key, ScalarNode):
            continue
        if key.value in first and key.value != "<<":
            found.append((key, first[key.value]))
        first[key.value] = key
    return found


def explosion(root: Composed) -> str | None:
    """Return why the aliases of a document cannot be followed: they form a ring, or expand beyond the bounds."""
    sizes: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()
    pending: list[tuple[Composed, bool]] = [(root, False)]
    while pending:
        node, done = pending.pop()
        if id(node) in sizes:
            continue
        children = _children(node)
        if done:
            open_nodes.discard(id(node))
            size = 1 + sum(sizes[id(child)][0] for child in children)
            depth = 1 + max((sizes[id(child)][1] for child in children), default=0)
            if size > MAX_NODES or depth > MAX_DEPTH:
                return "its aliases expand to more than a million values or two hundred levels"
            sizes[id(node)] = (size, depth)
        elif id(node) in open_nodes:
            return "an alias refers to something that holds the alias itself"
        else:
            open_nodes.add(id(node))
            pending.append((node, True))
            pending += [(child, False) for child in children]
    return None


def _children(node: Composed) -> list[Composed]:
    if isinstance(node, ScalarNode):
        return []
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value)
