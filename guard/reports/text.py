"""The report for people: each finding with its source, the chain that leads to it, the cost, and one summary line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from guard.model.finding import Finding, Problem, Severity
from guard.model.location import Location, Step
from guard.model.report import Report, Reporter, ReportOptions
from guard.reports._words import cost_line, count, dollars, printable, summary_line

COLORS = {"error": "1;31", "warning": "1;33", "note": "1;36", "problem": "1;35"}
COLORS |= {"dim": "2", "bold": "1", "good": "1;32"}
LONGEST_EXCERPT = 160
UNKNOWNS_SHOWN = 5


def render(report: Report, options: ReportOptions) -> str:
    """Return the report as text, coloured where the options ask for it."""
    paint = _Paint(options.color)
    lines: list[str] = []
    for problem in report.problems:
        lines += [*_problem(problem, report.texts, paint), ""]
    for finding in report.findings:
        lines += [*_finding(finding, report.texts, paint), ""]
    if not options.quiet:
        lines += _below(report, options, paint)
    return "\n".join(lines).rstrip("\n") + "\n" if lines else ""


class _Paint:
    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{COLORS[style]}m{text}\x1b[0m" if self._color else text


def _finding(finding: Finding, texts: Mapping[str, str], paint: _Paint) -> Iterator[str]:
    style = finding.severity.value
    yield f"{paint(style, f'{style}[{finding.rule}]')}: {paint('bold', printable(finding.message))}"
    yield from _place(finding.location, finding.address, texts, style, paint)
    yield from _steps(finding.related, paint)
    if finding.saving is not None:
        yield f"  = saves {dollars(finding.saving)} a month"
    if finding.fix is not None:
        yield f"  = guard fix: {printable(finding.fix.message)}"


def _problem(problem: Problem, texts: Mapping[str, str], paint: _Paint) -> Iterator[str]:
    yield f"{paint('problem', f'problem[{problem.code}]')}: {paint('bold', printable(problem.message))}"
    if problem.location is not None:
        yield from _place(problem.location, "", texts, "problem", paint)
    yield from _steps(problem.related, paint)


def _place(place: Location, address: str, texts: Mapping[str, str], style: str, paint: _Paint) -> Iterator[str]:
    where = f"{printable(place.path)}:{place.line}:{place.column}"
    yield f"  {paint('dim', '-->')} {where}{'  ' + printable(address) if address else ''}"
    excerpt = _excerpt(place, texts.get(place.path, ""))
    if excerpt is None:
        return
    gutter, source, carets = excerpt
    edge = " " * len(gutter)
    yield paint("dim", f"  {edge} |")
    yield f"{paint('dim', f'  {gutter} |')} {source}"
    yield f"{paint('dim', f'  {edge} |')} {paint(style, carets)}"


def _excerpt(place: Location, text: str) -> tuple[str, str, str] | None:
    """Return line number, source line and carets; a long line is cut to what surrounds the place."""
    lines = text.split("\n")
    if not 0 < place.line <= len(lines):
        return None
    source = lines[place.line - 1].rstrip("\r")
    if not source.strip():
        return None
    begin = min(place.column - 1, len(source))
    end = place.span.end_column - 1 if place.span.end_line == place.line else len(source)
    cut = max(0, begin - LONGEST_EXCERPT // 2) if len(source) > LONGEST_EXCERPT else 0
    shown = source[cut : cut + LONGEST_EXCERPT]
    before = printable(shown[: begin - cut])
    marked = printable(shown[begin - cut : max(end, begin) - cut])
    carets = " " * len(before) + "^" * max(1, len(marked))
    return str(place.line), printable(shown), carets


def _steps(steps: Iterable[Step], paint: _Paint) -> Iterator[str]:
    for step in steps:
        place = f"{printable(step.location.path)}:{step.location.line}:{step.location.column}"
        yield f"  = {printable(step.message)}: {paint('dim', place)}"


def _below(report: Report, options: ReportOptions, paint: _Paint) -> Iterator[str]:
    if report.unknowns:
        yield from _unknowns(report, options)
    if report.resources:
        yield f"{paint('bold', 'cost')}: {cost_line(report)} (prices as of {report.prices_as_of})"
    for note in report.notes:
        yield f"note: {printable(note)}"
    worst = min((finding.severity.rank for finding in report.findings), default=Severity.NOTE.rank)
    style = "problem" if report.problems else list(Severity)[worst].value if report.findings else "good"
    yield paint(style, summary_line(report))


def _unknowns(report: Report, options: ReportOptions) -> Iterator[str]:
    shown = report.unknowns if options.verbose else report.unknowns[:UNKNOWNS_SHOWN]
    yield f"{count(len(report.unknowns), 'fact')} cannot be decided from the text:"
    for one in shown:
        subject = ".".join(part for part in (one.address, one.attribute) if part)
        place = f"{printable(one.location.path)}:{one.location.line}"
        yield f"  {printable(subject)}: {printable(one.reason)} ({place})"
    if len(shown) < len(report.unknowns):
        yield f"  and {count(len(report.unknowns) - len(shown), 'more', 'more')} (-v shows all)"
    yield ""


REPORTER = Reporter("text", "for people, with the source", render)
