"""Work that survives an interruption runs on demand.

## Why this matters

A training run that writes durable checkpoints, or a batch job that is tried again when it fails, has already paid the
price of being interruptible. On demand it pays for a promise that it does not need: spot capacity of accelerators
mostly costs 50 to 80 % less.

## What to do

Buy it as spot with on-demand behind it (`capacity-type: [spot, on-demand]`, `use_spot` in `any_of`, managed spot
training, a spot environment before an on-demand one in the job queue), so that work goes on where spot is sold out.

What counts as surviving: a training run with a durable checkpoint; a batch job with one, or with retries written;
either with the label `interruptible: true`.

## When to leave it

Where there is a deadline that a queue for spot capacity would break, or where the machines are covered by a commitment
already: label it `interruptible: "false"`.

## Source

The saving in the message is the difference between the on-demand price and the dearer end of the spot prices in the
price book, both with their own source. AWS, "Managed Spot Training in Amazon SageMaker AI"; Google Cloud, "Spot VMs".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import Location
from guard.model.resource import Compute, Purchase, Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import usd
from guard.rules._workloads import RUNS, active, attribute, declared, spot_saving, timed

YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
KEYS = ("interruptible", "preemptible", "fault-tolerant")
# Where formats write how often failed work is tried again; a default that nobody wrote promises nothing.
RETRIES = (
    ("spec", "backoffLimit"),
    ("spec", "runPolicy", "backoffLimit"),
    ("spec", "failurePolicy", "maxRestarts"),
    ("spec", "maxRetry"),
    ("spec", "jobTemplate", "spec", "backoffLimit"),
    ("retry_strategy", "attempts"),
    ("retry_strategy", "maximum_retry_attempts"),
    ("retries",),
)


class Options(BaseModel, extra="forbid", frozen=True):
    """What is worth the change."""

    min_saving: Annotated[Decimal, Field(ge=0)] = Decimal(100)
    """The least saving that is worth telling, in USD a month."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each group of machines that is bought on demand and does not need it."""
    resource = context.resource
    if resource.purpose not in RUNS or _told(resource) is False:
        return
    for compute in resource.compute:
        if not active(compute):
            continue
        why = _survives(resource, compute)
        if isinstance(why, Unknown):
            yield context.undecided(why, attribute(compute, "checkpoint"))
        elif isinstance(why, Known):
            yield from _judged(context, compute, why.value)
            return


def _told(resource: Resource) -> bool | None:
    """Return what a label says about interruptions, None where none does."""
    said = declared(resource, KEYS)
    word = said.value.strip().casefold() if isinstance(said, Known) else ""
    return True if word in YES else False if word in NO else None


def _survives(resource: Resource, compute: Compute) -> Value[str]:
    """Return why the work survives an interruption, absent where nothing says that it does."""
    training = resource.training
    place = first(compute.checkpoint, training.checkpoint) if training else compute.checkpoint
    if isinstance(place, Known):
        return Known(f"checkpoints to {place.value}", place.location)
    if _told(resource):
        return Known("labelled interruptible", compute.location)
    if resource.purpose is Purpose.BATCH:
        counts = [resource.body.number(*path) for path in RETRIES]
        retries = next((one for one in counts if isinstance(one, Known) and one.value > 0), None)
        if retries is not None:
            return Known("tried again when it fails", retries.location)
    return place


def _judged(context: Context[Options], compute: Compute, why: str) -> Iterator[Finding | UnknownFact]:
    name = attribute(compute, "purchase")
    match compute.purchase:
        case Known(Purchase.ON_DEMAND) as bought:
            yield from _said(context, bought, bought.location, why, name)
        case Absent() as absent if context.resource.origin == "kubernetes":
            # The nodes decide, and no manifest says what they are.
            yield context.undecided(Unknown("nothing says how its nodes are bought", absent.location), name)
        case Absent() as absent:
            yield from _said(context, absent, absent.location, why, name)
        case Unknown() as unknown:
            yield context.undecided(unknown, name)


def _said(
    context: Context[Options], where: Known[Purchase] | Absent, place: Location, why: str, name: str
) -> Iterator[Finding | UnknownFact]:
    saving = spot_saving(context.estimate, context.project.prices)
    if saving is None:
        yield context.undecided(Unknown("what spot would save is not known", place), name)
        return
    if not timed(context.resource):
        # How long a run takes that nothing ends is not known, so neither is what it would save.
        amount = f"spot costs {saving / context.estimate.high * 100:.0f} % less"
        yield context.finding(where, f"on demand, although it survives interruptions ({why}): {amount}", attribute=name)
    elif saving >= context.options.min_saving:
        message = f"on demand, although it survives interruptions ({why}): spot saves {usd(saving)} a month"
        yield context.finding(where, message, attribute=name, saving=saving)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "train" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ on demand, although it survives interruptions (checkpoints to s3://acme-checkpoints/rank): spot saves $10,098 a month
  instance_type = "p4d.24xlarge"
  user_data     = "torchrun train.py --checkpoint-dir s3://acme-checkpoints/rank"
}
""",  # noqa: E501
)

KUBERNETES = Example(
    "embed.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: embed
spec:
  backoffLimit: 4
  template:
    spec:
      restartPolicy: Never
      nodeSelector:
        karpenter.sh/capacity-type: on-demand
#                                   ^^^^^^^^^ on demand, although it survives interruptions (tried again when it fails): spot costs 54 % less
        node.kubernetes.io/instance-type: g5.12xlarge
        topology.kubernetes.io/region: us-east-1
      containers:
        - name: embed
          image: docker.io/acme/embed:1.0
          resources:
            limits: {nvidia.com/gpu: 4}
""",  # noqa: E501
)

SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge, purchase: on_demand}
#                                                                             ^^^^^^^^^ on demand, although it survives interruptions (checkpoints to s3://acme-checkpoints/pretrain): spot saves $1,383 a month
training:
  checkpoint: {uri: "s3://acme-checkpoints/pretrain", interval_minutes: 30}
  max_runtime_hours: 100
""",  # noqa: E501
)

GOOD_KUBERNETES = Example(
    "embed.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: embed
spec:
  backoffLimit: 4
  template:
    spec:
      restartPolicy: Never
      tolerations:
        - {key: kubernetes.azure.com/scalesetpriority, operator: Equal, value: spot, effect: NoSchedule}
      containers:
        - name: embed
          image: docker.io/acme/embed:1.0
          resources:
            limits: {nvidia.com/gpu: 4}
""",
)

GOOD_SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain, labels: {interruptible: "false"}}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge, purchase: on_demand}
training:
  checkpoint: {uri: "s3://acme-checkpoints/pretrain"}
""",
)

RULE = Rule(
    name="on-demand-interruptible",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
