"""A model is trained again by the clock alone, whether or not it got worse.

## Why this matters

Most runs of a fixed schedule train a model that was still good: each costs as much as the one that was needed. Where
the world changes faster than the schedule, the model is wrong until the next run.

## What to do

Let drift of the data or a fall in quality start the run: `training.trigger: drift` (or `performance`) of our own
TrainingJob. Elsewhere declare what starts it in a label or annotation (`labels`), `retrain-trigger: drift`, and keep
the schedule as an upper bound of the model's age at most.

The saving is not computed: how many of the runs are needed is not in any file.

## When to leave it

Where training costs little (`from_usd`), or where a contract or a regulator asks for a model not older than some days.

## Source

Google
Cloud, "MLOps: Continuous delivery and automation pipelines in machine learning" (triggers of a pipeline).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown, Value, first
from guard.rules._workloads import declared

BY_THE_CLOCK = frozenset({"schedule", "cron", "time"})


class Options(BaseModel, extra="forbid", frozen=True):
    """Which runs are judged, and what tells their trigger."""

    labels: tuple[Annotated[str, Field(min_length=1)], ...] = ("retrain-trigger", "training-trigger")
    """Labels and annotations that tell what starts a run."""
    from_usd: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """USD a month from which on a run is judged; what has no price is judged always."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a scheduled training without another trigger, or what is unknown."""
    resource, options = context.resource, context.options
    training, estimate = resource.training, context.estimate
    if training is None or resource.purpose is not Purpose.TRAINING:
        return
    if estimate.lines and not estimate.unpriced and estimate.high < options.from_usd:
        return
    trigger: Value[str] = first(declared(resource, options.labels), training.trigger)
    if isinstance(trigger, Known) and trigger.value.strip().casefold() not in BY_THE_CLOCK:
        return
    match training.schedule:
        case Unknown() as unknown:
            yield context.undecided(unknown, "training.schedule")
        case Known() as schedule:
            if isinstance(trigger, Unknown):
                yield context.undecided(trigger, "training.trigger")
                return
            message = "this model is trained by the clock alone: start it on drift or a fall in quality"
            yield context.finding(schedule, message, attribute="training.schedule")


KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: train-rank}
spec:
  schedule: "0 3 * * *"
#           ^^^^^^^^^^^ this model is trained by the clock alone: start it on drift or a fall in quality
  workflowSpec:
    entrypoint: train
    templates:
      - name: train
        container:
          image: example.com/rank:1
          command: [torchrun, train.py]
          resources: {limits: {nvidia.com/gpu: 1}}
""",
)

SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank}
training: {schedule: "0 3 * * *", trigger: schedule}
#                    ^^^^^^^^^^^ this model is trained by the clock alone: start it on drift or a fall in quality
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

GOOD_KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: train-rank, labels: {retrain-trigger: drift}}
spec:
  schedule: "0 3 * * *"
  workflowSpec:
    entrypoint: train
    templates:
      - name: train
        container:
          image: example.com/rank:1
          command: [torchrun, train.py]
          resources: {limits: {nvidia.com/gpu: 1}}
""",
)

GOOD = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank}
training: {schedule: "0 3 * * *", trigger: drift}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

RULE = Rule(
    name="retrain-on-schedule-only",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD),
)
