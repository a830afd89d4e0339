"""Protobuf's text format (Triton's `config.pbtxt`) to nodes; a field that occurs several times becomes a sequence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from guard.formats._positions import Source, clean
from guard.model.document import Document, Format
from guard.model.finding import Problem
from guard.model.location import Location, Span
from guard.model.node import Node, Scalar

MAX_DEPTH = 100
_TOKEN = re.compile(
    r"""(?:\s|\#[^\n]*+)*+(?:
    (?P<name>[A-Za-z_]\w*+|\[[\w./\- ]++\](?=\s*+[:{<]))
    |(?P<number>-?\s*+(?:0[xX][0-9a-fA-F]++|\.[0-9]++(?:[eE][+-]?[0-9]++)?|[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]++)?)[fF]?)
    |(?P<text>"(?:[^"\\\n]++|\\[^\n])*+"|'(?:[^'\\\n]++|\\[^\n])*+')
    |(?P<mark>[{}<>\[\]:,;-])
    |(?P<end>\Z)
    |(?P<other>(?s:.))
    )""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_CLOSERS = {"{": "}", "<": ">", "[": "]"}
_WORDS = {"true": True, "True": True, "false": False, "False": False}
_MAX_DIGITS = 1000


class _PbtxtError(Exception):
    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Reader:
    source: Source
    tokens: Iterator[_Token]
    token: _Token

    def advance(self) -> _Token:
        """Return the token that stands here and go to the next one."""
        token = self.token
        self.token = next(self.tokens, token)
        return token

    def error(self, expected: str) -> _PbtxtError:
        token = self.token
        found = "the end of the file" if token.kind == "end" else ascii(token.text)
        return _PbtxtError(f"{expected}, but this is {found}", token.start, max(token.end, token.start))

    def between(self, start: int, end: int) -> Location:
        return self.source.location(start, end)


def parse(path: str, text: str) -> Document:
    """Return the one message that the file is; where it is broken, what stands before that and a problem."""
    source = Source(path, text)
    tokens = _tokens(text, source.start)
    reader = _Reader(source, tokens, next(tokens))
    fields: dict[str, list[Node]] = {}
    problems: tuple[Problem, ...] = ()
    try:
        _fields(reader, fields, "", 0)
    except _PbtxtError as error:
        problems = (Problem("syntax", error.message, source.location(error.start, error.end)),)
    last = source.place(len(text))
    root = Node(_gathered(fields), Location(path, Span(1, 1, *last)))
    return Document(path, text, (root,) if fields else (), problems)


def _tokens(text: str, at: int) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text, at):
        kind = match.lastgroup or "end"
        yield _Token(kind, match[kind], match.start(kind), match.end(kind))


def _gathered(fields: dict[str, list[Node]]) -> dict[str, Node]:
    """Return one node for each field. A repeated one is a sequence that begins at its first and ends at its last."""
    return {name: nodes[0] if len(nodes) == 1 else _repeated(nodes) for name, nodes in fields.items()}


def _repeated(nodes: list[Node]) -> Node:
    first, last = nodes[0].location, nodes[-1].location
    elements: list[Node] = []
    for node in nodes:
        elements += node.value if isinstance(node.value, tuple) else (node,)
    span = Span(first.span.line, first.span.column, last.span.end_line, last.span.end_column)
    return Node(tuple(elements), Location(first.path, span), nodes[0].key)


def _fields(reader: _Reader, fields: dict[str, list[Node]], closer: str, depth: int) -> None:
    """Read fields up to the closer (the end of the file where it is empty) and stay at it."""
    while reader.token.text != closer or reader.token.kind not in ("mark", "end"):
        name = reader.token
        if name.kind != "name":
            raise reader.error(
                f'a field\'s name or "{closer}" is expected here' if closer else "a field's name is expected here"
            )
        reader.advance()
        key = reader.between(name.start, name.end)
        colon = reader.token.kind == "mark" and reader.token.text == ":"
        if colon:
            reader.advance()
        elif reader.token.text not in ("{", "<", "["):
            raise reader.error(f'":" and a value must follow "{name.text}"')
        value = _value(reader, key, depth)
        fields.setdefault(name.text, []).append(value)
        if reader.token.kind == "mark" and reader.token.text in (",", ";"):
            reader.advance()


