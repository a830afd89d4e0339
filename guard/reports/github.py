"""The report as GitHub workflow commands, which become annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from guard.model.location import Location, Step
from guard.model.report import Report, Reporter, ReportOptions
from guard.reports._words import cost_line, summary_line

LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, options: ReportOptions) -> str:
    """Return one workflow command a line: problems, findings, and a notice with cost and summary."""
    lines = [
        command("error", f"guard: {one.code}", _with_steps(one.message, one.related), one.location)
        for one in report.problems
    ]
    for one in report.findings:
        text = _with_steps(one.message, one.related)
        message = f"{text}\n({one.address})" if one.address else text
        lines.append(command(LEVELS[one.severity.value], f"guard: {one.rule}", message, one.location))
    if not options.quiet:
        lines.append(command("notice", "guard", f"{summary_line(report)}\n{cost_line(report)}", None))
    return "".join(line + "\n" for line in lines)


def command(level: str, title: str, message: str, place: Location | None) -> str:
    """Return a workflow command. GitHub refuses columns where the range spans lines; its end column is inclusive."""
    properties = {"title": title}
    if place is not None:
        line, column, end_line, end_column = place.span
        properties |= {"file": place.path, "line": str(line), "endLine": str(end_line)}
        if line == end_line:
            properties |= {"col": str(column), "endColumn": str(max(column, end_column - 1))}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _with_steps(message: str, steps: Iterable[Step]) -> str:
    return "\n".join([message, *(f"{step.message}: {step.location.path}:{step.location.line}" for step in steps)])


REPORTER = Reporter("github", "GitHub workflow commands (annotations)", render)
