"""A served model holds accelerators while nobody calls it, or only seems to let them go.

## Why this matters

A replica that never stops costs all 730 hours of the month, however many calls there are; for models that are called in
working hours, or now and then, that is three quarters of the bill and more. A minimum of 0 helps only where something
acts on it: written without the switch that makes it work, it looks like a saving and is none.

## What to do

Let the model scale to none where a first call may wait for a start: KServe `minReplicas: 0` on Knative or KEDA, a KEDA
ScaledObject, KubeRay's `minReplicas: 0` with `enableInTreeAutoscaling: true`, SageMaker inference components or
asynchronous inference, `scale_to_zero` of the hosted services, `replicas: 0..N` of dstack. Keep the start short:
weights near the machines, small images.

Resources whose label `environment`, `env` or `stage` fits `except_environments` are left alone, but for a minimum of 0
that does not work. The saving depends on the calls, so that none is stated; the message says what runs on without any.

## When to leave it

Where callers cannot wait for a start, or where calls never pause: name the environment, or waive the one place.

## Source

KServe, "Autoscaling with Knative" and "KEDA autoscaler" (an HPA of KServe's keeps at least one replica); KubeRay,
"Autoscaling"; AWS, "Scale an endpoint to zero instances" (inference components) and "Asynchronous inference".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Compute, Purpose
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import fitting, put, usd
from guard.rules._machines import named, never_runs

Glob = Annotated[str, Field(min_length=1)]
_RAW = ("rawdeployment", "standard")
_TO_ZERO = ("serverless", "knative")
_ANNOTATIONS = ("metadata", "annotations")
_MODE = "serving.kserve.io/deploymentMode"
_SCALER = "serving.kserve.io/autoscalerClass"


class Options(BaseModel, extra="forbid", frozen=True):
    """What may stay up."""

    at_most: Annotated[int, Field(ge=0)] = 0
    """Replicas that may stay up without calls."""
    except_environments: tuple[Glob, ...] = ("prod*", "live")
    """Globs of environments where replicas may stay up."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a minimum of 0 that does not work, else for one above 0; or what is unknown."""
    groups = [one for one in context.resource.compute if _accelerated(one) and not never_runs(one)]
    # How many instances of a model Triton keeps in one server says nothing of how many servers there are.
    if not groups or context.resource.platform == "triton":
        return
    broken = [*_ray(context, groups), *_kserve(context), *_sagemaker(context, groups)]
    yield from broken
    if broken or context.resource.purpose is not Purpose.INFERENCE:
        return
    environment = context.resource.labels.environment()
    if isinstance(environment, Unknown):
        yield context.undecided(environment, "labels.environment")
        return
    if isinstance(environment, Known) and fitting(context.options.except_environments, environment.value):
        return
    for compute in groups:
        yield from _held(context, compute)


def _accelerated(compute: Compute) -> bool:
    count = compute.accelerator_count
    return not isinstance(count, Absent) and not (isinstance(count, Known) and count.value == 0)


def _held(context: Context[Options], compute: Compute) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where replicas of this group stay up; only what is written or KServe's default is known."""
    low: Value[int] = compute.count_min
    attribute = named(compute, "count_min")
    if isinstance(low, Absent) and context.resource.platform in ("kserve", "kubernetes"):
        count, place = 1, low.location
        text = "no number of replicas is written, so that one always runs"
    elif isinstance(low, Known):
        count, place = low.value, low.location
        text = f"{low.value} {'replicas always run' if low.value > 1 else 'replica always runs'}"
    elif isinstance(low, Unknown):
        yield context.undecided(low, attribute)
        return
    else:
        return
    if count <= context.options.at_most:
        return
    message = f"{text} with {_what(compute)}{_cost(context)}"
    where = low if isinstance(low, Known) else place
    yield context.finding(where, message, attribute=attribute, fix=_to_zero(context))


def _what(compute: Compute) -> str:
    name = compute.accelerator.value if isinstance(compute.accelerator, Known) else "GPU"
    count = compute.accelerator_count
    return f"{count.value.normalize():f} x {name}" if isinstance(count, Known) else name


def _cost(context: Context[Options]) -> str:
    low = sum((line.low_monthly for line in context.estimate.lines if "hour" in line.unit), Decimal(0))
    return f": {usd(low)} a month without a single call" if low else ""


def _to_zero(context: Context[Options]) -> Fix | None:
    """Return the change of a KServe service that says that it is scaled by Knative or KEDA."""
    predictor = context.resource.body.get("spec", "predictor")
    if context.resource.platform != "kserve" or predictor is None:
        return None
    mode, scaler = _mode(context.resource.body)
    if mode not in _TO_ZERO and scaler != "keda":
        return None
    return Fix("set minReplicas to 0", changes=(put(predictor, ("minReplicas",), 0),))


def _mode(body: Node) -> tuple[str, str]:
    values = (body.text(*_ANNOTATIONS, key) for key in (_MODE, _SCALER))
    mode, scaler = (one.value.casefold() if isinstance(one, Known) else "" for one in values)
    return mode, scaler


