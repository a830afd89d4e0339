"""The report as JSON, in the shape that CONTRACT promises."""

from __future__ import annotations

from guard.model.report import Report, Reporter, ReportOptions
from guard.reports import _shapes


def render(report: Report, options: ReportOptions) -> str:
    """Return the report as one JSON object."""
    severities = [finding.severity.value for finding in report.findings]
    totals = report.totals
    return _shapes.write(
        {
            "version": 1,
            "tool": {"name": "guard", "version": report.version, "prices_as_of": report.prices_as_of},
            "findings": [_shapes.finding(one) for one in report.findings],
            "waived": [
                {
                    "finding": _shapes.finding(one.finding),
                    "waiver": {
                        "reason": one.waiver.reason,
                        "owner": one.waiver.owner or None,
                        "expires": one.waiver.expires or None,
                        "location": _shapes.location(one.waiver.location),
                    },
                }
                for one in report.waived
            ],
            "problems": [_shapes.problem(one) for one in report.problems],
            "unknowns": [_shapes.unknown(one) for one in report.unknowns],
            "cost": {
                "currency": "USD",
                "monthly": _shapes.money(totals.monthly),
                "base": None if totals.base is None else _shapes.money(totals.base),
                "delta": None if totals.delta is None else _shapes.money(totals.delta),
                "open_ended": totals.open_ended,
                "unpriced": list(totals.unpriced),
            },
            "summary": {
                "files": report.files,
                "resources": len(report.resources),
                "errors": severities.count("error"),
                "warnings": severities.count("warning"),
                "notes": severities.count("note"),
                "waived": len(report.waived),
                "problems": len(report.problems),
                "unknowns": len(report.unknowns),
            },
        }
    )


REPORTER = Reporter("json", "everything, for scripts", render)
