"""One resource costs more a month than any one resource may.

## Why this matters

Most of an AI bill is a few resources: one node group, one endpoint, one training cluster. A limit for each makes the
few stand out where they are written, whoever pays for them.

## What to do

Make it smaller, let it scale down or stop, buy it as spot or with a commitment; or agree on it in a waiver with
`up_to`, which holds as long as the cost stays below that amount.

## When to leave it

Where budgets by team (`over-budget`) say all that is to be said.

## Source

FinOps Foundation, FinOps Framework, capability "Budgeting". A month is 730 hours. Prices come from the price book and
carry their own source: `guard cost` shows every line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.price import CostLine
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._helpers import fitting, span, usd
from guard.rules._workloads import timed

Amount = Annotated[Decimal, Field(ge=0)]


class Options(BaseModel, extra="forbid", frozen=True):
    """What one resource may cost."""

    monthly: Amount = Decimal(25_000)
    """The most that one resource may cost, in USD a month."""
    environments: Mapping[str, Amount] = Field(default_factory=dict)
    """Amounts by glob of the environment that its labels name; the first that fits replaces `monthly`."""
    count: Literal["most", "least"] = "most"
    """Which end of a range of cost counts."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a resource over the limit; a cost that is only a lower bound decides nothing below it."""
    estimate = context.estimate
    if not estimate.lines:
        return
    if not timed(context.resource):
        yield context.undecided(Unknown("no longest time of a run is written", context.resource.location), "cost")
        return
    limit = _limit(context)
    if isinstance(limit, Unknown):
        yield context.undecided(limit, "labels.environment")
        return
    cost = estimate.high if context.options.count == "most" else estimate.low
    if cost > limit:
        more = " or more" if estimate.open_ended else ""
        dearest = max(estimate.lines, key=lambda line: line.monthly)
        message = f"{span(estimate.low, estimate.high)}{more} a month, over the {usd(limit)} for one resource"
        yield context.finding(context.resource.location, message + _told(estimate.lines, dearest), attribute="cost")
    elif estimate.open_ended and cost:
        reason = estimate.unpriced[0].reason if estimate.unpriced else "its cost has no upper end"
        yield context.undecided(Unknown(reason, context.resource.location), "cost")


def _told(lines: tuple[CostLine, ...], dearest: CostLine) -> str:
    return f"; most of it: {dearest.name} {usd(dearest.monthly)}" if len(lines) > 1 else ""


def _limit(context: Context[Options]) -> Decimal | Unknown:
    options = context.options
    if not options.environments:
        return options.monthly
    match context.resource.labels.environment():
        case Known(environment):
            fits = fitting(options.environments, environment)
            return options.environments[fits] if fits else options.monthly
        case Unknown() as unknown:
            return unknown
    return options.monthly


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "train" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ $40,195 a month, over the $25,000 for one resource; most of it: p5.48xlarge (on demand) $40,179
  instance_type = "p5.48xlarge"

  root_block_device {
    volume_type = "gp3"
    volume_size = 200
  }
}
""",  # noqa: E501
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
#       ^^^^^ $1,469 a month, over the $1,000 for one resource
  labels: {environment: dev}
spec:
  replicas: 2
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve, environment: dev}}
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: g5.xlarge
        topology.kubernetes.io/region: us-east-1
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
    options={"environments": {"dev*": 1000}},
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
#^^^ $16,029 to $64,116 a month, over the $25,000 for one resource
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge}
serving:
  replicas: {min: 1, max: 4}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: {min: 1, max: 4}
""",
)

RULE = Rule(
    name="costly-resource",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD,),
)
