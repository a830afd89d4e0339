"""What kept something from being read, told beside the output of commands that have no report for it."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from guard.model.finding import Problem
from guard.reports._words import printable


def tell(problems: Iterable[Problem]) -> None:
    """Write a line for each problem, with its place, to standard error."""
    for problem in problems:
        place = problem.location
        where = f"{printable(place.path)}:{place.line}:{place.column}: " if place else ""
        print(f"guard: {where}{printable(problem.message)}", file=sys.stderr)


def told(problems: Iterable[Problem]) -> int:
    """Tell the problems that kept something from being judged, and return the exit status: 2 for any, else 0."""
    blocking = [one for one in problems if one.blocking]
    tell(blocking)
    return 2 if blocking else 0
