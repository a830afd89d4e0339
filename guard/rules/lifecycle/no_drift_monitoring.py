"""Nothing watches whether a served model gets worse.

## Why this matters

A model that drifted still costs what it cost when it was good, and the decisions that it gets wrong cost more. Without
a watch it is trained again too late, or by the clock, which pays for runs that were not needed.

## What to do

Collect what goes in and out and compare it with what the model was trained on: `data_collector` and a monitor schedule
of Azure ML, `data_capture_config` and a monitoring schedule of SageMaker, the predictor's `logger` of KServe and
Seldon, `monitoring: {drift: true}` of our own ModelDeployment. Where another system watches, say so in a label or
annotation (`labels`), such as `drift-monitoring: evidently`.

The saving is not computed: what a drifted model costs is in no file.

## When to leave it

For models whose answers nobody acts on, and hosted models whose vendor watches them.

## Source

Google Cloud, "MLOps: Continuous delivery and automation pipelines in machine learning" (monitoring).
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import Labels, serves, told_at
from guard.rules._helpers import label_word
from guard.rules._workloads import declared, in_use

NOTHING = frozenset({"none", "no", "off", "false", "disabled", ""})


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells that a model is watched."""

    labels: Labels = ("drift-monitoring", "model-monitoring")
    """Labels and annotations that name what watches it."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a served model that nothing watches, or what is unknown."""
    resource = context.resource
    if not serves(resource) or (resource.compute and not in_use(resource)):
        return
    said = declared(resource, context.options.labels)
    if isinstance(said, Known) and said.value.strip().casefold() not in NOTHING:
        return
    watched = resource.serving.monitoring if resource.serving else Absent(resource.location)
    match watched:
        case Known(True):
            return
        case Known(False):
            message = "the watch over this model is switched off: nobody sees when it gets worse"
            yield context.finding(watched, message, attribute="serving.monitoring")
        case Unknown() as unknown:
            yield context.undecided(unknown, "serving.monitoring")
        case Absent(place) if isinstance(said, Unknown):
            yield context.undecided(said, f"labels.{context.options.labels[0]}")
        case Absent(place):
            todo = f"say what does in a {label_word(resource)} {context.options.labels[0]}"
            message = f"nothing watches whether this model gets worse: collect what goes in and out, or {todo}"
            yield context.finding(told_at(resource, place), message, attribute="serving.monitoring")


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint_configuration" "rank" {
  name = "rank"
  production_variants {
    variant_name           = "a"
    model_name             = "rank"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 1
  }
  data_capture_config {
    enable_capture              = false
#                                 ^^^^^ the watch over this model is switched off: nobody sees when it gets worse
    destination_s3_uri          = "s3://acme-capture/rank"
    initial_sampling_percentage = 10
    capture_options { capture_mode = "Input" }
  }
}
""",
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
spec:
  predictor:
# ^^^^^^^^^ nothing watches whether this model gets worse: collect what goes in and out, or say what does in a label drift-monitoring
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/3
""",  # noqa: E501
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4"}
compute: {vcpu: 4, memory_gib: 16}
monitoring: {drift: false}
#                   ^^^^^ the watch over this model is switched off: nobody sees when it gets worse
""",
)

GOOD_KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank, annotations: {example.com/drift-monitoring: evidently}}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: embed}
spec:
  predictor:
    logger: {mode: all, url: http://collector.monitoring}
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

variable "capture" {
  type = bool
}

# What the variable holds is not known here: that is no finding.
resource "aws_sagemaker_endpoint_configuration" "rank" {
  name = "rank"
  production_variants {
    variant_name           = "a"
    model_name             = "rank"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 1
  }
  data_capture_config {
    enable_capture              = var.capture
    destination_s3_uri          = "s3://acme-capture/rank"
    initial_sampling_percentage = 10
    capture_options { capture_mode = "Input" }
  }
}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4"}
compute: {vcpu: 4, memory_gib: 16}
monitoring: {drift: true}
""",
)

RULE = Rule(
    name="no-drift-monitoring",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_KUBERNETES, GOOD_TERRAFORM),
)
