"""What a service sends to the internet costs more than is allowed.

## Why this matters

Clouds charge nothing for requests that come in and the most of all transfers for responses that go out to the internet.
A service that answers with images, audio or embeddings can pay more for sending its answers than for making them.

## What to do

Send less (compress, send references, smaller embeddings), send it from a content delivery network, which costs less for
each gigabyte, or serve users inside the cloud over private endpoints.

How much is sent is declared: `data:` of a guard/v1 spec with `uri: internet`, `direction: write` and `gib`, the label
or annotation `egress-gib-per-month`, or the option `gib_per_month`. Without such a figure this rule says nothing.

## When to leave it

Where egress is waived or bought at a negotiated price: raise `monthly`.

## Source

AWS, "Overview of Data Transfer Costs for Common Architectures"; Google Cloud, "Network pricing"; Azure, "Bandwidth
pricing". The price is that of the first tier in the price book, which is the dearest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import fitting, usd
from guard.rules._workloads import declared, number_of

KEYS = ("egress-gib-per-month",)
OUTSIDE = ("internet", "http://", "https://")
CLOUDS = ("aws", "google", "azure")


class Options(BaseModel, extra="forbid", frozen=True):
    """How much may be spent on responses."""

    monthly: Annotated[Decimal, Field(ge=0)] = Decimal(500)
    """The most that one resource may spend on it, in USD a month."""
    gib_per_month: Mapping[str, Annotated[Decimal, Field(ge=0)]] = Field(default_factory=dict)
    """GiB a month that are sent to the internet, by glob of the address; it wins over what is declared elsewhere."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a resource whose declared egress costs too much."""
    resource = context.resource
    volume = _volume(context)
    if isinstance(volume, Absent):
        return
    if isinstance(volume, Unknown):
        yield context.undecided(volume, "egress")
        return
    region = first(*(one.region for one in resource.compute), resource.region)
    cloud = _cloud(resource)
    if not isinstance(region, Known) or not cloud:
        reason = region.reason if isinstance(region, Unknown) else "nothing says in which region of which cloud it runs"
        yield context.undecided(Unknown(reason, region.location), "region")
        return
    price = context.project.prices.transfer(cloud, region.value, "internet")
    if price is None:
        yield context.undecided(Unknown(f"there is no price for egress from {region.value}", region.location), "egress")
        return
    monthly = volume.value * price.amount
    if monthly > context.options.monthly:
        sent = f"{volume.value.normalize():f} GiB a month to the internet at {usd(price.amount)} per {price.unit}"
        message = f"{sent}: {usd(monthly)}, over {usd(context.options.monthly)}"
        yield context.finding(volume, message, attribute="egress")


def _volume(context: Context[Options]) -> Value[Decimal]:
    resource, given = context.resource, context.options.gib_per_month
    fits = fitting(given, resource.address)
    if fits is not None:
        return Known(given[fits], resource.location)
    links = [one for one in resource.data if one.direction in ("write", "both") and _outside(one.uri)]
    known = [one.gib_per_month for one in links if isinstance(one.gib_per_month, Known)]
    if known:
        return Known(sum((one.value for one in known), Decimal(0)), known[0].location)
    said = declared(resource, KEYS)
    # An unknown part of the labels is no reason to ask for one that hardly anybody writes.
    return number_of(said) if isinstance(said, Known) else Absent(said.location)


def _outside(uri: Value[str]) -> bool:
    return isinstance(uri, Known) and uri.value.casefold().startswith(OUTSIDE)


def _cloud(resource: Resource) -> str:
    named = next((one.provider for one in resource.compute if one.provider), "")
    return named or (resource.platform if resource.platform in CLOUDS else "")


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_lb" "images" {
  load_balancer_type = "application"
  tags = {
    egress-gib-per-month = "20000"
#                          ^^^^^^^ 20000 GiB a month to the internet at $0.09 per GB: $1,800, over $500
  }
}
""",
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: images
  annotations: {acme.example/egress-gib-per-month: "20000"}
#                                                  ^^^^^^^ 20000 GiB a month to the internet at $0.09 per GB: $1,800, over $500
spec:
  replicas: 2
  selector: {matchLabels: {app: images}}
  template:
    metadata: {labels: {app: images}}
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: g5.xlarge
        topology.kubernetes.io/region: us-east-1
      containers:
        - name: serve
          image: docker.io/acme/images:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",  # noqa: E501
)

SPEC = Example(
    "images.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: images}
model: {name: images, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
data:
  - {uri: internet, direction: write, gib: 20000}
#                                          ^^^^^ 20000 GiB a month to the internet at $0.09 per GB: $1,800, over $500
""",
)

GOOD = Example(
    "images.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: images}
model: {name: images, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
data:
  - {uri: internet, direction: write, gib: 200}
  - {uri: "s3://acme-logs", region: us-east-1, direction: write, gib: 20000}
""",
)

RULE = Rule(
    name="egress-heavy-serving",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD,),
)
