"""What a scope costs a month, or what a change adds to it, is over its budget.

## Why this matters

A change that doubles a fleet looks like one edited number in review. Held against a budget while it is still a
proposal, it becomes a decision; found on the invoice, it is a month's money spent.

## What to do

Look at what contributes most: the message names it, and `guard cost` shows every line. Make it smaller, or raise the
budget in the policy where the spend is wanted.

Budgets are written in the policy, each with its scope. A range comes from autoscaling and spot prices; the budget
holds against the high end, or against the low end with `count: least`. What has no price makes the sum a lower bound:
below the budget such a sum decides nothing and is listed under what is unknown. Where a whole resource has no price, or
no upper number, that is no pass: it is a finding at the budget, a warning where the budget says `undecided: warn`.

A budget of a fiscal quarter or year (`quarterly`, `yearly`, `fiscal_year_starts`) allows an even share of it a month.
From `warn_at` percent on there is a warning before there is a breach.

With `--spend` the bill counts too: what was spent this month, and is expected of it, plus what the change adds to the
rest of the month (so it needs `--base`); for a quarter or year also what was spent before, and the months to come at
the new rate. A change that adds nothing is not held up by a month that is already over.

## When to leave it

Without budgets in the policy this rule says nothing.

## Source

FinOps Foundation, FinOps Framework, capability "Budgeting". A month is 730 hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import Step
from guard.model.price import Estimate, Total, counted, total
from guard.model.rule import Budget, Context, Example, Project, Rule
from guard.model.spend import Spent, fiscal_period
from guard.model.value import Unknown
from guard.rules._helpers import listed, span, usd

NAMED = 3
MONTHS_OF_A_QUARTER = 3
ENOUGH = Decimal("0.9")


class Options(BaseModel, extra="forbid", frozen=True):
    """What is held against a budget."""

    count: Literal["most", "least"] = "most"
    """Which end of a range of cost counts."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield what is to be said about each budget's monthly sum and, where there is a base, about its increase."""
    scope = {one.address for one in context.scope}
    for budget in context.project.budgets:
        costs = _costs(context.project, budget.addresses & scope)
        yield from _monthly(context, budget, costs)
        if context.base is not None:
            before = _costs(context.base, budget.base_addresses)
            yield from _increase(context, budget, costs, before)
            yield from _actual(context, budget, costs, before)


def _costs(project: Project, addresses: Iterable[str]) -> dict[str, Estimate]:
    return {one: project.estimates[one] for one in sorted(addresses) if one in project.estimates}


def _end(sum_: Total, options: Options) -> Decimal:
    """Return the end of the range that counts."""
    return sum_.high if options.count == "most" else sum_.low


def _shares(costs: Mapping[str, Estimate]) -> dict[str, Decimal]:
    return {address: counted(one, costs).high for address, one in costs.items()}


def _monthly(
    context: Context[Options], budget: Budget, costs: Mapping[str, Estimate]
) -> Iterator[Finding | UnknownFact]:
    now = total(costs)
    if budget.monthly is None:
        return
    most = _end(now, context.options)
    more = " or more" if now.open_ended else ""
    message = f"{budget.name}: {span(now.low, now.high)}{more} a month, "
    if most > budget.monthly:
        yield _finding(context, budget, f"{message}over its budget of {_allowed(budget)}", _shares(costs), "monthly")
        return
    if (told := _near(budget, most, budget.monthly)) is not None:
        near = _finding(context, budget, message + told, _shares(costs), "monthly.near")
        yield _mild(near)
    if now.open_ended:
        yield from _undecided(context, budget, costs, "monthly")


def _mild(finding: Finding) -> Finding:
    """Return a finding that is a warning at most."""
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding


def _near(budget: Budget, most: Decimal, limit: Decimal) -> str | None:
    """Return how near a sum is to its budget, None where that is not to be told."""
    if budget.warn_at is None or most * 100 <= limit * budget.warn_at:
        return None
    return f"{most / limit * 100:.0f} % of its budget of {_allowed(budget)}, of which {budget.warn_at:f} % are told"


