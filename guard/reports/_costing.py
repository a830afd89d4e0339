"""What the reports for people say of the cost: the totals, what changed, what costs most and what has no price."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from guard.model.price import Total, counted
from guard.model.report import Money, Report
from guard.model.resource import Resource
from guard.reports._changes import Change, Costs, changes, percent, runs_on
from guard.reports._words import money_range, signed


class Row(NamedTuple):
    """A resource that costs money: what it adds to the total, and the node pools that pay for its machines."""

    resource: Resource
    monthly: Total
    pools: tuple[str, ...]


def costs_of(report: Report) -> Costs:
    """Return what the report is about."""
    return Costs(report.resources, report.estimates)


def changed(report: Report) -> tuple[Change, ...]:
    """Return what differs from the base, nothing where there is none."""
    if report.base is None:
        return ()
    return changes(costs_of(report), Costs(report.base.resources, report.base.estimates))


def dearest(report: Report) -> tuple[Row, ...]:
    """Return every resource with a price or the lack of one, the dearest first."""
    return tuple(sorted(_rows(report), key=lambda one: (-one.monthly.high, one.resource.address)))


def without_price(report: Report) -> tuple[tuple[Resource, tuple[str, ...]], ...]:
    """Return the resources with a part that has no price, each with the reasons."""
    found = []
    for resource in report.resources:
        estimate = report.estimates.get(resource.address)
        reasons = [one.reason for one in estimate.unpriced if one.within not in report.estimates] if estimate else []
        if reasons:
            found.append((resource, tuple(dict.fromkeys(reasons))))
    return tuple(found)


def rise(report: Report) -> str:
    """Return how much more a month it costs than the base, in money and percent, "" without a base."""
    totals = report.totals
    if totals.delta is None or totals.base is None:
        return ""
    share = percent(totals.delta.high, totals.base.high)
    return signed(totals.delta) + (f", {share}" if share else "")


def shown(money: Money | Total, open_ended: bool = False) -> str:
    """Return a range of USD, `at least` where its upper end is open."""
    text = money_range(Money(money.low, money.high))
    return f"at least {text}" if open_ended else text


def _rows(report: Report) -> Iterator[Row]:
    for resource in report.resources:
        estimate = report.estimates.get(resource.address)
        if estimate and (estimate.lines or estimate.unpriced):
            yield Row(resource, counted(estimate, report.estimates), runs_on(estimate, report.estimates))


def by_purpose(report: Report) -> tuple[tuple[str, Decimal], ...]:
    """Return what each purpose costs a month at the high end, the dearest first."""
    sums: dict[str, Decimal] = {}
    for row in _rows(report):
        name = row.resource.purpose.value
        sums[name] = sums.get(name, Decimal(0)) + row.monthly.high
    return tuple(sorted(((name, high) for name, high in sums.items() if high), key=lambda one: (-one[1], one[0])))
