"""The report as JUnit XML: each rule a suite, each finding a failed case, and what passed counted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from guard.model.finding import Finding
from guard.model.location import Location
from guard.model.report import Report, Reporter, ReportOptions

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, options: ReportOptions) -> str:
    """Return the report as JUnit XML. `file` on a case is what GitLab links to; the JUnit schemas do not know it."""
    suites = Element("testsuites", name="guard")
    if report.problems:
        suite = _suite(suites, "problems", len(report.problems), 0, len(report.problems))
        for problem in report.problems:
            case = _case(suite, "problems", problem.message, problem.location)
            SubElement(case, "error", message=_xml(problem.message), type=problem.code).text = _where(problem.location)
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_rule[finding.rule].append(finding)
    for rule in sorted({*by_rule, *report.passed}):
        _rule(suites, rule, by_rule[rule], report.passed.get(rule, 0))
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _rule(suites: Element, rule: str, findings: Sequence[Finding], passed: int) -> None:
    suite = _suite(suites, rule, len(findings) + (passed > 0), len(findings), 0)
    for finding in findings:
        case = _case(suite, rule, finding.address or finding.message, finding.location)
        failure = SubElement(case, "failure", message=_xml(finding.message), type=finding.severity.value)
        chain = [f"{step.message}: {_where(step.location)}" for step in finding.related]
        failure.text = _xml("\n".join([_where(finding.location), *chain]))
    if passed:
        SubElement(suite, "testcase", classname=rule, name=f"nothing against {passed} others", time="0")


def _suite(suites: Element, name: str, tests: int, failures: int, errors: int) -> Element:
    return SubElement(
        suites, "testsuite", name=name, tests=str(tests), failures=str(failures), errors=str(errors), time="0"
    )


def _case(suite: Element, group: str, name: str, place: Location | None) -> Element:
    case = SubElement(suite, "testcase", classname=group, name=_xml(f"{name} ({_where(place)})"), time="0")
    if place is not None:
        case.set("file", _xml(place.path))
    return case


def _where(place: Location | None) -> str:
    return _xml(f"{place.path}:{place.line}:{place.column}") if place else "-"


def _xml(text: str) -> str:
    """Return `text` without the characters that XML 1.0 cannot hold, each shown as the replacement character."""
    return NOT_XML.sub("\ufffd", text)


REPORTER = Reporter("junit", "JUnit XML", render)
