"""`guard explain`: a rule's page, or how guard understood one resource."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import Enum
from typing import Any

from guard import engine
from guard.cli import _arguments, _inputs, _options
from guard.cli._attributes import attributes as told_attributes
from guard.cli._usage import UsageError
from guard.model.command import Command
from guard.model.glob import matches
from guard.model.location import Location, Step
from guard.model.price import Estimate
from guard.model.report import Report
from guard.model.resource import Resource
from guard.model.value import Absent, Known, Unknown
from guard.policy.model import ASSERT, RuleEntry, Where
from guard.policy.pages import page
from guard.reports._words import dollars, printable


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard explain`."""
    parser.add_argument("name", metavar="RULE|ADDRESS", help="a rule, or a resource's address (a glob may be used)")
    _arguments.add_inputs(parser)
    _arguments.add_policy(parser)
    _arguments.add_prices(parser)


def run(options: Namespace) -> int:
    """Print a rule's page, or the facts, cost and findings of the resources whose address fits."""
    rule = engine.find_rule(options.name)
    if rule is not None:
        print(page(rule), end="")
        return 0
    report = _report(options)
    chosen = [one for one in report.resources if matches(options.name, one.address)]
    if not chosen:
        names = [*engine.rule_names(), ASSERT, *(one.address for one in report.resources)]
        near = get_close_matches(options.name, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; `guard rules` and `guard dump` list what there is"
        raise UsageError(f"no rule and no resource is called {options.name}{hint}")
    print("\n\n".join("\n".join(_explained(one, report)) for one in chosen))
    return 0


def _report(options: Namespace) -> Report:
    chosen = _inputs.selection(options)
    policy, problems = _options.policy(options, chosen)
    request = _options.with_facts(_inputs.request(options, chosen), policy)
    policy = replace(policy, rules=tuple(_narrowed(entry, options.name) for entry in policy.rules))
    with _options.base(options, chosen, request) as base:
        return engine.check(request, policy, problems, _options.prices(options, policy), datetime.now(UTC).date(), base)


def _narrowed(entry: RuleEntry, address: str) -> RuleEntry:
    """Return the entry for these addresses alone, so that no finding is told as that of another instance."""
    rule = engine.find_rule(entry.rule)
    if rule is None or rule.per != "resource":
        return entry
    return replace(entry, where=(*entry.where, Where(addresses=(address,))))


def _explained(resource: Resource, report: Report) -> Iterator[str]:
    told: set[tuple[Step, ...]] = set()
    yield printable(resource.address)
    yield f"  {resource.type}, read by {resource.platform}, at {_place(resource.location)}"
    for call in resource.calls:
        yield f"  called as {printable(call.module)} at {_place(call.location)}"
    yield f"  purpose: {resource.purpose.value}{f' ({printable(resource.evidence)})' if resource.evidence else ''}"
    for name, value in (("region", resource.region), ("zone", resource.zone), ("instances", resource.repeated)):
        yield from _fact(name, value, told)
    for name, label in sorted(resource.labels.entries.items()):
        yield from _fact(f"label {printable(name)}", label.value, told, f"from {label.source}")
    for unknown in resource.labels.unknown:
        yield from _fact("further labels", unknown, told)
    for title, facet in _facets(resource):
        yield from ("", f"{title} ({_place(facet.location)})")
        for one in fields(facet):
            yield from _fact(one.name, getattr(facet, one.name), told)
    yield from ("", "attributes", *told_attributes(resource.body))
    yield from ("", *_cost(report.estimates.get(resource.address) or Estimate(resource.address), resource))
    yield from _said(resource, report)


def _facets(resource: Resource) -> Iterator[tuple[str, Any]]:
    for kind in ("compute", "storage", "data", "fees"):
        for index, facet in enumerate(getattr(resource, kind)):
            yield f"{kind}[{index}]", facet
    for kind in ("serving", "training"):
        facet = getattr(resource, kind)
        if facet is not None:
            yield kind, facet


def _fact(name: str, value: Any, told: set[tuple[Step, ...]], note: str = "") -> Iterator[str]:
    """Yield a fact with its place, and the way that leads there where it was not told before."""
    after = f", {note}" if note else ""
    match value:
        case Known(known, location, trail):
            yield f"  {name}: {_shown(known)}  ({_place(location)}{after})"
            yield from (f"    {printable(one.message)} ({_place(one.location)})" for one in trail if trail not in told)
            told.add(trail)
        case Unknown(reason, location):
            yield f"  {name}: unknown, {printable(reason)}  ({_place(location)}{after})"
        case str() if value:
            yield f"  {name}: {printable(value)}"
        case tuple() if value and not isinstance(value, Location):
            yield f"  {name}: {', '.join(_shown(one) for one in value)}"
        case bool() | Absent() | None:
            return


def _shown(value: Any) -> str:
    if isinstance(value, Known):
        return _shown(value.value)
    if isinstance(value, tuple):
        return ", ".join(_shown(one) for one in value)
    return printable(str(value.value if isinstance(value, Enum) else value))


def _cost(estimate: Estimate, resource: Resource) -> Iterator[str]:
    if not estimate.lines and not estimate.unpriced:
        yield f"cost: {resource.unpriced or 'nothing of itself'}"
        return
    ends = [dollars(estimate.low), dollars(estimate.high)]
    least = "at least " if estimate.open_ended else ""
    yield f"cost: {least}{ends[1] if ends[0] == ends[1] else ' to '.join(ends)} a month"
    for line in estimate.lines:
        quantity = f"{line.quantity.normalize():f} {line.unit}"
        price = f"${line.price.amount.normalize():f} ({line.price.source}, {line.price.as_of or 'undated'})"
        yield f"  {printable(line.name)}: {quantity} x {price} = {dollars(line.monthly)}"
        if line.assumption:
            yield f"    {printable(line.assumption)}"
    for one in estimate.unpriced:
        yield f"  {printable(one.name)}: no price, {printable(one.reason)} ({_place(one.location)})"


def _said(resource: Resource, report: Report) -> Iterator[str]:
    findings = [one for one in report.findings if one.address == resource.address]
    waived = [one for one in report.waived if one.finding.address == resource.address]
    unknowns = [one for one in report.unknowns if one.address == resource.address]
    if findings or waived or unknowns:
        yield ""
    for finding in findings:
        where = _place(finding.location)
        yield f"{finding.severity.value}[{finding.rule}]: {printable(finding.message)} ({where})"
    for one in waived:
        yield f"waived[{one.finding.rule}]: {printable(one.finding.message)} ({printable(one.waiver.reason)})"
    for fact in unknowns:
        rule = f"[{fact.rule}]" if fact.rule else ""
        yield f"undecided{rule}: {printable(fact.attribute)}: {printable(fact.reason)} ({_place(fact.location)})"


def _place(location: Location) -> str:
    return f"{printable(location.path)}:{location.line}:{location.column}"


COMMAND = Command("explain", "show a rule's page, or how a resource was understood", arguments, run, order=50)