def _kserve(context: Context[Options]) -> Iterator[Finding]:
    body = context.resource.body
    low = body.integer("spec", "predictor", "minReplicas")
    mode, scaler = _mode(body)
    if context.resource.type != "InferenceService" or not isinstance(low, Known) or low.value != 0:
        return
    if mode in _RAW and scaler not in ("keda", "external", "none"):
        message = "minReplicas 0 has no effect with an HPA, which keeps one replica: scale by KEDA or Knative"
        yield context.finding(low, message, attribute="spec.predictor.minReplicas")


def _ray(context: Context[Options], groups: list[Compute]) -> Iterator[Finding]:
    """Yield a finding for each worker group that is to go to none in a cluster that does not scale."""
    body = context.resource.body
    clusters = (body.get("spec", name) for name in ("rayClusterConfig", "rayClusterSpec"))
    cluster = next((one for one in clusters if one is not None), body.get("spec"))
    if context.resource.platform != "ray" or cluster is None:
        return
    scales = cluster.flag("enableInTreeAutoscaling")
    if isinstance(scales, Unknown) or (isinstance(scales, Known) and scales.value):
        return
    names = {one.name for one in groups}
    for index, worker in enumerate(cluster.items("workerGroupSpecs")):
        low, count, name = worker.integer("minReplicas"), worker.integer("replicas"), worker.text("groupName")
        if not isinstance(low, Known) or low.value != 0 or not isinstance(count, Known) or count.value == 0:
            continue
        if isinstance(name, Known) and name.value in names:
            message = "minReplicas 0 has no effect without enableInTreeAutoscaling: true"
            fix = Fix("set enableInTreeAutoscaling", changes=(put(cluster, ("enableInTreeAutoscaling",), True),))
            yield context.finding(low, message, attribute=f"workerGroupSpecs[{index}].minReplicas", fix=fix)


def _sagemaker(context: Context[Options], groups: list[Compute]) -> Iterator[Finding]:
    body = context.resource.body
    if context.resource.type != "aws_sagemaker_endpoint_configuration" or body.get("async_inference_config"):
        return
    for index, variant in enumerate(body.items("production_variants")):
        low = variant.integer("managed_instance_scaling", "min_instance_count")
        bounds = first(low, groups[0].count_min)
        # A variant that names a model has no inference components, which alone let it go to none.
        if isinstance(bounds, Known) and bounds.value == 0 and variant.get("model_name") is not None:
            message = "a minimum of 0 works only with inference components or asynchronous inference"
            yield context.finding(bounds, message, attribute=f"production_variants[{index}].min_instance_count")
            return


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint_configuration" "chat" {
  name = "chat"
  production_variants {
    variant_name           = "main"
    model_name             = "chat"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 2
#                            ^ 2 replicas always run with 1 x A10G: $2,056 a month without a single call
  }
}

resource "aws_sagemaker_endpoint_configuration" "rank" {
  name = "rank"
  production_variants {
    variant_name           = "main"
    model_name             = "rank"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 1
    managed_instance_scaling {
      status             = "ENABLED"
      min_instance_count = 0
#                          ^ a minimum of 0 works only with inference components or asynchronous inference
      max_instance_count = 2
    }
  }
}
""",
)

KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  annotations: {serving.kserve.io/deploymentMode: Serverless}
spec:
  predictor:
    minReplicas: 1
#                ^ 1 replica always runs with 1 x GPU
    model:
      modelFormat: {name: huggingface}
      resources:
        limits: {nvidia.com/gpu: 1}
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: rank
  annotations: {serving.kserve.io/deploymentMode: RawDeployment}
spec:
  predictor:
    minReplicas: 0
#                ^ minReplicas 0 has no effect with an HPA, which keeps one replica: scale by KEDA or Knative
    model:
      modelFormat: {name: huggingface}
      resources:
        limits: {nvidia.com/gpu: 1}
---
apiVersion: ray.io/v1
kind: RayService
metadata: {name: draw}
spec:
  rayClusterConfig:
    headGroupSpec:
      template: {spec: {containers: [{name: head, image: "docker.io/rayproject/ray:2.9.0"}]}}
    workerGroupSpecs:
      - groupName: gpu
        replicas: 1
        minReplicas: 0
#                    ^ minReplicas 0 has no effect without enableInTreeAutoscaling: true
        maxReplicas: 4
        template:
          spec:
            containers:
              - name: worker
                image: docker.io/rayproject/ray:2.9.0
                resources:
                  limits: {nvidia.com/gpu: 1}
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, labels: {environment: dev}}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g6.xlarge}
serving:
  replicas: {min: 2, max: 4}
#                 ^ 2 replicas always run with 1 x L4: $1,175 a month without a single call
""",
)

GOOD_KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  annotations: {serving.kserve.io/deploymentMode: Serverless}
spec:
  predictor:
    minReplicas: 0
    model:
      modelFormat: {name: huggingface}
      resources:
        limits: {nvidia.com/gpu: 1}
""",
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, labels: {environment: production}}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g6.xlarge}
serving:
  replicas: {min: 2, max: 4}
""",
)

RULE = Rule(
    name="always-on-accelerator",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
