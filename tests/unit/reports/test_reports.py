"""Every report, from one made by hand; formats with a schema or a parser of their own are held against it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Failure, JUnitXml, TestCase

from guard.discover import offered
from guard.model.location import Location, Span
from guard.model.report import Report, Reporter, ReportOptions
from guard.reports import _shapes, _words, github, gitlab, junit, sarif, text
from guard.reports import json as json_report

from ._made import FINDING, PLACE, TEXT, report

PLAIN = ReportOptions()


def test_every_reporter_ends_its_text_with_a_line_feed() -> None:
    for name, reporter in offered("guard.reports", "REPORTER", Reporter).items():
        assert reporter.name == name
        assert reporter.render(report(), PLAIN).endswith("\n"), name


def test_text_shows_source_chain_cost_and_summary() -> None:
    assert text.render(report(), PLAIN) == (
        "problem[syntax]: the string is not closed\n"
        "  --> infra/bad.tf:3:5\n"
        "\n"
        "error[disallowed-instance-type]: p4d.24xlarge is not allowed: 50% off, see a,b:c\n"
        '  --> infra/main.tf:2:19  module.train["eu"].aws_instance.größe\n'
        "    |\n"
        '  2 |   instance_type = "p4d.24xlarge"\n'
        "    |                   ^^^^^^^^^^^^^^\n"
        "  = called here: infra/root.tf:7:1\n"
        "  = saves $1,234.50 a month\n"
        "  = guard fix: take another\n"
        "\n"
        "note[missing-tag]: line one\\x0aline two ::error::x\n"
        '  --> infra/main.tf:1:1  module.train["eu"].aws_instance.größe\n'
        "    |\n"
        '  1 | resource "aws_instance" "größe" {\n'
        "    | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "\n"
        "1 fact cannot be decided from the text:\n"
        "  aws_instance.a.instance_type: var.type has no value (infra/main.tf:2)\n"
        "\n"
        "1 error, 1 note, 1 problem, 1 waived in 3 files with 0 resources\n"
    )


def test_text_is_coloured_only_when_asked() -> None:
    assert "\x1b[" not in text.render(report(), PLAIN)
    assert "\x1b[1;31merror" in text.render(report(), ReportOptions(color=True))


def test_quiet_text_of_a_clean_report_is_empty() -> None:
    clean = replace(report(), findings=(), problems=(), unknowns=())
    assert text.render(clean, ReportOptions(quiet=True)) == ""


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "x" * 500 + "BAD" + "y" * 500
    far = replace(FINDING, location=Location("infra/main.tf", Span(1, 501, 1, 504)))
    shown = text.render(replace(report(), findings=(far,), texts={"infra/main.tf": line}), PLAIN)
    source = next(each for each in shown.splitlines() if "BAD" in each)
    carets = shown.splitlines()[shown.splitlines().index(source) + 1]
    assert len(source) < 200
    assert source.index("BAD") == carets.index("^^^")


@given(st.text())
def test_nothing_printed_acts_on_a_terminal(written: str) -> None:
    shown = _words.printable(written)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown)


def unescaped(data: str, *, of_property: bool = False) -> str:
    """Read a workflow command's value back, as the runner does."""
    pairs = [("%0D", "\r"), ("%0A", "\n")] + ([("%3A", ":"), ("%2C", ",")] if of_property else [])
    for escape, character in pairs:
        data = data.replace(escape, character)
    return data.replace("%25", "%")


def command_read_back(line: str) -> tuple[str, dict[str, str], str]:
    match = re.fullmatch(r"::(\w+) ([^\r\n]*?)::([^\r\n]*)", line)
    assert match, line
    pairs = (part.partition("=") for part in match[2].split(","))
    return match[1], {name: unescaped(value, of_property=True) for name, _, value in pairs}, unescaped(match[3])


@given(st.text(), st.text(), st.text(min_size=1))
def test_a_workflow_command_reads_back_as_it_was_meant(title: str, message: str, path: str) -> None:
    line = github.command("error", title, message, Location(path, Span(2, 3, 2, 9)))
    assert line.count("\n") == 0
    level, properties, data = command_read_back(line)
    assert (level, data) == ("error", message)
    assert properties == {"title": title, "file": path, "line": "2", "endLine": "2", "col": "3", "endColumn": "8"}


