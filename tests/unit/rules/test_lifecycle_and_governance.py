"""What the rules on models, governance, vendors and people do with facts that are unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from guard.discover import offered
from guard.model.node import Node
from guard.model.resource import Compute, DataLink, Purpose, Resource, Serving, Training
from guard.model.rule import Project, Rule
from guard.model.value import Known, Unknown
from guard.prices.book import open_book
from guard.rules.governance import _usage_reports, off_cycle_budget
from tests.unit.policy._made import at, known, resource, unknown
from tests.unit.rules.test_five_families import says

HERE = at(3)
FAMILIES = ("guard.rules.lifecycle.", "guard.rules.governance.")
RULES = [one for one in offered("guard.rules", "RULE", Rule).values() if one.check.__module__.startswith(FAMILIES)]
KINDS = ("UseCase", "VendorContract", "ModelCard", "ModelInventory")


def nothing_known(purpose: Purpose) -> Resource:
    """Return a resource of which every fact is written and none is known."""
    names = [one for one in Serving.__dataclass_fields__ if one != "location"]
    serving = Serving(location=HERE, **dict.fromkeys(names, unknown()))
    names = [one for one in Training.__dataclass_fields__ if one != "location"]
    training = Training(location=HERE, **dict.fromkeys(names, unknown()))
    base = resource(
        purpose=purpose,
        compute=(Compute(location=HERE, accelerator=unknown(), accelerator_count=unknown()),),
        data=(DataLink(location=HERE, uri=unknown(), region=unknown()),),
        unknown_labels=(unknown(),),
    )
    return replace(base, serving=serving, training=training, body=_unknown_body())


def _unknown_body() -> Node:
    """Return a body in which whatever is asked for stands, and is unknown."""
    return Node(Unknown("var.x has no value", HERE), HERE)


def _asked(rule: Rule[Any], subject: Resource) -> tuple[list[str], list[str]]:
    project = Project((subject,), {}, open_book(), today=date(2026, 1, 1))
    return says(rule, subject, project=project)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("purpose", [Purpose.TRAINING, Purpose.INFERENCE, Purpose.BATCH])
def test_a_rule_is_silent_where_nothing_is_known(rule: Rule[Any], purpose: Purpose) -> None:
    assert _asked(rule, nothing_known(purpose))[0] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_is_silent_on_a_record_of_which_nothing_is_known(rule: Rule[Any], kind: str) -> None:
    subject = replace(nothing_known(Purpose.UNKNOWN), platform="records", type=kind, serving=None, training=None)
    assert _asked(rule, subject)[0] == []


def test_there_are_rules_of_both_families() -> None:
    assert len(RULES) > 30


@pytest.mark.parametrize(
    ("cycle", "first_month", "days"),
    [
        ("2027", 1, ("2027-01-01", "2027-12-31")),
        ("2027-H2", 1, ("2027-07-01", "2027-12-31")),
        ("2027-Q1", 10, ("2026-10-01", "2026-12-31")),
        ("2027-Q4", 4, ("2028-01-01", "2028-03-31")),
        ("2027-H3", 1, None),
        ("soon", 1, None),
    ],
)
def test_days_of_a_budget_cycle(cycle: str, first_month: int, days: tuple[str, str] | None) -> None:
    found = off_cycle_budget.period(known(cycle), first_month)
    told = tuple(one.isoformat() for one in found.value) if isinstance(found, Known) else None
    assert told == days


@pytest.mark.parametrize(
    ("reported", "measured", "reason"),
    [
        ("", "cost\n1", "the usage report has no rows"),
        ("month,price\n1,2", "cost\n1", "the usage report and the telemetry have no column in common of cost"),
        ("cost\nmany", "cost\n1", "'many' in the column cost is no number"),
        ("cost\n1e999", "cost\n1", "'1e999' in the column cost is no number"),
        ("cost\nNaN", "cost\n1", "'NaN' in the column cost is no number"),
    ],
)
def test_reports_that_cannot_be_compared(reported: str, measured: str, reason: str) -> None:
    with pytest.raises(_usage_reports.ReportError) as raised:
        _usage_reports.compared(reported, measured, ("cost",), ())
    assert str(raised.value) == reason


def test_reports_are_compared_by_the_columns_that_both_have() -> None:
    total, each = _usage_reports.compared(
        'Month,Cost,Note\n09,"$1,000",x\n10,5,y\n', "month,cost\n09,900\n09,90\n", ("cost",), ("month", "model")
    )
    assert [str(total.reported), str(total.measured)] == ["1005", "990"]
    assert [(*one.key, str(one.reported), str(one.measured)) for one in each] == [
        ("09", "1000", "990"),
        ("10", "5", "0"),
    ]
