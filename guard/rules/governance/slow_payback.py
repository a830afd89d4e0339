"""A use case takes longer to pay back than it should.

## Why this matters

Models, prices and needs change faster than a long payback runs: what pays back in three years is mostly
replaced before.

## What to do

Declare `payback_months` in the UseCase. Where it is above the limit (`most_months`), make the use case smaller, run it
on less, or leave it.

The saving is not computed: what a use case costs besides its resources is not in any file.

## When to leave it

For what the law asks for, and for what others build on. Proofs of concept are left out (`stages`).

## Source

FinOps Foundation, "FinOps for AI: Overview" (value of use cases). The limit of 18 months is a choice of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import Stages, lacking, staged


class Options(Stages, extra="forbid", frozen=True):
    """Which use cases are judged, and how long they may take."""

    most_months: Annotated[Decimal, Field(gt=0)] = Decimal(18)
    """The longest time until a use case has paid back, in months."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a payback that is too slow or not declared, or what is unknown."""
    resource, most = context.resource, context.options.most_months
    if not staged(resource, context.options.stages):
        return
    match resource.body.number("payback_months"):
        case Unknown() as unknown:
            yield context.undecided(unknown, "payback_months")
        case Absent():
            yield from lacking(context, "payback_months", message="nothing says when this use case has paid back")
        case Known(months) as declared if months > most:
            message = f"pays back in {months:f} months, later than in {most:f}"
            yield context.finding(declared, message, attribute="payback_months")


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
stage: pilot
payback_months: 30
#               ^^ pays back in 30 months, later than in 18
""",
)

MISSING = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
#^^^ nothing says when this use case has paid back: declare `payback_months` in this UseCase
name: answers
""",
)

GOOD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
payback_months: 18
""",
)

RULE = Rule(
    name="slow-payback",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD, MISSING),
    good=(GOOD,),
)
