"""A proof of concept has no end or no limit of what it may cost.

## Why this matters

Experiments are started in an afternoon and stopped by nobody: the person moves on, the endpoint stays. A date and an
amount, written down while everybody still agrees that it is only a trial, end that without a meeting.

## What to do

Label it with the day on which it ends (`end-date`, or one of `end_labels`) and give it a limit: a budget in the policy
whose scope takes it in (`budgets:` with `where: {labels: {stage: poc}}` and `monthly`), or a label `spend-cap`.

What counts as a proof of concept: a resource whose label or annotation `stage`, `environment`, `project-type` or
`purpose` (`labels`) fits one of `values`.

## When to leave it

Where all experiments live in an account or project of their own that has a budget with an action and is emptied
regularly.

## Source

FinOps Foundation, FinOps Framework, capability "Budgeting"; AWS, "Sandbox accounts" in "Organizing Your AWS Environment
Using Multiple Accounts".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown, Value
from guard.rules._helpers import fitting, label_word
from guard.rules._workloads import declared

LIMIT = "a limit of what it may cost"
Word = Annotated[str, Field(min_length=1)]


class Options(BaseModel, extra="forbid", frozen=True):
    """What counts as a proof of concept, and as its end and limit."""

    labels: tuple[Word, ...] = ("stage", "environment", "env", "project-type", "purpose", "lifecycle")
    """Labels and annotations that tell what kind of project a resource belongs to."""
    values: tuple[Word, ...] = ("poc", "poc-*", "*-poc", "proof-of-concept", "experiment", "experimental", "pilot",
                                "spike", "trial", "prototype")  # fmt: skip
    """Globs of their values that mean a proof of concept."""
    end_labels: tuple[Word, ...] = ("end-date", "ends", "expires", "expiry", "expires-on", "expiration-date", "ttl",
                                    "delete-after", "retire-after")  # fmt: skip
    """Labels and annotations that tell when it ends."""
    cap_labels: tuple[Word, ...] = ("spend-cap", "budget", "cost-cap", "max-monthly-cost")
    """Labels and annotations that tell what it may cost."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a proof of concept that costs money and lacks an end or a limit."""
    resource, options = context.resource, context.options
    estimate = context.estimate
    if not (estimate.lines or estimate.unpriced):
        return
    kind = _kind(resource, options)
    if kind is None:
        return
    end, cap = declared(resource, options.end_labels), declared(resource, options.cap_labels)
    missing = [] if isinstance(end, Known) else ["an end"]
    if not isinstance(cap, Known) and not _budgeted(context):
        missing.append(LIMIT)
    unknown = _first_unknown(end, cap)
    if missing and unknown is not None:
        yield context.undecided(unknown, "labels.end-date")
    elif missing:
        todo = [] if isinstance(end, Known) else [f"{label_word(resource)} it with end-date"]
        todo += ["give it a budget"] if missing[-1] == LIMIT else []
        message = f"{kind.value} without {' and '.join(missing)}: {' and '.join(todo)}"
        yield context.finding(kind, message, attribute="labels.end-date")


def _kind(resource: Resource, options: Options) -> Known[str] | None:
    for key in options.labels:
        said = declared(resource, (key,))
        if isinstance(said, Known) and fitting(options.values, said.value) is not None:
            return said
    return None


def _budgeted(context: Context[Options]) -> bool:
    """Tell whether a budget with a monthly amount takes the resource in."""
    address = context.resource.address
    return any(one.monthly is not None and address in one.addresses for one in context.project.budgets)


def _first_unknown(*values: Value[str]) -> Unknown | None:
    return next((one for one in values if isinstance(one, Unknown)), None)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "trial" {
  instance_type = "g5.xlarge"
  tags          = { stage = "poc" }
#                           ^^^^^ poc without an end and a limit of what it may cost: tag it with end-date and give it a budget
}
""",  # noqa: E501
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: trial
  labels: {stage: poc, end-date: 2026-09-30}
#                 ^^^ poc without a limit of what it may cost: give it a budget
spec:
  predictor:
    nodeSelector:
      cloud.google.com/gke-accelerator: nvidia-l4
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/trial
      resources:
        limits: {nvidia.com/gpu: 1}
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, labels: {project-type: experiment}}
#                                             ^^^^^^^^^^ experiment without an end and a limit of what it may cost: label it with end-date and give it a budget
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",  # noqa: E501
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, labels: {project-type: experiment, end-date: 2026-09-30}}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
    policy="budgets: [{name: trials, where: {labels: {project-type: experiment}}, monthly: 1000}]",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "trial" {
  instance_type = "g5.xlarge"
  tags          = { stage = "poc", end-date = "2026-09-30", spend-cap = "800" }
}
""",
)

RULE = Rule(
    name="poc-without-cap",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_TERRAFORM),
)
