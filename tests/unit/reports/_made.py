"""A report made by hand, with everything in it that a reporter has to write."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from guard.model.finding import Edit, Finding, Fix, Problem, Severity, UnknownFact
from guard.model.location import Location, Span, Step
from guard.model.report import Money, Report, RuleInfo, Totals, Waived, Waiver

TEXT = 'resource "aws_instance" "größe" {\n  instance_type = "p4d.24xlarge"\n}\n'
PLACE = Location("infra/main.tf", Span(2, 19, 2, 33))
FINDING = Finding(
    rule="disallowed-instance-type",
    severity=Severity.ERROR,
    message="p4d.24xlarge is not allowed: 50% off, see a,b:c",
    location=PLACE,
    address='module.train["eu"].aws_instance.größe',
    attribute="instance_type",
    related=(Step("called here", Location("infra/root.tf", Span(7, 1, 7, 15))),),
    fix=Fix("take another", (Edit(PLACE, '"g5.xlarge"'),)),
    saving=Decimal("1234.5"),
    fingerprint="a" * 64,
)
NOTE = replace(
    FINDING,
    rule="missing-tag",
    severity=Severity.NOTE,
    message="line one\nline two ::error::x",
    location=Location("infra/main.tf", Span(1, 1, 3, 2)),
    related=(),
    fix=None,
    saving=None,
    fingerprint="b" * 64,
)
PROBLEM = Problem("syntax", "the string is not closed", Location("infra/bad.tf", Span(3, 5, 3, 6)))


def report() -> Report:
    """Return a report with findings of two severities, a waived one, a problem, an unknown fact and a cost."""
    return Report(
        findings=(FINDING, NOTE),
        waived=(Waived(replace(FINDING, fingerprint="c" * 64), Waiver("agreed", PLACE, "ml", "2027-01-31")),),
        problems=(PROBLEM,),
        unknowns=(UnknownFact("aws_instance.a", "instance_type", "var.type has no value", PLACE, "missing-tag"),),
        totals=Totals(
            monthly=Money(Decimal("1000"), Decimal("2345.605")),
            base=Money(Decimal("900"), Decimal("900")),
            delta=Money(Decimal("100"), Decimal("1445.605")),
            unpriced=("aws_instance.b",),
        ),
        resources=(),
        estimates={},
        files=3,
        rules=(
            RuleInfo("disallowed-instance-type", "An instance type that is not allowed.", "# Page\n", Severity.ERROR),
            RuleInfo("missing-tag", "A tag is missing.", "# Page\n", Severity.NOTE),
        ),
        texts={"infra/main.tf": TEXT},
        prices_as_of="2026-08-22",
        version="0.1.0",
        passed={"missing-tag": 4},
    )
