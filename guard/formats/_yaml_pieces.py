"""A text that is put together from pieces of several places, some of them unknown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from guard.formats._positions import clean
from guard.model.instance import Piece
from guard.model.location import Location, Span
from guard.model.value import Unknown

# Characters of Unicode's private use area stand for what is not known; no text that is known keeps them.
_OPEN, _CLOSE = "\ue000", "\ue001"


class Pieces:
    """The text that pieces make, and where each of its characters is written."""

    __slots__ = ("_begins", "_starts", "gaps", "text")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.gaps: dict[str, Unknown] = {}
        # Offsets at which a line of a piece begins, and for each the piece and where that line begins in the file.
        self._starts: list[int] = []
        self._begins: list[tuple[Piece, tuple[int, int] | None]] = []
        texts: list[str] = []
        size = 0
        for piece in pieces:
            text = self._known(piece)
            if text:
                self._place(piece, text, size)
            texts.append(text)
            size += len(text)
        self.text = "".join(texts)

    def _known(self, piece: Piece) -> str:
        if isinstance(piece.text, str):
            return (
                clean(piece.text)
                .replace(_OPEN, "\N{REPLACEMENT CHARACTER}")
                .replace(_CLOSE, "\N{REPLACEMENT CHARACTER}")
            )
        mark = f"{_OPEN}{len(self.gaps)}{_CLOSE}"
        self.gaps[mark] = piece.text
        return mark

    def _place(self, piece: Piece, text: str, offset: int) -> None:
        if not piece.lines:
            self._starts.append(offset)
            self._begins.append((piece, None))
            return
        for line, place in zip(text.split("\n"), piece.lines, strict=False):
            self._starts.append(offset)
            self._begins.append((piece, place))
            offset += len(line) + 1

    def location(self, start: int, end: int) -> Location:
        """Return where the characters from offset `start` up to `end` stand; across files, where the first one does."""
        if not self._starts:
            return Location("", Span(1, 1, 1, 1))
        first = self._at(start, first=True)
        last = self._at(max(end - 1, start), first=False) if end > start else first
        if last.path != first.path or (last.span.end_line, last.span.end_column) < first.span[:2]:
            return first
        if end == start:
            return first.start
        return Location(first.path, Span(*first.span[:2], last.span.end_line, last.span.end_column))

    def _at(self, offset: int, *, first: bool) -> Location:
        at = max(bisect_right(self._starts, offset) - 1, 0)
        piece, place = self._begins[at]
        if place is None:
            return piece.location
        line, column = place
        column += max(offset - self._starts[at], 0)
        return Location(piece.location.path, Span(line, column, line, column + 1))
