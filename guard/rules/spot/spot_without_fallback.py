"""A workload runs on spot capacity and nothing catches it when that is taken away.

## Why this matters

Spot capacity is cheap (AWS's GPU types mostly 54 to 86 % below on-demand in June 2025) because it can be taken back at
two minutes' notice or less. A served model without anything behind it then stops answering; a training run waits, for
hours or days where that type is in demand, and whoever waits for its result with it.

## What to do

Give the workload something to fall back on: an on-demand base in the autoscaling group, a second node pool or
`capacity-type` beside spot, `any_of` with and without `use_spot`, `dynamic_ondemand_fallback`.
Whether the work itself survives is the business of `spot-without-checkpointing`.

## When to leave it

Where work may wait for capacity to come back, as batch jobs with checkpoints may: set `checkpoint_suffices`, or limit
the rule by `where: {purpose: inference}`.

## Source

AWS, "Spot Instance interruption notices" (two minutes); Google Cloud, "Spot VMs" (up to 30 seconds); Azure, "Use Azure
Spot Virtual Machines" (30 seconds); savings: AWS Spot Instance Advisor, 28 June 2025, 10th to 90th percentile over
types and regions.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Compute, Purchase, Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, first
from guard.rules._workloads import active, attribute

NO_FALLBACK = "spot capacity with nothing to fall back on: add on-demand capacity beside or behind it"


class Options(BaseModel, extra="forbid", frozen=True):
    """What catches a workload."""

    checkpoint_suffices: bool = False
    """Whether a training run with durable checkpoints needs no fallback, because it may wait."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each group of spot machines without fallback."""
    for compute in context.resource.compute:
        match compute.purchase:
            case Known(Purchase.SPOT) as spot if active(compute):
                yield from _judged(context, compute, spot)
            case Unknown() as unknown:
                yield context.undecided(unknown, attribute(compute, "purchase"))


def _judged(context: Context[Options], compute: Compute, spot: Known[Purchase]) -> Iterator[Finding | UnknownFact]:
    if context.options.checkpoint_suffices and _waits(context.resource, compute):
        return
    match compute.fallback:
        case Absent():
            yield context.finding(spot, NO_FALLBACK, attribute=attribute(compute, "fallback"))
        case Unknown() as unknown:
            yield context.undecided(unknown, attribute(compute, "fallback"))


def _waits(resource: Resource, compute: Compute) -> bool:
    """Tell whether it is a training run that goes on where it stopped."""
    training = resource.training
    place = first(compute.checkpoint, training.checkpoint) if training else compute.checkpoint
    return resource.purpose is Purpose.TRAINING and isinstance(place, Known)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_eks_node_group" "gpu" {
  cluster_name    = "ml"
  node_group_name = "gpu"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  instance_types  = ["g5.xlarge"]
  capacity_type   = "SPOT"
#                   ^^^^^^ spot capacity with nothing to fall back on: add on-demand capacity beside or behind it

  scaling_config {
    min_size     = 1
    max_size     = 4
    desired_size = 2
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
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      template:
        spec:
          nodeSelector:
            karpenter.sh/capacity-type: spot
#                                       ^^^^ spot capacity with nothing to fall back on: add on-demand capacity beside or behind it
          containers:
            - name: pytorch
              image: docker.io/acme/rank:1.0
              resources:
                limits: {nvidia.com/gpu: 1}
""",  # noqa: E501
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute:
  provider: aws
  region: us-east-1
  instance: g5.xlarge
  purchase: spot
#           ^^^^ spot capacity with nothing to fall back on: add on-demand capacity beside or behind it
""",
)

GOOD_KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
spec:
  replicas: 2
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              preference:
                matchExpressions:
                  - {key: karpenter.sh/capacity-type, operator: In, values: [spot]}
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
)

GOOD_SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge, purchase: spot, fallback: on_demand}
training:
  checkpoint: {uri: "s3://acme-checkpoints/pretrain", interval_minutes: 30}
""",
)

RULE = Rule(
    name="spot-without-fallback",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
