"""Where something is written: positions in text, counted as SARIF's `unicodeCodePoints`.

Named tuples rather than dataclasses: they are made once for every key and value of every file, and
tuples are both the cheapest to make and ordered, which is what sorted reports need.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of text; lines and columns count from 1, columns in code points."""

    line: int
    column: int
    end_line: int
    end_column: int


class Location(NamedTuple):
    """A range of text in a file; `path` is POSIX and relative to the root that is checked."""

    path: str
    span: Span

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def column(self) -> int:
        return self.span.column

    @property
    def start(self) -> Location:
        """The empty range at this location's first character."""
        line, column = self.span.line, self.span.column
        return Location(self.path, Span(line, column, line, column))


class Step(NamedTuple):
    """One step of how a value or a resource came to be: `called here`, `var.type is declared here`."""

    message: str
    location: Location


FIRST_CHARACTER = Span(1, 1, 1, 1)


def whole_file(path: str) -> Location:
    """Return the location that stands for a file where no better one is known: its first character."""
    return Location(path, FIRST_CHARACTER)
