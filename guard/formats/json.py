"""JSON with a position for every key and value, read lazily: what nobody asks for is only checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import NoReturn, TypeAlias, overload

from guard.formats._positions import Source, clean
from guard.model.document import Document, Format
from guard.model.finding import Problem
from guard.model.location import Location
from guard.model.node import Content, Node, Scalar
from guard.model.value import Unknown

MAX_DEPTH = 200
_MAX_DIGITS = 4000
_MAX_PROBLEMS = 20
_SPACE = re.compile(r"[ \t\r\n]*")
_SEPARATOR = re.compile(r"[ \t\r\n]*[,:]?[ \t\r\n]*")
_BRACKETS = re.compile(r"[\[\]{}]")
_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_TOO_LARGE = "this number is too large"


class _NotJsonError(ValueError):
    """NaN or Infinity stand where JSON knows no such number."""


def _constant(name: str) -> NoReturn:
    raise _NotJsonError(name)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _MAX_DIGITS else Decimal(digits)


def _decimal(digits: str) -> Decimal | None:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return None


def _nothing(pairs: list[tuple[str, object]]) -> None:
    """Stand for an object of which only the end is wanted."""


# The C scanner itself; what it is given was checked as a whole before, so it finds nothing wrong any more.
_Scan: TypeAlias = Callable[[str, int], tuple[Scalar, int]]
_scan_value: _Scan = json.JSONDecoder(parse_int=_integer, parse_float=_decimal).scan_once  # type: ignore[attr-defined]
_scan_end: _Scan = json.JSONDecoder(object_pairs_hook=_nothing, parse_int=len, parse_float=len).scan_once  # type: ignore[attr-defined]
_scan_text: Callable[[str, int], tuple[str, int]] = json.decoder.scanstring  # type: ignore[attr-defined]


def parse(path: str, text: str) -> Document:
    """Return the file's root, or none and a problem where it is broken. Of a key written twice the last counts."""
    node, problems = read(path, text)
    return Document(path, text, () if node is None else (node,), problems)


