"""A request is answered by more models at once than its worth was declared for.

## Why this matters

Each model of an ensemble holds machines of its own and answers every request: five models cost five times as much as
one, and whether the last ones add anything is seldom measured.

## What to do

Measure what each member adds and leave out those that add little, or distil the ensemble into one model. Where the
decisions are worth it, say so in a label or annotation: `business-impact: high` (`labels`, `high`).

## When to leave it

Where the members were chosen for a decision of high impact; that is what the label is for. Sequences, switches and
splitters send a request to one model at a time or in turn, and are not judged.

## Source

KServe, "Inference Graph" (router type Ensemble).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._helpers import fitting
from guard.rules._workloads import declared

Word = Annotated[str, Field(min_length=1)]


class Options(BaseModel, extra="forbid", frozen=True):
    """How many models may answer, and what declares that more may."""

    most_models: Annotated[int, Field(ge=1)] = 3
    """The greatest number of models that may answer one request without a declared impact."""
    labels: tuple[Word, ...] = ("business-impact", "impact", "criticality")
    """Labels and annotations that declare what a decision is worth."""
    high: tuple[Word, ...] = ("high", "critical", "very-high")
    """Globs of their values that allow any number of models."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each ensemble of too many models, or what is unknown."""
    resource, options = context.resource, context.options
    if resource.type != "InferenceGraph":
        return
    impact = declared(resource, options.labels)
    if isinstance(impact, Known) and fitting(options.high, impact.value) is not None:
        return
    for name, node in resource.body.fields("spec", "nodes").items():
        yield from _judged(context, name, node, impact if isinstance(impact, Unknown) else None)


def _judged(
    context: Context[Options], name: str, node: Node, impact: Unknown | None
) -> Iterator[Finding | UnknownFact]:
    kind, steps = node.text("routerType"), node.find("steps")
    attribute = f"spec.nodes.{name}.steps"
    number = len(node.items("steps"))
    most = context.options.most_models
    if isinstance(kind, Known) and kind.value != "Ensemble":
        return
    unknown = next((one for one in (kind, steps) if isinstance(one, Unknown)), None)
    if unknown is None and number > most:
        unknown = impact
    if unknown is not None:
        yield context.undecided(unknown, attribute)
    elif isinstance(kind, Known) and number > most:
        message = f"{number} models answer each request; at most {most} may without a declared high impact"
        yield context.finding(kind, message, attribute=attribute)


KUBERNETES = Example(
    "graph.yaml",
    """\
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: rank}
spec:
  nodes:
    root:
      routerType: Ensemble
#                 ^^^^^^^^ 4 models answer each request; at most 3 may without a declared high impact
      steps:
        - {serviceName: trees}
        - {serviceName: linear}
        - {serviceName: deep}
        - {serviceName: wide}
""",
)

GOOD = Example(
    "graph.yaml",
    """\
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: rank, labels: {business-impact: high}}
spec:
  nodes:
    root:
      routerType: Ensemble
      steps: [{serviceName: trees}, {serviceName: linear}, {serviceName: deep}, {serviceName: wide}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: {name: stages}
spec:
  nodes:
    root:
      routerType: Sequence
      steps: [{serviceName: clean}, {serviceName: embed}, {serviceName: rank}, {serviceName: explain}]
""",
)

RULE = Rule(
    name="oversized-ensemble",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(KUBERNETES,),
    good=(GOOD,),
)
