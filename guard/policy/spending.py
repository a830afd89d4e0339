"""Which part of the bill each budget means, and the budgets with what was really spent on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from guard.model.spend import SpendScope, Spent, fiscal_period
from guard.model.value import Unknown
from guard.policy.model import BudgetEntry, Policy, Where

# What a bill does not know of: where in the repository something is written, and what it is for.
_NOT_ON_A_BILL = ("paths", "exclude", "addresses", "types", "origins", "purposes")


def with_spent(policy: Policy, ask: Callable[[SpendScope], Spent], today: date) -> Policy:
    """Return the policy, each budget with what was spent on its scope until today, or why a bill cannot tell."""
    return replace(policy, budgets=tuple(replace(one, spent=_spent(one, ask, today)) for one in policy.budgets))


def scope_of(where: Sequence[Where]) -> SpendScope | str:
    """Return the charges that a scope means, or which of its keys no bill knows."""
    providers: list[str] = []
    regions: list[str] = []
    labels: list[tuple[str, tuple[str, ...]]] = []
    for one in where:
        unknown = next((name for name in _NOT_ON_A_BILL if getattr(one, name)), "")
        if unknown:
            return f"its scope is by {unknown}, which no bill knows"
        if (one.platforms and providers) or (one.regions and regions):
            return "it has more than one scope by platform or region"
        providers += one.platforms
        regions += one.regions
        labels += one.labels
        labels += [("environment", one.environments)] if one.environments else []
    return SpendScope(tuple(providers), tuple(regions), tuple(labels))


def _spent(budget: BudgetEntry, ask: Callable[[SpendScope], Spent], today: date) -> Spent | Unknown:
    scope = scope_of(budget.where)
    if isinstance(scope, str):
        return Unknown(f"what was spent on budget {budget.name} is not known: {scope}", budget.location)
    since, _ = fiscal_period(today, budget.months, budget.first_month)
    return ask(replace(scope, since=since))
