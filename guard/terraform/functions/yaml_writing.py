"""YAML as Terraform writes it (go-cty-yaml): `yamlencode`. Lines are broken and text is escaped as libyaml does."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Final

from guard.terraform import numbers
from guard.terraform.functions.framework import Arguments, Environment, Function, FunctionError, Parameter, unknown_from
from guard.terraform.numbers import Number
from guard.terraform.types import STRING, Type
from guard.terraform.values import Value, is_wholly_known, string

DEEPEST: Final = 200
WIDTH: Final = 80
LONGEST_SIMPLE_KEY: Final = 128
_BREAKS: Final = "\r\n\x85\u2028\u2029"
_ESCAPES: Final = {
    "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e",
    '"': '"', "\\": "\\", "\x85": "N", "\xa0": "_", "\u2028": "L", "\u2029": "P",
}  # fmt: skip


def encode(value: Value) -> str:
    """Return a wholly known value as a YAML document; FunctionError where it is nested too deeply."""
    emitter = _Emitter()
    emitter.node(value, -1, depth=0)
    emitter.indented(0)
    plain = value.is_null or (value.type.is_primitive and value.type is not STRING)
    return "".join(emitter.parts) + ("...\n" if plain else "")


class _Emitter:
    """Writes nodes and keeps what libyaml's emitter keeps: the column, and what stands before it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = 0
        self.whitespace = True
        self.indention = True

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.column += len(text)

    def _break(self) -> None:
        self.parts.append("\n")
        self.column = 0
        self.indention = True

    def indented(self, indent: int) -> None:
        """Begin a line at `indent`, unless that is where the line has got to."""
        at_end = self.column == indent and not self.whitespace
        if not self.indention or self.column > indent or at_end:
            self._break()
        self._put(" " * (indent - self.column))
        self.whitespace = self.indention = True

    def _indicator(self, text: str, *, apart: bool, indention: bool = False) -> None:
        if apart and not self.whitespace:
            self._put(" ")
        self._put(text)
        self.whitespace = False
        self.indention = self.indention and indention

    def node(self, value: Value, indent: int, *, depth: int, mapping: bool = False, key: bool = False) -> None:
        """Write a value; `mapping` where it belongs to a mapping, `key` where it is a simple key of one."""
        if depth > DEEPEST:
            raise FunctionError(f"the value is nested more than {DEEPEST} levels deep")
        inner = 0 if indent < 0 else indent + 2
        if value.is_null or value.type.is_primitive:
            self._scalar(value, indent + 2 if indent >= 0 else 2, key=key)
        elif not value.items:
            self._indicator("{}" if value.type.kind in ("map", "object") else "[]", apart=True)
        elif value.type.kind in ("map", "object"):
            self._mapping(value, inner, depth)
        else:
            self._sequence(value, indent if mapping and not self.indention and indent >= 0 else inner, depth)

    def _sequence(self, value: Value, indent: int, depth: int) -> None:
        for item in value.items:
            self.indented(indent)
            self._indicator("-", apart=True, indention=True)
            self.node(item, indent, depth=depth + 1)

    def _mapping(self, value: Value, indent: int, depth: int) -> None:
        for name, item in value.fields.items():
            self.indented(indent)
            simple = not any(letter in _BREAKS for letter in name) and len(name.encode()) <= LONGEST_SIMPLE_KEY
            if not simple:
                self._indicator("?", apart=True, indention=True)
            self.node(Value(STRING, name), indent, depth=depth + 1, mapping=True, key=simple)
            if not simple:
                self.indented(indent)
            self._indicator(":", apart=not simple, indention=not simple)
            self.node(item, indent, depth=depth + 1, mapping=True)

    def _scalar(self, value: Value, indent: int, *, key: bool) -> None:
        content = value.content
        if not isinstance(content, str):
            self._indicator(_plain(content), apart=True)
        elif "\n" in content and not key and _fits_block(content):
            self._literal(content, indent)
        else:
            self._quoted(content, indent, breaks=not key)

    def _literal(self, text: str, indent: int) -> None:
        self._indicator("|", apart=True)
        if text[0] == " " or text[0] in _BREAKS:
            self._put("2")
        if text[-1] not in _BREAKS:
            self._put("-")
        elif len(text) == 1 or text[-2] in _BREAKS:
            self._put("+")
        self._break()
        self.whitespace = True
        at_start = True
        for letter in text:
            if letter in _BREAKS:
                self._break() if letter == "\n" else self._other_break(letter)
                at_start = True
                continue
            if at_start:
                self.indented(indent)
            self._put(letter)
            self.indention = at_start = False

    def _other_break(self, letter: str) -> None:
        self.parts.append(letter)
        self.column = 0
        self.indention = True

    def _quoted(self, text: str, indent: int, *, breaks: bool) -> None:
        self._indicator('"', apart=True)
        spaces = False
        everything = text.startswith("\ufeff")
        for position, letter in enumerate(text):
            if everything or not _printable(letter) or letter in _BREAKS or letter in '"\\':
                self._put(_escaped(letter))
                spaces = False
            elif letter != " ":
                self._put(letter)
                spaces = False
            elif breaks and not spaces and self.column > WIDTH and 0 < position < len(text) - 1:
                self.indented(indent)
                if text[position + 1] == " ":
                    self._put("\\")
                spaces = True
            else:
                self._put(letter)
                spaces = True
        self._indicator('"', apart=False)
        self.whitespace = self.indention = False


def _plain(content: object) -> str:
    if content is None:
        return "null"
    if isinstance(content, Number):
        return numbers.text(content)
    return "true" if content else "false"


def _printable(letter: str) -> bool:
    return letter == "\n" or " " <= letter <= "~" or ("\xa0" <= letter <= "\ufffd" and letter != "\ufeff")


def _fits_block(text: str) -> bool:
    """Tell whether text can stand in a literal block: all printable, no space at the end of a line or of the whole."""
    if text[-1] == " " or not all(map(_printable, text)):
        return False
    return not any(left == " " and right in _BREAKS for left, right in itertools.pairwise(text))


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return "\\" + _ESCAPES[letter]
    code = ord(letter)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _yamlencode(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    value = arguments[0]
    return string(encode(value)) if is_wholly_known(value) else unknown_from(STRING, value)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "yamlencode": Function((Parameter("value", null=True, dynamic=True),), STRING, _yamlencode, never_null=False)
}
