"""Nothing says how the people whose work a use case changes learn the new one.

## Why this matters

What is served and not used costs the same. People who were not taught go on as before beside it, or check all of its
results.

## What to do

Write the plan, and link it as `staff_retraining_plan` of the UseCase.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For use cases that no person works with, and proofs of concept (`stages`).

## Source

Regulation (EU) 2024/1689 (AI Act), article 4 (AI literacy).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import Stages, lacking, staged

MESSAGE = "nothing says how the staff of this use case learn to work with it"


def check(context: Context[Stages]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a use case that does not declare it, or what is unknown."""
    if staged(context.resource, context.options.stages):
        yield from lacking(context, "staff_retraining_plan", message=MESSAGE)


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
#^^^ nothing says how the staff of this use case learn to work with it: declare `staff_retraining_plan` in this UseCase
name: answers
stage: production
""",
)

GOOD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
stage: production
staff_retraining_plan: docs/training.md
""",
)

EARLY = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
stage: poc
""",
)

RULE = Rule(
    name="no-retraining-of-staff-plan",
    severity=Severity.WARNING,
    options=Stages,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(
        GOOD,
        EARLY,
    ),
)
