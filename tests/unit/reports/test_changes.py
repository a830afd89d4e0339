"""What changed between two commits, and that the differences add up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from guard.costing.estimate import estimates
from guard.model.resource import Purchase, Resource, Storage, Training
from guard.reports._changes import Costs, changes, percent
from tests.unit.costing.making import BOOK, HERE, bought, known, machines, number, resource, unknown

DISK = Storage(location=HERE, provider="aws", kind=known("ebs:gp3"), size_gib=number("100"))
GPU = resource(machines("aws", "g5.xlarge", 2), DISK, region="us-east-1", address="aws_instance.gpu")
OTHER = resource(DISK, region="us-east-1", address="aws_ebs_volume.a")


def costs(*resources: Resource) -> Costs:
    return Costs(resources, estimates(resources, BOOK))


def test_the_largest_comes_first_and_the_differences_add_up() -> None:
    larger = replace(GPU, compute=(machines("aws", "p4d.24xlarge", 3),))
    now, base = costs(larger, OTHER), costs(GPU)
    found = changes(now, base)
    assert [(one.address, one.kind) for one in found] == [
        ("aws_instance.gpu", "changed"),
        ("aws_ebs_volume.a", "added"),
    ]
    assert sum(one.monthly.high for one in found) == now.total().high - base.total().high
    assert [edit.text for edit in found[0].edits] == [
        "compute.instance_type: g5.xlarge -> p4d.24xlarge",
        "compute.count_min: 2 -> 3",
        "compute.count_max: 2 -> 3",
    ]


def test_identical_resources_are_left_out() -> None:
    assert changes(costs(GPU, OTHER), costs(GPU, OTHER)) == ()


def test_a_bucket_without_a_price_that_is_added_or_removed_is_told() -> None:
    bucket = resource(Storage(location=HERE, provider="aws", kind=known("s3:standard")), address="aws_s3_bucket.b")
    assert [(one.kind, one.monthly.high) for one in changes(costs(bucket), costs())] == [("added", Decimal(0))]
    assert [one.kind for one in changes(costs(), costs(bucket))] == ["removed"]


def test_facets_that_come_and_go_are_told_whole() -> None:
    (change,) = changes(costs(replace(GPU, storage=())), costs(GPU))
    assert [edit.text for edit in change.edits] == ["storage: ebs:gp3 100 -> none"]


def test_schedules_purchases_and_unknowns_are_in_words() -> None:
    before = replace(
        GPU,
        training=Training(location=HERE, schedule=known("@daily")),
        compute=(machines("aws", "g5.xlarge", purchase=bought(Purchase.ON_DEMAND)),),
    )
    after = replace(
        before,
        training=Training(location=HERE, schedule=known("@hourly")),
        compute=(machines("aws", "g5.xlarge", purchase=unknown("var.spot has no value")),),
    )
    (change,) = changes(costs(after), costs(before))
    assert [edit.text for edit in change.edits] == [
        "compute.purchase: on demand -> not known (var.spot has no value)",
        "training.schedule: @daily -> @hourly",
    ]


def test_percent_of_nothing_says_nothing() -> None:
    assert percent(Decimal(5), Decimal(0)) == ""
    assert percent(Decimal("-12.5"), Decimal(100)) == "-12.5 %"
