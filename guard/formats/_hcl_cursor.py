"""A place in a list of HCL tokens: what stands there, where that is, and how to complain about it."""

from __future__ import annotations

from guard.formats._hcl_tokens import (
    END,
    END_HEREDOC,
    END_QUOTE,
    HEREDOC,
    INVALID,
    NEWLINE,
    QUOTE,
    STRING,
    HclError,
    Tokens,
)
from guard.model.location import Span

# An expression takes five Python frames a level and a template nine; both must fit into the interpreter's thousand.
MAX_DEPTH = 100
MAX_CHAIN = 250
_span = tuple.__new__


def joined(first: Span, last: Span) -> Span:
    """Return the range from the beginning of `first` to the end of `last`."""
    return _span(Span, (first[0], first[1], last[2], last[3]))


class Cursor:
    """A place in a list of tokens; it only goes forward."""

    __slots__ = ("at", "columns", "depth", "kinds", "lines", "texts")

    def __init__(self, tokens: Tokens) -> None:
        self.kinds, self.texts = tokens.kinds, tokens.texts
        self.lines, self.columns = tokens.lines, tokens.columns
        self.at = 0
        self.depth = 0

    def span(self, index: int) -> Span:
        """Return the range of the token at `index`, which ends on its line."""
        line, column, text = self.lines[index], self.columns[index], self.texts[index]
        size = len(text.rstrip("\r\n")) if text[-1:] in "\r\n" else len(text)
        return _span(Span, (line, column, line, column + size))

    def since(self, start: int) -> Span:
        """Return the range from the token at `start` to the one read last."""
        last = self.at - 1
        line, text = self.lines[last], self.texts[last]
        return _span(Span, (self.lines[start], self.columns[start], line, self.columns[last] + len(text)))

    def skip_lines(self) -> None:
        """Go to the next token that is no line end."""
        while self.kinds[self.at] == NEWLINE:
            self.at += 1

    def complaint(self, message: str, start: Span | None = None) -> HclError:
        """Return a complaint about the token that comes next."""
        return HclError(message, self.span(self.at), start)

    def described(self) -> str:
        """Return what comes next, in words for a message."""
        kind, text = self.kinds[self.at], self.texts[self.at]
        if kind == END:
            return "the end of the file"
        if kind == NEWLINE:
            return "the end of the line"
        if kind in (QUOTE, STRING, HEREDOC, END_HEREDOC, END_QUOTE):
            return "text"
        return ascii(text.strip()) if kind == INVALID else f'"{text.strip()}"'

    def deepen(self) -> None:
        """Go one level deeper. Raises HclError where that is too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.complaint(f"nested too deeply: more than {MAX_DEPTH} levels; move parts into locals")
