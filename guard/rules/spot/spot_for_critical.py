"""A critical service runs on spot capacity alone.

## Why this matters

All spot machines of one type in one zone can be taken back within the same minute, when their owner sells them to
somebody else. A service that people or other systems wait for is then down until capacity returns; what it saved in a
year can be lost in that hour.

## What to do

Keep an on-demand or committed base that carries the usual load, and use spot for what comes on top: a base capacity in
the autoscaling group, a second node pool, `base_ondemand_fallback_replicas`.

What counts as critical: a resource whose label or annotation `criticality` (or one of `labels`) says so, and inference
in an environment of `environments`.

## When to leave it

Where the service degrades gracefully: say so with a criticality that is not on the list.

## Source

AWS, "Best practices for Amazon EC2 Spot" (for flexible, fault-tolerant workloads); Google Cloud, "Spot VMs" (no service
level agreement); Azure, "Use Azure Spot Virtual Machines" (no service level agreement).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import Step
from guard.model.resource import Compute, Purchase, Purpose
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import fitting
from guard.rules._workloads import active, attribute, declared

Word = Annotated[str, Field(min_length=1)]


class Options(BaseModel, extra="forbid", frozen=True):
    """What counts as critical."""

    labels: tuple[Word, ...] = ("criticality", "business-criticality", "tier", "service-tier")
    """Labels and annotations that tell how critical a resource is."""
    critical: tuple[Word, ...] = ("critical", "high", "mission-critical", "business-critical", "tier-0", "tier-1",
                                  "tier0", "tier1", "gold", "platinum")  # fmt: skip
    """Globs of their values that mean critical."""
    environments: tuple[Word, ...] = ("prod", "prod-*", "production", "production-*", "live")
    """Globs of environments in which inference is critical whatever its labels say."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each group of spot machines of a critical resource that has nothing behind it."""
    for compute in context.resource.compute:
        match compute.purchase, compute.fallback:
            case Known(Purchase.SPOT) as spot, Absent() if active(compute):
                yield from _judged(context, compute, spot)
            case Known(Purchase.SPOT), Unknown() as unknown if isinstance(_critical(context), Known):
                yield context.undecided(unknown, attribute(compute, "fallback"))


def _judged(context: Context[Options], compute: Compute, spot: Known[Purchase]) -> Iterator[Finding | UnknownFact]:
    match _critical(context):
        case Known(why, place):
            message = f"{why} on spot capacity alone: keep on-demand capacity that carries the usual load"
            step = Step(f"{why} by this", place)
            yield context.finding(spot, message, attribute=attribute(compute, "purchase"), related=(step,))
        case Unknown() as unknown:
            yield context.undecided(unknown, "labels.criticality")


def _critical(context: Context[Options]) -> Known[str] | Unknown | Absent:
    """Return why the resource is critical, absent where nothing says that it is."""
    resource, options = context.resource, context.options
    said = declared(resource, options.labels)
    if isinstance(said, Known):
        if fitting(options.critical, said.value) is not None:
            return Known(f"critical ({said.value})", said.location)
        return Absent(said.location)
    if resource.purpose is not Purpose.INFERENCE:
        return said
    environment = resource.labels.environment()
    if isinstance(environment, Known):
        fits = fitting(options.environments, environment.value) is not None
        return Known(f"inference in {environment.value}", environment.location) if fits else Absent(said.location)
    return environment if isinstance(environment, Unknown) else said


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_eks_node_group" "serving" {
  cluster_name    = "ml"
  node_group_name = "serving"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  instance_types  = ["g5.xlarge"]
  capacity_type   = "SPOT"
#                   ^^^^^^ critical (high) on spot capacity alone: keep on-demand capacity that carries the usual load

  scaling_config {
    min_size     = 1
    max_size     = 4
    desired_size = 2
  }

  tags = { criticality = "high" }
}
""",
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud
  labels: {environment: prod}
spec:
  predictor:
    nodeSelector:
      cloud.google.com/gke-spot: "true"
#                                ^^^^^^ inference in prod on spot capacity alone: keep on-demand capacity that carries the usual load
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/fraud
      resources:
        limits: {nvidia.com/gpu: 1}
""",  # noqa: E501
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, labels: {criticality: tier-1}}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge, purchase: spot}
#                                                                          ^^^^ critical (tier-1) on spot capacity alone: keep on-demand capacity that carries the usual load
""",  # noqa: E501
)

GOOD_KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud
  labels: {environment: prod, criticality: low}
spec:
  predictor:
    nodeSelector:
      cloud.google.com/gke-spot: "true"
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/fraud
      resources:
        limits: {nvidia.com/gpu: 1}
""",
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, labels: {environment: prod}}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge, purchase: spot, fallback: on_demand}
""",
)

RULE = Rule(
    name="spot-for-critical",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