def _allowed(budget: Budget) -> str:
    """Return the amount of a budget as the policy writes it, with the share of a month."""
    assert budget.monthly is not None
    if budget.months == 1:
        return usd(budget.monthly)
    name = "quarter" if budget.months == MONTHS_OF_A_QUARTER else "year"
    return f"{usd(budget.monthly * budget.months)} a {name}, {usd(budget.monthly)} a month"


def _increase(
    context: Context[Options], budget: Budget, costs: Mapping[str, Estimate], before: Mapping[str, Estimate]
) -> Iterator[Finding | UnknownFact]:
    now, then = total(costs), _end(total(before), context.options)
    most = _end(now, context.options)
    rise = most - then
    limit = _limit(budget, then)
    if limit is None:
        return
    if rise > limit:
        share = f" ({_percent(rise, then)})" if then else ""
        message = f"{budget.name}: {usd(rise)} more{share} makes {usd(most)} a month, "
        allowed = f"over the {usd(limit)} that one change may add"
        yield _finding(context, budget, message + allowed, _rises(costs, before), "increase")
    elif now.open_ended:
        yield from _undecided(context, budget, costs, "increase")


def _actual(
    context: Context[Options], budget: Budget, costs: Mapping[str, Estimate], before: Mapping[str, Estimate]
) -> Iterator[Finding | UnknownFact]:
    """Yield where what was spent this month, with what the change adds to the rest of it, is over the budget."""
    spent = budget.spent
    if spent is None or budget.monthly is None:
        return
    rise = _end(total(costs), context.options) - _end(total(before), context.options)
    if rise <= 0:
        return
    if isinstance(spent, Unknown):
        yield context.undecided(spent, f"budget.{budget.name}.spent", address="")
        return
    if budget.months > 1:
        yield from _period(context, budget, spent, rise, _rises(costs, before))
        return
    expected = max(spent.so_far, spent.forecast)
    added = rise * spent.left
    known = f"{budget.name}: {usd(spent.so_far)} spent until {spent.until}, {usd(expected)} expected of the month"
    message = f"{known}; {usd(added)} that this change adds to the rest of it makes {usd(expected + added)}, "
    yield from _over(context, budget, message, expected + added, _rises(costs, before))


def _period(
    context: Context[Options], budget: Budget, spent: Spent, rise: Decimal, shares: Mapping[str, Decimal]
) -> Iterator[Finding | UnknownFact]:
    """Yield where a fiscal quarter or year will cost more than its budget, if it goes on as it does with the change."""
    today = context.project.today
    if today is None:
        return
    begins, ends = fiscal_period(today, budget.months, budget.first_month)
    if spent.earlier is None:
        reason = f"{spent.source} does not reach back to {begins.isoformat()}, when the fiscal period began"
        yield context.undecided(Unknown(reason, budget.location), f"budget.{budget.name}.spent", address="")
        return
    month = max(spent.so_far, spent.forecast)
    to_come = (ends.year - today.year) * 12 + ends.month - today.month
    whole = spent.earlier + month + rise * spent.left + to_come * (month + rise)
    known = f"{budget.name}: {usd(spent.earlier + spent.so_far)} spent from {begins.isoformat()} until {spent.until}; "
    message = (
        f"{known}with {usd(rise)} more a month from this change that makes {usd(whole)} until {ends.isoformat()}, "
    )
    yield from _over(context, budget, message, whole, shares)


def _over(
    context: Context[Options], budget: Budget, message: str, sum_: Decimal, shares: Mapping[str, Decimal]
) -> Iterator[Finding]:
    assert budget.monthly is not None
    limit = budget.monthly * budget.months
    if sum_ > limit:
        yield _finding(context, budget, f"{message}over its budget of {_allowed(budget)}", shares, "spent")
    elif (told := _near(budget, sum_, limit)) is not None:
        near = _finding(context, budget, message + told, shares, "spent.near")
        yield _mild(near)


