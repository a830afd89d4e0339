"""An old version of a model still holds its machines although a newer one does the work, or nobody calls it.

## Why this matters

A version that gets no traffic costs as much as one that gets all of it: replicas, accelerators and disks run on. Old
versions stay because taking them out is in nobody's plan.

## What to do

Take out what gets no traffic, or let it scale to zero. Where two versions stand beside each other, give them shares of
the traffic while the new one is tried, then take the old one out; a day in `retire-after` reminds of it.

The saving is what the version costs at least.

## When to leave it

For a version that shadows the other one with mirrored traffic, or stands ready for a roll-back: say so in a label or
annotation (`labels`), such as `deployment-role: shadow`.

## Source

Microsoft, "Safe rollout of new deployments for real-time inference" (delete the old deployment); Amazon SageMaker,
"Multi-variant endpoints" (weights of production variants).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import Step
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import Labels, same_model
from guard.rules._helpers import usd
from guard.rules._workloads import declared, in_use

VARIANTS = {
    "aws_sagemaker_endpoint_configuration": ("production_variants", "initial_variant_weight", "variant_name"),
    "AWS::SageMaker::EndpointConfig": ("ProductionVariants", "InitialVariantWeight", "VariantName"),
}
_NUMBERED = re.compile(r"v?(\d{1,9})((?:[._-]\d{1,9})*)", re.IGNORECASE)


class Options(BaseModel, extra="forbid", frozen=True):
    """What may stand without traffic."""

    labels: Labels = ("deployment-role", "role")
    """Labels and annotations that tell what a version without traffic is there for; any value will do."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each version that gets no traffic or has a newer one beside it, or what is unknown."""
    resource = context.resource
    if resource.type in VARIANTS:
        yield from _variants(context, *VARIANTS[resource.type])
        return
    serving = resource.serving
    if serving is None or resource.purpose is not Purpose.INFERENCE or not in_use(resource):
        return
    if isinstance(declared(resource, context.options.labels), Known):
        return
    match serving.traffic:
        case Unknown() as unknown:
            yield context.undecided(unknown, "serving.traffic")
        case Known(share) as traffic if share == 0:
            cost, saving = _cost(context)
            message = f"this version gets no traffic and holds its machines: take it out{cost}"
            yield context.finding(traffic, message, attribute="serving.traffic", saving=saving)
        case Absent():
            yield from _beside(context, resource)


def _cost(context: Context[Options]) -> tuple[str, Decimal | None]:
    low = context.estimate.low
    return (f", which saves {usd(low)} a month", low) if low > 0 else ("", None)


def _variants(context: Context[Options], block: str, weight: str, name: str) -> Iterator[Finding | UnknownFact]:
    variants = context.resource.body.items(block)
    for one in variants if len(variants) > 1 else ():
        match one.number(weight):
            case Unknown() as unknown:
                yield context.undecided(unknown, f"{block}.{weight}")
            case Known(share) as written if share == 0:
                called = one.text(name)
                which = f"the variant {called.value}" if isinstance(called, Known) else "this variant"
                message = f"{which} gets no traffic and holds its machines: take it out"
                yield context.finding(written, message, attribute=f"{block}.{weight}")


def _beside(context: Context[Options], resource: Resource) -> Iterator[Finding]:
    """Yield a finding where a newer version of the same model is deployed beside this one, for the same callers."""
    own = _version(resource)
    if own is None:
        return
    number, fact = own
    newer = [
        (other_number, other)
        for other in context.project.resources
        if (other_number := _newer(context, resource, other, number)) is not None
    ]
    if not newer:
        return
    latest = max(newer, key=lambda pair: (pair[0], pair[1].address))[1]
    cost, saving = _cost(context)
    message = f"a newer version of this model is served beside it ({latest.address}): take this one out{cost}"
    step = Step("the newer version", latest.location)
    yield context.finding(fact, message, attribute="serving.model_version", related=(step,), saving=saving)


def _newer(
    context: Context[Options], resource: Resource, other: Resource, number: tuple[int, ...]
) -> tuple[int, ...] | None:
    if other.address == resource.address or other.type != resource.type or other.serving is None:
        return None
    same_place = _directory(other) == _directory(resource) and _environment(other) == _environment(resource)
    if not same_place or not isinstance(other.serving.traffic, Absent) or not in_use(other):
        return None
    mine, its = resource.serving.model_name if resource.serving else None, other.serving.model_name
    if not isinstance(mine, Known) or not isinstance(its, Known) or not same_model(mine.value, its.value):
        return None
    found = _version(other)
    return found[0] if found is not None and found[0] > number else None


def _version(resource: Resource) -> tuple[tuple[int, ...], Known[str]] | None:
    """Return the version as numbers (`v1.2` is 1, 2) with where it is written, None where it is not of numbers."""
    fact = resource.serving.model_version if resource.serving else None
    match = _NUMBERED.fullmatch(fact.value.strip()) if isinstance(fact, Known) else None
    if match is None or not isinstance(fact, Known):
        return None
    return tuple(int(one) for one in re.findall(r"\d+", match[0])), fact


def _directory(resource: Resource) -> str:
    return resource.location.path.rpartition("/")[0]


def _environment(resource: Resource) -> str:
    found = resource.labels.environment()
    namespace = resource.body.text("metadata", "namespace")
    return "/".join(one.value if isinstance(one, Known) else "" for one in (found, namespace))


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint_configuration" "rank" {
  name = "rank"
  production_variants {
    variant_name           = "v3"
    model_name             = "rank-3"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 1
    initial_variant_weight = 0
#                            ^ the variant v3 gets no traffic and holds its machines: take it out
  }
  production_variants {
    variant_name           = "v4"
    model_name             = "rank-4"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 1
    initial_variant_weight = 1
  }
}
""",
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: rank}
spec:
  predictors:
    - name: old
      replicas: 1
      traffic: 0
#              ^ this version gets no traffic and holds its machines: take it out
      graph: {name: rank, implementation: SKLEARN_SERVER, modelUri: gs://acme-models/rank/3}
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat-3}
model: {name: chat, version: "3"}
#                            ^^^ a newer version of this model is served beside it (ModelDeployment/chat-4): take this one out, which saves $734 a month
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
---
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat-4}
model: {name: chat, version: "4"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",  # noqa: E501
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat-3}
model: {name: chat, version: "3"}
serving: {traffic: 90}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
---
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat-4}
model: {name: chat, version: "4"}
serving: {traffic: 10}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
---
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat-5, labels: {deployment-role: shadow}}
model: {name: chat, version: "5"}
serving: {traffic: 0}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "share" {
  type = number
}

# What the variable holds is not known here: that is no finding.
resource "aws_sagemaker_endpoint_configuration" "rank" {
  name = "rank"
  production_variants {
    variant_name           = "v3"
    model_name             = "rank-3"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 1
    initial_variant_weight = var.share
  }
  production_variants {
    variant_name           = "v4"
    model_name             = "rank-4"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 1
    initial_variant_weight = 1
  }
}
""",
)

RULE = Rule(
    name="stale-model-version",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_TERRAFORM),
)
