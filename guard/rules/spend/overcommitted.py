"""More is committed to than always runs.

## Why this matters

A commitment is paid for whether the machines run or not, and so is a reservation of capacity, at the full on-demand
price. What exceeds the load that always runs is paid for nothing, in the case of a commitment for one to three years.

## What to do

Give back or shrink reservations of capacity, let commitments that expire expire, move load onto what is committed, or
sell what may be sold. Keep commitments below what always runs (`most_share`), so that a smaller fleet is not a loss.

Reservations are read from the repository (`aws_ec2_capacity_reservation`, `google_compute_reservation`,
`azurerm_capacity_reservation`); commitments are declared in the option `commitments`, as for
`uncommitted-steady-load`. A reservation is judged only where machines of its type are declared beside it: otherwise
they are somewhere else.

## When to leave it

Where capacity is reserved on purpose for the peak or for disaster recovery.

## Source

FinOps Foundation, FinOps Framework, capability "Rate Optimization"; AWS, "Reserve compute capacity with EC2 On-Demand
Capacity Reservations" (charged at the on-demand rate whether used or not).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.price import HOURS_PER_MONTH, Estimate
from guard.model.resource import Resource
from guard.model.rounding import rounded
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._commitments import RESERVATIONS, Bought, Load, fits, loads
from guard.rules._helpers import usd

TENTH = Decimal("0.1")


class Options(BaseModel, extra="forbid", frozen=True):
    """How much may be committed."""

    most_share: Annotated[Decimal, Field(gt=0)] = Decimal(100)
    """The most that commitments may be of what always runs, in percent."""
    commitments: tuple[Bought, ...] = ()
    """What has been bought: machines by `count`; an amount an hour is not judged, for it covers other things too."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each reservation and each declared commitment that exceeds the load."""
    every = loads(context.scope, context.project.estimates, context.project.prices)
    for resource in context.scope:
        if resource.type in RESERVATIONS:
            yield from _reservation(context, resource, every)
    for one in context.options.commitments:
        if one.count is not None and context.scope:
            yield from _commitment(context, one, one.count, [load for load in every if fits(one, load)])


def _reservation(
    context: Context[Options], resource: Resource, every: tuple[Load, ...]
) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a reservation that is larger than the machines that may ever run in it."""
    for line in context.project.estimates.get(resource.address, Estimate("")).lines:
        price = line.price
        load = next((one for one in every if (one.sku, one.region) == (price.sku, price.region)), None)
        if load is None:
            continue
        users = [one for one in context.scope if one.type not in RESERVATIONS and _uses(context, one, price.sku)]
        most = _most(users)
        if isinstance(most, Unknown):
            yield context.undecided(most, "instance_count", address=resource.address)
            return
        if not users:
            reason = f"no {price.sku} is declared beside it: its machines are somewhere else"
            yield context.undecided(Unknown(reason, resource.location), "instance_count", address=resource.address)
            return
        idle = line.low_quantity / HOURS_PER_MONTH - most
        if idle > 0:
            monthly = idle * HOURS_PER_MONTH * price.amount
            reserved = f"{_number(line.low_quantity / HOURS_PER_MONTH)} x {price.sku} reserved"
            message = f"{reserved}, at most {_number(most)} of them run: {usd(monthly)} a month for nothing"
            count = resource.body.integer("instance_count")
            where = count if isinstance(count, Known) else resource.location
            yield context.finding(where, message, attribute="instance_count", saving=monthly, address=resource.address)


def _uses(context: Context[Options], resource: Resource, sku: str) -> bool:
    estimate = context.project.estimates.get(resource.address)
    return estimate is not None and any(line.price.sku == sku for line in estimate.lines)


def _most(users: list[Resource]) -> Decimal | Unknown:
    """Return how many machines of these resources may run at once, at most."""
    whole = Decimal(0)
    for resource in users:
        for compute in resource.compute:
            if isinstance(compute.count_max, Unknown):
                return compute.count_max
            whole += compute.count_max.value if isinstance(compute.count_max, Known) else 1
    return whole


def _commitment(
    context: Context[Options], one: Bought, count: Decimal, covered: list[Load]
) -> Iterator[Finding | UnknownFact]:
    running = sum((load.hours for load in covered), Decimal(0)) / HOURS_PER_MONTH
    if count <= running * context.options.most_share / 100:
        return
    sources = [address for load in covered for address, _ in load.sources]
    resource = context.project.resource(sources[0]) if sources else context.scope[0]
    place = resource.location if resource is not None else context.scope[0].location
    share = f", at most {context.options.most_share.normalize():f} % may" if context.options.most_share != 100 else ""
    message = f"{_number(count)} x {one.instances} in {one.region} committed, {_number(running)} always run{share}"
    idle = max(count - running, Decimal(0))
    cheapest = min((load.on_demand.amount for load in covered), default=None)
    band = None
    if covered:
        load = covered[0]
        band = context.project.prices.compute(load.provider, load.sku, load.region, "commit_1y")
    price = band.high.amount if band is not None else cheapest
    saving = idle * HOURS_PER_MONTH * price if price is not None and idle else None
    yield context.finding(
        place, message, attribute=f"commitment.{one.region}.{one.instances}", saving=saving, address=""
    )


def _number(count: Decimal) -> str:
    return f"{rounded(count, TENTH).normalize():f}"


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_ec2_capacity_reservation" "gpu" {
  instance_type     = "p4d.24xlarge"
  instance_platform = "Linux/UNIX"
  availability_zone = "us-east-1a"
  instance_count    = 4
#                     ^ 4 x p4d.24xlarge reserved, at most 2 of them run: $32,058 a month for nothing
}

resource "aws_instance" "train" {
  count         = 2
  instance_type = "p4d.24xlarge"
}
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
#^^^ 6 x g5.xlarge in us-east-1 committed, 2 always run
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: {min: 2, max: 8}
""",
    options={"commitments": [{"provider": "aws", "instances": "g5.xlarge", "region": "us-east-1", "count": 6}]},
)

GOOD = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_ec2_capacity_reservation" "gpu" {
  instance_type     = "p4d.24xlarge"
  instance_platform = "Linux/UNIX"
  availability_zone = "us-east-1a"
  instance_count    = 2
}

resource "aws_instance" "train" {
  count         = 2
  instance_type = "p4d.24xlarge"
}
""",
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: {min: 2, max: 8}
""",
    options={"commitments": [{"provider": "aws", "instances": "g5.xlarge", "count": 2}]},
)

RULE = Rule(
    name="overcommitted",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, SPEC),
    good=(GOOD, GOOD_SPEC),
    per="project",
)
