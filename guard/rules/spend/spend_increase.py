"""A change makes the bill rise by more than one change may.

## Why this matters

A replica count with one more digit, a larger instance type or a second region is one line in a review and thousands of
dollars a month on the invoice. Seen as an amount before it is merged, it is a decision.

## What to do

Make the change smaller or agree on it: with a waiver that names who decided, or by raising the thresholds. Thresholds
for parts of a repository are written as `budgets:` (rule `over-budget`); these hold for all that the rule's `where`
lets through, and for each resource by itself.

## When to leave it

This rule speaks only where a change is compared with a base (`--base`, the pull request's target branch).

## Source

FinOps Foundation, FinOps Framework, capability "Anomaly Management". A month is 730 hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.price import Estimate, counted, total
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Project, Rule
from guard.model.value import Unknown
from guard.rules._helpers import listed, usd

NAMED = 3
Amount = Annotated[Decimal, Field(ge=0)]


class Options(BaseModel, extra="forbid", frozen=True):
    """How much one change may add, in USD a month at the high end; null where a threshold does not hold."""

    amount: Amount | None = Decimal(2000)
    """The most that all resources together may rise by."""
    percent: Amount | None = None
    """The most that all resources together may rise by, in percent of what they cost before."""
    resource_amount: Amount | None = Decimal(1000)
    """The most that one resource may rise by; a new one rises from nothing."""
    resource_percent: Amount | None = None
    """The most that one resource may rise by in percent, where it existed before and `resource_amount` is exceeded
    too, if that is set."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield what is to be said about the whole, or else about each resource that rises too much."""
    if context.base is None:
        return
    now = {one.address for one in context.scope}
    gone = {one.address for one in context.base.resources if context.project.resource(one.address) is None}
    before = _shares(context.base, now | gone)
    after = _shares(context.project, now)
    yield from _whole(context, after, before, now, gone)
    for address, cost in after.items():
        resource = context.project.resource(address)
        if resource is not None:
            yield from _single(context, resource, cost, before.get(address))


def _shares(project: Project, addresses: set[str]) -> dict[str, Decimal]:
    costs: Mapping[str, Estimate] = {
        one: project.estimates[one] for one in sorted(addresses) if one in project.estimates
    }
    return {address: counted(one, costs).high for address, one in costs.items()}


def _whole(
    context: Context[Options],
    after: Mapping[str, Decimal],
    before: Mapping[str, Decimal],
    now: set[str],
    gone: set[str],
) -> Iterator[Finding | UnknownFact]:
    assert context.base is not None
    most, earlier = total(context.project.estimates, now), total(context.base.estimates, now | gone)
    rise = most.high - earlier.high
    limit = _limit(context.options.amount, context.options.percent, earlier.high)
    if limit is None:
        return
    rises = sorted(((cost - before.get(one, Decimal(0)), one) for one, cost in after.items()), key=_dearest_first)
    dearest = [(more, one) for more, one in rises if more > 0]
    if rise <= limit:
        if most.open_ended and not earlier.open_ended:
            where = context.project.resource(rises[0][1]) if rises else None
            place = where.location if where else context.scope[0].location
            yield context.undecided(Unknown("not everything that is new has a price", place), "increase", address="")
        return
    if len(dearest) == 1 and _told_alone(context.options, dearest[0][0]):
        return
    resource = context.project.resource(dearest[0][1]) if dearest else None
    if resource is None:
        return
    made = listed([f"{one} {usd(more)}" for more, one in dearest[:NAMED]])
    share = f" ({rise / earlier.high * 100:+.0f} %)" if earlier.high else ""
    message = f"{usd(rise)} a month more{share}, over the {usd(limit)} that one change may add; most of it: {made}"
    yield context.finding(resource.location, message, attribute="increase", address="")


def _told_alone(options: Options, rise: Decimal) -> bool:
    """Tell whether the only resource that rises is told by itself, with the threshold for one resource."""
    return options.resource_amount is not None and options.resource_percent is None and rise > options.resource_amount


def _dearest_first(pair: tuple[Decimal, str]) -> tuple[Decimal, str]:
    return -pair[0], pair[1]


def _limit(amount: Decimal | None, percent: Decimal | None, before: Decimal) -> Decimal | None:
    """Return how much may be added: the lower of the two thresholds; a percentage of nothing says nothing."""
    limits = [] if amount is None else [amount]
    if percent is not None and before:
        limits.append(before * percent / 100)
    return min(limits, default=None)


def _single(
    context: Context[Options], resource: Resource, cost: Decimal, before: Decimal | None
) -> Iterator[Finding | UnknownFact]:
    options = context.options
    rise = cost - (before or Decimal(0))
    if options.resource_amount is not None and rise <= options.resource_amount:
        return
    if options.resource_amount is None and options.resource_percent is None:
        return
    if before and options.resource_percent is not None and rise <= before * options.resource_percent / 100:
        return
    if rise <= 0:
        return
    if before is None:
        message = f"new, and costs {usd(cost)} a month"
    else:
        share = f" ({rise / before * 100:+.0f} %)" if before else ""
        message = f"{usd(rise)} a month more{share}: {usd(cost)} instead of {usd(before)}"
    if options.resource_amount is not None:
        message += f", over the {usd(options.resource_amount)} that one resource may add"
    yield context.finding(resource.location, message, attribute="increase", address=resource.address)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "serve" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ $11,156 a month more (+1519 %): $11,890 instead of $734, over the $1,000 that one resource may add
  instance_type = "g5.48xlarge"
}
""",  # noqa: E501
    base={
        "main.tf": """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "serve" {
  instance_type = "g5.xlarge"
}
"""
    },
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
#^^^ new, and costs $2,938 a month, over the $1,000 that one resource may add
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: 4
""",
    base={"other.yaml": "kind: nothing\n"},
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: one
#       ^^^ $2,203 a month more, over the $2,000 that one change may add; most of it: Deployment/one $1,469 and Deployment/two $734
spec: &workload
  replicas: 2
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: g5.xlarge
        topology.kubernetes.io/region: us-east-1
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: two
spec:
  replicas: 1
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: g5.xlarge
        topology.kubernetes.io/region: us-east-1
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",  # noqa: E501
    options={"resource_amount": None},
    base={"other.yaml": "kind: nothing\n"},
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
  replicas: 4
""",
    base={
        "chat.yaml": """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: 3
"""
    },
)

RULE = Rule(
    name="spend-increase",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, SPEC, KUBERNETES),
    good=(GOOD,),
    per="change",
)
