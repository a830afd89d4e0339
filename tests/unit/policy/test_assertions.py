"""Assertions: the rule that a policy writes itself, from its examples to its waivers."""

from __future__ import annotations

from datetime import date

import pytest

from guard import engine
from guard.cli._cases import run_example
from guard.inputs.memory import MemoryTree
from guard.model.finding import Problem
from guard.model.report import Report
from guard.model.rule import Example
from guard.policy.assertions import RULE
from guard.policy.model import PolicySource
from guard.policy.pages import page
from guard.prices.book import open_book
from guard.request import Request

MACHINE = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "a" {
  instance_type = "p5.48xlarge"
}
"""


def load(text: str) -> tuple[Problem, ...]:
    return engine.load_policy((PolicySource("guard.yaml", text),), MemoryTree({}))[1]


def checked(policy: str, text: str = MACHINE) -> Report:
    read, problems = engine.load_policy((PolicySource("guard.yaml", policy),), MemoryTree({}))
    assert problems == ()
    return engine.check(Request(MemoryTree({"main.tf": text})), read, (), open_book(), date(2026, 1, 1))


@pytest.mark.parametrize("example", [*RULE.bad, *RULE.good])
def test_an_example_finds_what_its_carets_say(example: Example) -> None:
    assert run_example(RULE, example, open_book()) == ()


def test_its_page_shows_how_it_is_written() -> None:
    assert 'rules:\n  - rule: assert\n    name: "no-h100-in-dev"' in page(RULE)


@pytest.mark.parametrize(
    ("policy", "place"),
    [
        ("rules: [{rule: assert, name: a, that: resource.regin == 'x'}]", (1, 48, 53)),
        ('rules: [{rule: assert, name: a, that: "resource.regin == \\"x\\""}]', (1, 49, 54)),
        ("rules: [{rule: assert, name: a, that: '\"''\" == resource.regin'}]", (1, 57, 62)),
        ("rules:\n- rule: assert\n  name: a\n  that: |\n    true &&\n      resource.regin == 'x'\n", (6, 16, 21)),
        ("rules:\n- rule: assert\n  name: a\n  that: >-\n    true &&\n    resource.regin == 'x'\n", (6, 14, 19)),
        ("rules:\n- rule: assert\n  name: a\n  that: true &&\n    resource.regin == 'x'\n", (5, 14, 19)),
    ],
)
def test_a_mistake_is_told_at_its_line_and_column(policy: str, place: tuple[int, int, int]) -> None:
    (problem,) = load(policy)
    assert problem.message == 'that: a resource has no "regin"; did you mean "region"?'
    assert problem.location is not None
    assert (problem.location.line, problem.location.column, problem.location.span.end_column) == place


def test_findings_and_waivers_go_by_its_name() -> None:
    policy = "rules: [{rule: assert, name: small, that: resource.monthly.low < 10.0, severity: warning}]\n"
    report = checked(policy)
    assert [(one.rule, one.severity.value, one.message) for one in report.findings] == [
        ("small", "warning", "this does not hold: resource.monthly.low < 10.0")
    ]
    waived = checked(policy + "waivers: [{rule: small, reason: agreed}]")
    assert (waived.findings, [one.finding.rule for one in waived.waived]) == ((), ["small"])
    comment = checked(policy, MACHINE.replace('"a" {', '"a" { # guard: allow small -- agreed'))
    assert (comment.findings, len(comment.waived)) == ((), 1)


def test_at_points_at_a_fact_or_at_an_attribute() -> None:
    for place in ("instance_type", "compute[0].instance_type", "compute.instance_type"):
        report = checked(f"rules: [{{rule: assert, name: a, that: 'false', at: '{place}'}}]")
        (finding,) = report.findings
        assert (finding.location.line, finding.location.column, finding.attribute) == (6, 19, place)


def test_an_unknown_fact_is_listed_and_never_found() -> None:
    text = MACHINE.replace('"p5.48xlarge"', "var.type") + 'variable "type" {\n}\n'
    report = checked("rules: [{rule: assert, name: a, that: resource.values.instance_type == 'x'}]", text)
    assert report.findings == ()
    assert [one.reason for one in report.unknowns if one.rule == "a"] == ["var.type has no value"]
