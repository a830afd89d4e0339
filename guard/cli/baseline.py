"""`guard baseline`: writes today's findings to a file that later runs subtract."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from guard.cli import _checking
from guard.cli._usage import UsageError
from guard.model.command import Command
from guard.policy.baseline import written
from guard.policy.waivers import COMPLAINTS

FILE = "guard-baseline.json"


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard baseline`."""
    _checking.add_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        default=FILE,
        metavar="FILE",
        help=f"where to write it; - is standard output (default: {FILE})",
    )


def run(options: Namespace) -> int:
    """Write every finding that is not waived; 2 where a problem kept something from being judged, and nothing then."""
    report = _checking.report(options)
    blocking = [one for one in report.problems if one.blocking]
    if blocking:
        place = blocking[0].location
        where = f"{place.path}:{place.line}: " if place else ""
        raise UsageError(f"no baseline is written while something cannot be judged: {where}{blocking[0].message}")
    text = written(report.findings)
    if options.output == "-":
        sys.stdout.write(text)
        return 0
    try:
        Path(options.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{options.output} cannot be written: {error.strerror}") from None
    count = sum(one.rule not in COMPLAINTS for one in report.findings)
    words = "finding" if count == 1 else "findings"
    print(f"{options.output}: {count} {words}; leave out with: guard check --baseline {options.output}")
    return 0


COMMAND = Command("baseline", "write today's findings to a file that later runs subtract", arguments, run, order=61)