def test_github_gives_no_columns_where_a_range_spans_lines() -> None:
    lines = github.render(report(), PLAIN).splitlines()
    assert [command_read_back(line)[0] for line in lines] == ["error", "error", "notice", "notice"]
    assert "col=" in lines[1]
    assert "col=" not in lines[2]
    assert "endLine=3" in lines[2]


def test_json_is_what_the_contract_promises() -> None:
    made = json.loads(json_report.render(report(), PLAIN))
    assert made["version"] == 1
    assert made["tool"] == {"name": "guard", "version": "0.1.0", "prices_as_of": "2026-08-22"}
    first = made["findings"][0]
    assert first["location"] == {"path": "infra/main.tf", "line": 2, "column": 19, "end_line": 2, "end_column": 33}
    assert first["related"][0]["message"] == "called here"
    assert first["fix"]["edits"][0]["text"] == '"g5.xlarge"'
    assert made["findings"][1]["fix"] is None
    assert made["waived"][0]["waiver"]["owner"] == "ml"
    assert made["problems"][0]["code"] == "syntax"
    assert made["unknowns"][0]["reason"] == "var.type has no value"
    assert made["cost"]["monthly"] == {"low": "1000.00", "high": "2345.60"}
    assert made["cost"]["delta"] == {"low": "100.00", "high": "1445.60"}
    assert made["cost"]["unpriced"] == ["aws_instance.b"]
    assert (made["summary"]["errors"], made["summary"]["warnings"], made["summary"]["notes"]) == (1, 0, 1)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_json_keeps_every_digit(value: Any) -> None:
    made = json.loads(_shapes.write(value), parse_float=Decimal, parse_int=Decimal)
    assert made == json.loads(_shapes.write(made), parse_float=Decimal, parse_int=Decimal)
    if isinstance(value, Decimal):
        assert made == value


def test_gitlab_issues_have_what_its_parser_requires() -> None:
    issues = json.loads(gitlab.render(report(), PLAIN))
    assert [issue["severity"] for issue in issues] == ["blocker", "critical", "info"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue in issues:
        assert isinstance(issue["location"]["lines"]["begin"], int)
        assert issue["description"].startswith(issue["check_name"])


def test_junit_is_read_by_a_junit_parser() -> None:
    read = JUnitXml.fromstring(junit.render(report(), PLAIN).encode())
    suites = {suite.name: suite for suite in read}
    assert sorted(suites) == ["disallowed-instance-type", "missing-tag", "problems"]
    assert (suites["missing-tag"].tests, suites["missing-tag"].failures) == (2, 1)
    case = next(iter(suites["disallowed-instance-type"]))
    assert isinstance(case, TestCase)
    assert isinstance(case.result[0], Failure)
    assert "infra/root.tf:7:1" in case.result[0].text


@given(st.text())
def test_junit_holds_any_text(message: str) -> None:
    from lxml import etree

    made = junit.render(replace(report(), findings=(replace(FINDING, message=message),)), PLAIN)
    etree.parse(BytesIO(made.encode("utf-8", "strict")))


def test_sarif_says_what_code_scanning_needs() -> None:
    run = json.loads(sarif.render(report(), PLAIN))["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= rules
    by_rule = {result["ruleId"]: result for result in run["results"] if "suppressions" not in result}
    region = by_rule["disallowed-instance-type"]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 19, "endLine": 2, "endColumn": 33}
    assert by_rule["disallowed-instance-type"]["partialFingerprints"] == {"guardFingerprint/v1": "a" * 64}
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert [result["suppressions"][0]["justification"] for result in run["results"] if "suppressions" in result] == [
        "agreed"
    ]


@pytest.mark.parametrize("name", sorted(offered("guard.reports", "REPORTER", Reporter)))
def test_lone_surrogates_do_not_break_a_report(name: str) -> None:
    broken = replace(FINDING, message="half \ud800 of a pair", location=PLACE)
    hostile: Report = replace(report(), findings=(broken,), texts={"infra/main.tf": TEXT})
    offered("guard.reports", "REPORTER", Reporter)[name].render(hostile, PLAIN).encode("utf-8")
