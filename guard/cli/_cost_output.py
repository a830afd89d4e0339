"""The cost breakdown as text and as JSON: every line with its quantity, price, source and assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from guard import __version__
from guard.model.finding import Problem
from guard.model.price import CostLine, Estimate, total
from guard.model.report import Money, Report, totals
from guard.model.resource import Resource
from guard.model.rounding import rounded
from guard.model.rule import Project
from guard.reports import _shapes
from guard.reports._changes import Costs, changes, percent
from guard.reports._words import count, money_range, printable, signed

NAME_WIDTH, QUANTITY_WIDTH, UNIT_WIDTH = 58, 22, 16


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What is to be told: the project, the one compared with, and the problems of reading them."""

    project: Project
    base: Project | None
    problems: tuple[Problem, ...]
    prices_as_of: str


def as_json(breakdown: Breakdown) -> str:
    """Return the breakdown in CONTRACT's shape; the scalars of a line are its high end, `low` holds the other."""
    now = _total(breakdown.project)
    return _shapes.write(
        {
            "version": 1,
            "currency": "USD",
            "prices_as_of": breakdown.prices_as_of,
            "monthly": _shapes.money(now),
            "open_ended": total(breakdown.project.estimates).open_ended,
            "resources": [_resource(resource, estimate) for resource, estimate in _costly(breakdown.project)],
            "base": None if breakdown.base is None else {"monthly": _shapes.money(_total(breakdown.base))},
            "delta": None if breakdown.base is None else _delta(breakdown.project, breakdown.base),
            "problems": [_shapes.problem(one) for one in breakdown.problems],
        }
    )


def as_report(breakdown: Breakdown, today: date) -> Report:
    """Return the breakdown as a report in which no rule ran, for the reporters that tell the cost."""
    project = breakdown.project
    return Report(
        findings=(),
        waived=(),
        problems=breakdown.problems,
        unknowns=(),
        totals=totals(project, breakdown.base),
        resources=project.resources,
        estimates=project.estimates,
        files=len({one.location.path for one in project.resources}),
        rules=(),
        texts={},
        prices_as_of=breakdown.prices_as_of,
        version=__version__,
        base=breakdown.base,
        day=today.isoformat(),
    )


def as_text(breakdown: Breakdown, today: date, quiet: bool) -> str:
    """Return the breakdown for people: a tree of resources and lines, the totals, and what has no price."""
    costly = _costly(breakdown.project)
    lines: list[str] = []
    if costly and not quiet:
        lines += [_row("Name", "Quantity a month", "Unit", "Cost a month"), ""]
        for resource, estimate in costly:
            lines += [*_tree(resource, estimate), ""]
    lines += _summary(breakdown, today)
    return "\n".join(lines) + "\n"


def _costly(project: Project) -> list[tuple[Resource, Estimate]]:
    pairs = [(one, project.estimates[one.address]) for one in project.resources if one.address in project.estimates]
    return [(resource, estimate) for resource, estimate in pairs if estimate.lines or estimate.unpriced]


def _costs(project: Project) -> Costs:
    return Costs(project.resources, project.estimates)


def _total(project: Project) -> Money:
    whole = total(project.estimates)
    return Money(whole.low, whole.high)


def _difference(project: Project, base: Project) -> Money:
    now, before = _total(project), _total(base)
    return Money(now.low - before.low, now.high - before.high)


def _delta(project: Project, base: Project) -> dict[str, Any]:
    return {
        "monthly": _shapes.money(_difference(project, base)),
        "percent": _percent(project, base) or None,
        "resources": [
            {
                "address": one.address,
                "change": one.kind,
                "monthly": _shapes.money(one.monthly),
                "edits": [{"attribute": edit.what, "before": edit.before, "after": edit.after} for edit in one.edits],
            }
            for one in changes(_costs(project), _costs(base))
        ],
    }


def _percent(project: Project, base: Project) -> str:
    """Return the change of the high end in percent, "" where the base costs nothing."""
    return percent(_difference(project, base).high, _total(base).high)


def _resource(resource: Resource, estimate: Estimate) -> dict[str, Any]:
    return {
        "address": resource.address,
        "location": _shapes.location(resource.location),
        "monthly": _shapes.money(Money(estimate.low, estimate.high)),
        "open_ended": estimate.open_ended,
        "runs_on": list(estimate.within),
        "lines": [_line(one) for one in estimate.lines],
        "unpriced": [
            {"name": one.name, "reason": one.reason, "location": _shapes.location(one.location)}
            for one in estimate.unpriced
        ],
    }


