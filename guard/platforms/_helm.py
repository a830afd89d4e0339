"""What `helm template` prints, led back to the templates and values that each line came from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from guard.model.instance import Piece
from guard.model.location import Location, Span, whole_file
from guard.model.node import Node
from guard.model.value import Known, Unknown

Read = Callable[[str], str | None]
_SOURCE = re.compile(r"^# Source: ([^/\n]+)/(.+)$", re.MULTILINE)
_DOCUMENT = re.compile(r"^---[ \t]*$\n?", re.MULTILINE)
_VALUES = re.compile(r"\.Values\.([A-Za-z_][\w.]*)")
_SOLE_VALUE = re.compile(r"[\"']?\{\{-?\s*\$?\.Values\.([A-Za-z_][\w.]*)\s*(?:\|[^{}]*)?-?\}\}[\"']?")
_KEYED = re.compile(r"((?:- )*[^\s:#{][^:#{]*:)(?:\s|$)")
# A template longer than this is generated, and its lines are not told apart.
_MOST_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's directory, and its values: their file, its text and what is in it."""

    directory: str
    values_path: str = ""
    values_lines: tuple[str, ...] = ()
    values: Node | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """One document that a template made: the template's path, and its text in pieces that know their places."""

    path: str
    pieces: tuple[Piece, ...]


def rendered(chart: Chart, output: str, read: Read) -> Iterable[Rendered]:
    """Yield the documents of helm's output; `read` gives the text of a file of the chart, None where it has none.

    A line stands where the template has the same one; a line that the template fills in stands where its value is
    written in the chart's values, else at the template's line; any other line at what stands before it.
    """
    templates: dict[str, _Template] = {}
    for part in _DOCUMENT.split(output):
        source = _SOURCE.search(part)
        path = f"{chart.directory}/{source[2]}".lstrip("/") if source else ""
        if not part.strip() or not path:
            continue
        template = templates.get(path)
        if template is None:
            text = read(path)
            # A packed dependency has no template to show.
            shown = path if text else f"{chart.directory}/Chart.yaml".lstrip("/")
            template = templates[path] = _Template(shown, text.split("\n")[:_MOST_LINES] if text else [], chart)
        yield Rendered(template.path, tuple(template.pieces(part.split("\n"))))


@dataclass(slots=True)
class _Template:
    """A template's lines, where the same and the same keys stand in it, and the values that it takes over whole."""

    path: str
    lines: list[str]
    chart: Chart
    same: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    keyed: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    taken: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    last: int = -1

    def __post_init__(self) -> None:
        for number, line in enumerate(self.lines):
            plain = line.strip()
            if "{{" not in plain:
                self.same[plain].append(number)
            elif key := _KEYED.match(plain):
                self.keyed[key[1]].append(number)
        self._take_values()

    def _take_values(self) -> None:
        chart = self.chart
        for name in sorted({one.rstrip(".") for line in self.lines for one in _VALUES.findall(line)}):
            node = chart.values.get(*name.split(".")) if chart.values is not None else None
            if node is None or isinstance(node.value, (str, bool, int, Unknown)):
                continue
            for number in range(node.location.line - 1, min(node.location.span.end_line, len(chart.values_lines))):
                plain = chart.values_lines[number].strip()
                if plain and not plain.startswith("#") and number not in self.taken[_plain(plain)]:
                    self.taken[_plain(plain)].append(number)

    def pieces(self, lines: Sequence[str]) -> Iterable[Piece]:
        """Yield a document's lines with their places."""
        where = self._line(self.last) if self.last >= 0 else whole_file(self.path)
        for line in lines:
            plain = line.strip()
            if not plain or plain.startswith("#"):
                yield Piece(f"{line}\n", where)
                continue
            number = self._next(plain)
            if number is None:
                taken = self.taken.get(_plain(plain))
                if taken:
                    yield _literal(line, self.chart.values_path, self.chart.values_lines[taken[0]], taken[0])
                else:
                    yield Piece(f"{line}\n", where)
                continue
            self.last = number
            where = self._line(number)
            if self.lines[number].strip() == plain:
                yield _literal(line, self.path, self.lines[number], number)
            else:
                yield from self._filled(line, number)

    def _next(self, plain: str) -> int | None:
        """Return the template's line that a rendered one is: the next like it or, in a loop, the first."""
        key = _KEYED.match(plain)
        candidates = (self.same.get(plain), self.keyed.get(key[1]) if key else None)
        following = []
        before = []
        for numbers in candidates:
            if numbers:
                at = bisect_right(numbers, self.last)
                before.append(numbers[0])
                if at < len(numbers):
                    following.append(numbers[at])
        return min(following, default=min(before, default=None)) if before else None

    def _filled(self, line: str, number: int) -> Iterable[Piece]:
        template = self.lines[number]
        key = _KEYED.match(line.strip())
        assert key is not None
        indent = len(line) - len(line.lstrip())
        end = indent + len(key[1])
        begin = len(template) - len(template.lstrip()) - indent + 1
        value = line[end:]
        yield Piece(line[:end], whole_file(self.path), ((number + 1, begin),))
        yield Piece(f"{value}\n", self._of_value(template.strip()[len(key[1]) :].strip(), value) or self._line(number))

    def _of_value(self, written: str, value: str) -> Location | None:
        """Return where the chart's values hold what a template's line takes from them."""
        sole = _SOLE_VALUE.fullmatch(written)
        if sole is None or self.chart.values is None:
            return None
        found = self.chart.values.text(*sole[1].split("."))
        same = isinstance(found, Known) and found.value == value.strip().strip("\"'")
        return found.location if same else None

    def _line(self, number: int) -> Location:
        line = self.lines[number]
        begin = len(line) - len(line.lstrip()) + 1
        return Location(self.path, Span(number + 1, begin, number + 1, max(len(line.rstrip()) + 1, begin)))


def _literal(line: str, path: str, written: str, number: int) -> Piece:
    """Return a rendered line that stands in a file, perhaps further left or right."""
    begin = len(written) - len(written.lstrip()) - (len(line) - len(line.lstrip())) + 1
    return Piece(f"{line}\n", whole_file(path), ((number + 1, begin),))


def _plain(line: str) -> str:
    """Return a line without the quotes and comments that helm does not keep."""
    return re.sub(r"[\"']", "", line.partition(" #")[0]).strip()
