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

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.start = 1 if text.startswith("\ufeff") else 0
        self._lines: list[int] | None = None

    def location(self, start: int, end: int) -> Location:
        """Return where the characters from offset `start` up to `end` stand."""
        lines = self._lines or self._find_lines()
        line = bisect_right(lines, start) or 1
        begin = lines[line - 1]
        if line < len(lines) and end >= lines[line]:
            return Location(self.path, Span(line, max(start - begin, 0) + 1, *self.place(end)))
        return Location(self.path, Span(line, max(start - begin, 0) + 1, line, max(end - begin, 0) + 1))

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset."""
        lines = self._lines or self._find_lines()
        line = bisect_right(lines, offset) or 1
        return line, max(offset - lines[line - 1], 0) + 1

    def _find_lines(self) -> list[int]:
        self._lines = [self.start, *(match.end() for match in re.finditer("\n", self.text))]
        return self._lines

    def is_broken(self) -> bool:
        """Tell whether the text holds bytes that were no UTF-8 (decoded with `surrogateescape`)."""
        return not self.text.isascii() and _SURROGATES.search(self.text) is not None

    def broken(self) -> Location:
        """Return the first place that `is_broken` tells of."""
        match = _SURROGATES.search(self.text)
        return self.location(*match.span()) if match else self.location(0, 0)
