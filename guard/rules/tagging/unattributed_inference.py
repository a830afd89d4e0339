"""A served model says neither whose it is nor what it is for, nor who pays.

## Why this matters

Serving is the part of AI cost that never ends: a model that was tried out and forgotten costs as much each month as one
that earns money. Who asks whether a model is still worth it needs its owner, its use case and its cost centre; a bill
by machine or account tells none of the three.

## What to do

Label what serves the model (the pod template on Kubernetes, tags in the clouds) with an owner, a use case and a cost
centre. Each of the three counts under any of its usual names: `team` is an owner, `application` a use case. On
Kubernetes an annotation counts too.

## When to leave it

Where another system knows which endpoint belongs to which use case, such as a model registry with cost allocation.

## Source

FinOps Foundation, "FinOps for AI: Overview" (allocation of inference cost by use case); FOCUS 1.0, column "Tags".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value
from guard.rules._helpers import label_word, listed

Names = Annotated[tuple[str, ...], Field(min_length=1)]
USUAL: Mapping[str, Names] = {
    "owner": ("owner", "team", "owned-by", "contact", "squad", "maintainer"),
    "use-case": ("use-case", "application", "app-id", "service", "product", "project", "workload"),
    "cost-center": ("cost-center", "cost-centre", "cost-code", "billing-code", "business-unit", "department"),
}

# What runs anything serves a model only where it names one or takes accelerators.
_GENERAL = ("kubernetes", "knative", "batch_sets", "dstack", "skypilot", "compose")


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells whose a model is."""

    facts: Mapping[str, Names] = Field(default_factory=lambda: dict(USUAL))
    """Each fact that is wanted with the keys that tell it; letter case, separators and prefixes do not count."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield one finding for all facts that no label tells, or what is unknown."""
    resource = context.resource
    if not _serves(resource) or not resource.labels.taggable:
        return
    missing = []
    for fact, keys in context.options.facts.items():
        match _told(resource, keys):
            case Absent():
                missing.append(fact)
            case Unknown() as unknown:
                yield context.undecided(unknown, f"labels.{fact}")
                return
    if missing:
        word = label_word(resource)
        plural = len(missing) > 1
        message = f"this served model has no {word}{'s' if plural else ''} {listed(missing, 'or')}"
        yield context.finding(resource.labels.location, message, attribute="labels")


def _serves(resource: Resource) -> bool:
    """Tell whether a resource serves a model and costs money for it."""
    if resource.purpose is not Purpose.INFERENCE:
        return False
    if resource.platform in _GENERAL:
        named = resource.serving is not None and isinstance(resource.serving.model_name, Known)
        return named or any(isinstance(one.accelerator_count, Known) for one in resource.compute)
    return bool(resource.serving or resource.compute)


def _told(resource: Resource, keys: Names) -> Value[str]:
    found = [resource.labels.find(key) for key in keys]
    known = next((one for one in found if isinstance(one, Known) and one.value), None)
    if known is not None:
        return known
    wanted = {_folded(key) for key in keys}
    for name, node in resource.body.fields("metadata", "annotations").items():
        if _folded(name.rpartition("/")[2]) in wanted:
            return node.text()
    return next((one for one in found if isinstance(one, Unknown)), Absent(resource.labels.location))


def _folded(key: str) -> str:
    return "".join(one for one in key.casefold() if one.isalnum())


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint_configuration" "chat" {
  name = "chat"
  production_variants {
    variant_name  = "main"
    model_name    = "chat"
    instance_type = "ml.g5.xlarge"
  }
  tags = { team = "search" }
# ^^^^ this served model has no tags use-case or cost-center
}
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
# ^^^^^^ this served model has no labels owner, use-case or cost-center
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata:
  name: chat
  owners: [search-team]
  labels: {application: search}
# ^^^^^^ this served model has no label cost-center
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g6.xlarge}
""",
)

GOOD_KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  labels: {team: search, finops.example.com/cost-center: cc-1042}
  annotations: {acme.example.com/use-case: support chat}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "tags" {
  type = map(string)
}

# What the variable holds is not known here: that is no finding.
resource "aws_sagemaker_endpoint_configuration" "chat" {
  name = "chat"
  production_variants {
    variant_name  = "main"
    model_name    = "chat"
    instance_type = "ml.g5.xlarge"
  }
  tags = var.tags
}
""",
)

RULE = Rule(
    name="unattributed-inference",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_TERRAFORM),
)
