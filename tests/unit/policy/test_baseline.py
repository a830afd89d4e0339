"""A baseline hides what was there, by what it is and not by its line, and nothing that is new."""

from __future__ import annotations

import json

import pytest

from guard.model.finding import Finding, Severity
from guard.policy.baseline import Baseline, BaselineError, Subtracted, read, subtracted, written
from tests.unit.policy._made import at


def finding(line: int, address: str = "aws_instance.a", rule: str = "bad-thing") -> Finding:
    return Finding(rule, Severity.ERROR, f"bad on {line}", at(line), address, "x")


def against(baseline: str, *findings: Finding) -> Subtracted:
    return subtracted(findings, read("base.json", baseline), lambda path: path == "main.tf")


def test_moved_findings_stay_hidden_and_further_equal_ones_do_not() -> None:
    text = written([finding(3), finding(1)])
    moved = against(text, finding(11), finding(13), finding(15))
    assert [one.finding.location.line for one in moved.waived] == [11, 13]
    assert [one.location.line for one in moved.findings] == [15]
    assert {one.waiver.reason for one in moved.waived} == {"baseline"}
    assert moved.waived[0].waiver.location.path == "base.json"
    assert moved.gone == ()


def test_one_more_instance_is_not_new_but_another_resource_is() -> None:
    text = written([finding(1, 'aws_instance.a["x"]')])
    assert against(text, finding(1, 'aws_instance.a["y"]')).findings == ()
    assert len(against(text, finding(1, "aws_instance.b")).findings) == 1


def test_what_is_gone_is_told_where_it_was_looked_for() -> None:
    text = written([finding(1), finding(2), finding(3, rule="other")])
    gone = against(text, finding(1)).gone
    assert [(one.rule, one.count, one.message) for one in gone] == [
        ("bad-thing", 1, "bad on 1"),
        ("other", 1, "bad on 3"),
    ]
    assert subtracted((), read("b", text), lambda path: False).gone == ()


def test_it_is_sorted_and_says_nothing_of_waivers() -> None:
    some = [finding(2, "b"), finding(1, "a"), finding(1, rule="expired-waiver")]
    assert written(some) == written(reversed(some))
    rows = json.loads(written(some))["findings"]
    assert [(row["address"], row["count"]) for row in rows] == [("a", 1), ("b", 1)]
    assert read("b", written([])) == Baseline("b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "no baseline of version 1"),
        ('{"version": 2, "findings": []}', "no baseline of version 1"),
        ('{"version": 1, "findings": [{}]}', "finding 1 is not as"),
        (
            '{"version": 1, "findings": [{"rule": "a", "path": "b", "address": "", "message": "", "count": true, '
            '"fingerprint": "x"}]}',
            "finding 1 is not as",
        ),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, message: str) -> None:
    with pytest.raises(BaselineError, match=message):
        read("base.json", text)
