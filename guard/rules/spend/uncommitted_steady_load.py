"""Machines that always run are paid for on demand.

## Why this matters

On-demand is the price for being able to stop within the hour. Machines that run all month, every month, do not use that
right: a commitment of one year mostly takes 30 to 50 % off their price, one of three years more.

## What to do

Commit to a part of what always runs: first for one year, and to the least that will certainly be needed. `guard commit`
proposes what to buy, with the month in which it has paid for itself. What has been bought already is declared in the
option `commitments`, because a repository rarely shows it: reserved machines by `count`, savings plans by
`usd_per_hour`.

What always runs is the least number of machines of everything that is not a training run, a batch job or declared by
hours; a node pool that scales to nothing has none.

## When to leave it

Where the load will move or shrink within the year, or the type is about to be replaced: new generations and price
cuts (AWS took up to 45 % off its P4 and P5 instances in June 2025) make a long commitment to accelerators dear.

## Source

FinOps Foundation, FinOps Framework, capability "Rate Optimization"; AWS News Blog, "Announcing up to 45% price
reduction for Amazon EC2 NVIDIA GPU-accelerated instances" (June 2025). Prices come from the price book with their
own source.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.price import HOURS_PER_MONTH
from guard.model.rounding import rounded
from guard.model.rule import Context, Example, Rule
from guard.model.value import Unknown
from guard.rules._commitments import Bought, Load, Proposal, coverage, loads, proposal
from guard.rules._helpers import usd

Percent = Annotated[Decimal, Field(ge=0, le=100)]
WORDS = {"all_upfront": "all upfront", "no_upfront": "no upfront", "partial_upfront": "partial upfront",
         "savings_plan": "savings plan"}  # fmt: skip


class Options(BaseModel, extra="forbid", frozen=True):
    """How much of what always runs is to be covered."""

    least_share: Percent = Decimal(50)
    """The least share of the on-demand cost of always-on machines that commitments are to cover, in percent."""
    term: Literal["1y", "3y"] = "1y"
    """The term that is proposed."""
    least_saving: Percent = Decimal(30)
    """The least saving that is worth a commitment, in percent of the on-demand price."""
    min_saving: Annotated[Decimal, Field(ge=0)] = Decimal(500)
    """The least saving that is worth telling, in USD a month for each type and region."""
    commitments: tuple[Bought, ...] = ()
    """What has been bought already."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each type and region that always runs on demand, where too little is covered in all."""
    options, prices = context.options, context.project.prices
    every = loads(context.scope, context.project.estimates, prices, options.commitments)
    share = coverage(every)
    if share is None or share >= options.least_share:
        return
    for load in every:
        proposed = proposal(load, f"commit_{options.term}", Decimal(1), prices)
        resource = context.project.resource(load.sources[0][0]) if load.sources else None
        if resource is None:
            continue
        attribute = f"commitment.{load.region}.{load.sku}"
        if proposed is None:
            if load.open_hours and load.monthly >= options.min_saving / (options.least_saving or 1) * 100:
                reason = f"there is no price of a commitment for {load.sku} in {load.region}"
                yield context.undecided(Unknown(reason, resource.location), attribute, address=resource.address)
        elif proposed.percent >= options.least_saving and proposed.saving >= options.min_saving:
            yield context.finding(
                resource.location,
                _message(load, proposed, share),
                attribute=attribute,
                saving=proposed.saving,
                address=resource.address,
            )


def _message(load: Load, proposed: Proposal, share: Decimal) -> str:
    number = load.open_hours / HOURS_PER_MONTH
    shown = f"{rounded(number, '0.1').normalize():f}"
    years = proposed.months // 12
    how = WORDS.get(proposed.price.payment, "")
    term = f"{years} year{'s' if years > 1 else ''}{', ' + how if how else ''}"
    return (
        f"{shown} x {load.sku} in {load.region} always on, on demand: committing ({term}) saves "
        f"{usd(proposed.saving)} a month ({proposed.percent:.0f} %) and pays from month {proposed.break_even} on; "
        f"{share:.0f} % of what always runs is covered"
    )


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "serve" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 4 x g5.xlarge in us-east-1 always on, on demand: committing (1 year, no upfront) saves $1,087 a month (37 %) and pays from month 8 on; 0 % of what always runs is covered
  count         = 4
  instance_type = "g5.xlarge"
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
#       ^^^^^ 6 x g5.xlarge in us-east-1 always on, on demand: committing (1 year, no upfront) saves $1,630 a month (37 %) and pays from month 8 on; 25 % of what always runs is covered
spec:
  replicas: 8
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
    options={"commitments": [{"provider": "aws", "instances": "g5.*", "count": 2}]},
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
#^^^ 2 x a2-highgpu-1g in us-central1 always on, on demand: committing (1 year) saves $1,984 a month (37 %) and pays from month 8 on; 0 % of what always runs is covered
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: google, region: us-central1, instance: a2-highgpu-1g}
serving:
  replicas: {min: 2, max: 8}
""",  # noqa: E501
)

GOOD = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
spec:
  replicas: 8
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
""",
    options={"commitments": [{"provider": "aws", "usd_per_hour": 3.2}]},
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: google, region: us-central1, instance: a2-highgpu-1g}
serving:
  replicas: {min: 0, max: 8}
  scale_to_zero: true
""",
)

RULE = Rule(
    name="uncommitted-steady-load",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_SPEC),
    per="project",
)
