"""A version of a model is served after the day on which it was to be retired.

## Why this matters

A version that should be gone still holds its machines, often beside its successor, and is paid for twice. Nobody
watches it any more, and nobody trains it again, so that its answers get worse without being noticed.

## What to do

Move the traffic to its successor and take the deployment out, or decide anew how long it is to stay and write that day:
`model.retire_after` of our own ModelDeployment, or a label or annotation (`labels`) of anything else that serves,
such as `2026-12-31`.

The saving is what the deployment costs at least.

## When to leave it

While a contract or an audit asks that this very version answers; a waiver with an end says so.

## Source

Azure OpenAI, "Model deprecations and retirements", for versions that the provider itself retires.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown, Value, first
from guard.rules._helpers import usd
from guard.rules._workloads import declared


class Options(BaseModel, extra="forbid", frozen=True):
    """Where the day stands, and how long before and after it."""

    labels: tuple[Annotated[str, Field(min_length=1)], ...] = ("retire-after", "retire-on", "retirement-date")
    """Labels and annotations that tell the day after which a version is to be retired."""
    grace_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days after that day in which nothing is said."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a served model whose day of retirement has passed, or what is unknown."""
    resource, today = context.resource, context.project.today
    if resource.purpose is not Purpose.INFERENCE or today is None:
        return
    match _day(resource, context.options):
        case Unknown() as unknown:
            yield context.undecided(unknown, "serving.retire_after")
        case Known(text) as fact:
            day = _date(text)
            if day is None:
                unread = Unknown(f'"{text[:40]}" is no date such as 2026-12-31', fact.location)
                yield context.undecided(unread, "serving.retire_after")
            elif day < today - timedelta(days=context.options.grace_days):
                yield _finding(context, fact, day, today)


def _day(resource: Resource, options: Options) -> Value[str]:
    said = declared(resource, options.labels)
    return first(resource.serving.retire_after, said) if resource.serving else said


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _finding(context: Context[Options], fact: Known[str], day: date, today: date) -> Finding:
    low = context.estimate.low
    saving = low if low > 0 else None
    late = (today - day).days
    cost = f", which saves {usd(saving)} a month" if saving else ""
    message = f"this version was to be retired {late} {'day' if late == 1 else 'days'} ago: take it out{cost}"
    return context.finding(fact, message, attribute="serving.retire_after", saving=saving)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint" "rank" {
  name                 = "rank"
  endpoint_config_name = "rank-3"
  tags                 = { retire-after = "2025-12-01" }
#                                         ^^^^^^^^^^^^ this version was to be retired 31 days ago: take it out
}
""",
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: rank
  annotations:
    example.com/retire-after: "2025-12-31"
#                             ^^^^^^^^^^^^ this version was to be retired 1 day ago: take it out
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/3
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3", retire_after: 2025-12-01}
#                                               ^^^^^^^^^^ this version was to be retired 31 days ago: take it out
compute: {vcpu: 4, memory_gib: 16}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4", retire_after: 2026-12-01}
compute: {vcpu: 4, memory_gib: 16}
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
variable "day" {
  type = string
}

# What the variable holds is not known here: that is no finding.
resource "aws_sagemaker_endpoint" "rank" {
  name                 = "rank"
  endpoint_config_name = "rank-3"
  tags                 = { retire-after = var.day }
}
""",
)

RULE = Rule(
    name="retired-model-version",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_TERRAFORM),
)
