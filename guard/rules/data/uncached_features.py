"""A served model computes its features anew for each request, and keeps none of them.

## Why this matters

Features such as a customer's history are the same for many requests. Computing them each time costs queries and
processors for every prediction, and time that users wait for.

## What to do

Read them from a feature store (`serving.features.source: store`), or keep what was computed for as long as it stays
true (`cache_seconds`). Elsewhere declare it in labels or annotations: `feature-source`, `feature-cache`.

The saving is not computed: how many requests there are is not in any file.

## When to leave it

Where every request has features of its own, such as the text of a question: say `feature-source: request`.

## Source

Google Cloud, "Rules of Machine Learning" (on reuse between training and serving); Feast, "Introduction".
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._governance import Labels
from guard.rules._helpers import fitting
from guard.rules._workloads import declared

OFF = frozenset({"0", "0s", "none", "false", "no", "off"})


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells where features come from."""

    labels: Labels = ("feature-source",)
    """Labels and annotations that tell where features come from."""
    cache_labels: Labels = ("feature-cache", "feature-cache-seconds")
    """Labels and annotations that tell for how long computed features are kept."""
    computed: Labels = ("per-request", "computed", "on-demand", "online")
    """Globs of sources that compute features for each request."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where features are computed for each request and kept for none, or what is unknown."""
    resource, options, serving = context.resource, context.options, context.resource.serving
    if resource.purpose is not Purpose.INFERENCE:
        return
    own: Value[str] = Absent(resource.location) if serving is None else serving.feature_source
    source = first(own, declared(resource, options.labels))
    if not isinstance(source, Known) or fitting(options.computed, source.value) is None:
        return
    match _kept(context):
        case Unknown() as unknown:
            yield context.undecided(unknown, "serving.features.cache_seconds")
        case False:
            message = "features are computed for each request and kept for none: read them from a store or cache them"
            yield context.finding(source, message, attribute="serving.features.source")


def _kept(context: Context[Options]) -> bool | Unknown:
    """Tell whether computed features are kept for a time."""
    serving = context.resource.serving
    if serving is not None and not isinstance(serving.feature_cache_seconds, Absent):
        seconds = serving.feature_cache_seconds
        return seconds if isinstance(seconds, Unknown) else seconds.value > 0
    said = declared(context.resource, context.options.cache_labels)
    if isinstance(said, Unknown):
        return said
    return isinstance(said, Known) and said.value.strip().casefold() not in OFF


SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: rank}
model: {name: rank}
serving:
  features: {source: per-request}
#                    ^^^^^^^^^^^ features are computed for each request and kept for none: read them from a store or cache them
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",  # noqa: E501
)

KUBERNETES = Example(
    "rank.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: rank
  annotations:
    feature-source: per-request
#                   ^^^^^^^^^^^ features are computed for each request and kept for none: read them from a store or cache them
    feature-cache: none
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      storageUri: s3://acme-models/rank
""",  # noqa: E501
)

TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_sagemaker_endpoint_configuration" "rank" {
  production_variants {
    model_name             = "rank"
    instance_type          = "ml.m5.large"
    initial_instance_count = 1
  }
  tags = { feature-source = "per-request" }
#                           ^^^^^^^^^^^^^ features are computed for each request and kept for none: read them from a store or cache them
}
""",  # noqa: E501
)

GOOD = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: rank}
model: {name: rank}
serving:
  features: {source: per-request, cache_seconds: 300}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
---
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat}
serving:
  features: {source: request}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

RULE = Rule(
    name="uncached-features",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(SPEC, KUBERNETES, TERRAFORM),
    good=(GOOD,),
)
