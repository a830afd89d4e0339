"""A pipeline trains a model and checks the data before that nowhere.

## Why this matters

A run on broken data costs as much as one on good data, and is done again once somebody notices; what was served in
between was wrong.

## What to do

Let a step check the data and stop the run: a QualityCheck step of a SageMaker pipeline, or a step with Great
Expectations, Deequ, Evidently, Pandera, Soda or TensorFlow Data Validation. For a run of our own say what checks it:
`training.quality_gate: great-expectations`; elsewhere in a label or annotation, `data-quality-gate`.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

Where the data is checked when it is written, by whoever writes it: declare that.

## Source

Google Cloud, "MLOps: Continuous delivery and automation pipelines in machine learning" (data validation); Amazon
SageMaker, "QualityCheck step".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._governance import Labels
from guard.rules._workloads import declared

MESSAGE = "no step checks the data that this trains on: add one, or declare what does"
NONE = frozenset({"none", "no", "false", ""})
_GATE = re.compile(
    r"(?i)great[_-]?expectations|\bgx\b|deequ|evidently|pandera|whylogs|\bsoda\b|tfdv|data[_-]?validation|cerberus"
    r"|(?:quality|data|input|schema)s?[_-](?:check|gate|valid)|(?:check|validate|validating|verify)[_-]?(?:data|input"
    r"|schema|quality)|validat(?:e|ion|or)s?\b(?=[_-]?(?:step|task|job|image)?$)|clarify[_-]?check|quality[_-]?check"
)
_TRAINS = re.compile(
    r"(?i)(?:^|[^a-z])(?:re)?(?:train(?!_?test|ing_?data)|fine-?_?tun)|torchrun|deepspeed|accelerate launch"
)
# What starts several steps after one another, so that one of them could check.
_PIPELINES = frozenset({"Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate"})
_PROSE = frozenset({"description", "displayName", "display_name", "experiment_name"})
_SAGEMAKER = "SageMakerPipeline/"


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells it of runs that are not specs of our own."""

    labels: Labels = ("data-quality-gate", "quality-gate")
    """Labels and annotations that tell what checks the data."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a training pipeline in which nothing checks the data, or what is unknown."""
    resource = context.resource
    place = _judged(resource)
    if place is None:
        return
    training = resource.training
    own: Value[str] = Absent(resource.location) if training is None else training.quality_gate
    gate = first(own, declared(resource, context.options.labels))
    if isinstance(gate, Unknown):
        yield context.undecided(gate, "training.quality_gate")
    elif isinstance(gate, Known):
        if gate.value.strip().casefold() in NONE:
            yield context.finding(gate, MESSAGE, attribute="training.quality_gate")
    elif not any(_checks(one) for one in _parts(context)):
        yield context.finding(place, MESSAGE, attribute="training.quality_gate")


def _judged(resource: Resource) -> Node | Known[str] | Absent | None:
    """Return where a pipeline or run trains a model, None where it does not, or runs by itself in some other format."""
    here = Absent(resource.location)
    if resource.address.rpartition(":")[2].startswith(_SAGEMAKER):
        return here if resource.purpose is Purpose.TRAINING else None
    if resource.platform == "model_deployment":
        return here if resource.purpose is Purpose.TRAINING else None
    if resource.purpose is Purpose.PIPELINE or resource.type in _PIPELINES:
        steps = resource.body.get("jobs") or resource.body.get("spec")
        return here if steps is not None and any(_TRAINS.search(one) for one in _texts(steps)) else None
    return None


def _parts(context: Context[Options]) -> Iterator[Resource]:
    """Yield the resources that are steps of the same pipeline, itself first."""
    resource = context.resource
    yield resource
    pipeline = resource.address.rpartition("/")[0]
    if resource.address.rpartition(":")[2].startswith(_SAGEMAKER):
        same = (one for one in context.project.resources if one.address.startswith(f"{pipeline}/"))
        yield from (one for one in same if one.location.path == resource.location.path)


def _checks(resource: Resource) -> bool:
    if resource.type in ("SageMaker QualityCheck step", "SageMaker ClarifyCheck step"):
        return True
    return any(_GATE.search(one) for one in _texts(resource.body))


def _texts(body: Node) -> Iterator[str]:
    """Yield what names steps, images and commands: all texts and all keys of a body but its prose."""
    for path, node in body.walk():
        if path and path[-1] in _PROSE:
            continue
        if isinstance(node.value, str):
            yield node.value
        if path and isinstance(path[-1], str):
            yield path[-1]


SAGEMAKER = Example(
    "pipeline.json",
    """\
{
  "Version": "2020-12-01",
  "Steps": [
    {
      "Name": "Train",
#     ^^^^^^ no step checks the data that this trains on: add one, or declare what does
      "Type": "Training",
      "Arguments": {"ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}}
    }
  ]
}
""",
)

ARGO = Example(
    "train.yaml",
    """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: rank}
#                ^^^^ no step checks the data that this trains on: add one, or declare what does
spec:
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
training:
  quality_gate: none
#               ^^^^ no step checks the data that this trains on: add one, or declare what does
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

GOOD_SAGEMAKER = Example(
    "pipeline.json",
    """\
{
  "Version": "2020-12-01",
  "Steps": [
    {
      "Name": "Check",
      "Type": "QualityCheck",
      "Arguments": {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}}}
    },
    {
      "Name": "Train",
      "Type": "Training",
      "Arguments": {"ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}}
    }
  ]
}
""",
)

GOOD = Example(
    "train.yaml",
    """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: rank}
spec:
  entrypoint: all
  templates:
    - name: all
      steps: [[{name: check, template: validate-data}], [{name: train, template: train}]]
    - name: validate-data
      container: {image: "example.com/checks:1", command: [python, checks.py]}
    - name: train
      container:
        image: example.com/rank:1
        command: [torchrun, train.py]
        resources: {limits: {nvidia.com/gpu: 1}}
---
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank}
training: {quality_gate: great-expectations}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

RULE = Rule(
    name="no-data-quality-gate",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(SAGEMAKER, ARGO, SPEC),
    good=(GOOD_SAGEMAKER, GOOD),
)
