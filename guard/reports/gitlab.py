"""The report as GitLab Code Quality, which every tier of GitLab shows in a merge request."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from guard.model.finding import Problem
from guard.model.location import Location
from guard.model.report import Report, Reporter, ReportOptions

SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def render(report: Report, options: ReportOptions) -> str:
    """Return a JSON array of issues.

    GitLab shows only the description, so the rule's name is in it, and keeps one issue for each fingerprint.
    """
    issues = [_issue(f"problem/{one.code}", one.message, "blocker", _of(one), one.location) for one in report.problems]
    for one in report.findings:
        severity = SEVERITIES[one.severity.value]
        issues.append(_issue(one.rule, one.message, severity, one.fingerprint, one.location))
    return json.dumps(issues, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _issue(name: str, message: str, severity: str, fingerprint: str, place: Location | None) -> dict[str, Any]:
    line, column, end_line, end_column = place.span if place else (1, 1, 1, 1)
    return {
        "description": f"{name}: {message}",
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": place.path if place else ".",
            "lines": {"begin": line, "end": end_line},
            "positions": {
                "begin": {"line": line, "column": column},
                "end": {"line": end_line, "column": end_column},
            },
        },
    }


def _of(problem: Problem) -> str:
    path = problem.location.path if problem.location else ""
    line = problem.location.line if problem.location else 0
    return hashlib.sha256(f"{problem.code}\0{path}\0{line}\0{problem.message}".encode("utf-8", "replace")).hexdigest()


REPORTER = Reporter("gitlab", "GitLab Code Quality", render)
