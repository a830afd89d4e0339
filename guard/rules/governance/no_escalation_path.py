"""Nobody is named to turn to when a use case goes wrong.

## Why this matters

A wrong answer that nobody may correct is repeated at the price of each request, and ends as a claim for damages.

## What to do

Name a contact, or link the procedure, as `escalation_path` of the UseCase.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For proofs of concept, whose users are their makers; `stages` leaves them out.

## Source

Regulation (EU) 2024/1689 (AI Act), article 26 (obligations of deployers: human oversight); NIST AI RMF 1.0, MANAGE 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import Stages, lacking, staged

MESSAGE = "nothing says whom people turn to when this use case is wrong"


def check(context: Context[Stages]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a use case that does not declare it, or what is unknown."""
    if staged(context.resource, context.options.stages):
        yield from lacking(context, "escalation_path", message=MESSAGE)


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
#^^^ nothing says whom people turn to when this use case is wrong: declare `escalation_path` in this UseCase
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
escalation_path: support-leads@example.com
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
    name="no-escalation-path",
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
