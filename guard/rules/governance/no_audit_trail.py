"""A model of high risk leaves no record of what it decided.

## Why this matters

What cannot be told afterwards is investigated by hand, or settled. For systems of high risk the law asks for records,
kept for at least six months.

## What to do

Record what it is asked and answers, and declare `audit.store` and `audit.retention_days` in the ModelCard.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

Where the platform records all requests and says so elsewhere.

## Source

Regulation (EU) 2024/1689 (AI Act), articles 12, 19 and 26(6).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import Word, is_record, lacking
from guard.rules._helpers import fitting


class Options(BaseModel, extra="forbid", frozen=True):
    """Which models need an audit trail, and for how long it is kept."""

    classes: tuple[Word, ...] = ("high",)
    """Globs of the classes of risk that need one."""
    least_days: Annotated[int, Field(ge=0)] = 183
    """The days for which it is to be kept."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a model card of high risk without an audit trail that is kept, or what is unknown."""
    resource, options = context.resource, context.options
    if not is_record(resource, "ModelCard"):
        return
    risk = resource.body.text("risk_class")
    if isinstance(risk, Unknown):
        yield context.undecided(risk, "risk_class")
    if not isinstance(risk, Known) or fitting(options.classes, risk.value) is None:
        return
    if not isinstance(resource.body.find("audit", "store"), Known):
        yield from lacking(
            context, "audit", "store", message=f"of {risk.value} risk and nothing says what records it leaves"
        )
        return
    match resource.body.integer("audit", "retention_days"):
        case Unknown() as unknown:
            yield context.undecided(unknown, "audit.retention_days")
        case Absent():
            yield from lacking(context, "audit", "retention_days", message="nothing says how long its records are kept")
        case Known(days) as kept if days < options.least_days:
            message = f"its records are kept for {days} days: keep them for {options.least_days}"
            yield context.finding(kept, message, attribute="audit.retention_days")


BAD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
#^^^ of high risk and nothing says what records it leaves: declare `audit.store` in this ModelCard
model: hiring
risk_class: high
---
apiVersion: guard/v1
kind: ModelCard
model: credit
risk_class: high
audit: {store: "s3://acme-audit", retention_days: 30}
#                                                 ^^ its records are kept for 30 days: keep them for 183
""",
)

GOOD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
model: hiring
risk_class: high
audit: {store: "s3://acme-audit", retention_days: 365}
---
apiVersion: guard/v1
kind: ModelCard
model: rank
risk_class: minimal
""",
)

RULE = Rule(
    name="no-audit-trail",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