def _line(line: CostLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "quantity": _shapes.exact(line.quantity),
        "unit": line.unit,
        "price": _shapes.exact(line.price.amount),
        "monthly": _shapes.cents(line.monthly),
        "source": line.price.source,
        "as_of": line.price.as_of,
        "assumption": line.assumption,
        "counted_at": line.within or None,
        "low": {
            "quantity": _shapes.exact(line.low_quantity),
            "price": _shapes.exact(line.low_price.amount),
            "monthly": _shapes.cents(line.low_monthly),
        },
    }


def _tree(resource: Resource, estimate: Estimate) -> Iterator[str]:
    place = f"{printable(resource.location.path)}:{resource.location.line}"
    total = ("at least " if estimate.open_ended else "") + money_range(Money(estimate.low, estimate.high))
    yield f"{printable(resource.address)}  {place}  {total if estimate.lines else 'no price'}"
    members = len(estimate.lines) + len(estimate.unpriced)
    for i, line in enumerate(estimate.lines, start=1):
        yield from _branch(line, last=i == members)
    for i, one in enumerate(estimate.unpriced, start=len(estimate.lines) + 1):
        yield f"{'└─' if i == members else '├─'} {printable(one.name)}: not priced: {printable(one.reason)}"


def _branch(line: CostLine, last: bool) -> Iterator[str]:
    quantity = _range(_rounded(line.low_quantity), _rounded(line.quantity))
    cost = money_range(Money(line.low_monthly, line.monthly))
    yield _row(f"{'└─' if last else '├─'} {printable(line.name)}", quantity, line.unit, cost)
    bar = "  " if last else "│ "
    price = _range(f"${_shapes.exact(line.low_price.amount)}", f"${_shapes.exact(line.price.amount)}")
    dated = f", {line.price.as_of}" if line.price.as_of else ""
    yield f"{bar}    at {price} each ({printable(line.price.source)}{dated})"
    if line.assumption:
        yield f"{bar}    assumed: {printable(line.assumption)}"
    if line.within:
        yield f"{bar}    runs on {printable(line.within)}, counted there"


def _summary(breakdown: Breakdown, today: date) -> Iterator[str]:
    project, base = breakdown.project, breakdown.base
    open_ended = total(project.estimates).open_ended
    yield f"Total: {'at least ' if open_ended else ''}{money_range(_total(project))} a month"
    if base is not None:
        yield f"Base:  {money_range(_total(base))} a month"
        yield from _changed(project, base)
    without = [one for one, estimate in _costly(project) if _without(estimate, project)]
    if without:
        yield f"{count(len(without), 'resource')} with a part that has no price, which is not counted as nothing:"
        for resource in without:
            reasons = [printable(one) for one in _without(project.estimates[resource.address], project)]
            yield f"  {printable(resource.address)}: {'; '.join(dict.fromkeys(reasons))}"
        yield "  (prices of your own stand under prices: in guard.yaml, amounts of use under usage:)"
    yield f"Prices: {_age(breakdown.prices_as_of, today)}, in USD, list prices before tax; a month is 730 hours"


def _changed(project: Project, base: Project) -> Iterator[str]:
    share = _percent(project, base)
    yield f"Change: {signed(_difference(project, base))} a month{f' ({share})' if share else ''}"
    for one in changes(_costs(project), _costs(base)):
        yield f"  {one.kind} {printable(one.address)}: {signed(one.monthly)}"
        yield from (f"    {printable(edit.text)}" for edit in one.edits)


def _without(estimate: Estimate, project: Project) -> list[str]:
    """Return why parts have no price, but for those that a node pool with a price pays for."""
    return [one.reason for one in estimate.unpriced if one.within not in project.estimates]


def _age(as_of: str, today: date) -> str:
    try:
        days = (today - date.fromisoformat(as_of)).days
    except ValueError:
        return "of an unknown day"
    return f"of {as_of} ({count(max(days, 0), 'day')} old)"


def _rounded(number: Decimal) -> str:
    text = f"{rounded(number, '0.0001'):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _row(*cells: str) -> str:
    name, quantity, unit, cost = cells
    return f"{name:<{NAME_WIDTH}} {quantity:>{QUANTITY_WIDTH}}  {unit:<{UNIT_WIDTH}} {cost:>14}".rstrip()
