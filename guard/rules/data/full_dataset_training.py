"""An exploratory run trains on all of the data.

## Why this matters

Most ideas are wrong, and a tenth of the data tells that as well as all of it: nine tenths of what exploration costs
buys nothing.

## What to do

Sample: `training.sampling: 10%` of our own TrainingJob, or an argument of the run such as `--max-train-samples`.
Elsewhere declare it in a label or annotation: `sampling: 10%`. Train on everything once the idea has shown itself.

The saving is not computed: how long the run takes on a sample is not in any file.

## When to leave it

For small data, and for what shows only at full size, such as scaling laws: say `sampling: all-needed`.

## Source

Google Cloud, "Well-Architected Framework: AI and ML perspective: Cost optimization" (start with a small subset of the
data).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._governance import Labels
from guard.rules._helpers import fitting
from guard.rules._workloads import declared

NONE = frozenset({"none", "no", "false", "full", "100", "100%", "all"})
_ARGUMENT = re.compile(r"(?i)(?:^|[\s,;-])(?:\w+[_-])*(?:samples?|sampling|subset|subsample|max[_-]steps|limit)\b")


class Options(BaseModel, extra="forbid", frozen=True):
    """Which runs are exploratory, and what tells that they sample."""

    labels: Labels = ("run-type", "environment", "env", "stage")
    """Labels and annotations that tell what a run is for."""
    exploratory: Labels = ("explor*", "experiment*", "dev", "development", "sandbox", "research", "poc", "prototype")
    """Globs of what they say of an exploratory run."""
    sampling_labels: Labels = ("sampling", "data-sampling")
    """Labels and annotations that tell how the data is sampled."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for an exploratory training of which no sampling is declared, or what is unknown."""
    resource, options, training = context.resource, context.options, context.resource.training
    if resource.purpose is not Purpose.TRAINING:
        return
    stage = declared(resource, options.labels)
    if not isinstance(stage, Known) or fitting(options.exploratory, stage.value.strip()) is None:
        return
    own: Value[str] = Absent(resource.location) if training is None else training.sampling
    sampling = first(own, declared(resource, options.sampling_labels))
    if isinstance(sampling, Unknown):
        yield context.undecided(sampling, "training.sampling")
    elif isinstance(sampling, Known):
        if sampling.value.strip().casefold() in NONE:
            yield context.finding(sampling, _message(stage.value), attribute="training.sampling")
    elif not _sampled(resource):
        yield context.finding(stage, _message(stage.value), attribute="training.sampling")


def _message(stage: str) -> str:
    return f'the run is "{stage}" and trains on all of the data: train on a sample and declare `sampling`'


def _sampled(resource: Resource) -> bool:
    """Tell whether some argument of the run speaks of samples or of a number of steps."""
    texts = (node.value for _, node in resource.body.walk() if isinstance(node.value, str))
    keys = (str(path[-1]) for path, _ in resource.body.walk() if path)
    return any(_ARGUMENT.search(one) for one in texts) or any(_ARGUMENT.fullmatch(one) for one in keys)


SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank, labels: {environment: dev}}
#                                            ^^^ the run is "dev" and trains on all of the data: train on a sample and declare `sampling`
training:
  datasets: [{uri: "s3://acme-features/clicks/"}]
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
---
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank-2, labels: {run-type: exploration}}
training:
  sampling: 100%
#           ^^^^ the run is "exploration" and trains on all of the data: train on a sample and declare `sampling`
  datasets: [{uri: "s3://acme-features/clicks/"}]
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",  # noqa: E501
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train-rank
  labels:
    run-type: experiment
#             ^^^^^^^^^^ the run is "experiment" and trains on all of the data: train on a sample and declare `sampling`
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: train, image: example.com/rank:1, args: [train], resources: {limits: {nvidia.com/gpu: 1}}}
""",
)

GOOD = Example(
    "train.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank, labels: {environment: dev}}
training:
  sampling: 10%
  datasets: [{uri: "s3://acme-features/clicks/"}]
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
---
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank-full, labels: {environment: production}}
training:
  datasets: [{uri: "s3://acme-features/clicks/"}]
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
---
apiVersion: batch/v1
kind: Job
metadata: {name: train-rank, labels: {run-type: experiment}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: train
          image: example.com/rank:1
          args: [train, --max-train-samples=1000]
          resources: {limits: {nvidia.com/gpu: 1}}
""",
)

RULE = Rule(
    name="full-dataset-training",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(SPEC, KUBERNETES),
    good=(GOOD,),
)
