"""One whole check as the command line describes it, for every command that needs what it finds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from datetime import UTC, date, datetime

from guard import engine
from guard.cli import _history, _options
from guard.inputs.selection import Selection
from guard.model.document import Tree
from guard.model.finding import Problem
from guard.model.report import Report
from guard.policy.model import Policy


def add_arguments(parser: ArgumentParser) -> None:
    """Declare everything that decides what is found."""
    _options.add_inputs(parser)
    _options.add_policy(parser)
    _options.add_prices(parser)
    _options.add_usage(parser)
    _history.add_history(parser)
    _options.add_spend(parser)
    _options.add_baseline(parser)


def report(options: Namespace) -> Report:
    """Return what is found. Raises UsageError for what cannot be asked for."""
    chosen = _options.selection(options)
    policy, problems = _options.policy(options, chosen)
    return found(options, chosen, policy, problems)


def found(
    options: Namespace, chosen: Selection, policy: Policy, problems: tuple[Problem, ...], tree: Tree | None = None
) -> Report:
    """Return what this policy finds in what was chosen, or in another state of it (`tree`)."""
    policy = _options.spending(options, policy, today())
    used, mistakes = _options.usage(options, chosen, policy)
    request = _options.request(options, chosen, policy, used)
    if tree is not None:
        request = replace(request, tree=tree)
    prices, baseline, history = _options.prices(options, policy), _options.baseline(options), _history.history(options)
    with _options.base(options, chosen, request) as base:
        return engine.check(request, policy, (*problems, *mistakes), prices, today(), base, baseline, history)


def today() -> date:
    """Return the day that waivers are held against."""
    return datetime.now(UTC).date()