def _value(reader: _Reader, key: Location | None, depth: int) -> Node:
    if depth >= MAX_DEPTH:
        raise reader.error(f"nested too deeply: more than {MAX_DEPTH} levels are not read")
    token = reader.token
    if token.kind == "mark" and token.text in ("{", "<"):
        return _message(reader, key, depth)
    if token.kind == "mark" and token.text == "[":
        return _list(reader, key, depth)
    if token.kind == "text":
        return _text(reader, key)
    if token.kind in ("name", "number"):
        reader.advance()
        location = reader.between(token.start, token.end)
        return Node(_word(token.text) if token.kind == "name" else _number(token.text), location, key)
    if token.text == "-":
        reader.advance()
        if reader.token.kind != "name":
            raise reader.error("a number must follow the sign")
        word = reader.advance()
        return Node(f"-{word.text}", reader.between(token.start, word.end), key)
    raise reader.error("a value is expected here")


def _message(reader: _Reader, key: Location | None, depth: int) -> Node:
    opening = reader.advance()
    closer = _CLOSERS[opening.text]
    fields: dict[str, list[Node]] = {}
    _fields_until(reader, fields, opening, closer, depth)
    closing = reader.advance()
    return Node(_gathered(fields), reader.between(opening.start, closing.end), key)


def _fields_until(reader: _Reader, fields: dict[str, list[Node]], opening: _Token, closer: str, depth: int) -> None:
    try:
        _fields(reader, fields, closer, depth + 1)
    except _PbtxtError as error:
        if reader.token.kind != "end" or error.start < reader.token.start:
            raise
        message = f'this "{opening.text}" is never closed; write "{closer}" where it ends'
        raise _PbtxtError(message, opening.start, opening.end) from error


def _list(reader: _Reader, key: Location | None, depth: int) -> Node:
    opening = reader.advance()
    elements: list[Node] = []
    while reader.token.text != "]" or reader.token.kind != "mark":
        if reader.token.kind == "end":
            raise _PbtxtError('this "[" is never closed; write "]" where it ends', opening.start, opening.end)
        elements.append(_value(reader, None, depth + 1))
        if reader.token.text == ",":
            reader.advance()
        elif reader.token.text != "]" and reader.token.kind != "end":
            raise reader.error('a comma or "]" is expected after an element of a list')
    closing = reader.advance()
    return Node(tuple(elements), reader.between(opening.start, closing.end), key)


def _text(reader: _Reader, key: Location | None) -> Node:
    """Read a text; texts one after the other are one."""
    first = last = reader.advance()
    pieces = [_unescaped(first.text[1:-1])]
    while reader.token.kind == "text":
        last = reader.advance()
        pieces.append(_unescaped(last.text[1:-1]))
    text = b"".join(pieces).decode("utf-8", "replace")
    return Node(text, reader.between(first.start, last.end), key)


def _unescaped(text: str) -> bytes:
    """Return the bytes a text stands for; octal and hexadecimal escapes are bytes, not code points."""
    encoded = clean(text).encode()
    return _ESCAPE.sub(_escape, encoded) if b"\\" in encoded else encoded


def _escape(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, other = match.groups()
    if octal or hexadecimal:
        return bytes([(int(octal, 8) if octal else int(hexadecimal, 16)) & 0xFF])
    if short or long:
        point = int(short or long, 16)
        return (chr(point) if point < 0xD800 or 0xDFFF < point <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}").encode()
    return _SIMPLE.get(other, other)


def _word(text: str) -> Scalar:
    return _WORDS.get(text, text)


def _number(text: str) -> Scalar:
    digits = "".join(text.split())
    whole = digits.removeprefix("-")
    if whole.isdigit() and len(whole) < _MAX_DIGITS:
        octal = whole[0] == "0" and len(whole) > 1 and not set(whole) & {"8", "9"}
        return int(digits, 8 if octal else 10)
    if whole[:2] in ("0x", "0X"):
        return int(digits, 16)
    try:
        return Decimal(digits.rstrip("fF"))
    except ArithmeticError:
        return text


FORMAT = Format("pbtxt", (".pbtxt",), parse)
