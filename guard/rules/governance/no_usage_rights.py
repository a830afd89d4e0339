"""Nothing tells by what right the data of a model is used.

## Why this matters

A model that was made from data without the right to it is trained again, or withdrawn, at the full price of its
training.

## What to do

Name the licence, contract or consent: `data.rights` of the ModelCard, or a label or annotation `data-rights` of the
training run.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

Where a data catalogue holds the licences.

## Source

Regulation (EU) 2024/1689 (AI Act), articles 10 and 53; Directive (EU) 2019/790, article 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import Labels, data_fact

MESSAGE = "nothing tells by what right this model's data is used"


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells it where there is no model card."""

    labels: Labels = ("data-rights", "data-license", "data-licence")
    """Labels and annotations of a training run that tell it."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where nothing tells it of a model's data, or what is unknown."""
    yield from data_fact(context, "rights", context.options.labels, MESSAGE)


RECORD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
model: rank
data: {contains: none}
#^^^ nothing tells by what right this model's data is used: declare `data.rights` in this ModelCard
""",
)

SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank, labels: {team: search}}
#                      ^^^^^^ nothing tells by what right this model's data is used: declare it in a label data-rights
training: {datasets: [{uri: "s3://acme-clicks/2026"}]}
compute: {vcpu: 4, memory_gib: 16}
""",
)

GOOD = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank, labels: {data-rights: terms-of-service}}
training: {datasets: [{uri: "s3://acme-clicks/2026"}]}
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelCard
model: rank
data: {rights: terms-of-service}
""",
)

RULE = Rule(
    name="no-usage-rights",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(RECORD, SPEC),
    good=(GOOD,),
)
