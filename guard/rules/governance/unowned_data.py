"""A model is made from data that nobody answers for.

## Why this matters

Data without a steward is copied, kept and read again by everybody, because nobody may say that it is wrong, too old or
not needed.

## What to do

Name the steward: `data.steward` of the ModelCard, or a label or annotation `data-steward` of the training run.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

Where a data catalogue names the stewards.

## Source

FinOps Foundation, "FinOps for AI: Overview"; Regulation (EU) 2024/1689 (AI Act), article 10.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import Labels, data_fact

MESSAGE = "nobody answers for the data of this model"


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells it where there is no model card."""

    labels: Labels = ("data-steward", "data-owner")
    """Labels and annotations of a training run that tell it."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where nothing tells it of a model's data, or what is unknown."""
    yield from data_fact(context, "steward", context.options.labels, MESSAGE)


RECORD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
model: rank
data: {contains: none}
#^^^ nobody answers for the data of this model: declare `data.steward` in this ModelCard
""",
)

SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank, labels: {team: search}}
#                      ^^^^^^ nobody answers for the data of this model: declare it in a label data-steward
training: {datasets: [{uri: "s3://acme-clicks/2026"}]}
compute: {vcpu: 4, memory_gib: 16}
""",
)

GOOD = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank, labels: {data-steward: data-office}}
training: {datasets: [{uri: "s3://acme-clicks/2026"}]}
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelCard
model: rank
data: {steward: data-office}
""",
)

RULE = Rule(
    name="unowned-data",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(RECORD, SPEC),
    good=(GOOD,),
)
