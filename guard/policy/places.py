"""Places inside of a scalar: from an offset in its value to where that character stands in the file."""

from __future__ import annotations

from guard.model.location import Location
from guard.model.node import Node
from guard.policy.patching import PatchError, Text

_ESCAPES = {"x": 4, "u": 6, "U": 10}


def inside(text: str, node: Node, start: int, end: int) -> Location:
    """Return where the characters from `start` up to `end` of a text stand, the whole scalar where that is not clear.

    `text` is the file's. Plain, quoted and block scalars of YAML are followed, line folding and escapes included.
    """
    file = Text(node.location.path, text)
    try:
        first, last = file.range(node.location.span)
    except PatchError:
        return node.location
    offsets = _offsets(text[first:last], str(node.value))
    if offsets is None or not 0 <= start < len(offsets):
        return node.location
    final = offsets[min(max(end, start + 1), len(offsets) - 1)]
    return file.location(first + offsets[start], first + max(final, offsets[start] + 1))


def _offsets(source: str, value: str) -> list[int] | None:
    """Return the offset in `source` of each character of `value` and of its end."""
    found: list[int] = []
    at = _beginning(source)
    for character in value:
        while at < len(source) and not _stands(source, at, character):
            at += 1
        if at >= len(source):
            # A block scalar ends with a line feed that its text does not hold.
            found.append(len(source))
            continue
        found.append(at)
        at += _width(source, at, character)
    return [*found, at] if at <= len(source) else None


def _beginning(source: str) -> int:
    if source[:1] in "|>" and source:
        return source.find("\n") + 1 or len(source)
    return 1 if source[:1] in "\"'" else 0


def _stands(source: str, at: int, character: str) -> bool:
    if source[at] == "\\" and source[0] == '"':
        return True
    return source[at] == character or (character in " \n" and source[at] in "\r\n")


def _width(source: str, at: int, character: str) -> int:
    if source[at] == "\\" and source[0] == '"':
        return _ESCAPES.get(source[at + 1 : at + 2], 2)
    if source[at] == "'" and source[0] == "'":
        return 2
    if source[at] in "\r\n":
        # A fold takes in the blanks around it.
        rest = source[at:]
        return len(rest) - len(rest.lstrip(" \t\r\n")) if source[0] not in "|>" or character == " " else 1
    return 1
