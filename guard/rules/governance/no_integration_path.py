"""Nothing says how a use case gets into the systems and the work that it is for.

## Why this matters

A pilot that stands beside the work brings nothing, however good its model is; its machines are paid all the same.

## What to do

Say into which system it goes, by whom and when, and link that as `integration_path` of the UseCase.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For proofs of concept, which are to be thrown away (`stages`).

## Source

FinOps Foundation, "FinOps for AI: Overview".
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import Stages, lacking, staged

MESSAGE = "nothing says how this use case gets into daily work"


def check(context: Context[Stages]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a use case that does not declare it, or what is unknown."""
    if staged(context.resource, context.options.stages):
        yield from lacking(context, "integration_path", message=MESSAGE)


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
#^^^ nothing says how this use case gets into daily work: declare `integration_path` in this UseCase
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
integration_path: docs/integration.md
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
    name="no-integration-path",
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
