"""Cases beside rules and policies: real files in which comment lines of carets say what guard must find."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from guard.model.finding import Finding
from guard.model.location import Location, Span

SIDECAR = ".expected"
_CARETS = re.compile(r"(?P<before>[ \t]*(?P<marker>#|//))(?P<gap>[ \t]*)(?P<carets>\^+)(?:[ \t]+(?P<message>.*))?")


class Expectation(NamedTuple):
    """What a caret line asserts: the columns that a finding covers on the line above, and its whole message."""

    location: Location
    message: str

    def __str__(self) -> str:
        span = self.location.span
        return f"{self.location.path}:{span.line}:{span.column}-{span.end_column}: {self.message}"


class Case(NamedTuple):
    """A file without its caret lines, and what they assert; lines are counted without them."""

    text: str
    expected: tuple[Expectation, ...]


def parsed(path: str, text: str) -> Case:
    """Return the case that a file makes.

    A caret line is a comment (`#` or `//`) that begins with `^`. The carets stand under the columns of a finding on
    the nearest line above that is none; where they touch the comment's marker, it is one of them, which is how a
    finding in the first column is written. The rest of the line is the finding's message.
    """
    kept: list[str] = []
    expected: list[Expectation] = []
    for line in text.split("\n"):
        found = _CARETS.fullmatch(line.rstrip("\r"))
        if found is None:
            kept.append(line)
            continue
        touching = not found["gap"]
        start = found.start("marker") if touching else found.start("carets")
        span = Span(len(kept), start + 1, len(kept), found.end("carets") + 1)
        expected.append(Expectation(Location(path, span), (found["message"] or "").strip()))
    return Case("\n".join(kept), tuple(expected))


def read(texts: Mapping[str, str]) -> tuple[dict[str, str], list[Expectation], list[str]]:
    """Return the files of a case without their caret lines, what those assert, and what is wrong with the case.

    JSON has no comments: what is expected of `x.json` stands in `x.json.expected`, the same text with caret lines.
    """
    kept: dict[str, str] = {}
    expected: list[Expectation] = []
    wrong: list[str] = []
    for path, text in texts.items():
        of = path.removesuffix(SIDECAR)
        beside = path.endswith(f".json{SIDECAR}")
        case = parsed(of, text)
        expected += case.expected
        if not beside:
            kept[path] = case.text
        elif texts.get(of) != case.text:
            wrong.append(f"{path} is not the text of {of} with caret lines")
    return kept, expected, wrong


def found(findings: Iterable[Finding], texts: dict[str, str], named: bool) -> tuple[Expectation, ...]:
    """Return findings as the caret lines that would assert them, in order.

    A finding over several lines is asserted by its first one, to its end. With `named` the rule stands before the
    message (`missing-tag: ...`).
    """
    return tuple(sorted(_expectation(one, texts, named) for one in findings))


def _expectation(finding: Finding, texts: dict[str, str], named: bool) -> Expectation:
    span = finding.location.span
    if span.end_line != span.line:
        lines = texts.get(finding.location.path, "").split("\n")
        end = len(lines[span.line - 1].rstrip()) + 1 if span.line <= len(lines) else span.column + 1
        span = Span(span.line, span.column, span.line, end)
    message = f"{finding.rule}: {finding.message}" if named else finding.message
    return Expectation(Location(finding.location.path, span), message)


def differences(expected: Iterable[Expectation], actual: Iterable[Expectation]) -> Iterator[str]:
    """Yield a line for each expectation that is not met and for each finding that nothing expects."""
    wanted, got = list(expected), list(actual)
    for one in wanted:
        if one in got:
            got.remove(one)
        else:
            yield f"not found:  {one}"
    for one in got:
        yield f"unexpected: {one}"
