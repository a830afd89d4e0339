"""The worth of a use case was not looked at for too long.

## Why this matters

A use case that no longer brings anything costs as much as on its best day, until somebody looks.

## What to do

Look at it again, and write the day as `review.date` of the UseCase; `review.cadence_months` tells how often
(`cadence_months` where the record does not).

The saving is not computed: whether a use case is still worth its cost is what the review is to tell.

## When to leave it

For use cases that cost next to nothing, and proofs of concept, which have an end instead (`stages`).

## Source

FinOps Foundation, "FinOps for AI: Overview" (value of use cases). The six months are a choice of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import Stages, day, lacking, staged

DAYS_PER_MONTH = Decimal("30.4375")
LONGEST_MONTHS = Decimal(1200)


class Options(Stages, extra="forbid", frozen=True):
    """Which use cases are judged, and how often they are to be looked at."""

    cadence_months: Annotated[Decimal, Field(gt=0, le=1200)] = Decimal(6)
    """The months between two reviews, where the record does not tell."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a review that is overdue or was never made, or what is unknown."""
    resource, today = context.resource, context.project.today
    if today is None or not staged(resource, context.options.stages):
        return
    cadence = resource.body.number("review", "cadence_months")
    if isinstance(cadence, Unknown):
        yield context.undecided(cadence, "review.cadence_months")
        return
    months = cadence.value if isinstance(cadence, Known) else context.options.cadence_months
    match day(resource.body.text("review", "date")):
        case Unknown() as unknown:
            yield context.undecided(unknown, "review.date")
        case Absent():
            yield from lacking(context, "review", "date", message="nothing says when its worth was last looked at")
        case Known(last) as reviewed:
            allowed = timedelta(days=int(min(months, LONGEST_MONTHS) * DAYS_PER_MONTH))
            late = (today - last - allowed).days
            if late > 0:
                message = f"its worth was to be looked at again {late} {'day' if late == 1 else 'days'} ago"
                yield context.finding(reviewed, message, attribute="review.date")


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
review: {date: 2025-06-01}
#              ^^^^^^^^^^ its worth was to be looked at again 32 days ago
---
apiVersion: guard/v1
kind: UseCase
name: ranking
review: {cadence_months: 3}
#^^^^^ nothing says when its worth was last looked at: declare `review.date` in this UseCase
""",
)

GOOD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
review: {date: 2025-06-01, cadence_months: 12}
""",
)

RULE = Rule(
    name="overdue-value-review",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
