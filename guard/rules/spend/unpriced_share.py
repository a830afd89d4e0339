"""Too many of the resources that cost money have no price.

## Why this matters

A total that leaves half of the resources out is not a low total but an unknown one, and every budget that is held
against it passes for the wrong reason. This rule says when the estimate no longer deserves trust.

## What to do

`guard cost` lists what has no price and why: declare the region, the instance type or the usage that is missing, give
variables their values, add prices of your own or update the price book.

## When to leave it

In repositories of modules, whose variables get their values elsewhere: raise `percent`, or judge the callers instead.

## Source

A resource counts where it has a line of cost or something without a price; what costs nothing does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.rules._helpers import listed

NAMED = 4


class Options(BaseModel, extra="forbid", frozen=True):
    """How much may be unknown."""

    percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(25)
    """The largest share of the resources that cost money which may have no price at all, in percent."""
    least: Annotated[int, Field(ge=1)] = 3
    """How many of them there must be before the rule speaks."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield one finding, at the first resource without a price, where their share is too large."""
    costs = context.project.estimates
    costly = [one for one in context.scope if (cost := costs.get(one.address)) and (cost.lines or cost.unpriced)]
    without = [one for one in costly if not costs[one.address].lines]
    if len(without) < context.options.least:
        return
    share = Decimal(100 * len(without)) / len(costly)
    if share > context.options.percent:
        message = (
            f"{len(without)} of {len(costly)} resources that cost money have no price ({share:.0f} %, at most "
            f"{context.options.percent:f} % may): {_types(without)}"
        )
        first = min(without, key=lambda one: (one.location, one.address))
        yield context.finding(first.location, message, attribute="unpriced", address="")


def _types(resources: list[Resource]) -> str:
    counts = sorted(Counter(one.type for one in resources).items(), key=lambda pair: (-pair[1], pair[0]))
    named = [f"{count} {kind}" for kind, count in counts[:NAMED]]
    rest = sum(count for _, count in counts[NAMED:])
    return listed([*named, f"{rest} more"] if rest else named)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "type" {
  type = string
}

resource "aws_instance" "train" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 3 of 3 resources that cost money have no price (100 %, at most 25 % may): 3 aws_instance
  count         = 3
  instance_type = var.type
}
""",
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
#       ^^^^^ 1 of 1 resources that cost money have no price (100 %, at most 25 % may): 1 Deployment
spec:
  replicas: 1
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
    options={"least": 1},
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
#^^^ 1 of 1 resources that cost money have no price (100 %, at most 25 % may): 1 ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1}
""",
    options={"least": 1},
)

GOOD = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "train" {
  count         = 3
  instance_type = "g5.xlarge"
}

resource "aws_iam_role" "free" {
  name               = "free"
  assume_role_policy = "{}"
}
""",
    options={"least": 1},
)

RULE = Rule(
    name="unpriced-share",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD,),
    per="project",
)
