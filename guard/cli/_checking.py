"""One whole check as the command line describes it, for every command that needs what it finds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from guard.cli import _arguments, _inputs
from guard.inputs.selection import Selection
from guard.model.finding import Problem
from guard.request import Request

if TYPE_CHECKING:
    from guard.model.report import Report
    from guard.policy.model import Policy


def add_arguments(parser: ArgumentParser) -> None:
    """Declare everything that decides what is found."""
    _arguments.add_inputs(parser)
    _arguments.add_policy(parser)
    _arguments.add_prices(parser)
    _arguments.add_usage(parser)
    _arguments.add_history(parser)
    _arguments.add_spend(parser)
    _arguments.add_baseline(parser)


def report(options: Namespace) -> Report:
    """Return what is found. Raises UsageError for what cannot be asked for."""
    chosen = _inputs.selection(options)
    asked = _inputs.begun(options, chosen)
    # What judges takes long to import: meanwhile other processes evaluate.
    from guard.cli import _options

    policy, problems = _options.policy(options, chosen)
    return found(options, chosen, policy, problems, asked)


def found(
    options: Namespace, chosen: Selection, policy: Policy, problems: tuple[Problem, ...], asked: Request
) -> Report:
    """Return what this policy finds in what is `asked` to be read."""
    from guard import engine
    from guard.cli import _history, _options

    policy = _options.spending(options, policy, today())
    used, mistakes = _options.usage(options, chosen, policy)
    request = _options.with_facts(asked, policy, used)
    prices, baseline, history = _options.prices(options, policy), _options.baseline(options), _history.history(options)
    with _options.base(options, chosen, request) as base:
        return engine.check(request, policy, (*problems, *mistakes), prices, today(), base, baseline, history)


def today() -> date:
    """Return the day that waivers are held against."""
    return datetime.now(UTC).date()
