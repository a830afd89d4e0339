"""A use case is paid from no budget, or from that of a time which is not now.

## Why this matters

What runs on after its budget has ended is found when the bill comes, and what was never budgeted is paid with what was
meant for something else.

## What to do

Take the use case into the budget of the cycle that it runs in, and declare it: `budget_cycle: 2027-H1` of the UseCase.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For proofs of concept, which have a cap and an end instead (`stages`).

## Source

FinOps Foundation, FinOps Framework, "Budgeting".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value
from guard.rules._governance import Stages, lacking, staged

_CYCLE = re.compile(r"(\d{4})(?:-(Q|H)([1-4]))?")
_MONTHS = {"": 12, "H": 6, "Q": 3}


class Options(Stages, extra="forbid", frozen=True):
    """Which use cases are judged, and when the year of budgets begins."""

    first_month: Annotated[int, Field(ge=1, le=12)] = 1
    """The month in which the fiscal year begins; from July on it is called after the year it ends in."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a use case without a budget of today, or what is unknown."""
    resource, today = context.resource, context.project.today
    if today is None or not staged(resource, context.options.stages):
        return
    match period(resource.body.text("budget_cycle"), context.options.first_month):
        case Unknown() as unknown:
            yield context.undecided(unknown, "budget_cycle")
        case Absent():
            yield from lacking(context, "budget_cycle", message="nothing says in which budget it is")
        case Known((begins, ends)) as cycle if not begins <= today <= ends:
            when = f"ended on {ends.isoformat()}" if today > ends else f"begins on {begins.isoformat()}"
            message = f"the budget that it is in {when}: take it into that of today"
            yield context.finding(cycle, message, attribute="budget_cycle")


def period(cycle: Value[str], first_month: int) -> Value[tuple[date, date]]:
    """Return the first and the last day of a cycle: `2027`, `2027-H1` or `2027-Q3`; what is none is unknown."""
    if not isinstance(cycle, Known):
        return cycle
    found = _CYCLE.fullmatch(cycle.value.strip())
    part = int(found[3] or 1) if found else 0
    if found is None or part * _MONTHS[found[2] or ""] > 12 or not 1900 < int(found[1]) < 9000:
        return Unknown(f'"{cycle.value[:40]}" is no cycle such as 2027, 2027-H1 or 2027-Q3', cycle.location)
    months = _MONTHS[found[2] or ""]
    # A year that begins in the second half is called after the one in which most of it lies.
    year = int(found[1]) - (1 if first_month > 6 else 0)
    begin = year * 12 + first_month - 1 + (part - 1) * months
    return Known((_month(begin), _month(begin + months) - timedelta(days=1)), cycle.location, cycle.trail)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
budget_cycle: 2025-H2
#             ^^^^^^^ the budget that it is in ended on 2025-12-31: take it into that of today
---
apiVersion: guard/v1
kind: UseCase
#^^^ nothing says in which budget it is: declare `budget_cycle` in this UseCase
name: ranking
stage: production
""",
)

GOOD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
budget_cycle: 2026-Q1
---
apiVersion: guard/v1
kind: UseCase
name: ranking
budget_cycle: 2026
---
apiVersion: guard/v1
kind: UseCase
name: trial
stage: poc
""",
)

RULE = Rule(
    name="off-cycle-budget",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
