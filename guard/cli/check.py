"""`guard check`: read, evaluate, price, judge and report."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from guard.cli import _arguments, _checking
from guard.cli._usage import UsageError
from guard.discover import modules, one
from guard.model.command import Command
from guard.model.finding import Severity

if TYPE_CHECKING:
    from guard.model.report import Report


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard check`."""
    _checking.add_arguments(parser)
    formats = ", ".join(modules("guard.reports"))
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="NAME[=FILE]",
        help=f"how to report, to a file or standard output; repeatable: {formats}",
    )
    parser.add_argument(
        "--fail-on",
        choices=[*(severity.value for severity in Severity if severity is not Severity.OFF), "never"],
        default=Severity.ERROR.value,
        help="the least severity that makes the exit status 1",
    )
    _arguments.add_output(parser)


def run(options: Namespace) -> int:
    """Check, write every report that was asked for, and return the exit status."""
    wanted = [_wanted(written) for written in options.format or ["text"]]
    if sum(path is None for _, path in wanted) > 1:
        raise UsageError("only one --format may go to standard output; write the others as --format NAME=FILE")
    report = _checking.report(options)
    if not options.verbose:
        report = replace(report, notes=report.notes[:1])
    for name, path in wanted:
        _write(name, path, report, options)
    return status(report, options.fail_on)


def status(report: Report, fail_on: str) -> int:
    """Return 2 where a problem kept something from being judged, 1 for findings as grave as `fail_on`, else 0.

    A problem that kept nothing from being judged makes it 2 only where there is no such finding.
    """
    if fail_on == "never":
        return 0
    grave = any(finding.severity.rank <= Severity(fail_on).rank for finding in report.findings)
    problems = [problem for problem in report.problems if not problem.advisory]
    if any(problem.blocking for problem in problems) or (problems and not grave):
        return 2
    return int(grave)


def _wanted(written: str) -> tuple[str, Path | None]:
    name, equals, path = written.partition("=")
    if name.replace("-", "_") not in modules("guard.reports"):
        raise UsageError(f"--format {name}: no such format; there are {', '.join(modules('guard.reports'))}")
    if equals and not path:
        raise UsageError(f"--format {written} names no file")
    return name, Path(path) if path else None


def _write(name: str, path: Path | None, report: Report, options: Namespace) -> None:
    from guard.model.report import Reporter, ReportOptions

    reporter = one("guard.reports", name, "REPORTER", Reporter)
    assert reporter is not None
    color = _colored(options) and path is None
    text = reporter.render(report, ReportOptions(color=color, quiet=options.quiet, verbose=options.verbose))
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--format {name}={path}: {error.strerror}") from None


def _colored(options: Namespace) -> bool:
    """Tell whether to colour what goes to standard output: `auto` means a terminal, and NO_COLOR is honoured."""
    if options.color != "auto":
        return bool(options.color == "always")
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


COMMAND = Command("check", "judge what would be deployed, and report", arguments, run, order=10)
