"""A training run on spot capacity does not write checkpoints that survive an interruption, or writes them too rarely.

## Why this matters

When spot capacity is taken away the machine goes, and its disks and volatile volumes with it. A run without durable
checkpoints then starts again from nothing; one that saves every four hours pays up to four hours of every accelerator
again. Over a long run on capacity that is reclaimed daily, that can cost more than on-demand would have.

## What to do

Write checkpoints to an object store, a shared file system or a persistent volume, and resume from the newest one.
Write them so often that the work between two of them is affordable to lose: `interval_minutes`.

Where a checkpoint goes is read from the spec's own field, from arguments and variables such as `--output-dir`, from
mounted volumes and from the label `checkpoint-uri`; how often, from the spec's own field, from arguments that name a
unit of time (`--save-interval-minutes`) and from the label `checkpoint-minutes`. A number of steps tells no time: it is
taken for often enough.

## When to leave it

Where a run is so short that starting over costs less than writing checkpoints: runs stopped within `short_run_hours`
need none.

## Source

AWS, "Spot Instance interruption notices" (two minutes); Google Cloud, "Spot VMs" (up to 30 seconds); Azure, "Use Azure
Spot Virtual Machines" (30 seconds): none of them is time enough to write what was never written.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Compute, Purchase, Purpose
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._workloads import active, attribute, declared, number_of

NO_CHECKPOINT = "training on spot capacity without a durable checkpoint: each interruption starts it over"


class Options(BaseModel, extra="forbid", frozen=True):
    """How much work may be lost."""

    interval_minutes: Annotated[Decimal, Field(gt=0)] = Decimal(60)
    """The most minutes of work between two checkpoints."""
    short_run_hours: Annotated[Decimal, Field(ge=0)] = Decimal(1)
    """Runs that are stopped within so many hours need no checkpoint."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each group of spot machines that trains without checkpoints, or with too few."""
    if context.resource.purpose is not Purpose.TRAINING:
        return
    for compute in context.resource.compute:
        match compute.purchase:
            case Known(Purchase.SPOT) as spot if active(compute) and not _short(context, compute):
                yield from _judged(context, compute, spot)
            case Unknown() as unknown:
                yield context.undecided(unknown, attribute(compute, "purchase"))


def _short(context: Context[Options], compute: Compute) -> bool:
    training = context.resource.training
    limit = first(compute.max_runtime_hours, training.max_runtime_hours) if training else compute.max_runtime_hours
    return isinstance(limit, Known) and limit.value <= context.options.short_run_hours


def _judged(context: Context[Options], compute: Compute, spot: Known[Purchase]) -> Iterator[Finding | UnknownFact]:
    training = context.resource.training
    place = first(compute.checkpoint, training.checkpoint) if training else compute.checkpoint
    match place:
        case Absent():
            yield context.finding(spot, NO_CHECKPOINT, attribute=attribute(compute, "checkpoint"))
        case Unknown() as unknown:
            yield context.undecided(unknown, attribute(compute, "checkpoint"))
        case Known():
            yield from _interval(context, compute)


def _interval(context: Context[Options], compute: Compute) -> Iterator[Finding | UnknownFact]:
    labelled: Value[Decimal] = number_of(declared(context.resource, ("checkpoint-minutes",)))
    minutes = first(compute.checkpoint_minutes, labelled)
    name = attribute(compute, "checkpoint_minutes")
    # An unknown part of the labels is no reason to ask for a label that hardly anybody writes.
    if isinstance(minutes, Unknown) and isinstance(compute.checkpoint_minutes, Unknown):
        yield context.undecided(minutes, name)
    if isinstance(minutes, Known) and minutes.value > context.options.interval_minutes:
        message = (
            f"a checkpoint every {minutes.value:f} minutes: an interruption loses up to so much work; "
            f"at most {context.options.interval_minutes:f} are affordable"
        )
        yield context.finding(minutes, message, attribute=name)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_training_job" "rank" {
  training_job_name            = "rank"
  role_arn                     = "arn:aws:iam::123456789012:role/train"
  enable_managed_spot_training = true
#                                ^^^^ training on spot capacity without a durable checkpoint: each interruption starts it over

  resource_config {
    instance_type     = "ml.p4d.24xlarge"
    instance_count    = 1
    volume_size_in_gb = 100
  }

  stopping_condition {
    max_runtime_in_seconds   = 86400
    max_wait_time_in_seconds = 172800
  }
}
""",  # noqa: E501
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
#                                       ^^^^ training on spot capacity without a durable checkpoint: each interruption starts it over
          containers:
            - name: pytorch
              image: docker.io/acme/rank:1.0
              args: [--output-dir, /tmp/run]
              resources:
                limits: {nvidia.com/gpu: 1}
""",  # noqa: E501
)

SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge, purchase: spot, fallback: on_demand}
training:
  checkpoint:
    uri: s3://acme-checkpoints/pretrain
    interval_minutes: 240
#                     ^^^ a checkpoint every 240 minutes: an interruption loses up to so much work; at most 60 are affordable
""",  # noqa: E501
)

GOOD_TERRAFORM = Example(
    "main.tf",
    TERRAFORM.text.replace(
        "#                                ^^^^ training on spot capacity without a durable checkpoint: "
        "each interruption starts it over\n",
        "",
    ).replace(
        "  stopping_condition {",
        """\
  checkpoint_config {
    s3_uri = "s3://acme-checkpoints/rank"
  }

  stopping_condition {""",
    ),
)

GOOD_KUBERNETES = Example(
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
          volumes:
            - name: runs
              persistentVolumeClaim: {claimName: runs}
          containers:
            - name: pytorch
              image: docker.io/acme/rank:1.0
              args: [--output-dir, /runs/rank, --save-interval-minutes, "30"]
              volumeMounts:
                - {name: runs, mountPath: /runs}
              resources:
                limits: {nvidia.com/gpu: 1}
""",
)

RULE = Rule(
    name="spot-without-checkpointing",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_TERRAFORM, GOOD_KUBERNETES),
)
