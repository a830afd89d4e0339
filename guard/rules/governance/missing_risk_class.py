"""A use case or a model does not say which class of risk it is of.

## Why this matters

The class decides what must be spent on assessment, records and people who check. Who does not know it spends either too
much on harmless things, or pays for the omission later.

## What to do

Declare `risk_class` in the UseCase or ModelCard, `documentation.risk_class` in a ModelDeployment, or a label or
annotation `risk-class` elsewhere. A served model whose ModelCard declares it needs nothing more.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

Where another register holds the classes.

## Source

Regulation (EU) 2024/1689 (AI Act), articles 5, 6 and 50.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Unknown
from guard.rules._governance import Word, how_to_declare, is_record, risk_class, serves, through_card


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells the class of risk."""

    labels: tuple[Word, ...] = ("risk-class", "risk-level", "ai-risk")
    """Labels and annotations that tell it."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for what has no class of risk, or what is unknown."""
    resource = context.resource
    if not (is_record(resource, "UseCase", "ModelCard") or serves(resource)):
        return
    own = risk_class(resource, context.options.labels)
    match through_card(context.project, resource, own, "risk_class"):
        case Unknown() as unknown:
            yield context.undecided(unknown, "risk_class")
        case Absent(place):
            message = f"nothing tells its class of risk: {how_to_declare(resource, 'risk-class', 'risk_class')}"
            yield context.finding(place, message, attribute="risk_class")


RECORD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
#^^^ nothing tells its class of risk: declare `risk_class` in this UseCase
name: answers
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat}
compute: {vcpu: 4, memory_gib: 16}
documentation: {intended_use: answers}
#^^^^^^^^^^^^ nothing tells its class of risk: declare `documentation.risk_class` in this ModelDeployment
""",
)

KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  labels: {app: chat}
# ^^^^^^ nothing tells its class of risk: declare it in a label risk-class
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: chat}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
---
apiVersion: guard/v1
kind: ModelCard
model: chat
risk_class: limited
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank, annotations: {example.com/risk-class: minimal}}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

RULE = Rule(
    name="missing-risk-class",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(RECORD, SPEC, KUBERNETES),
    good=(GOOD,),
)