def read(path: str, text: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """Return the root of `text` and what is wrong with it; no root where it is no JSON."""
    source = Source(path, text)
    problem = _depth(source)
    if problem is not None:
        return None, (problem,)
    if source.is_broken():
        return None, (Problem("syntax", "the file is not UTF-8; save it in that encoding", source.broken()),)
    doubled: list[str] = []

    def pairs(found: list[tuple[str, object]]) -> None:
        if len(found) > 1 and len({key for key, _ in found}) < len(found):
            doubled.append("")

    checker = json.JSONDecoder(object_pairs_hook=pairs, parse_int=len, parse_float=len, parse_constant=_constant)
    start = _skip(text, source.start)
    try:
        _, end = checker.raw_decode(text, start)
        if _skip(text, end) < len(text):
            raise json.JSONDecodeError("Extra data", text, _skip(text, end))
    except json.JSONDecodeError as error:
        return None, (_broken(source, error.msg, error.pos),)
    except _NotJsonError as error:
        at = re.search(rf'(?<![\w"]){re.escape(str(error))}(?![\w"])', text)
        return None, (_broken(source, f"{error} is no number in JSON", at.start() if at else start),)
    except RecursionError:
        return None, (_broken(source, "nested too deeply", start),)
    root, _ = _node(source, start, None)
    return root, _doubles(root) if doubled else ()


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _depth(source: Source) -> Problem | None:
    """Return a problem where the nesting is too deep; strings with brackets are looked at only where it seems so."""
    text = source.text
    if max(accumulate(map(_STEPS.__getitem__, _BRACKETS.findall(text))), default=0) <= MAX_DEPTH:
        return None
    depth = 0
    for match in _STRINGS_AND_BRACKETS.finditer(text):
        depth += _STEPS.get(match[0], 0)
        if depth > MAX_DEPTH:
            place = source.location(match.start(), match.end())
            return Problem("syntax", f"nested too deeply: more than {MAX_DEPTH} levels", place)
    return None


_MEANINGS = {
    "Expecting value": "a value is expected here: text in double quotes, a number, true, false, null, [ or {",
    "Expecting property name enclosed in double quotes": 'a key in double quotes or "}" is expected here',
    "Illegal trailing comma before end of object": "a comma may not stand before the closing brace; remove it",
    "Illegal trailing comma before end of array": "a comma may not stand before the closing bracket; remove it",
    "Expecting ':' delimiter": "a colon must follow the key",
    "Expecting ',' delimiter": "a comma or the closing bracket is expected here",
    "Extra data": "the document ends before this; put several documents into a list or separate files",
    "Unterminated string starting at": "this text is never closed; write the closing quote",
    "Invalid control character at": r"a line break or control character may not stand in text; write \n or \uNNNN",
    "Invalid \\escape": r"this is no escape; for a backslash write \\",
    "Invalid \\uXXXX escape": r"\u needs four hexadecimal digits",
}


def _broken(source: Source, message: str, at: int) -> Problem:
    at = min(at, len(source.text))
    meaning = _MEANINGS.get(message.removesuffix(": ").removesuffix(" at"), _MEANINGS.get(message, message))
    opened = _unclosed(source.text) if _skip(source.text, at) == len(source.text) else None
    if opened is not None:
        at, meaning = opened, f'this "{source.text[opened]}" is never closed; write the closing bracket'
    if source.text[at : at + 1] == "\ufeff":
        meaning = "a byte order mark may not begin this file; save it as UTF-8 without one"
    return Problem("syntax", meaning, source.location(at, min(at + 1, len(source.text))))


def _unclosed(text: str) -> int | None:
    opened: list[int] = []
    for match in _STRINGS_AND_BRACKETS.finditer(text):
        if _STEPS.get(match[0], 0) == 1:
            opened.append(match.start())
        elif match[0][0] != '"' and opened:
            opened.pop()
    return opened[-1] if opened else None


def _doubles(root: Node) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    pending = [root]
    while pending and len(problems) < _MAX_PROBLEMS:
        value = pending.pop().value
        if isinstance(value, Members):
            problems += value.doubled()
            pending += reversed(list(value.values()))
        elif isinstance(value, _Elements):
            pending += reversed(value)
    return tuple(problems)


def _node(source: Source, start: int, key: Location | None) -> tuple[Node, int]:
    """Return the value that begins at `start`, and the offset of its end."""
    text = source.text
    first = text[start]
    if first in "{[":
        end = _scan_end(text, start)[1]
        content: Content = Members(source, start) if first == "{" else _Elements(source, start)
        return Node(content, source.location(start, end), key), end
    if first == '"':
        string, end = _scan_text(text, start + 1)
        return Node(clean(string), source.location(start, end), key), end
    value, end = _scan_value(text, start)
    location = source.location(start, end)
    if value is None and first != "n":
        return Node(Unknown(_TOO_LARGE, location), location, key), end
    return Node(value, location, key), end


def _after(text: str, at: int) -> int:
    """Return the offset of what follows a comma or colon, with blanks around it."""
    match = _SEPARATOR.match(text, at)
    return match.end() if match else at


class Members(Mapping[str, Node]):
    """An object of the text, whose members are read when the first of them is asked for."""

    __slots__ = ("_all", "_by_name", "_source", "_start")

    def __init__(self, source: Source, start: int) -> None:
        self._source, self._start = source, start
        self._all: list[tuple[str, Node]] | None = None
        self._by_name: dict[str, Node] | None = None

    def written(self) -> list[tuple[str, Node]]:
        """Return every member in the order of the text, those with the same key too."""
        if self._all is None:
            self._all = list(self._read())
        return self._all

    def doubled(self) -> Iterator[Problem]:
        """Yield a problem for each key that was written before."""
        seen: dict[str, Node] = {}
        for name, node in self.written():
            if name in seen and node.key is not None:
                first = seen[name].key
                message = f'"{name}" is already set on line {first.line if first else 0}; the last one counts'
                yield Problem("duplicate-key", message, node.key, blocking=False)
            seen[name] = node

    def _read(self) -> Iterator[tuple[str, Node]]:
        source, text = self._source, self._source.text
        at = _skip(text, self._start + 1)
        while text[at] != "}":
            name, end = _scan_text(text, at + 1)
            node, end = _node(source, _after(text, end), source.location(at, end))
            yield clean(name), node
            at = _after(text, end)

    def _members(self) -> dict[str, Node]:
        if self._by_name is None:
            self._by_name = dict(self.written())
        return self._by_name

    def __getitem__(self, name: str) -> Node:
        return self._members()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members())

    def __len__(self) -> int:
        return len(self._members())


class _Elements(Sequence[Node]):
    """A list of the text, whose elements are read when the first of them is asked for."""

    __slots__ = ("_all", "_source", "_start")

    def __init__(self, source: Source, start: int) -> None:
        self._source, self._start = source, start
        self._all: tuple[Node, ...] | None = None

    def _nodes(self) -> tuple[Node, ...]:
        if self._all is None:
            self._all = tuple(self._read())
        return self._all

    def _read(self) -> Iterator[Node]:
        source, text = self._source, self._source.text
        at = _skip(text, self._start + 1)
        while text[at] != "]":
            node, end = _node(source, at, None)
            yield node
            at = _after(text, end)

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Node]: ...
    def __getitem__(self, index: int | slice) -> Node | Sequence[Node]:
        return self._nodes()[index]

    def __len__(self) -> int:
        return len(self._nodes())


FORMAT = Format("json", (".json",), parse)
