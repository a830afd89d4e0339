"""Judging: scopes, severities, merging, fingerprints, unknown facts."""

from __future__ import annotations

from decimal import Decimal

from guard.model.finding import Finding, Severity
from guard.model.instance import Call
from guard.policy.judging import Judgement
from guard.policy.model import BudgetEntry, Policy, Where
from tests.unit.policy._made import at, entry, judged, known, project, resource, rule, unknown


def only(judgement: Judgement) -> Finding:
    assert len(judgement.findings) == 1
    return judgement.findings[0]


def test_a_rule_looks_only_at_what_its_scope_lets_through() -> None:
    here, there = resource("aws_instance.a", line=1), resource("aws_instance.b", line=2)
    policy = Policy(rules=(entry(where=(Where(addresses=("*.b",)),)),))
    judgement = judged(policy, project(here, there), rule())
    assert [one.address for one in judgement.findings] == ["aws_instance.b"]
    assert judgement.passed == {"bad-thing": 0}


def test_an_unknown_scope_is_neither_judged_nor_passed_silently() -> None:
    undecided = resource("aws_instance.a", labels={"environment": unknown()})
    policy = Policy(rules=(entry(where=(Where(environments=("prod",)),)),))
    judgement = judged(policy, project(undecided), rule())
    assert judgement.findings == ()
    assert [(one.attribute, one.reason, one.rule) for one in judgement.unknowns] == [
        ("where", "var.x has no value", "bad-thing")
    ]


def test_the_policy_decides_the_severity_and_off_keeps_a_rule_from_running() -> None:
    target = project(resource())
    assert only(judged(Policy(rules=(entry(severity=Severity.NOTE),)), target, rule())).severity is Severity.NOTE
    assert only(judged(Policy(rules=(entry(),)), target, rule())).severity is Severity.ERROR
    off = judged(Policy(rules=(entry(severity=Severity.OFF),)), target, rule())
    assert (off.findings, off.passed) == ((), {})


def test_instances_that_share_the_faulty_line_make_one_finding() -> None:
    calls = (Call("module.train", at(9)),)
    instances = [resource(f"module.train.aws_instance.a[{i}]", line=3, calls=calls) for i in range(8)]
    finding = only(judged(Policy(rules=(entry(),)), project(*instances), rule()))
    assert finding.message == "bad (in 8 resources)"
    assert finding.address == "module.train.aws_instance.a[0]"
    also = [step for step in finding.related if step.message.startswith("the same holds for")]
    assert [step.message[-3:] for step in also] == ["[1]", "[2]", "[3]", "[4]", "[5]"]
    assert {step.location for step in also} == {at(9)}


def test_the_graver_of_two_entries_wins_where_both_find_the_same() -> None:
    policy = Policy(rules=(entry(severity=Severity.NOTE), entry(severity=Severity.WARNING)))
    assert only(judged(policy, project(resource()), rule())).severity is Severity.WARNING


def test_fingerprints_survive_moved_lines_and_new_instances() -> None:
    policy = Policy(rules=(entry(),))
    before = only(judged(policy, project(resource("aws_instance.a[0]", line=1)), rule())).fingerprint
    moved = only(judged(policy, project(resource("aws_instance.a[0]", line=7)), rule())).fingerprint
    more = [resource(f"aws_instance.a[{i}]", line=7) for i in range(2)]
    assert before == moved == only(judged(policy, project(*more), rule())).fingerprint
    other = only(judged(policy, project(resource("aws_instance.b")), rule())).fingerprint
    assert other != before


def test_equal_findings_have_different_fingerprints() -> None:
    twice = [resource("aws_instance.a[0]", line=1), resource("aws_instance.a[1]", line=2)]
    judgement = judged(Policy(rules=(entry(),)), project(*twice), rule())
    assert len({one.fingerprint for one in judgement.findings}) == 2


def test_the_order_is_by_place_whatever_the_order_of_resources() -> None:
    some = [
        resource("aws_instance.b", line=5),
        resource("aws_instance.a", line=2),
        resource("aws_instance.c", path="a.tf"),
    ]
    policy = Policy(rules=(entry(),))
    forth = judged(policy, project(*some), rule())
    back = judged(policy, project(*reversed(some)), rule())
    assert forth == back
    assert [one.location.path for one in forth.findings] == ["a.tf", "main.tf", "main.tf"]


def test_a_rule_per_change_runs_only_with_a_base() -> None:
    policy = Policy(rules=(entry(),))
    changing = rule(per="change", where=1)
    assert judged(policy, project(resource()), changing).findings == ()
    assert only(judged(policy, project(resource()), changing, base=project())).message == "bad"


def test_budgets_of_the_policy_hold_the_resources_of_their_scope() -> None:
    from guard.policy.scope import budget

    research = resource("aws_instance.a", labels={"CostCenter": known("cc-1042")})
    serving = resource("aws_instance.b", labels={"cost-center": known("cc-7")})
    perhaps = resource("aws_instance.c", unknown_labels=(unknown("var.tags has no value"),))
    written = BudgetEntry("ml", at(1, "guard.yaml"), (Where(labels=(("cost-center", ("cc-1*",)),)),), Decimal(100))
    scoped, undecided = budget(written, project(research, serving, perhaps), project(research), "over-budget")
    assert scoped.addresses == frozenset({"aws_instance.a"}) == scoped.base_addresses
    assert scoped.monthly == 100
    assert [(one.address, one.reason) for one in undecided] == [("aws_instance.c", "var.tags has no value")]
