"""A new version of a model gets all of the traffic at once.

## Why this matters

A version that answers worse, slower or in a longer way than the old one does so for every caller, and what it costs for
each request shows only on the bill. Rolling back under load takes a second set of machines in a hurry.

## What to do

Give the new version a part of the traffic first, or a copy of it: `canaryTrafficPercent` of KServe, `traffic` of Seldon
and of Azure ML, two production variants or a canary in the `deployment_config` of SageMaker, `serving.rollout: canary`
of our own ModelDeployment. Where something else moves the traffic (Argo Rollouts, a gateway), say so in a label or
annotation (`labels`), such as `rollout: canary`.

The saving is not computed: it is what a bad version would have cost.

## When to leave it

For models without callers yet. A version that did not change is not judged: without a commit to compare with (`--base`)
only what says by itself that all traffic moves at once is.

## Source

Microsoft, "Safe rollout of new deployments for real-time inference"; Amazon SageMaker, "Blue/green deployments".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._governance import Labels
from guard.rules._workloads import declared

AT_ONCE = frozenset({"all-at-once", "all_at_once", "recreate", "full", "none"})
ROUTING = {
    "aws_sagemaker_endpoint": (
        "deployment_config", "blue_green_update_policy", "traffic_routing_configuration", "type",
    ),
    "AWS::SageMaker::Endpoint": (
        "DeploymentConfig", "BlueGreenUpdatePolicy", "TrafficRoutingConfiguration", "Type",
    ),
}  # fmt: skip
_WHOLE = Decimal(100)


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells how a version is rolled out."""

    labels: Labels = ("rollout", "rollout-strategy", "deployment-strategy")
    """Labels and annotations that name how the traffic moves (`canary`, `shadow`, `ab`, `blue-green`)."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a version that takes over all at once, or what is unknown."""
    resource = context.resource
    if resource.purpose is not Purpose.INFERENCE or (resource.serving is None and resource.type not in ROUTING):
        return
    match _rollout(resource, context.options):
        case Unknown() as unknown:
            yield context.undecided(unknown, "serving.rollout")
        case Known(word) as fact if word.strip().casefold() in AT_ONCE:
            yield context.finding(fact, "all traffic moves to a new version at once: give it a part of it first")
        case Absent():
            yield from _changed(context, resource)


def _rollout(resource: Resource, options: Options) -> Value[str]:
    path = ROUTING.get(resource.type, ("serving", "rollout"))
    own = resource.body.text(*path) if resource.type in (*ROUTING, "ModelDeployment") else None
    said = declared(resource, options.labels)
    return first(own, said) if own is not None else said


def _changed(context: Context[Options], resource: Resource) -> Iterator[Finding | UnknownFact]:
    before = context.base.resource(resource.address) if context.base is not None else None
    if before is None or before.serving is None or resource.serving is None:
        return
    traffic = resource.serving.traffic
    if isinstance(traffic, Unknown):
        yield context.undecided(traffic, "serving.traffic")
        return
    if isinstance(traffic, Known) and traffic.value < _WHOLE:
        return
    for name, old, new in _identities(before, resource):
        if isinstance(new, Unknown):
            yield context.undecided(new, name)
            return
        if isinstance(old, Known) and isinstance(new, Known) and old.value != new.value:
            message = f"{new.value} takes all of the traffic of {old.value} at once: give it a part of it first"
            yield context.finding(new, message, attribute=name)
            return


def _identities(before: Resource, resource: Resource) -> Iterator[tuple[str, Value[str], Value[str]]]:
    """Yield what tells which model it is, before and now: its version, where its weights are, its name."""
    if before.serving is None or resource.serving is None:
        return
    yield "serving.model_version", before.serving.model_version, resource.serving.model_version
    yield "data.uri", _weights(before), _weights(resource)
    yield "serving.model_name", before.serving.model_name, resource.serving.model_name


def _weights(resource: Resource) -> Value[str]:
    found: list[Value[str]] = [one.uri for one in resource.data if one.role == "model" and one.direction == "read"]
    return first(*found, Absent(resource.location))


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint" "rank" {
  name                 = "rank"
  endpoint_config_name = "rank-3"
  deployment_config {
    blue_green_update_policy {
      traffic_routing_configuration {
        type                     = "ALL_AT_ONCE"
#                                  ^^^^^^^^^^^^^ all traffic moves to a new version at once: give it a part of it first
        wait_interval_in_seconds = 60
      }
    }
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
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/4
#                 ^^^^^^^^^^^^^^^^^^^^^^^ gs://acme-models/rank/4 takes all of the traffic of gs://acme-models/rank/3 at once: give it a part of it first
""",  # noqa: E501
    base={
        "serve.yaml": """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/3
"""
    },
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4"}
serving: {rollout: all-at-once}
#                  ^^^^^^^^^^^ all traffic moves to a new version at once: give it a part of it first
compute: {vcpu: 4, memory_gib: 16}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4"}
serving: {rollout: canary}
compute: {vcpu: 4, memory_gib: 16}
""",
    base={
        "chat.yaml": """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {vcpu: 4, memory_gib: 16}
"""
    },
)

GOOD_KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
spec:
  predictor:
    canaryTrafficPercent: 10
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/4
""",
    base={
        "serve.yaml": """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/3
"""
    },
)

RULE = Rule(
    name="full-rollout",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_KUBERNETES),
)
