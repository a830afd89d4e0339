"""The cost as Infracost 0.10 writes it: held to a schema of the format's facts, and read as its policies read it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator

from guard.costing.estimate import estimates
from guard.model.resource import DataLink, Label, Labels, Purchase, Resource, Storage
from guard.reports._changes import Costs
from guard.reports.infracost import REPORTER, document
from tests.unit.costing.making import BOOK, HERE, bought, known, machines, number, resource
from tests.unit.reports._made import report

ROOT = Storage(location=HERE, name="root volume", provider="aws", kind=known("ebs:gp3"), size_gib=number("100"))
GPU = replace(
    resource(machines("aws", "g5.xlarge", 1, 2), ROOT, region="us-east-1", address="aws_instance.gpu"),
    type="aws_instance",
    labels=Labels(HERE, {"owner": Label(known("ml"), "resource")}),
)
BUCKET = resource(
    Storage(location=HERE, provider="aws", kind=known("s3:standard")), address="aws_s3_bucket.b", type="aws_s3_bucket"
)
FREE = resource(address="aws_iam_role.it", type="aws_iam_role")

AMOUNT = {"type": ["string", "null"], "pattern": r"^-?\d+(\.\d+)?$"}
TOTALS = ("totalHourlyCost", "totalMonthlyCost", "totalMonthlyUsageCost")


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": False,
    }


TEXT, TRUTH, WHOLE, ANY = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}, {"type": "object"}
COMPONENT = closed(
    {
        "name": TEXT,
        "unit": TEXT,
        "hourlyQuantity": AMOUNT,
        "monthlyQuantity": AMOUNT,
        "price": AMOUNT,
        "hourlyCost": AMOUNT,
        "monthlyCost": AMOUNT,
        "priceNotFound": TRUTH,
    },
    {"usageBased": TRUTH},
)
LIST_OF_RESOURCES = {"type": "array", "items": {"$ref": "#/$defs/resource"}}
RESOURCE = closed(
    {"name": TEXT, "metadata": ANY},
    {
        "resourceType": TEXT,
        "tags": {"type": "object", "additionalProperties": TEXT},
        "hourlyCost": AMOUNT,
        "monthlyCost": AMOUNT,
        "monthlyUsageCost": AMOUNT,
        "costComponents": {"type": "array", "items": COMPONENT},
        "subresources": LIST_OF_RESOURCES,
    },
)
BREAKDOWN = closed(
    {"resources": LIST_OF_RESOURCES, **dict.fromkeys(TOTALS, AMOUNT)}, {"freeResources": LIST_OF_RESOURCES}
)
SUMMARY = closed(
    {
        "totalDetectedResources": WHOLE,
        "totalSupportedResources": WHOLE,
        "totalUnsupportedResources": WHOLE,
        "totalUsageBasedResources": WHOLE,
        "totalNoPriceResources": WHOLE,
        "unsupportedResourceCounts": {"type": "object", "additionalProperties": WHOLE},
        "noPriceResourceCounts": {"type": "object", "additionalProperties": WHOLE},
    }
)
PROJECT = closed(
    {
        "name": TEXT,
        "displayName": TEXT,
        "metadata": ANY,
        "pastBreakdown": BREAKDOWN,
        "breakdown": BREAKDOWN,
        "diff": BREAKDOWN,
        "summary": SUMMARY,
    }
)
METADATA = {
    "type": "object",
    "required": ["infracostCommand", "vcsBranch", "vcsCommitSha", "vcsCommitTimestamp", "vcsCommitMessage"],
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"resource": RESOURCE},
    **closed(
        {
            "version": {"const": "0.2"},
            "metadata": METADATA,
            "currency": TEXT,
            "projects": {"type": "array", "items": PROJECT},
            "timeGenerated": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
            "summary": SUMMARY,
            **{
                f"{prefix}otal{end}": AMOUNT
                for prefix in ("t", "pastT", "diffT")
                for end in ("HourlyCost", "MonthlyCost", "MonthlyUsageCost")
            },
        }
    ),
}


def costs(*resources: Resource) -> Costs:
    return Costs(resources, estimates(resources, BOOK))


def made(now: Costs, base: Costs | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document(now, base, "2026-11-23"))
    Draft202012Validator(SCHEMA).validate(found)
    return found


def test_a_breakdown_has_the_shape_and_the_high_end() -> None:
    found = made(costs(GPU, BUCKET, FREE))
    breakdown = found["projects"][0]["breakdown"]
    # g5.xlarge 1.006 x 730 x 2 + gp3 0.08 x 100
    assert found["totalMonthlyCost"] == breakdown["totalMonthlyCost"] == "1476.76"
    assert [one["name"] for one in breakdown["resources"]] == ["aws_instance.gpu", "aws_s3_bucket.b"]
    assert [one["name"] for one in breakdown["freeResources"]] == ["aws_iam_role.it"]
    gpu, bucket = breakdown["resources"]
    assert gpu["tags"] == {"owner": "ml"}
    assert gpu["monthlyCost"] == "1476.76"
    assert gpu["metadata"]["guard"]["lowMonthlyCost"] == "742.38"
    assert gpu["costComponents"] == [
        {
            "name": "g5.xlarge (on demand)",
            "unit": "hours",
            "hourlyQuantity": "2",
            "monthlyQuantity": "1460",
            "price": "1.006",
            "hourlyCost": "2.012",
            "monthlyCost": "1468.76",
            "usageBased": False,
            "priceNotFound": False,
        }
    ]
    (volume,) = gpu["subresources"]
    assert (volume["name"], volume["costComponents"][0]["name"]) == ("root_block_device", "ebs:gp3")
    assert bucket["monthlyCost"] is None
    assert bucket["costComponents"][0]["priceNotFound"]
    assert found["summary"]["noPriceResourceCounts"] == {"aws_s3_bucket": 1}
    assert found["timeGenerated"] == "2026-11-23T00:00:00Z"


def test_a_difference_is_new_minus_old_and_leaves_out_what_is_the_same() -> None:
    larger = replace(GPU, compute=(machines("aws", "g5.2xlarge", 2),))
    found = made(costs(larger, BUCKET), costs(GPU, BUCKET, replace(GPU, address="aws_instance.old")))
    diff = found["projects"][0]["diff"]
    assert [one["name"] for one in diff["resources"]] == ["aws_instance.gpu", "aws_instance.old"]
    (component,) = diff["resources"][0]["costComponents"]
    # g5.2xlarge 1.212
    assert component["name"] == "g5.xlarge (on demand) → g5.2xlarge (on demand)"
    assert (component["price"], component["monthlyQuantity"]) == ("0.206", "0")
    assert component["monthlyCost"] == "300.76"
    assert "subresources" not in diff["resources"][0]
    assert diff["resources"][1]["monthlyCost"] == "-1476.76"
    assert found["diffTotalMonthlyCost"] == "-1176"
    numbers = [Decimal(found[name]) for name in ("totalMonthlyCost", "pastTotalMonthlyCost", "diffTotalMonthlyCost")]
    assert numbers[1] + numbers[2] == numbers[0]


def test_what_use_decides_is_told_apart() -> None:
    link = DataLink(location=HERE, uri=known("s3://c"), region=known("eu-west-1"), gib_per_month=number("1000"))
    found = made(costs(replace(GPU, data=(link,))))
    # aws,eu-west-1,us-east-1,0,,GB,0.02
    assert found["totalMonthlyUsageCost"] == "20"
    assert found["summary"]["totalUsageBasedResources"] == 1


def test_machines_of_a_declared_pool_are_in_the_totals_once() -> None:
    pool = resource(
        machines("aws", "g5.xlarge", 2, purchase=bought(Purchase.ON_DEMAND)),
        region="us-east-1",
        address="aws_eks_node_group.gpu",
        type="aws_eks_node_group",
    )
    pod = resource(machines("aws", "g5.xlarge", share=True, accelerator_count=number("1")), address="Deployment/a")
    found = made(costs(pool, pod))
    breakdown = found["projects"][0]["breakdown"]
    assert sum(Decimal(one["monthlyCost"]) for one in breakdown["resources"]) == Decimal(found["totalMonthlyCost"])
    assert breakdown["freeResources"][0]["metadata"]["guard"]["runsOn"] == ["aws_eks_node_group.gpu"]


def test_a_policy_written_for_infracost_reads_it() -> None:
    """As the example of Infracost's documentation of Open Policy Agent does, in the words of Python."""
    found = made(costs(replace(GPU, compute=(machines("aws", "p4d.24xlarge"),))), costs(GPU))
    denied = [
        resource["name"]
        for project in found["projects"]
        for resource in project["breakdown"]["resources"]
        if resource["name"].startswith("aws_instance.")
        and any(float(one["hourlyCost"]) > 10 for one in resource["costComponents"])
    ]
    assert denied == ["aws_instance.gpu"]
    assert float(found["diffTotalMonthlyCost"]) > 14_000


def test_a_report_without_resources_is_valid_too() -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(REPORTER.render(replace(report(), day=""), None)))  # type: ignore[arg-type]
