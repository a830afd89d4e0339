"""One run of a training job costs more than one run may.

## Why this matters

A training job is cheap or dear by its longest time: eight machines with eight accelerators each that may run for ten
days are a six-figure order, placed by whoever merges the file. A retry places it again.

## What to do

Set the longest time closer to what the run needs, take fewer or cheaper machines, use spot with checkpoints, train on a
sample first. Where the run is wanted, agree on it in a waiver.

The cost of a run is its longest time times its machines at their price. A run without a longest time has no such
cost: it is listed under what is unknown, and `no-max-runtime` speaks about it.

## When to leave it

Where a scheduler's quotas already limit what a run may take.

## Source

Prices come from the price book and carry their own source: `guard cost` shows every line.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.price import Estimate
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import usd
from guard.rules._workloads import RUNS, in_use


class Options(BaseModel, extra="forbid", frozen=True):
    """What one run may cost."""

    per_run: Annotated[Decimal, Field(ge=0)] = Decimal(5000)
    """The most that one run may cost, in USD."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a run that costs too much, or what keeps its cost from being known."""
    resource, estimate = context.resource, context.estimate
    if resource.purpose not in RUNS or resource.training is None or not in_use(resource):
        return
    limit = _limit(resource)
    if not isinstance(limit, Known):
        reason = limit.reason if isinstance(limit, Unknown) else "no longest time of a run is written"
        yield context.undecided(Unknown(reason, limit.location), "max_runtime_hours")
        return
    cost = _per_run(estimate)
    if cost is None:
        reason = estimate.unpriced[0].reason if estimate.unpriced else "it has no price"
        yield context.undecided(Unknown(reason, resource.location), "cost")
        return
    if cost > context.options.per_run:
        message = (
            f"{limit.value.normalize():f} hours make a run of up to {usd(cost)}, over {usd(context.options.per_run)}"
        )
        yield context.finding(limit, message, attribute="max_runtime_hours")


def _limit(resource: Resource) -> Value[Decimal]:
    limits = [one.max_runtime_hours for one in resource.compute]
    own = resource.training.max_runtime_hours if resource.training else Absent(resource.location)
    return first(*limits, own)


def _per_run(estimate: Estimate) -> Decimal | None:
    """Return what the machines of one run cost, in USD; None where they have no price."""
    lines = [line for line in estimate.lines if line.unit.endswith("hour")]
    if not lines or estimate.runs is None or estimate.runs <= 0:
        return None
    return sum((line.monthly for line in lines), Decimal(0)) / estimate.runs


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_training_job" "rank" {
  training_job_name = "rank"
  role_arn          = "arn:aws:iam::123456789012:role/train"

  resource_config {
    instance_type     = "ml.g5.48xlarge"
    instance_count    = 8
    volume_size_in_gb = 100
  }

  stopping_condition {
    max_runtime_in_seconds = 432000
#                            ^^^^^^ 120 hours make a run of up to $19,546, over $5,000
  }
}
""",
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata:
  name: rank
spec:
  runPolicy:
    activeDeadlineSeconds: 432000
#                          ^^^^^^ 120 hours make a run of up to $21,079, over $5,000
  pytorchReplicaSpecs:
    Worker:
      replicas: 8
      template:
        spec:
          nodeSelector:
            node.kubernetes.io/instance-type: p4d.24xlarge
            topology.kubernetes.io/region: us-east-1
          containers:
            - name: pytorch
              image: docker.io/acme/rank:1.0
              resources:
                limits: {nvidia.com/gpu: 8}
""",
)

SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge, nodes: 8}
training:
  schedule: "0 0 * * 0"
  max_runtime_hours: 48
#                    ^^ 48 hours make a run of up to $8,432, over $5,000
""",
)

GOOD = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge}
training:
  schedule: "@daily"
  max_runtime_hours: 48
""",
)

RULE = Rule(
    name="costly-training-run",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD,),
)
