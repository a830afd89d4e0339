"""Edits of a text: from lines and columns to offsets and back, and applied so that every other byte stays."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from guard.model.finding import Edit
from guard.model.location import Location, Span


class PatchError(Exception):
    """An edit does not fit the text; the message says why."""


class Cut(NamedTuple):
    """The characters from offset `start` up to `end` and what stands in their place."""

    start: int
    end: int
    text: str


class Text:
    """A file's text with its line beginnings. A byte order mark at the beginning counts no column."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        first = 1 if text.startswith("\ufeff") else 0
        self._lines = [first, *(one.end() for one in re.finditer("\n", text))]
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place. Raises PatchError for one that the text does not have."""
        if not 1 <= line <= len(self._lines) or column < 1:
            raise PatchError(f"{self.path} has no line {line}, column {column}")
        offset = self._lines[line - 1] + column - 1
        if offset > self.line_end(line, with_return=True):
            raise PatchError(f"{self.path} has no line {line}, column {column}")
        return offset

    def range(self, span: Span) -> tuple[int, int]:
        """Return the offsets of a span. Raises PatchError for one that the text does not have."""
        start, end = self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)
        if start > end:
            raise PatchError(f"{self.path} has no range that ends before it begins (line {span.line})")
        return start, end

    def at(self, span: Span) -> str:
        """Return the text of a span."""
        start, end = self.range(span)
        return self.text[start:end]

    def line_start(self, line: int) -> int:
        """Return the offset of a line's first character."""
        return self._lines[line - 1]

    def line_end(self, line: int, with_return: bool = False) -> int:
        """Return the offset after a line's last character; a carriage return before the line feed is no part of it."""
        end = self._lines[line] - 1 if line < len(self._lines) else len(self.text)
        if not with_return and end > self._lines[line - 1] and self.text[end - 1] == "\r":
            return end - 1
        return end

    def line_of(self, offset: int) -> int:
        """Return the line that an offset is on."""
        return bisect_right(self._lines, offset) or 1

    def location(self, start: int, end: int) -> Location:
        """Return where the characters from offset `start` up to `end` stand."""
        places = []
        for offset in (start, end):
            line = self.line_of(offset)
            places += [line, offset - self._lines[line - 1] + 1]
        return Location(self.path, Span(*places))

    def edit(self, cut: Cut) -> Edit:
        """Return a cut as an edit with its location; line feeds in it are written as the file has them."""
        text = cut.text.replace("\r\n", "\n").replace("\n", self.newline)
        return Edit(self.location(cut.start, cut.end), text)


def patched(path: str, text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with these edits. Raises PatchError where they overlap or do not fit the text."""
    cuts = cuts_of(Text(path, text), edits)
    if overlapping(cuts):
        raise PatchError(f"{path}: two edits overlap")
    for cut in reversed(cuts):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text


def cuts_of(text: Text, edits: Iterable[Edit]) -> list[Cut]:
    """Return edits as offsets, sorted, equal ones once. Raises PatchError for one that does not fit the text."""
    return sorted({Cut(*text.range(one.location.span), one.text) for one in edits})


def overlapping(cuts: Sequence[Cut]) -> bool:
    """Tell whether two of these sorted cuts touch the same text, or insert at the same place."""
    return any(
        one.end > two.start or (one.start, one.end) == (two.start, two.end) for one, two in itertools.pairwise(cuts)
    )
