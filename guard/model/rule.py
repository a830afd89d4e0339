"""What a rule is, and all that it may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.location import Location, Step
from guard.model.node import Node
from guard.model.price import Estimate, PriceBook
from guard.model.resource import Resource
from guard.model.spend import Spent
from guard.model.usage import UsageHistory
from guard.model.value import Absent, Known, Unknown

OptionsT = TypeVar("OptionsT")
Where: TypeAlias = "Known[Any] | Unknown | Absent | Node | Location"


@dataclass(frozen=True, slots=True)
class Budget:
    """A spend threshold from the policy, with the resources that its scope takes in already chosen.

    Amounts in USD a month; None where that threshold is not set. `location` is the budget in the policy file.
    `undecided` is `block` or `warn`: what is said where too much is unknown to hold the cost against a threshold.
    `spent` is what was really spent on it this month, where that was asked for. `months` is the length of its fiscal
    period, of which `monthly` is the even share, `first_month` the month in which the fiscal year begins; from
    `warn_at` percent on there is a warning.
    """

    name: str
    location: Location
    addresses: frozenset[str]
    base_addresses: frozenset[str] = frozenset()
    monthly: Decimal | None = None
    increase_amount: Decimal | None = None
    increase_percent: Decimal | None = None
    undecided: str = "block"
    months: int = 1
    first_month: int = 1
    warn_at: Decimal | None = None
    spent: Spent | Unknown | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that one run judges. Addresses are unique: roots with equal ones are told apart by their path.

    `today` is the day of the report. `history` is what was measured, None where no history was given. `texts` holds the
    files below the root by path, each read when it is asked for; one that cannot be read is not among them.
    """

    resources: tuple[Resource, ...]
    estimates: Mapping[str, Estimate]
    prices: PriceBook
    budgets: tuple[Budget, ...] = ()
    today: date | None = None
    history: UsageHistory | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    def resource(self, address: str) -> Resource | None:
        """Return the resource at `address`, None where there is none."""
        return next((one for one in self.resources if one.address == address), None)


class Context(NamedTuple, Generic[OptionsT]):
    """All that a rule may see; one is made for every rule and resource.

    `resource` is what is judged (for a rule per project or change: None). `scope` holds the resources that the
    policy's `where` lets through. `base` is the project at the commit compared with, None without one.
    """

    rule: str
    severity: Severity
    options: OptionsT
    project: Project
    scope: tuple[Resource, ...]
    subject: Resource | None = None
    base: Project | None = None

    @property
    def resource(self) -> Resource:
        """Return the resource to judge. Raises LookupError in a rule that is not per resource."""
        if self.subject is None:
            raise LookupError(f"{self.rule} is not a rule per resource")
        return self.subject

    @property
    def estimate(self) -> Estimate:
        """Return what the resource costs."""
        address = self.resource.address
        return self.project.estimates.get(address) or Estimate(address)

    def finding(
        self,
        where: Where,
        message: str,
        *,
        attribute: str = "",
        related: tuple[Step, ...] = (),
        fix: Fix | None = None,
        saving: Decimal | None = None,
        address: str | None = None,
    ) -> Finding:
        """Return a finding at `where`; the chain through variables, locals and module calls is added to `related`."""
        place, trail = _place(where)
        subject = self.subject
        calls = tuple(Step(f"called here as {call.module}", call.location) for call in subject.calls) if subject else ()
        own = address if address is not None else (subject.address if subject else "")
        return Finding(
            rule=self.rule,
            severity=self.severity,
            message=message,
            location=place,
            address=own,
            attribute=attribute,
            related=(*related, *trail, *calls),
            fix=fix,
            saving=saving,
        )

    def undecided(self, unknown: Unknown, attribute: str, address: str | None = None) -> UnknownFact:
        """Return the statement that this rule cannot judge, because `attribute` is not known."""
        own = address if address is not None else (self.subject.address if self.subject else "")
        return UnknownFact(own, attribute, unknown.reason, unknown.location, self.rule)


@dataclass(frozen=True, slots=True)
class Example:
    """A small real file that a rule speaks about (`bad`) or not (`good`).

    In a bad one a comment line of carets under a line asserts the finding: `#   ^^^^ message`. The carets stand under
    the columns that the finding covers, the text after them is the whole message. `policy` is YAML: the options of the
    rule, and what else of a policy file the example needs (`budgets`). `files` are further files beside it.
    """

    path: str
    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    policy: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    base: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rule(Generic[OptionsT]):
    """A rule. `name` says the bad thing, so that `allow <name>` reads well; `docs` is its page, the title first.

    `check` yields findings, and an UnknownFact (`context.undecided`) where it cannot judge. `per` is `resource`,
    `project` or `change` (the last runs only where there is a base). `formerly` lists names it had.
    """

    name: str
    severity: Severity
    options: type[OptionsT]
    check: Callable[[Context[OptionsT]], Iterator[Finding | UnknownFact]]
    docs: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    formerly: tuple[str, ...] = ()
    per: str = "resource"

    @property
    def title(self) -> str:
        """Return the first line of its page."""
        return self.docs.strip().splitlines()[0]


def _place(where: Where) -> tuple[Location, tuple[Step, ...]]:
    if isinstance(where, Location):
        return where, ()
    if isinstance(where, (Known, Node)):
        return where.location, where.trail
    return where.location, ()
