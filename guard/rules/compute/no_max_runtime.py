"""A run on accelerators has no longest time after which it is stopped.

## Why this matters

A run that hangs (a lost worker, a deadlocked all-reduce, a data loader that waits) keeps its accelerators until
somebody looks, which over a weekend costs more than the run itself. A longest runtime turns that into a known sum.

## What to do

Set the limit of the format, some hours above what the run takes: `activeDeadlineSeconds` of a Job, RayJob or TrainJob,
`runPolicy.activeDeadlineSeconds` of a PyTorchJob or MPIJob, `limits.timeout` of an Azure ML job, `timeout` of an AWS
Batch job definition, `max_duration` of a dstack task, `training.max_runtime_hours` of our own TrainingJob.

## When to leave it

Where the scheduler stops what no longer makes progress. Formats without such a limit (SkyPilot) and those with a
default (SageMaker: a day, Vertex AI: a week) are not reported; `most_hours` judges what is written, defaults included.

## Source

Kubernetes, "Jobs: Job termination and cleanup"; Kubeflow, RunPolicy; Azure ML, "CLI (v2) command job YAML schema"; AWS
Batch, "Job timeouts"; SageMaker API, StoppingCondition; dstack, "Task: max_duration".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Compute, Purpose, Resource
from guard.model.rounding import rounded
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import is_patch
from guard.rules._machines import named, never_runs

# Where each kind of run is limited; what is not here runs on purpose for as long as it likes, or cannot be limited.
LIMITS = {
    "Job": "activeDeadlineSeconds",
    "CronJob": "activeDeadlineSeconds",
    "JobSet": "activeDeadlineSeconds of its pods",
    "RayJob": "activeDeadlineSeconds",
    "RayCronJob": "activeDeadlineSeconds",
    "TrainJob": "activeDeadlineSeconds",
    "PyTorchJob": "runPolicy.activeDeadlineSeconds",
    "TFJob": "runPolicy.activeDeadlineSeconds",
    "MPIJob": "runPolicy.activeDeadlineSeconds",
    "XGBoostJob": "runPolicy.activeDeadlineSeconds",
    "PaddleJob": "runPolicy.activeDeadlineSeconds",
    "JAXJob": "runPolicy.activeDeadlineSeconds",
    "HyperPodPyTorchJob": "runPolicy.activeDeadlineSeconds",
    "commandJob": "limits.timeout",
    "sweepJob": "limits.timeout",
    "aws_batch_job_definition": "timeout.attempt_duration_seconds",
    "dstack task": "max_duration",
    "TrainingJob": "training.max_runtime_hours",
}
# Their images are named by the runtime that they refer to.
_BY_RUNTIME = ("TrainJob",)
_RUNS = (Purpose.TRAINING, Purpose.BATCH, Purpose.PIPELINE)


class Options(BaseModel, extra="forbid", frozen=True):
    """How long a run may take."""

    most_hours: Annotated[Decimal, Field(gt=0)] | None = None
    """The longest limit that may be set, in hours; null for any."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield one finding for a run on accelerators without a limit, or with one that is too long; or what is unknown."""
    resource = context.resource
    if resource.purpose not in _RUNS or (is_patch(resource) and resource.type not in _BY_RUNTIME):
        return
    for compute in resource.compute:
        if never_runs(compute) or not _accelerated(compute):
            continue
        if isinstance(compute.accelerator_count, Unknown):
            yield context.undecided(compute.accelerator_count, named(compute, "accelerator_count"))
            return
        yield from _judged(context, compute)
        # The groups of one run end together.
        return


def _accelerated(compute: Compute) -> bool:
    count = compute.accelerator_count
    return not isinstance(count, Absent) and not (isinstance(count, Known) and count.value == 0)


def _judged(context: Context[Options], compute: Compute) -> Iterator[Finding | UnknownFact]:
    attribute = "max_runtime_hours"
    match _limit(context.resource, compute):
        case Absent():
            where = LIMITS.get(context.resource.type)
            if where is not None:
                message = f"this run on accelerators may go on for ever: set {where}"
                yield context.finding(context.resource.location, message, attribute=attribute)
        case Unknown() as unknown:
            yield context.undecided(unknown, attribute)
        case Known(limit) as fact:
            most = context.options.most_hours
            if most is not None and limit > most:
                message = f"this run may take {_hours(limit)} hours; at most {_hours(most)} are allowed"
                yield context.finding(fact, message, attribute=attribute)


def _limit(resource: Resource, compute: Compute) -> Value[Decimal]:
    own = compute.max_runtime_hours
    return first(own, resource.training.max_runtime_hours) if resource.training else own


def _hours(number: Decimal) -> str:
    return f"{rounded(number, '0.1').normalize():f}"


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_training_job" "rank" {
  training_job_name = "rank"
  role_arn          = "arn:aws:iam::123456789012:role/train"
  algorithm_specification {
    training_input_mode = "File"
    training_image      = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rank:1"
  }
  output_data_config {
    s3_output_path = "s3://acme-models/rank"
  }
  resource_config {
    instance_type     = "ml.p4d.24xlarge"
    instance_count    = 1
    volume_size_in_gb = 100
  }
  stopping_condition {
    max_runtime_in_seconds = 432000
#                            ^^^^^^ this run may take 120 hours; at most 72 are allowed
  }
}
""",
    options={"most_hours": 72},
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata:
  name: rank
#       ^^^^ this run on accelerators may go on for ever: set runPolicy.activeDeadlineSeconds
spec:
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      template:
        spec:
          containers:
            - name: pytorch
              image: docker.io/acme/rank:1.0
              resources:
                limits: {nvidia.com/gpu: 8}
""",
)

SPEC = Example(
    "finetune.dstack.yml",
    """\
type: task
name: finetune
#^^^ this run on accelerators may go on for ever: set max_duration
commands: [python train.py]
resources: {gpu: "A100:80GB:2"}
""",
)

GOOD_KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  activeDeadlineSeconds: 86400
  template:
    spec:
      containers:
        - name: train
          image: docker.io/acme/train:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
---
# Without accelerators.
apiVersion: batch/v1
kind: Job
metadata: {name: prepare}
spec:
  template:
    spec:
      containers:
        - name: prepare
          image: docker.io/acme/prepare:1.0
""",
)

GOOD_SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge}
training: {max_runtime_hours: 48}
""",
)

RULE = Rule(
    name="no-max-runtime",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
