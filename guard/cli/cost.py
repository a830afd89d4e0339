"""`guard cost`: what everything would cost a month, line by line, or what changes against a commit."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from guard import engine
from guard.cli import _arguments, _inputs, _options
from guard.cli._cost_output import Breakdown, as_json, as_report, as_text
from guard.cli._problems import tell
from guard.discover import one
from guard.model.command import Command
from guard.model.report import Reporter, ReportOptions

REPORTED = ("infracost", "markdown", "html")
"""The reports of `guard check` that tell the cost."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard cost`."""
    _arguments.add_inputs(parser)
    _arguments.add_policy(parser)
    _arguments.add_prices(parser)
    _arguments.add_usage(parser)
    parser.add_argument("--format", choices=["text", "json", *REPORTED], default="text", help="how to tell it")
    parser.add_argument("-q", "--quiet", action="store_true", help="the totals only")


def run(options: Namespace) -> int:
    """Print the breakdown; 2 where a problem kept something from being read, else 0."""
    breakdown = _breakdown(options)
    today = datetime.now(UTC).date()
    if options.format == "json":
        sys.stdout.write(as_json(breakdown))
    elif options.format in REPORTED:
        reporter = one("guard.reports", options.format, "REPORTER", Reporter)
        assert reporter is not None
        sys.stdout.write(reporter.render(as_report(breakdown, today), ReportOptions()))
    else:
        sys.stdout.write(as_text(breakdown, today, options.quiet))
    if options.format != "json":
        tell(breakdown.problems)
    return 2 if any(problem.blocking for problem in breakdown.problems) else 0


def _breakdown(options: Namespace) -> Breakdown:
    chosen = _inputs.selection(options)
    asked = _inputs.begun(options, chosen)
    policy, problems = _options.policy(options, chosen)
    used, mistakes = _options.usage(options, chosen, policy)
    request = _options.with_facts(asked, policy, used)
    prices = _options.prices(options, policy)
    with _options.base(options, chosen, request) as before:
        understood = engine.understand(request, prices)
        base = engine.starting_point(understood, before, prices)
        project = engine.price(understood, prices)
    return Breakdown(project, base, (*problems, *mistakes, *understood.problems), prices.as_of())


COMMAND = Command("cost", "break down what it costs a month, or what changes against --base", arguments, run, order=20)
