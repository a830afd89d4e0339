"""Waivers: comments beside the finding, and entries of the policy with an end and a cap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from guard.model.finding import Severity
from guard.policy.judging import Judgement
from guard.policy.model import Policy, PolicyWaiver, Where
from tests.unit.policy._made import at, costing, entry, judged, project, resource, rule

POLICY = Policy(rules=(entry(),))


def with_text(text: str, line: int, path: str = "main.tf") -> Judgement:
    return judged(POLICY, project(resource(line=line, path=path)), rule(), texts={path: text})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# guard: allow bad-thing -- agreed\nx = 1\n", 2),
        ("x = 1 # guard: allow bad-thing -- agreed\n", 1),
        ("x = 1 // guard:allow bad-thing -- agreed\n", 1),
        ("  // guard: allow bad-thing -- agreed\n\n  # why\n  x = 1\n", 4),
        ("# guard: allow other-thing, bad-thing -- agreed\nx = 1\n", 2),
        ("# guard: allow bad-thing -- agreed\r\nx = 1\r\n", 2),
    ],
)
def test_a_comment_on_or_above_the_line_waives(text: str, line: int) -> None:
    judgement = with_text(text, line)
    assert [one.waiver.reason for one in judgement.waived] == ["agreed"]
    assert not [one for one in judgement.findings if one.rule == "bad-thing"]


def test_a_comment_elsewhere_waives_nothing_and_is_said_to_be_unused() -> None:
    judgement = with_text("# guard: allow bad-thing -- agreed\nx = 1\ny = 2\n", 3)
    assert [(one.rule, one.severity, one.location.line) for one in judgement.findings] == [
        ("unused-waiver", Severity.NOTE, 1),
        ("bad-thing", Severity.ERROR, 3),
    ]


def test_a_comment_without_reason_does_not_hold() -> None:
    judgement = with_text("x = 1 # guard: allow bad-thing\n", 1)
    assert [one.rule for one in judgement.findings] == ["bad-thing"]
    assert [(one.code, one.blocking) for one in judgement.problems] == [("waiver", False)]
    assert "gives no reason" in judgement.problems[0].message
    assert tuple(judgement.problems[0].location or ()) == ("main.tf", (1, 7, 1, 31))


@pytest.mark.parametrize(
    "comment", ["# guard: alow bad-thing -- x", "# guard: allow -- x", "# guard: allow Bad_Thing -- x"]
)
def test_a_comment_that_is_not_understood_is_a_problem(comment: str) -> None:
    judgement = with_text(f"{comment}\nx = 1\n", 2)
    assert [one.code for one in judgement.problems] == ["waiver"]
    assert [one.rule for one in judgement.findings] == ["bad-thing"]


def test_a_comment_for_no_rule_names_the_nearest() -> None:
    judgement = with_text("# guard: allow bad-think -- agreed\nx = 1\n", 2)
    said = next(one for one in judgement.findings if one.rule == "unused-waiver")
    assert (said.severity, said.message) == (
        Severity.WARNING,
        'no rule is called "bad-think"; did you mean "bad-thing"?',
    )


def test_a_comment_for_a_rule_that_does_not_run_is_left_alone() -> None:
    judgement = judged(
        Policy(rules=(entry("other"),)),
        project(resource()),
        rule("other"),
        rule("bad-thing"),
        texts={"main.tf": "# guard: allow bad-thing -- agreed\nx = 1\n"},
    )
    assert [one.rule for one in judgement.findings] == ["other"]


def test_a_waiver_leaves_the_fingerprints_of_others_alone() -> None:
    two = project(resource("aws_instance.a[0]", line=1), resource("aws_instance.a[1]", line=2))
    open_ = judged(POLICY, two, rule())
    waived = judged(POLICY, two, rule(), texts={"main.tf": "x = 1 # guard: allow bad-thing -- agreed\ny = 2\n"})
    assert [one.fingerprint for one in waived.findings] == [open_.findings[1].fingerprint]
    assert waived.waived[0].finding.fingerprint == open_.findings[0].fingerprint


def waiver(**more: Any) -> PolicyWaiver:
    return PolicyWaiver("bad-thing", at(4, "guard.yaml"), "benchmark", **more)


def with_waiver(one: PolicyWaiver, today: date = date(2026, 6, 1), open_ended: bool = False) -> Judgement:
    policy = Policy(rules=(entry(),), waivers=(one,))
    estimate = costing("aws_instance.a", "50", "100", open_ended)
    return judged(policy, project(resource(), estimates=(estimate,)), rule(), today=today)


def test_a_waiver_of_the_policy_holds_until_its_last_day() -> None:
    ends = waiver(expires=date(2026, 6, 1), owner="ml@example.com")
    holds = with_waiver(ends)
    assert [(one.waiver.owner, one.waiver.expires) for one in holds.waived] == [("ml@example.com", "2026-06-01")]
    assert holds.findings == ()
    over = with_waiver(ends, today=date(2026, 6, 2))
    assert [one.rule for one in over.findings] == ["expired-waiver", "bad-thing"]
    assert over.findings[0].message == (
        "this waiver of bad-thing expired on 2026-06-01: 1 finding below it no longer waived; renew or remove it"
    )


def test_a_waiver_holds_up_to_its_cap() -> None:
    assert with_waiver(waiver(up_to=Decimal(100))).findings == ()
    exceeded = with_waiver(waiver(up_to=Decimal(99)))
    assert [one.rule for one in exceeded.findings] == ["exceeded-waiver", "bad-thing"]
    assert "what it covers costs up to $100" in exceeded.findings[0].message


def test_a_cap_does_not_hold_where_the_cost_is_not_known() -> None:
    exceeded = with_waiver(waiver(up_to=Decimal(1000)), open_ended=True)
    assert "not all that it covers has a known cost" in exceeded.findings[0].message


def test_a_waiver_that_covers_nothing_is_said_to_be_unused() -> None:
    judgement = with_waiver(waiver(where=(Where(addresses=("module.*",)),)))
    assert [one.rule for one in judgement.findings] == ["unused-waiver", "bad-thing"]
