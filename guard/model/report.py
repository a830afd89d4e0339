"""What a run found, sorted: the only thing that reporters get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from guard.model.finding import Finding, Problem, Severity, UnknownFact
from guard.model.location import Location
from guard.model.price import Estimate, total
from guard.model.resource import Resource
from guard.model.rule import Project


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding does not count: from an inline comment or from the policy."""

    reason: str
    location: Location
    owner: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding and the waiver that hides it; `addresses` are all the resources that it is about."""

    finding: Finding
    waiver: Waiver
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Money:
    """A range of USD a month."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The cost of everything judged; `base` and `delta` are of the commit compared with, where there is one."""

    monthly: Money
    base: Money | None = None
    delta: Money | None = None
    unpriced: tuple[str, ...] = ()
    open_ended: bool = False


def totals(project: Project, base: Project | None) -> Totals:
    """Return what a project costs, compared with what it starts from, if anything."""
    now = total(project.estimates)
    before = total(base.estimates) if base else None
    scope = project.estimates.keys()
    unpriced = [
        address for address, one in project.estimates.items() if any(part.within not in scope for part in one.unpriced)
    ]
    return Totals(
        monthly=Money(now.low, now.high),
        base=Money(before.low, before.high) if before else None,
        delta=Money(now.low - before.low, now.high - before.high) if before else None,
        unpriced=tuple(sorted(unpriced)),
        open_ended=now.open_ended,
    )


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a reporter may want to say about a rule: its title, its page in Markdown and its severity in this run."""

    name: str
    title: str
    docs: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found.

    `texts` holds the text of each file that a finding or problem points into, for excerpts. `passed` maps each rule
    that ran to the number of resources it had nothing against. `base` is what the change starts from, where there is
    something to compare with; `day` is the day of the run, as ISO 8601.
    """

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    problems: tuple[Problem, ...]
    unknowns: tuple[UnknownFact, ...]
    totals: Totals
    resources: tuple[Resource, ...]
    estimates: Mapping[str, Estimate]
    files: int
    rules: tuple[RuleInfo, ...]
    texts: Mapping[str, str]
    prices_as_of: str
    version: str
    passed: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    base: Project | None = None
    day: str = ""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How a report is to be written: `color` only for a terminal; `base_url` where rule pages are."""

    color: bool = False
    quiet: bool = False
    verbose: bool = False
    width: int = 100


@dataclass(frozen=True, slots=True)
class Reporter:
    """A way to tell a report as text; `render` is pure and ends its text with a line feed."""

    name: str
    summary: str
    render: Callable[[Report, ReportOptions], str]
