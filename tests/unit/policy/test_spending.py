"""Budgets with what was really spent on them, and what the rule says about it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.costing.estimate import estimates
from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import whole_file
from guard.model.resource import Resource
from guard.model.rule import Budget, Context, Project
from guard.model.spend import SpendScope, Spent
from guard.model.value import Unknown
from guard.policy.model import BudgetEntry, Policy, Where
from guard.policy.spending import scope_of, with_spent
from guard.rules.spend.over_budget import Options, check
from tests.unit.costing.making import BOOK, HERE, machines, resource

AT = whole_file("guard.yaml")
SPENT = Spent(Decimal(900), Decimal(1300), "2026-11-20", Decimal("0.5"), "bill")


def test_scopes_by_platform_region_and_label_are_on_the_bill() -> None:
    where = Where(platforms=("aws",), regions=("eu-*",), environments=("prod",), labels=(("team", ("ml",)),))
    labels = (("team", ("ml",)), ("environment", ("prod",)))
    assert scope_of((where, Where())) == SpendScope(("aws",), ("eu-*",), labels)
    assert scope_of(()) == SpendScope()


@pytest.mark.parametrize("where", [Where(paths=("infra/**",)), Where(purposes=("training",)), Where(addresses=("*",))])
def test_scopes_by_what_no_bill_knows_are_unknown(where: Where) -> None:
    policy = with_spent(Policy(budgets=(BudgetEntry("b", AT, (where,)),)), lambda _: SPENT)
    found = policy.budgets[0].spent
    assert isinstance(found, Unknown)
    assert "which no bill knows" in found.reason


def test_each_budget_is_asked_with_its_own_scope() -> None:
    asked: list[SpendScope] = []

    def ask(scope: SpendScope) -> Spent:
        asked.append(scope)
        return SPENT

    entries = (BudgetEntry("all", AT), BudgetEntry("ml", AT, (Where(labels=(("team", ("ml",)),)),)))
    assert [one.spent for one in with_spent(Policy(budgets=entries), ask).budgets] == [SPENT, SPENT]
    assert asked == [SpendScope(), SpendScope(labels=(("team", ("ml",)),))]


def said(now: int, before: int, spent: Spent | Unknown | None, monthly: str = "2000") -> list[Finding | UnknownFact]:
    def project(count: int) -> Project:
        one: Resource = resource(machines("aws", "g5.xlarge", count), region="us-east-1", address="aws_instance.a")
        budget = Budget("ml", AT, frozenset([one.address]), frozenset([one.address]), Decimal(monthly), spent=spent)
        return Project((one,), estimates((one,), BOOK), BOOK, (budget,))

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
