"""How each attribute of a resource got its value: the way from its use to the text that must change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from guard.model.location import Location, Step
from guard.model.node import Node
from guard.model.value import Unknown
from guard.reports._words import printable

MOST = 400
"""How many attributes of one resource are told."""
DEEPEST = 40
LONGEST = 200


def attributes(body: Node) -> Iterator[str]:
    """Yield a line for each attribute with its value and place, and below it a line for each step that led there."""
    told: set[tuple[Step, ...]] = set()
    for count, (path, node) in enumerate(_leaves(body, "", 0)):
        if count >= MOST:
            yield f"  ... and more: only {MOST} attributes are told"
            return
        yield f"  {printable(path)}: {_shown(node)}  ({place(node.location)})"
        if node.trail not in told:
            yield from (f"    {printable(step.message)} ({place(step.location)})" for step in node.trail)
            told.add(node.trail)


def place(location: Location) -> str:
    """Return a place as reports write it."""
    return f"{printable(location.path)}:{location.line}:{location.column}"


def _leaves(node: Node, path: str, depth: int) -> Iterator[tuple[str, Node]]:
    value = node.value
    if depth < DEEPEST and not node.sensitive:
        if isinstance(value, Mapping) and value:
            for name in value:
                yield from _leaves(value[name], f"{path}.{name}" if path else name, depth + 1)
            return
        if not isinstance(value, (str, bool, int, Decimal, Unknown, Mapping)) and value:
            for index, item in enumerate(value):
                yield from _leaves(item, f"{path}[{index}]", depth + 1)
            return
    if path:
        yield path, node


def _shown(node: Node) -> str:
    value = node.value
    if node.sensitive:
        return "(sensitive)"
    if isinstance(value, Unknown):
        return f"unknown, {printable(value.reason)}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = printable(value)
        return f'"{text}"' if len(text) <= LONGEST else f'"{text[:LONGEST]}..."'
    if isinstance(value, (int, Decimal)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return "{}" if isinstance(value, Mapping) else "[]"
