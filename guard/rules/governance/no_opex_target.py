"""A use case has no target of what running it should cost.

## Why this matters

Without a target nobody can say whether the bill is too high, and each increase is explained after it came.

## What to do

Agree on an amount with who pays, and declare it as `opex_target` of the UseCase, in USD a month.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For proofs of concept, which have a cap instead (`stages`).

## Source

FinOps Foundation, FinOps Framework, capability "Budgeting".
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import Stages, lacking, staged

MESSAGE = "nothing says what running this use case should cost"


def check(context: Context[Stages]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a use case that does not declare it, or what is unknown."""
    if staged(context.resource, context.options.stages):
        yield from lacking(context, "opex_target", message=MESSAGE)


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
#^^^ nothing says what running this use case should cost: declare `opex_target` in this UseCase
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
opex_target: 4500
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
    name="no-opex-target",
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
