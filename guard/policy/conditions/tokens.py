"""The tokens of a CEL expression with their offsets, as far as it takes to find its parts and the facts it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LONGEST = 2000
# Nested macros run over every pair of elements: more than this is no condition but an attack.
MOST_STEPS = 1_000_000
MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*)
    |(?P<text>[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<number>0x[0-9a-fA-F]+[uU]?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A token and where it stands; `kind` is `text`, `number`, `name` or `sign`."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class ConditionError(ValueError):
    """A condition is wrong at one place; `start` and `end` are offsets in its text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end


def tokenised(text: str) -> tuple[Token, ...]:
    """Return the tokens. Raises ConditionError for what is none, or for an expression beyond the bounds."""
    if len(text) > LONGEST:
        raise ConditionError(f"a condition has at most {LONGEST} characters; this one has {len(text)}", 0, 1)
    tokens = tuple(_tokens(text))
    _bounded(tokens)
    return tokens


def _tokens(text: str) -> Iterator[Token]:
    offset = 0
    while offset < len(text):
        found = _TOKEN.match(text, offset)
        if found is None:
            hint = "; write == to compare" if text[offset] == "=" else ""
            raise ConditionError(f"{text[offset]!r} has no meaning in CEL{hint}", offset, offset + 1)
        if found.lastgroup and found.lastgroup != "blank":
            yield Token(found.lastgroup, found.group(), offset)
        offset = found.end()


def _bounded(tokens: Sequence[Token]) -> None:
    depth = deepest = 0
    open_macros: list[int] = []
    level = 0
    for i, token in enumerate(tokens):
        if token.text in ("(", "[", "{"):
            level += 1
            if token.text == "(" and i and tokens[i - 1].text in MACROS:
                open_macros.append(level)
                depth += 1
                deepest = max(deepest, depth)
        elif token.text in (")", "]", "}"):
            if open_macros and open_macros[-1] == level:
                open_macros.pop()
                depth -= 1
            level -= 1
    commas = sum(token.text == "," for token in tokens)
    if deepest > 1 and max(commas, 10) ** deepest > MOST_STEPS:
        raise ConditionError("the macros are nested too deeply for this many elements", 0, tokens[-1].end)


def closing(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the bracket that closes the one at `at`, the last index where none does."""
    level = 0
    for i in range(at, len(tokens)):
        level += (tokens[i].text in ("(", "[", "{")) - (tokens[i].text in (")", "]", "}"))
        if level == 0:
            return i
    return len(tokens) - 1
