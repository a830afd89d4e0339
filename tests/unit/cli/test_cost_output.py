"""The cost breakdown as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

from guard.cli._cost_output import Breakdown, as_json, as_report, as_text
from guard.costing.estimate import estimate, estimates
from guard.model.price import total
from guard.model.report import Money, ReportOptions
from guard.model.resource import Purchase, Resource, Storage
from guard.model.rule import Project
from guard.reports import html, infracost, markdown
from tests.unit.costing.making import BOOK, HERE, bought, known, machines, number, resource

DISK = Storage(location=HERE, provider="aws", kind=known("ebs:gp3"), size_gib=number("100"))
BUCKET = Storage(location=HERE, provider="aws", kind=known("s3:standard"))
SPOT = machines("aws", "p4d.24xlarge", 1, 2, purchase=bought(Purchase.SPOT))
GPU = resource(SPOT, DISK, region="us-east-1", address="aws_instance.gpu")
STORE = resource(BUCKET, region="us-east-1", address="aws_s3_bucket.data")
FREE = resource(region="us-east-1", address="aws_iam_role.it")


def project(*resources: Resource) -> Project:
    return Project(resources, {one.address: estimate(one, BOOK) for one in resources}, BOOK)


def told(now: Project, base: Project | None = None) -> Breakdown:
    return Breakdown(now, base, (), "2026-08-22")


def test_json_is_what_the_contract_promises() -> None:
    made = json.loads(as_json(told(project(GPU, STORE, FREE))))
    assert made["version"] == 1
    assert made["currency"] == "USD"
    # 21.957642 x 0.29 x 730 + 8; 21.957642 x 0.37 x 1460 + 8
    assert made["monthly"] == {"low": "4656.43", "high": "11869.52"}
    assert [one["address"] for one in made["resources"]] == ["aws_instance.gpu", "aws_s3_bucket.data"]
    line = made["resources"][0]["lines"][0]
    assert line == {
        "name": "p4d.24xlarge (spot)",
        "quantity": "1460",
        "unit": "hour",
        "price": "8.12432754",
        "monthly": "11861.52",
        "source": "derived: karpenter-aws on-demand less 67 % saving of spotinfo",
        "as_of": "2025-06-28",
        "assumption": "",
        "counted_at": None,
        "low": {"quantity": "730", "price": "6.36771618", "monthly": "4648.43"},
    }
    assert made["resources"][1]["unpriced"][0]["reason"] == "its size depends on use: declare it in a usage file"
    assert (made["base"], made["delta"], made["open_ended"]) == (None, None, True)


def test_json_tells_what_changed() -> None:
    base = project(resource(DISK, region="us-east-1", address="aws_instance.old"), STORE)
    made = json.loads(as_json(told(project(GPU, STORE), base)))
    assert made["base"]["monthly"] == {"low": "8.00", "high": "8.00"}
    assert made["delta"]["monthly"] == {"low": "4648.43", "high": "11861.52"}
    assert [(one["address"], one["change"]) for one in made["delta"]["resources"]] == [
        ("aws_instance.gpu", "added"),
        ("aws_instance.old", "removed"),
    ]


def test_text_is_a_tree_with_every_line_and_reason() -> None:
    text = as_text(told(project(GPU, STORE, FREE)), date(2026, 8, 23), quiet=False)
    assert "aws_instance.gpu  main.tf:1  $4,656.43 to $11,869.52" in text
    assert "├─ p4d.24xlarge (spot)" in text
    assert "at $6.36771618 to $8.12432754 each (derived: karpenter-aws on-demand less 67 % saving of spotinfo" in text
    assert "└─ ebs:gp3" in text
    assert "└─ storage: not priced: its size depends on use" in text
    assert "Total: at least $4,656.43 to $11,869.52 a month" in text
    assert "1 resource with a part that has no price" in text
    assert "Prices: of 2026-08-22 (1 day old)" in text
    assert "aws_iam_role.it" not in text


def test_quiet_text_has_the_totals_only_and_the_change() -> None:
    text = as_text(told(project(STORE), project(GPU)), date(2026, 8, 23), quiet=True)
    assert text.startswith("Total: at least $0.00 a month\nBase:  $4,656.43 to $11,869.52 a month\n")
    assert "Change: -$11,869.52 to -$4,656.43 a month" in text
    assert "  removed aws_instance.gpu: -$11,869.52 to -$4,656.43" in text


def test_a_workload_on_a_declared_pool_is_told_and_not_added() -> None:
    pool = resource(
        machines("aws", "g5.xlarge", 2), region="us-east-1", address="aws_eks_node_group.gpu", type="aws_eks_node_group"
    )
    pod = resource(machines("aws", "g5.xlarge", share=True, accelerator_count=number("1")), address="Deployment/chat")
    both = Project((pool, pod), estimates((pool, pod), BOOK), BOOK)
    text = as_text(told(both), date(2026, 8, 23), quiet=False)
    # g5.xlarge 1.006 x 730 x 2
    assert "Total: $1,468.76 a month" in text
    assert "runs on aws_eks_node_group.gpu, counted there" in text
    made = json.loads(as_json(told(both)))
    assert made["monthly"] == {"low": "1468.76", "high": "1468.76"}
    assert [one["runs_on"] for one in made["resources"]] == [[], ["aws_eks_node_group.gpu"]]


def test_hostile_names_take_no_effect() -> None:
    text = as_text(told(project(replace(STORE, address="a\x1b[31m\nb"))), date(2026, 8, 23), quiet=False)
    assert "\x1b" not in text
    assert "a\\x1b[31m" in text


def test_an_undated_book_is_of_an_unknown_day() -> None:
    assert "Prices: of an unknown day" in as_text(Breakdown(project(), None, (), ""), date(2026, 1, 1), quiet=True)
    assert Decimal(json.loads(as_json(Breakdown(project(), None, (), "")))["monthly"]["high"]) == 0


def test_the_reports_that_tell_the_cost_take_a_breakdown() -> None:
    larger = replace(GPU, compute=(machines("aws", "p4d.24xlarge", 3),))
    report = as_report(told(project(larger), project(GPU)), date(2026, 11, 23))
    assert report.totals.base == Money(*total(project(GPU).estimates)[:2])
    assert (report.day, report.findings) == ("2026-11-23", ())
    assert markdown.REPORTER.render(report, ReportOptions()).startswith("### guard: 1 resource\n\n**Cost**:")
    assert "<h2>What changes</h2>" in html.REPORTER.render(report, ReportOptions())
    assert json.loads(infracost.REPORTER.render(report, ReportOptions()))["version"] == "0.2"
