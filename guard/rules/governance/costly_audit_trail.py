"""A model of little risk records everything and keeps it for long.

## Why this matters

Recording every question and answer in full costs as much as the storage and the indexing of all traffic; at little
risk nobody ever reads it. Records of high risk are asked for by law: they are another rule's business.

## What to do

Record a sample or only who asked what when (`audit.detail: sampled` or `metadata`), and for a shorter time, in the
ModelCard and in what it stands for.

The saving told is what the records cost beyond `limited_usd` or `minimal_usd`, where the card says what they cost.

## When to leave it

Where another law, a contract or an inquiry asks for the records.

## Source

Regulation (EU) 2024/1689 (AI Act), articles 12 and 19, which ask for records of systems of high risk; the limits are a
choice of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known
from guard.rules._governance import is_record, unknown_of
from guard.rules._helpers import usd

Days = Annotated[int, Field(ge=0)]
Amount = Annotated[Decimal, Field(ge=0)]


class Options(BaseModel, extra="forbid", frozen=True):
    """What records may cost at which risk."""

    minimal_usd: Amount = Decimal(100)
    """What records may cost at minimal risk, in USD a month."""
    limited_usd: Amount = Decimal(1000)
    """What records may cost at limited risk, in USD a month."""
    minimal_days: Days = 90
    """The days for which full records may be kept at minimal risk."""
    limited_days: Days = 366
    """The days for which full records may be kept at limited risk."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for records that cost more or are kept longer than the risk asks for, or what is unknown."""
    resource, options = context.resource, context.options
    if not is_record(resource, "ModelCard"):
        return
    risk, detail = resource.body.text("risk_class"), resource.body.text("audit", "detail")
    cost, days = resource.body.number("audit", "monthly_usd"), resource.body.integer("audit", "retention_days")
    limits = {
        "minimal": (options.minimal_usd, options.minimal_days),
        "limited": (options.limited_usd, options.limited_days),
    }
    if isinstance(risk, Known) and risk.value not in limits:
        return
    unknown = unknown_of(risk, detail, cost, days)
    if unknown is not None:
        yield context.undecided(unknown, "audit")
        return
    if not isinstance(risk, Known):
        return
    most_usd, most_days = limits[risk.value]
    if isinstance(cost, Known) and cost.value > most_usd:
        saving = cost.value - most_usd
        message = (
            f"its records cost {usd(cost.value)} a month at {risk.value} risk: record less or for a shorter time, "
            f"for {usd(most_usd)}"
        )
        yield context.finding(cost, message, attribute="audit.monthly_usd", saving=saving)
    full = isinstance(detail, Known) and detail.value == "full"
    if full and isinstance(days, Known) and days.value > most_days:
        message = f"full records are kept for {days.value} days at {risk.value} risk: {most_days} will do, or a sample"
        yield context.finding(days, message, attribute="audit.retention_days")


BAD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
model: rank
risk_class: minimal
audit:
  detail: full
  retention_days: 1825
#                 ^^^^ full records are kept for 1825 days at minimal risk: 90 will do, or a sample
  monthly_usd: 900
#              ^^^ its records cost $900 a month at minimal risk: record less or for a shorter time, for $100
""",
)

GOOD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
model: hiring
risk_class: high
audit: {detail: full, retention_days: 1825, monthly_usd: 9000}
---
apiVersion: guard/v1
kind: ModelCard
model: rank
risk_class: minimal
audit: {detail: metadata, retention_days: 365, monthly_usd: 20}
""",
)

RULE = Rule(
    name="costly-audit-trail",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
