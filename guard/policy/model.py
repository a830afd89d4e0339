"""What a policy says, read and checked: plain values, each with its place in the policy file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from guard.model.finding import Severity
from guard.model.location import Location
from guard.model.node import Node
from guard.model.override import Override
from guard.model.spend import Spent
from guard.model.value import Unknown

ASSERT = "assert"
"""The rule whose condition the policy writes itself; its findings and waivers go by the entry's name."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which resources something holds for; an empty field lets all through, and every written one must agree.

    All texts are globs. `paths` and `exclude` look at the resource's own file and at those of its module calls.
    """

    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule that runs, with its checked options. `where` holds scopes that must all agree, the policy's own first.

    `severity` is None where the rule's own holds; `name` tells entries for the same rule apart.
    """

    rule: str
    location: Location
    name: str = ""
    severity: Severity | None = None
    where: tuple[Where, ...] = ()
    options: Any = None


@dataclass(frozen=True, slots=True)
class BudgetEntry:
    """A spend threshold for a scope; amounts in USD a month. `spent` is what was really spent, where that was asked.

    `months` is how long its fiscal period is: 1, 3 or 12, of which `monthly` is the even share; `first_month` is the
    month in which the fiscal year begins. From `warn_at` percent on there is a warning.
    """

    name: str
    location: Location
    where: tuple[Where, ...] = ()
    monthly: Decimal | None = None
    increase_amount: Decimal | None = None
    increase_percent: Decimal | None = None
    undecided: str = "block"
    months: int = 1
    first_month: int = 1
    warn_at: Decimal | None = None
    spent: Spent | Unknown | None = None


@dataclass(frozen=True, slots=True)
class PolicyWaiver:
    """Findings that are accepted: by whom, why, until when, and up to what cost in USD a month."""

    rule: str
    location: Location
    reason: str
    where: tuple[Where, ...] = ()
    owner: str = ""
    expires: date | None = None
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy to read: a pack's name or a path. `text` is its content where the caller has read it already."""

    name: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that the policies of a run say.

    `locality` maps globs of URIs to regions; `clusters` holds cluster profiles as they are written. `texts` holds the
    policy files that were read, by path, and `sources` their names in the order read. `usage` is what stands in
    the policy under that name: the path of a usage file, from the root, or what such a file would hold.
    """

    rules: tuple[RuleEntry, ...] = ()
    budgets: tuple[BudgetEntry, ...] = ()
    waivers: tuple[PolicyWaiver, ...] = ()
    locality: Mapping[str, str] = field(default_factory=dict)
    clusters: tuple[Node, ...] = ()
    prices: tuple[Override, ...] = ()
    usage: Node | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
