"""The report as SARIF 2.1.0, as GitHub code scanning takes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from guard.model.finding import Finding, Problem
from guard.model.location import Location, Step
from guard.model.report import Report, Reporter, ReportOptions, RuleInfo, Waived

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "note": "note", "off": "none"}
PROBLEM = "input-problem"


def render(report: Report, options: ReportOptions) -> str:
    """Return one run. Problems are results of the rule `input-problem`; waived findings are suppressed results.

    The fingerprint has a key of our own, because GitHub computes `primaryLocationLineHash` itself.
    """
    results = [_problem(one) for one in report.problems]
    results += [_finding(one) for one in report.findings]
    results += [_waived(one) for one in report.waived]
    blocked = any(problem.blocking for problem in report.problems)
    run = {
        "tool": {"driver": _driver(report)},
        "automationDetails": {"id": "guard/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root that was checked."}}},
        "invocations": [{"executionSuccessful": not blocked}],
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _driver(report: Report) -> dict[str, Any]:
    rules = [_rule(one) for one in report.rules]
    if report.problems:
        rules.append(
            _described(
                PROBLEM,
                "Input, policy or prices cannot be read",
                "What cannot be read cannot be judged. Mend the file at the place that the message names.",
                "error",
            )
        )
    return {
        "name": "guard",
        "semanticVersion": report.version,
        "informationUri": "https://pypi.org/project/guard-iac/",
        "rules": rules,
    }


def _rule(info: RuleInfo) -> dict[str, Any]:
    return _described(info.name, info.title, info.docs, LEVELS[info.severity.value])


def _described(name: str, title: str, docs: str, level: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": docs, "markdown": docs},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["cost", "ai-infrastructure"]},
    }


def _finding(one: Finding) -> dict[str, Any]:
    result = _result(one.rule, one.severity.value, one.message, one.location, one.related)
    if one.address:
        result["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": one.address, "kind": "resource"}]
    return {**result, "partialFingerprints": {"guardFingerprint/v1": one.fingerprint}}


def _waived(one: Waived) -> dict[str, Any]:
    kind = "inSource" if one.waiver.location.path == one.finding.location.path else "external"
    return {**_finding(one.finding), "suppressions": [{"kind": kind, "justification": one.waiver.reason}]}


def _problem(one: Problem) -> dict[str, Any]:
    return _result(PROBLEM, "error", f"{one.code}: {one.message}", one.location, one.related)


def _result(rule: str, severity: str, message: str, place: Location | None, related: Iterable[Step]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": rule,
        "level": LEVELS[severity],
        "message": {"text": message},
        "locations": [{"physicalLocation": _physical(place)}] if place else [{}],
    }
    chain = [
        {"id": i, "physicalLocation": _physical(step.location), "message": {"text": step.message}}
        for i, step in enumerate(related)
    ]
    return {**result, "relatedLocations": chain} if chain else result


def _physical(place: Location) -> dict[str, Any]:
    line, column, end_line, end_column = place.span
    return {
        "artifactLocation": {"uri": quote(place.path), "uriBaseId": "SRCROOT"},
        "region": {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column},
    }


REPORTER = Reporter("sarif", "SARIF 2.1.0 (code scanning)", render)
