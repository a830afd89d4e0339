"""People check a larger share of results than errors and risk ask for.

## Why this matters

Checking by people is often the dearest part of a use case. Where few results are wrong and little depends on them, most
of that work confirms what was right.

## What to do

Declare `human_review.error_rate` and `risk_class` in the UseCase, and check a sample: at most `per_error` times the
error rate, or the share that the class of risk asks for anyway (`minimal`, `limited`). High risk is not judged.

The saving is not computed: what an hour of checking costs is not in any file.

## When to leave it

While a use case is new and its error rate is still being measured.

## Source

Regulation (EU) 2024/1689 (AI Act), article 14 (human oversight of high risk). The shares are a choice of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known
from guard.rules._governance import is_record, lacking, unknown_of

MESSAGE = "people check {share:f} % of results, and nothing says how many are wrong"


class Options(BaseModel, extra="forbid", frozen=True):
    """How much may be checked."""

    minimal: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(5)
    """The share of results, in percent, that may always be checked at minimal risk."""
    limited: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(20)
    """The share of results, in percent, that may always be checked at limited risk."""
    per_error: Annotated[Decimal, Field(gt=0)] = Decimal(10)
    """How many times the error rate may be checked."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a share that is too large, or too large to have no declared reason, or what is unknown."""
    resource, options = context.resource, context.options
    if not is_record(resource, "UseCase"):
        return
    share, errors = (resource.body.number("human_review", name) for name in ("share", "error_rate"))
    risk = resource.body.text("risk_class")
    unknown = unknown_of(share, errors, risk)
    if unknown is not None:
        yield context.undecided(unknown, "human_review.share")
        return
    always = {"minimal": options.minimal, "limited": options.limited}
    floor = always.get(risk.value) if isinstance(risk, Known) else options.limited
    if floor is None or not isinstance(share, Known) or share.value <= floor:
        return
    if isinstance(risk, Absent):
        message = f"people check {share.value:f} % of results, and nothing tells its class of risk"
        yield from lacking(context, "risk_class", message=message)
    elif isinstance(errors, Absent):
        yield from lacking(context, "human_review", "error_rate", message=MESSAGE.format(share=share.value))
    elif isinstance(errors, Known) and share.value > (most := max(floor, errors.value * options.per_error)):
        message = f"people check {share.value:f} % of results, {errors.value:f} % are wrong: {most:f} % will do"
        yield context.finding(share, message, attribute="human_review.share")


BAD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
risk_class: limited
human_review: {share: 80, error_rate: 3}
#                     ^^ people check 80 % of results, 3 % are wrong: 30 % will do
---
apiVersion: guard/v1
kind: UseCase
name: sorting
risk_class: minimal
human_review: {share: 50}
#^^^^^^^^^^^ people check 50 % of results, and nothing says how many are wrong: declare `human_review.error_rate` in this UseCase
""",  # noqa: E501
)

GOOD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: answers
risk_class: limited
human_review: {share: 20, error_rate: 1}
---
apiVersion: guard/v1
kind: UseCase
name: hiring
risk_class: high
human_review: {share: 100, error_rate: 1}
""",
)

RULE = Rule(
    name="oversized-review",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
