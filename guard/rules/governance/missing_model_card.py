"""A model is served that has no model card.

## Why this matters

Who does not know what a model is for and how good it is trains or buys another one for the same end, and serves both.

## What to do

Write a ModelCard whose `model` is the name that is served, or link a card: `documentation.model_card` of a
ModelDeployment, or a label or annotation `model-card` elsewhere. A card of another version does not count.

Nothing is saved by the card itself, so that no saving is told.

## When to leave it

Where the cards stand in a model registry; link them, or leave this rule out.

## Source

Mitchell et al., "Model Cards for Model Reporting" (2019); Regulation (EU) 2024/1689 (AI Act), article 11.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Unknown
from guard.rules._governance import Word, fact, how_to_declare, own_path, serves, through_card


class Options(BaseModel, extra="forbid", frozen=True):
    """What links a model card."""

    labels: tuple[Word, ...] = ("model-card",)
    """Labels and annotations that link one."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a served model without a model card, or what is unknown."""
    resource = context.resource
    if not serves(resource):
        return
    own = fact(resource, context.options.labels, *own_path(resource, "model_card"))
    match through_card(context.project, resource, own, "model"):
        case Unknown() as unknown:
            yield context.undecided(unknown, "model_card")
        case Absent(place):
            todo = how_to_declare(resource, "model-card", "model_card")
            message = f"this served model has no model card: write a ModelCard, or {todo}"
            yield context.finding(place, message, attribute="model_card")


SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
#^^^ this served model has no model card: write a ModelCard, or declare `documentation.model_card` in this ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4"}
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelCard
model: chat
version: "3"
""",  # noqa: E501
)

KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  labels: {app: chat}
# ^^^^^^ this served model has no model card: write a ModelCard, or declare it in a label model-card
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: acme/Chat, version: "4"}
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelCard
model: chat
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank, annotations: {example.com/model-card: docs/rank.md}}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

RULE = Rule(
    name="missing-model-card",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(SPEC, KUBERNETES),
    good=(GOOD,),
)
