"""Something of a high class of risk has no assessment of its risks.

## Why this matters

What was built before it was assessed is built twice: the checks that are missing are added to a running system, and
until then it may not be used.

## What to do

Assess it, and link the result: `assessment` of the UseCase or ModelCard, `documentation.assessment` of a
ModelDeployment, or a label or annotation `risk-assessment` elsewhere. A served model whose ModelCard links one needs
nothing more.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

Where assessments are kept in another register.

## Source

Regulation (EU) 2024/1689 (AI Act), articles 9 and 27.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import (
    Word,
    fact,
    how_to_declare,
    is_record,
    own_path,
    risk_class,
    serves,
    through_card,
)
from guard.rules._helpers import fitting


class Options(BaseModel, extra="forbid", frozen=True):
    """What is of high risk, and what tells its assessment."""

    classes: tuple[Word, ...] = ("high", "prohibited", "unacceptable")
    """Globs of the classes that need an assessment."""
    class_labels: tuple[Word, ...] = ("risk-class", "risk-level", "ai-risk")
    """Labels and annotations that tell the class."""
    labels: tuple[Word, ...] = ("risk-assessment", "assessment", "impact-assessment")
    """Labels and annotations that tell the assessment."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for what is of high risk and has no assessment, or what is unknown."""
    resource, options = context.resource, context.options
    if not (is_record(resource, "UseCase", "ModelCard") or serves(resource)):
        return
    risk = risk_class(resource, options.class_labels)
    if isinstance(risk, Unknown):
        yield context.undecided(risk, "risk_class")
    if not isinstance(risk, Known) or fitting(options.classes, risk.value) is None:
        return
    own = fact(resource, options.labels, *own_path(resource, "assessment"))
    match through_card(context.project, resource, own, "assessment"):
        case Unknown() as unknown:
            yield context.undecided(unknown, "assessment")
        case Absent():
            todo = how_to_declare(resource, "risk-assessment", "assessment")
            yield context.finding(risk, f"of {risk.value} risk and not assessed: {todo}", attribute="assessment")


RECORD = Example(
    "use-case.yaml",
    """\
apiVersion: guard/v1
kind: UseCase
name: hiring
risk_class: high
#           ^^^^ of high risk and not assessed: declare `assessment` in this UseCase
""",
)

TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint_configuration" "hiring" {
  name = "hiring"
  production_variants {
    variant_name  = "main"
    model_name    = "hiring"
    instance_type = "ml.g5.xlarge"
  }
  tags = { risk-class = "high" }
#                       ^^^^^^ of high risk and not assessed: declare it in a tag risk-assessment
}
""",
)

KUBERNETES = Example(
    "hiring.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: hiring, labels: {risk-class: high}}
#                                             ^^^^ of high risk and not assessed: declare it in a label risk-assessment
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

GOOD = Example(
    "hiring.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: hiring}
model: {name: hiring}
compute: {vcpu: 4, memory_gib: 16}
documentation: {risk_class: high, assessment: docs/risks.md}
---
apiVersion: guard/v1
kind: UseCase
name: answers
risk_class: limited
""",
)

RULE = Rule(
    name="high-risk-without-assessment",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(RECORD, TERRAFORM, KUBERNETES),
    good=(GOOD,),
)
