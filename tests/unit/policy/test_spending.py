"""Budgets with what was really spent on them, and what the rule says about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from guard.costing.estimate import estimates
from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import whole_file
from guard.model.resource import Resource
from guard.model.rule import Budget, Context, Project
from guard.model.spend import SpendScope, Spent, fiscal_period
from guard.model.value import Unknown
from guard.policy.model import BudgetEntry, Policy, Where
from guard.policy.spending import scope_of, with_spent
from guard.rules.spend.over_budget import Options, check
from tests.unit.costing.making import BOOK, HERE, machines, resource

TODAY = date(2026, 11, 20)
AT = whole_file("guard.yaml")
SPENT = Spent(Decimal(900), Decimal(1300), "2026-11-20", Decimal("0.5"), "bill")


def test_scopes_by_platform_region_and_label_are_on_the_bill() -> None:
    where = Where(platforms=("aws",), regions=("eu-*",), environments=("prod",), labels=(("team", ("ml",)),))
    labels = (("team", ("ml",)), ("environment", ("prod",)))
    assert scope_of((where, Where())) == SpendScope(("aws",), ("eu-*",), labels)
    assert scope_of(()) == SpendScope()


@pytest.mark.parametrize("where", [Where(paths=("infra/**",)), Where(purposes=("training",)), Where(addresses=("*",))])
def test_scopes_by_what_no_bill_knows_are_unknown(where: Where) -> None:
    policy = with_spent(Policy(budgets=(BudgetEntry("b", AT, (where,)),)), lambda _: SPENT, TODAY)
    found = policy.budgets[0].spent
    assert isinstance(found, Unknown)
    assert "which no bill knows" in found.reason


def test_each_budget_is_asked_with_its_own_scope() -> None:
    asked: list[SpendScope] = []

    def ask(scope: SpendScope) -> Spent:
        asked.append(scope)
        return SPENT

    team = (Where(labels=(("team", ("ml",)),)),)
    entries = (BudgetEntry("all", AT), BudgetEntry("ml", AT, team, months=3, first_month=2))
    assert [one.spent for one in with_spent(Policy(budgets=entries), ask, TODAY).budgets] == [SPENT, SPENT]
    assert asked == [
        SpendScope(since=date(2026, 11, 1)),
        SpendScope(labels=(("team", ("ml",)),), since=date(2026, 11, 1)),
    ]


def said(
    now: int, before: int, spent: Spent | Unknown | None, monthly: str = "2000", **more: Any
) -> list[Finding | UnknownFact]:
    def project(count: int) -> Project:
        one: Resource = resource(machines("aws", "g5.xlarge", count), region="us-east-1", address="aws_instance.a")
        its = frozenset([one.address])
        budget = Budget("ml", AT, its, its, Decimal(monthly), spent=spent, **more)
        return Project((one,), estimates((one,), BOOK), BOOK, (budget,), TODAY)

    head = project(now)
    context = Context("over-budget", Severity.ERROR, Options(), head, head.resources, None, project(before))
    return list(check(context))


def test_spent_plus_what_the_change_adds_to_the_rest_of_the_month_blocks() -> None:
    # g5.xlarge 1.006 x 730 = 734.38 a month; half of it in half a month: 1300 + 367.19
    assert said(2, 1, SPENT, "1700") == []
    (finding,) = said(2, 1, SPENT, "1650")
    assert isinstance(finding, Finding)
    assert finding.message == (
        "ml: $900 spent until 2026-11-20, $1,300 expected of the month; $367 that this change adds to the rest of it "
        "makes $1,667, over its budget of $1,650"
    )
    assert (finding.attribute, finding.address) == ("budget.ml.spent", "aws_instance.a")


def test_a_change_that_adds_nothing_is_not_held_up() -> None:
    over = Spent(Decimal(5000), Decimal(9000), "2026-11-20", Decimal("0.5"), "bill")
    assert said(1, 1, over) == []
    assert said(1, 2, over) == []


def test_without_a_bill_nothing_is_said() -> None:
    assert said(2, 1, None) == []


def test_a_scope_that_no_bill_knows_is_undecided() -> None:
    (fact,) = said(2, 1, Unknown("no bill knows", HERE))
    assert isinstance(fact, UnknownFact)
    assert (fact.attribute, fact.reason) == ("budget.ml.spent", "no bill knows")


@pytest.mark.parametrize(
    ("today", "months", "first_month", "begins", "ends"),
    [
        ("2026-11-20", 1, 4, "2026-11-01", "2026-11-30"),
        ("2026-11-20", 3, 1, "2026-10-01", "2026-12-31"),
        ("2026-11-20", 3, 2, "2026-11-01", "2027-01-31"),
        ("2026-11-20", 12, 10, "2026-10-01", "2027-09-30"),
        ("2026-01-31", 12, 4, "2025-04-01", "2026-03-31"),
        ("2028-02-29", 12, 1, "2028-01-01", "2028-12-31"),
    ],
)
def test_fiscal_periods(today: str, months: int, first_month: int, begins: str, ends: str) -> None:
    found = fiscal_period(date.fromisoformat(today), months, first_month)
    assert [one.isoformat() for one in found] == [begins, ends]


def test_a_quarter_counts_what_was_spent_before_and_the_months_to_come() -> None:
    earlier = Spent(Decimal(900), Decimal(1300), "2026-11-20", Decimal("0.5"), "bill", Decimal(1000))
    # From October: 1000 + 1300 + half of 734.38 + December at 1300 + 734.38 = 4701.57
    assert said(2, 1, earlier, "1570", months=3) == []
    (finding,) = said(2, 1, earlier, "1560", months=3)
    assert isinstance(finding, Finding)
    assert finding.message == (
        "ml: $1,900 spent from 2026-10-01 until 2026-11-20; with $734 more a month from this change that makes $4,702 "
        "until 2026-12-31, over its budget of $4,680 a quarter, $1,560 a month"
    )


def test_an_export_that_begins_too_late_decides_nothing() -> None:
    late = Spent(Decimal(900), Decimal(1300), "2026-11-20", Decimal("0.5"), "focus.csv", None)
    (fact,) = said(2, 1, late, "1560", months=12, first_month=4)
    assert isinstance(fact, UnknownFact)
    assert fact.reason == "focus.csv does not reach back to 2026-04-01, when the fiscal period began"


@pytest.mark.parametrize(("warn_at", "severity"), [("80", Severity.WARNING), ("95", None)])
def test_a_budget_warns_before_it_is_over(warn_at: str, severity: Severity | None) -> None:
    # 2 x 734.38 = 1468.76 is 92 % of 1600.
    found = said(2, 2, None, "1600", warn_at=Decimal(warn_at))
    assert [one.severity for one in found if isinstance(one, Finding)] == ([severity] if severity else [])
    if severity:
        (finding,) = found
        assert isinstance(finding, Finding)
        assert finding.message == "ml: $1,469 a month, 92 % of its budget of $1,600, of which 80 % are told"


def test_a_budget_that_is_over_is_told_once() -> None:
    (finding,) = said(2, 2, None, "1000", warn_at=Decimal(80))
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.ERROR
