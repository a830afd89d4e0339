"""Offsets of a text to lines and columns, shared by the formats that work with offsets."""

from __future__ import annotations

import re
from bisect import bisect_right

from guard.model.location import Location, Span

_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return `text` with a replacement character for each half of a surrogate pair, which no output could encode."""
    return text if text.isascii() else _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


class Source:
    """A file's text that tells the location of a range of offsets. A byte order mark counts no column."""

    __slots__ = ("_lines", "path", "start", "text")

    def __init__(self, path: str, text: str, skips_mark: bool = True) -> None:
        self.path, self.text = path, text
        self.start = 1 if skips_mark and text.startswith("\ufeff") else 0
        self._lines: list[int] | None = None

    def location(self, start: int, end: int) -> Location:
        """Return where the characters from offset `start` up to `end` stand."""
        line, column = self.place(start)
        end_line, end_column = self.place(end)
        return Location(self.path, Span(line, column, end_line, end_column))

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset."""
        lines = self._lines
        if lines is None:
            lines = self._lines = [self.start, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(lines, offset) or 1
        return line, max(offset - lines[line - 1], 0) + 1
