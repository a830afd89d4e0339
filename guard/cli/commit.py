"""`guard commit`: which commitments to buy for what always runs, with what each costs, saves and risks."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from guard import engine
from guard.cli import _arguments, _inputs, _options
from guard.cli._problems import told
from guard.cli._usage import UsageError
from guard.model.command import Command
from guard.model.rounding import rounded
from guard.model.rule import Project
from guard.policy.model import Policy
from guard.reports import _shapes
from guard.reports._words import dollars, printable

if TYPE_CHECKING:
    from guard.rules._commitments import Bought, Load, Proposal

RULES = ("uncommitted-steady-load", "overcommitted")
PAYMENTS = {"all_upfront": "all upfront", "no_upfront": "no upfront", "partial_upfront": "partial upfront"}
TENTH = Decimal("0.1")


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard commit`."""
    _arguments.add_inputs(parser)
    _arguments.add_policy(parser)
    _arguments.add_prices(parser)
    parser.add_argument("--term", choices=["1y", "3y", "both"], default="both", help="the terms to propose")
    parser.add_argument(
        "--share", default="80", metavar="PERCENT", help="how much of what always runs to commit to (default 80)"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to tell it")


def run(options: Namespace) -> int:
    """Print what to buy; 2 where a problem kept something from being read, else 0."""
    from guard.rules._commitments import coverage, loads

    share = _share(options.share)
    chosen = _inputs.selection(options)
    policy, problems = _options.policy(options, chosen)
    prices = _options.prices(options, policy)
    understood = engine.understand(_options.with_facts(_inputs.request(options, chosen), policy), prices)
    project = engine.price(understood, prices)
    every = loads(project.resources, project.estimates, prices, _bought(policy))
    covered = coverage(every)
    proposed = _proposed(every, options.term, share, project)
    if options.format == "json":
        sys.stdout.write(_as_json(every, proposed, covered, prices.as_of()))
    else:
        sys.stdout.write(_as_text(every, proposed, covered))
    return told((*problems, *understood.problems))


def _share(written: str) -> Decimal:
    text = written.rstrip("% ")
    if not (text.isascii() and text.replace(".", "", 1).isdecimal() and len(text) < 9 and 0 < Decimal(text) <= 100):
        raise UsageError(f"--share {written}: write a number of percent above 0 and up to 100, such as 80")
    return Decimal(text) / 100


def _bought(policy: Policy) -> tuple[Bought, ...]:
    """Return the commitments that the policy's rules declare."""
    found: dict[Bought, None] = {}
    for entry in policy.rules:
        if entry.rule in RULES and entry.options is not None:
            found |= dict.fromkeys(entry.options.commitments)
    return tuple(found)


def _proposed(every: Sequence[Load], term: str, share: Decimal, project: Project) -> list[tuple[Load, list[Proposal]]]:
    from guard.rules._commitments import TERMS, proposal

    terms = [one for one in TERMS if term in ("both", one.removeprefix("commit_"))]
    return [
        (load, [made for one in terms if (made := proposal(load, one, share, project.prices)) is not None])
        for load in every
    ]


def _as_json(
    every: Sequence[Load], proposed: Sequence[tuple[Load, list[Proposal]]], covered: Decimal | None, as_of: str
) -> str:
    return _shapes.write(
        {
            "version": 1,
            "currency": "USD",
            "prices_as_of": as_of,
            "covered_percent": None if covered is None else str(rounded(covered, TENTH)),
            "always_on_monthly": _shapes.cents(sum((one.monthly for one in every), Decimal(0))),
            "loads": [_load(load, made) for load, made in proposed],
        }
    )


def _load(load: Load, made: Sequence[Proposal]) -> dict[str, Any]:
    from guard.rules._commitments import recommended

    return {
        "provider": load.provider,
        "sku": load.sku,
        "region": load.region,
        "machines": str(rounded(load.machines, TENTH)),
        "covered_machines": str(rounded(load.covered / 730, TENTH)),
        "on_demand_monthly": _shapes.cents(load.monthly),
        "resources": [address for address, _ in load.sources],
        "proposals": [
            {
                "term_months": one.months,
                "payment": one.price.payment or None,
                "machines": str(rounded(one.machines, TENTH)),
                "hourly": str(one.price.amount.normalize()),
                "saving_monthly": _shapes.cents(one.saving),
                "saving_percent": str(rounded(one.percent, TENTH)),
                "upfront": _shapes.cents(one.upfront),
                "break_even_month": one.break_even,
                "risk": one.risk,
                "recommended": one is recommended(made),
                "source": one.price.source,
                "as_of": one.price.as_of,
            }
            for one in made
        ],
    }


def _as_text(every: Sequence[Load], proposed: Sequence[tuple[Load, list[Proposal]]], covered: Decimal | None) -> str:
    if not every:
        return "nothing always runs here at a price by the hour: there is nothing to commit to\n"
    from guard.rules._commitments import recommended

    whole = sum((one.monthly for one in every), Decimal(0))
    lines = [f"Always on: {dollars(whole)} a month on demand, {covered or 0:.0f} % of it covered by commitments", ""]
    saving = Decimal(0)
    for load, made in proposed:
        count = f"{rounded(load.machines, TENTH).normalize():f}"
        lines.append(f"{count} x {load.sku} in {load.region}, {dollars(load.monthly)} a month ({_sources(load)})")
        best = recommended(made)
        lines += [f" {'*' if one is best else ' '} {_told(one)}" for one in made] or [f"   {_nothing(load)}"]
        saving += best.saving if best is not None else Decimal(0)
        lines.append("")
    lines.append(f"Saving if those marked * are bought: {dollars(saving)} a month")
    lines.append("A commitment pays from the month in which on-demand would have cost as much as its whole term.")
    return "\n".join(lines) + "\n"


def _sources(load: Load) -> str:
    named = [printable(address) for address, _ in load.sources[:2]]
    rest = len(load.sources) - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest else "") if named else "reserved capacity"


def _told(one: Proposal) -> str:
    term = f"{one.months // 12} year{'s' if one.months > 12 else ''}"
    payment = PAYMENTS.get(one.price.payment, one.price.payment.replace("_", " "))
    how = f"{term}, {payment}" if payment else term
    upfront = f", {dollars(one.upfront)} upfront" if one.upfront else ""
    count = f"{rounded(one.machines, TENTH).normalize():f}"
    return (
        f"commit to {count} ({how}): saves {dollars(one.saving)} a month ({one.percent:.0f} %){upfront}, "
        f"pays from month {one.break_even} of {one.months}, risk {one.risk}"
    )


def _nothing(load: Load) -> str:
    return "all of it is covered" if not load.open_hours else "the price book has no cheaper commitment for it"


COMMAND = Command("commit", "propose commitments for what always runs", arguments, run, order=22)
