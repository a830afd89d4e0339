"""Something runs, or data lies, in a region that the policy does not allow.

## Why this matters

Where data may be is often decided by law or contract (residency), and where machines run decides their price: the same
accelerator costs up to twice as much in one region as in another. A list of regions keeps both decisions out of copied
examples and defaults.

## What to do

Take a region that is allowed. Where this one is needed, agree on a waiver with a reason and an end.

Regions are globs, and letter case does not matter. `deny` is asked first, then `allow` (empty: everything). `classes`
narrows what is allowed for resources whose label `data-class` (or one of `labels`) fits: `{"personal*": ["eu-*",
"europe-*"]}`. A multi-region such as `us` is judged by its own name.

## When to leave it

Where the organisation's own policies (service control policies, `gcp.resourceLocations`, Azure Policy) already refuse
other regions. Without options this rule says nothing.

## Source

Regulation (EU) 2016/679, chapter V, on transfers of personal data to third countries; Google Cloud, "Restricting
resource locations"; AWS, "AWSControlTower Region deny control"; Azure Policy, "Allowed locations".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import Step
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value
from guard.rules._helpers import fitting, listed
from guard.rules._workloads import attribute, declared

Glob = Annotated[str, Field(min_length=1)]


class Options(BaseModel, extra="forbid", frozen=True):
    """Which regions are allowed."""

    allow: tuple[Glob, ...] = ()
    """Globs of the regions that are allowed; all of them where there are none."""
    deny: tuple[Glob, ...] = ()
    """Globs of the regions that are not allowed."""
    classes: Mapping[Glob, tuple[Glob, ...]] = Field(default_factory=dict)
    """Globs of allowed regions by glob of a data class; the first that fits replaces `allow`."""
    labels: tuple[Glob, ...] = ("data-class", "data-classification", "residency")
    """Labels and annotations that name the data class."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each region of a resource, its machines, storage and data that is not allowed."""
    options = context.options
    if not (options.allow or options.deny or options.classes):
        return
    allowed = _allowed(context)
    if isinstance(allowed, Unknown):
        yield context.undecided(allowed, "labels.data-class")
        return
    seen: set[str] = set()
    for name, region in _regions(context):
        match region:
            case Known(value) if value.casefold() not in seen:
                seen.add(value.casefold())
                yield from _judged(context, region, allowed, name)
            case Unknown(reason) if reason not in seen:
                seen.add(reason)
                yield context.undecided(region, name)


def _allowed(context: Context[Options]) -> Known[tuple[str, ...]] | Unknown | Absent:
    """Return the regions of the resource's data class; absent where it has none, and then the general list holds."""
    options = context.options
    said = declared(context.resource, options.labels) if options.classes else Absent(context.resource.location)
    if not isinstance(said, Known):
        return said
    fits = fitting(options.classes, said.value)
    return Known(options.classes[fits], said.location) if fits else Absent(said.location)


def _regions(context: Context[Options]) -> Iterator[tuple[str, Value[str]]]:
    resource = context.resource
    placed = bool(resource.compute or resource.storage or resource.fees)
    for compute in resource.compute:
        yield attribute(compute, "region"), compute.region
    for index, storage in enumerate(resource.storage):
        yield f"storage[{index}].region", storage.region
    for index, link in enumerate(resource.data):
        # Where a bucket is that the repository does not declare is seldom known, and then no reason to speak.
        if isinstance(link.region, Known):
            yield f"data[{index}].region", link.region
    if placed or resource.labels.taggable:
        yield "region", resource.region


def _judged(
    context: Context[Options], region: Known[str], allowed: Known[tuple[str, ...]] | Absent, name: str
) -> Iterator[Finding]:
    options = context.options
    denied = fitting(options.deny, region.value)
    if denied is not None:
        yield context.finding(region, f'{region.value} is not allowed ("{denied}" is denied)', attribute=name)
        return
    regions = allowed.value if isinstance(allowed, Known) else options.allow
    if regions and fitting(regions, region.value) is None:
        related: tuple[Step, ...] = ()
        why = ""
        if isinstance(allowed, Known):
            said = declared(context.resource, options.labels)
            why = f" for {said.value} data" if isinstance(said, Known) else ""
            related = (Step("its data class", allowed.location),)
        message = f"{region.value} is not allowed{why}: take {listed(regions, 'or')}"
        yield context.finding(region, message, attribute=name, related=related)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
#          ^^^^^^^^^^^ us-east-1 is not allowed: take eu-* or europe-*
}

resource "aws_instance" "train" {
  instance_type = "g5.xlarge"
}
""",
    options={"allow": ["eu-*", "europe-*"]},
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
  labels: {data-class: personal}
spec:
  template:
    spec:
      nodeSelector:
        topology.kubernetes.io/region: us-central1
#                                      ^^^^^^^^^^^ us-central1 is not allowed for personal data: take europe-*
      containers:
        - name: train
          image: docker.io/acme/train:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
    options={"classes": {"personal*": ["europe-*"]}},
)

SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: ap-southeast-1, instance: p4d.24xlarge}
#                                ^^^^^^^^^^^^^^ ap-southeast-1 is not allowed ("ap-*" is denied)
""",
    options={"deny": ["ap-*"]},
)

GOOD = Example(
    "main.tf",
    """\
provider "aws" {
  region = "EU-west-1"
}

resource "aws_instance" "train" {
  instance_type = "g5.xlarge"
}
""",
    options={"allow": ["eu-*", "europe-*"]},
)

GOOD_SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain, labels: {data-class: public}}
compute: {provider: google, region: us-central1, instance: a2-highgpu-1g}
""",
    options={"classes": {"personal*": ["europe-*"]}},
)

RULE = Rule(
    name="disallowed-region",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_SPEC),
)
