"""What a YAML document may not be: too deep, endless, or a billion laughs; and keys that are written twice."""

from __future__ import annotations

import re
from itertools import accumulate

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, ScalarNode
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


def doubled_keys(root: Composed) -> list[tuple[Composed, Composed]]:
    """Return each key that its mapping holds already, with the one before it; every node is looked at once."""
    found: list[tuple[Composed, Composed]] = []
    seen = {id(root)}
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, MappingNode):
            found += _doubled(node)
        for child in _children(node):
            if not isinstance(child, ScalarNode) and id(child) not in seen:
                seen.add(id(child))
                pending.append(child)
    return found


def _doubled(node: MappingNode) -> list[tuple[Composed, Composed]]:
    keys = [key for key, _ in node.value if isinstance(key, ScalarNode)]
    if len({key.value for key in keys}) == len(keys):
        return []
    found: list[tuple[Composed, Composed]] = []
    first: dict[str, Composed] = {}
    for key in keys:
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
