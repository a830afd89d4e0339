"""A machine or accelerator is used that the policy does not allow.

## Why this matters

The choice of machine decides most of the cost of an AI workload: an instance with eight H100s costs nearly seventy
times as much as one with a single L4 (p5.48xlarge and g6.xlarge, us-east-1, on demand, July 2026). Accelerators of old
generations cost more for the same work, and their sizes are being withdrawn. A list of what is allowed in which
environment keeps the dear ones for the work that needs them.

## What to do

Take a type that is allowed. Where the work needs this one, agree on a waiver with a reason and an end.

Names are globs, and letter case does not matter. `deny` is asked first, then `allow` (empty: everything), then the
accelerators. `environments` replaces what it writes for resources whose label `environment`, `env` or `stage` fits.

## When to leave it

Where quotas or service control policies of the cloud account already refuse these types.

## Source

Azure's list of retired sizes for K80, P40, P100 and V100 (NC, NCv2, NCv3, ND, NDv2 series, learn.microsoft.com,
"Previous generation VM sizes"); AWS's list of previous generation instances (aws.amazon.com/ec2/previous-generation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Compute
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown, Value
from guard.rules._helpers import fitting, listed

Glob = Annotated[str, Field(min_length=1)]


class Limits(BaseModel, extra="forbid", frozen=True):
    """What machines may be."""

    allow: tuple[Glob, ...] = ()
    """Instance types that are allowed; empty allows all that `deny` does not name."""
    deny: tuple[Glob, ...] = ()
    """Instance types that are not allowed."""
    deny_accelerators: tuple[Glob, ...] = ("K80", "M60", "P4", "P40", "P100", "V100")
    """Accelerators that are not allowed, by their makers' short names."""
    max_accelerators: Annotated[int, Field(ge=0)] | None = None
    """How many accelerators one machine, node or replica may have."""


class Options(Limits, extra="forbid", frozen=True):
    """What machines may be, everywhere and by environment."""

    environments: Mapping[str, Limits] = Field(default_factory=dict)
    """Limits for environments by glob of their name; what they do not write holds as everywhere."""


class Verdict(NamedTuple):
    """What is wrong with a machine, and the fact that says so."""

    fact: Known[str] | Known[Decimal]
    message: str
    attribute: str


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield the first thing that is wrong with each group of machines, or what is unknown where nothing else is."""
    if not context.resource.compute:
        return
    limits = _limits(context)
    if isinstance(limits, Unknown):
        yield context.undecided(limits, "labels.environment")
        return
    place = _place(context)
    for compute in context.resource.compute:
        if compute.count_max == Known(0, compute.count_max.location):
            continue
        verdict = next(_verdicts(compute, limits), None)
        if verdict is not None:
            attribute = f"{compute.name}.{verdict.attribute}".lstrip(".")
            yield context.finding(verdict.fact, verdict.message + place, attribute=attribute)
            continue
        for attribute, unknown in _unknown(compute, limits):
            yield context.undecided(unknown, attribute)


def _limits(context: Context[Options]) -> Limits | Unknown:
    options = context.options
    if not options.environments:
        return options
    match context.resource.labels.environment():
        case Unknown() as unknown:
            return unknown
        case Known(name):
            glob = fitting(options.environments, name)
            return _over(options, options.environments[glob]) if glob else options
    return options


def _over(everywhere: Limits, here: Limits) -> Limits:
    return everywhere.model_copy(update={name: getattr(here, name) for name in here.model_fields_set})


def _place(context: Context[Options]) -> str:
    match context.resource.labels.environment():
        case Known(name) if fitting(context.options.environments, name):
            return f" in {name}"
    return ""


def _verdicts(compute: Compute, limits: Limits) -> Iterator[Verdict]:
    types = [one for one in (compute.instance_type, *compute.other_instance_types) if isinstance(one, Known)]
    for one in types:
        denied = fitting(limits.deny, one.value)
        if denied:
            why = "" if denied.casefold() == one.value.casefold() else f' ("{denied}" is denied)'
            yield Verdict(one, f"{one.value} is not allowed{why}", "instance_type")
        elif limits.allow and not fitting(limits.allow, one.value):
            yield Verdict(one, f"{one.value} is not allowed: take {listed(limits.allow, 'or')}", "instance_type")
    accelerator, count = compute.accelerator, compute.accelerator_count
    for kind in (accelerator, *compute.other_accelerators):
        if isinstance(kind, Known) and fitting(limits.deny_accelerators, kind.value):
            yield Verdict(kind, f"{kind.value} accelerators are not allowed", "accelerator")
    most = limits.max_accelerators
    if isinstance(count, Known) and most is not None and count.value > most:
        name = accelerator.value if isinstance(accelerator, Known) else "GPU"
        unit = "replica" if compute.share else "machine"
        message = f"{count.value.normalize():f} {name} accelerators in one {unit}; at most {most} are allowed"
        yield Verdict(count, message, "accelerator_count")


def _unknown(compute: Compute, limits: Limits) -> Iterator[tuple[str, Unknown]]:
    """Yield the first fact that the limits ask for and that is unknown."""
    asked: tuple[tuple[str, Value[str] | Value[Decimal], bool], ...] = (
        ("instance_type", compute.instance_type, bool(limits.allow or limits.deny or limits.deny_accelerators)),
        ("accelerator", compute.accelerator, bool(limits.deny_accelerators)),
        ("accelerator_count", compute.accelerator_count, limits.max_accelerators is not None),
    )
    for attribute, value, matters in asked:
        if matters and isinstance(value, Unknown):
            yield attribute, value
            return


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

locals {
  type = "p4d.24xlarge"
#        ^^^^^^^^^^^^^^ p4d.24xlarge is not allowed ("p4*" is denied)
}

resource "aws_instance" "train" {
  instance_type = local.type
}

resource "aws_instance" "old" {
  instance_type = "p3.2xlarge"
#                 ^^^^^^^^^^^^ V100 accelerators are not allowed
}
""",
    options={"deny": ["p4*", "p5*"]},
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
  labels: {environment: dev}
spec:
  template:
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: g5.48xlarge
#                                         ^^^^^^^^^^^ g5.48xlarge is not allowed: take g5.xlarge or g6.* in dev
      containers:
        - name: train
          image: docker.io/acme/train:1.0
          resources:
            limits: {nvidia.com/gpu: 8}
""",
    options={"environments": {"dev*": {"allow": ["g5.xlarge", "g6.*"]}}},
)

SPEC = Example(
    "finetune.yaml",
    """\
name: finetune
resources:
  infra: aws/us-east-1
  accelerators: A100:8
#               ^^^^^^ 8 A100 accelerators in one machine; at most 4 are allowed
num_nodes: 1
run: python finetune.py
""",
    options={"max_accelerators": 4},
)

CHOICE = Example(
    "choice.yaml",
    """\
name: choice
resources:
  infra: aws/us-east-1
  accelerators: [L4:1, V100:1]
#                      ^^^^^^ V100 accelerators are not allowed
run: python finetune.py
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "type" {
  type = string
}

resource "aws_instance" "serve" {
  instance_type = "g6.xlarge"
}

# The type is not known here: that is no finding.
resource "aws_instance" "other" {
  instance_type = var.type
}
""",
    options={"allow": ["g6.*"]},
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, labels: {environment: prod}}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: p5.48xlarge}
""",
    options={"environments": {"dev": {"deny": ["p5*"]}}},
)

RULE = Rule(
    name="disallowed-instance-type",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC, CHOICE),
    good=(GOOD_TERRAFORM, GOOD_SPEC),
)