def _rises(costs: Mapping[str, Estimate], before: Mapping[str, Estimate]) -> dict[str, Decimal]:
    earlier = _shares(before)
    return {address: one - earlier.get(address, Decimal(0)) for address, one in _shares(costs).items()}


def _limit(budget: Budget, before: Decimal) -> Decimal | None:
    """Return how much may be added: the lower of the amount and the percentage, which of nothing says nothing."""
    limits = [budget.increase_amount] if budget.increase_amount is not None else []
    if budget.increase_percent is not None and before:
        limits.append(before * budget.increase_percent / 100)
    return min(limits, default=None)


def _percent(rise: Decimal, before: Decimal) -> str:
    return f"{rise / before * 100:+.0f} %"


def _finding(
    context: Context[Options], budget: Budget, message: str, shares: Mapping[str, Decimal], threshold: str
) -> Finding:
    """Return a finding at the resource that contributes most."""
    dearest = sorted((item for item in shares.items() if item[1] > 0), key=lambda item: (-item[1], item[0]))
    text = f"{message}; most of it: {listed(_most(dearest))}" if len(dearest) > 1 else message
    resource = context.project.resource(dearest[0][0]) if dearest else None
    return context.finding(
        resource.location if resource else budget.location,
        text,
        attribute=f"budget.{budget.name}.{threshold}",
        related=(Step(f"the budget {budget.name}", budget.location),),
        address=resource.address if resource else "",
    )


def _most(dearest: Sequence[tuple[str, Decimal]]) -> list[str]:
    """Return the few dearest that make up most of the sum, each with its share."""
    whole, told, named = sum(share for _, share in dearest), Decimal(0), []
    for address, share in dearest[:NAMED]:
        named.append(f"{address} {usd(share)}")
        told += share
        if told >= whole * ENOUGH:
            break
    return named


def _undecided(
    context: Context[Options], budget: Budget, costs: Mapping[str, Estimate], threshold: str
) -> Iterator[Finding | UnknownFact]:
    """Yield that a threshold cannot be judged; where that hangs on more than a small part, it is no pass."""
    unpriced = [(address, one) for address, each in costs.items() for one in each.unpriced if one.within not in costs]
    open_ = [address for address, one in costs.items() if counted(one, costs).open_ended]
    first = f"{unpriced[0][0]}: {unpriced[0][1].reason}" if unpriced else f"{open_[0]} has no upper bound"
    more = f" and {len(open_) - 1} more" if len(open_) > 1 else ""
    reason = f"not everything in it has a price: {first}{more}"
    attribute = f"budget.{budget.name}.{threshold}"
    unknown = Unknown(f"budget {budget.name} cannot be decided, {reason}", budget.location)
    yield context.undecided(unknown, attribute, address="")
    if not any(_unbounded(costs[address]) for address in open_):
        return
    message = f"{budget.name}: cannot be held against its budget, {reason}"
    finding = context.finding(budget.location, message, attribute=f"{attribute}.undecided")
    yield _mild(finding) if budget.undecided == "warn" else finding


def _unbounded(estimate: Estimate) -> bool:
    """Tell whether nothing of a resource has a price, or its number has no upper end: not only some part of it."""
    return not estimate.lines or not estimate.unpriced


BUDGET = "budgets: [{name: research, monthly: 5000}]"

TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "train" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ research: $16,045 a month, over its budget of $5,000
  instance_type = "p4d.24xlarge"

  root_block_device {
    volume_type = "gp3"
    volume_size = 200
  }
}
""",
    policy=BUDGET,
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
#       ^^^^^ research: $5,875 a month, over its budget of $5,000
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
    policy=BUDGET,
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
#^^^ chat: $4,406 more (+150 %) makes $7,344 a month, over the $1,000 that one change may add
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: 10
""",
    policy="budgets: [{name: chat, increase: {amount: 1000, percent: 50}}]",
    base={
        "chat.yaml": """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: 4
"""
    },
)

GOOD = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "serve" {
  instance_type = "g5.xlarge"
}
""",
    policy=BUDGET,
)

RULE = Rule(
    name="over-budget",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD,),
    per="project",
)
