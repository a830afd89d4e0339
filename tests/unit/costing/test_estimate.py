"""Scenarios that were computed by hand from the rows of the price list, which are quoted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.price import Estimate
from guard.model.resource import DataLink, Fee, Purchase, Serving, Storage, Training
from guard.model.value import Known, Value
from tests.unit.costing.making import (
    ABSENT,
    BOOK,
    HERE,
    bought,
    costs,
    known,
    machines,
    number,
    only_line,
    only_reason,
    run,
    unknown,
)

# aws,p4d.24xlarge,us-east-1,hour,21.957642,on_demand,,karpenter-aws,2026-07-20
P4D = Decimal("21.957642")
# aws,g5.xlarge,us-east-1,hour,1.006,on_demand; g5.2xlarge 1.212
ZERO = Decimal(0)
G5, G5_2 = Decimal("1.006"), Decimal("1.212")


def test_two_machines_all_month() -> None:
    line = only_line(costs(machines("aws", "p4d.24xlarge", 2), region="us-east-1"))
    assert (line.name, line.unit, line.quantity) == ("p4d.24xlarge (on demand)", "hour", Decimal(1460))
    assert line.monthly == line.low_monthly == Decimal("32058.157320")
    assert (line.price.source, line.price.as_of, line.assumption) == ("karpenter-aws", "2026-07-20", "")


def test_autoscaling_bounds_make_a_range() -> None:
    made = costs(machines("aws", "g5.xlarge", 1, 4), region="us-east-1")
    assert (made.low, made.high) == (G5 * 730, G5 * 4 * 730)


def test_spot_is_a_band() -> None:
    # aws,p4d.24xlarge,us-east-1,67: from 71 % to 63 % off.
    made = costs(machines("aws", "p4d.24xlarge", purchase=bought(Purchase.SPOT)), region="us-east-1")
    assert (made.low, made.high) == (P4D * Decimal("0.29") * 730, P4D * Decimal("0.37") * 730)
    assert only_line(made).price.source.startswith("derived:")


def test_spot_without_a_price_costs_the_usual_share_of_on_demand() -> None:
    # aws,sagemaker:hosting,ml.g5.xlarge,us-east-1,hour,1.408,on_demand; no spot price of any ml type.
    compute = machines("aws", "g5.xlarge", service="sagemaker", purchase=bought(Purchase.SPOT))
    line = only_line(costs(compute, region="us-east-1"))
    assert (line.low_price.amount, line.price.amount) == (Decimal("0.15488"), Decimal("0.73216"))
    assert line.assumption == (
        "no spot price of ml.g5.xlarge is known: 11 % to 52 % of the on-demand price, as nine in ten spot prices of aws"
    )


def test_mixed_by_share_has_a_line_for_each_way() -> None:
    compute = machines("aws", "p4d.24xlarge", 10, purchase=bought(Purchase.MIXED), spot_share=number("0.7"))
    spot, on_demand = costs(compute, region="us-east-1").lines
    assert (spot.quantity, on_demand.quantity) == (Decimal(5110), Decimal(2190))
    assert on_demand.monthly == P4D * 2190
    assert spot.low_monthly == P4D * Decimal("0.29") * 5110


@pytest.mark.parametrize("purchase", [bought(Purchase.MIXED), unknown()])
def test_an_unknown_share_of_spot_is_a_range(purchase: Known[Purchase]) -> None:
    line = only_line(costs(machines("aws", "p4d.24xlarge", purchase=purchase), region="us-east-1"))
    assert line.low_price.amount == P4D * Decimal("0.29")
    assert line.price.amount == P4D
    assert line.assumption


def test_reserved_costs_the_commitment_of_one_year() -> None:
    # aws,p4d.24xlarge,us-east-1,hour,13.921094,commit_1y,no_upfront,tsaol,2025-11-30
    line = only_line(costs(machines("aws", "p4d.24xlarge", purchase=bought(Purchase.RESERVED)), region="us-east-1"))
    assert line.price.amount == Decimal("13.921094")
    assert line.assumption == "one year's commitment, no upfront"


def test_dedicated_tenancy_leaves_its_surcharge_open() -> None:
    made = costs(machines("aws", "g5.xlarge", purchase=bought(Purchase.DEDICATED)), region="us-east-1")
    assert made.high == G5 * 730
    assert made.open_ended
    assert "dedicated tenancy" in made.unpriced[0].reason


def test_several_types_range_from_the_cheapest_to_the_dearest() -> None:
    compute = machines("aws", "g5.2xlarge", other_instance_types=(known("g5.xlarge"),))
    line = only_line(costs(compute, region="us-east-1"))
    assert (line.low_monthly, line.monthly) == (G5 * 730, G5_2 * 730)
    assert line.assumption == "any of g5.2xlarge, g5.xlarge: from the cheapest to the dearest"


def test_a_type_without_a_price_among_others_is_named() -> None:
    compute = machines("aws", "g5.xlarge", other_instance_types=(known("g99.xlarge"),))
    made = costs(compute, region="us-east-1")
    assert made.high == G5 * 730
    assert made.open_ended
    assert made.unpriced[0].reason == "there is no on demand price for aws g99.xlarge in us-east-1"


def test_google_machine_with_attached_accelerators() -> None:
    # gcp,n1-standard-4,us-central1,0.189999; gpu:nvidia-tesla-t4,us-central1,0.35; sustained use of n1 0.7
    compute = machines("google", "n1-standard-4", accelerator=known("T4"), accelerator_count=number("2"))
    machine, gpu = costs(compute, region="us-central1").lines
    assert machine.monthly == Decimal("0.1329993") * 730
    assert gpu.quantity == Decimal(1460)
    assert gpu.monthly == Decimal("0.245") * 1460
    assert gpu.unit == "accelerator-hour"


def test_the_accelerators_of_a2_are_in_its_price() -> None:
    # gcp,a2-highgpu-1g,us-central1,hour,3.673385,on_demand
    compute = machines("google", "a2-highgpu-1g", accelerator=known("A100"), accelerator_count=number("1"))
    assert costs(compute, region="us-central1").high == Decimal("3.673385") * 730


def test_part_of_a_month_has_no_sustained_use_discount() -> None:
    compute = machines("google", "n1-standard-4", hours_per_month=number("200"))
    assert costs(compute, region="us-central1").high == Decimal("0.189999") * 200


def test_capacity_blocks_are_taken_where_nothing_else_is_sold() -> None:
    # aws,p5e.48xlarge,us-east-2,hour,47.76,capacity_block,,capacity-blocks,2026-07-22
    line = only_line(costs(machines("aws", "p5e.48xlarge"), region="us-east-2"))
    assert line.monthly == Decimal("47.76") * 730
    assert "Capacity Blocks" in line.assumption


def test_accelerators_without_a_machine_type_are_a_range() -> None:
    # gcp us-central1 with 8 A100: a2-highgpu-8g 29.38708 alone
    compute = machines("google", "", accelerator=known("A100"), accelerator_count=number("8"))
    line = only_line(costs(compute, region="us-central1"))
    assert line.price.sku == line.low_price.sku == "a2-highgpu-8g"
    assert line.quantity == 730


def test_a_share_of_larger_machines_where_none_has_as_many() -> None:
    # aws us-east-1: p4d.24xlarge is the only type with A100 40GB, 8 of them.
    compute = machines("aws", "", accelerator=known("A100"), accelerator_count=number("1"))
    line = only_line(costs(compute, region="us-east-1"))
    assert line.quantity == Decimal("91.25")
    assert line.monthly == P4D * Decimal("91.25")


def test_accelerators_anywhere_take_the_reference_regions() -> None:
    compute = machines("", "", accelerator=known("A100"), accelerator_count=number("8"), share=True)
    line = only_line(costs(compute, platform="kubernetes"))
    assert {line.low_price.provider, line.price.provider} <= {"aws", "google", "azure"}
    assert line.low_monthly <= line.monthly
    assert "no region is written: prices of aws us-east-1 or google us-central1 or azure eastus" in line.assumption


def test_tpu_chips() -> None:
    # gcp,tpu:v6e,us-central1,chip-hour,2.7; ct6e-standard-8t has 8.
    compute = machines("google", "", accelerator=known("TPU v6e"), accelerator_count=number("8"))
    assert costs(compute, region="us-central1").high == Decimal("21.6") * 730


def test_a_pod_takes_the_larger_share_of_its_node() -> None:
    # g5.xlarge: 4 vCPU, 16 GiB, 1 A10G; g5.12xlarge (5.672): 48 vCPU, 192 GiB, 4 A10G.
    pod = machines("aws", "g5.12xlarge", share=True, accelerator_count=number("1"), vcpu=number("24"))
    line = only_line(costs(pod, region="us-east-1"))
    assert line.monthly == Decimal("5.672") * 365
    assert line.assumption == "50 % of g5.12xlarge, the largest of its shares of it"


def test_a_pod_takes_the_cheapest_node_that_fits() -> None:
    pod = machines(
        "aws",
        "g5.12xlarge",
        share=True,
        accelerator_count=number("1"),
        other_instance_types=(known("g5.xlarge"), known("m5.large")),
    )
    assert only_line(costs(pod, region="us-east-1")).monthly == G5 * 730


@pytest.mark.parametrize(
    ("kind", "requests", "reason"),
    [
        ("", {"vcpu": number("2")}, "no node type is known"),
        ("g5.xlarge", {"accelerator_count": number("4")}, "does not fit on a node of type g5.xlarge"),
        ("g5.xlarge", {}, "it requests nothing"),
        ("", {"accelerator": known("GPU"), "accelerator_count": number("1")}, "which accelerator it takes"),
        ("", {"accelerator": known("A100"), "accelerator_count": unknown()}, "var.x has no value"),
    ],
)
def test_pods_without_a_price(kind: str, requests: dict[str, Any], reason: str) -> None:
    assert reason in only_reason(costs(machines("aws", kind, share=True, **requests), region="us-east-1"))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (
            costs(machines("aws", "g99.xlarge"), region="us-east-1"),
            "no on demand price for aws g99.xlarge in us-east-1",
        ),
        (costs(machines("aws", "g5.xlarge"), written_region=unknown()), "its region is not known: var.x has no value"),
        (
            costs(machines("aws", "", instance_type=unknown()), region="us-east-1"),
            "its machine type is not known",
        ),
        (costs(machines("aws", ""), region="us-east-1"), "no machine type and no accelerator is written"),
        (costs(machines("", "no.such"), platform="kubernetes"), "none is known that sells no.such"),
        (
            costs(machines("google", "", accelerator=known("B200"), accelerator_count=number("8")), region="us-east1"),
            "there is no price for B200 in google us-east1",
        ),
    ],
)
def test_what_has_no_price_says_why(made: Estimate, reason: str) -> None:
    assert reason in only_reason(made)


def test_an_unknown_count_is_named_and_has_no_upper_end() -> None:
    compute = machines("aws", "g5.xlarge", count_min=known(2), count_max=unknown())
    made = costs(compute, region="us-east-1")
    assert (made.low, made.high, made.open_ended) == (G5 * 1460, G5 * 1460, True)
    assert made.unpriced[0].reason == "the largest count is not known: var.x has no value"
    compute = machines("aws", "g5.xlarge", count_min=unknown(), count_max=known(3))
    made = costs(compute, region="us-east-1")
    assert (made.low, made.high, made.open_ended) == (ZERO, G5 * 2190, False)
    assert "var.x has no value" in made.lines[0].assumption


def test_no_count_is_one_and_says_so() -> None:
    line = only_line(costs(machines("aws", "g5.xlarge", count_min=ABSENT, count_max=ABSENT), region="us-east-1"))
    assert (line.quantity, line.assumption) == (Decimal(730), "no count is written: one is taken")


def test_none_of_them_costs_nothing() -> None:
    made = costs(machines("aws", "g5.xlarge", 0), region="us-east-1")
    assert (made.lines, made.unpriced, made.open_ended) == ((), (), False)


def test_an_absurd_count_is_not_counted() -> None:
    made = costs(machines("aws", "g5.xlarge", 10**30), region="us-east-1")
    assert made.open_ended
    assert made.high == G5 * 730


def test_scaling_to_zero_has_nothing_as_its_low_end() -> None:
    serving = Serving(location=HERE, scale_to_zero=known(True))
    made = costs(machines("aws", "g5.xlarge", 1, 2), region="us-east-1", serving=serving)
    assert (made.low, made.high) == (ZERO, G5 * 1460)


def test_an_unknown_number_of_instances() -> None:
    made = costs(machines("aws", "g5.xlarge"), region="us-east-1", repeated=unknown("var.n has no value"))
    assert (made.low, made.high, made.open_ended) == (ZERO, G5 * 730, True)
    assert "var.n has no value" in made.lines[0].assumption
    assert "var.n has no value" in made.unpriced[0].reason


def test_a_scheduled_run() -> None:
    # Every night for 8 hours: 730 / 24 runs.
    training = run("8", schedule=known("0 2 * * *"))
    line = only_line(costs(machines("aws", "g5.xlarge"), region="us-east-1", training=training))
    assert line.quantity.quantize(Decimal("0.0001")) == Decimal("243.3333")
    assert line.assumption == "30.42 runs a month of 8 h, its longest time"


def test_a_single_run() -> None:
    line = only_line(costs(machines("aws", "g5.xlarge", 2), region="us-east-1", training=run("12")))
    assert (line.monthly, line.assumption) == (G5 * 24, "one run a month of 12 h, its longest time")


@pytest.mark.parametrize(
    ("training", "reason"),
    [
        (run("8", schedule=known("when it rains")), "the schedule 'when it rains' does not say how often it runs"),
        (run("8", schedule=unknown()), "its schedule is not known: var.x has no value"),
        (run("8", trigger=known("new data")), "how often it is triggered is not known"),
    ],
)
def test_a_run_of_unknown_frequency_has_no_upper_end(training: Training, reason: str) -> None:
    made = costs(machines("aws", "g5.xlarge"), region="us-east-1", training=training)
    assert (made.high, made.open_ended) == (G5 * 8, True)
    assert made.unpriced[0].reason == reason


def test_a_run_without_a_limit_takes_all_month() -> None:
    line = only_line(costs(machines("aws", "g5.xlarge"), region="us-east-1", training=Training(location=HERE)))
    assert (line.quantity, line.assumption) == (Decimal(730), "no longest runtime is written: a full month is taken")


def test_volumes() -> None:
    # aws,ebs:gp3,us-east-1,GB-month,0.08; gp3:iops_over_3000 0.005; gp3:throughput_over_125 0.04
    gp3 = Storage(
        location=HERE,
        provider="aws",
        kind=known("ebs:gp3"),
        size_gib=number("500"),
        iops=number("4000"),
        throughput_mibps=number("250"),
        count_min=known(2),
        count_max=known(2),
    )
    made = costs(gp3, region="us-east-1")
    assert [line.monthly for line in made.lines] == [Decimal(80), Decimal(10), Decimal(10)]
    assert made.unpriced == ()


def test_bought_operations_by_tier() -> None:
    # aws,us-east-1: ebs:io2 0.125; io2:iops_to_32000 0.065; iops_32001_64000 0.0455; iops_over_64000 0.03185
    io2 = Storage(location=HERE, provider="aws", kind=known("ebs:io2"), size_gib=number("100"), iops=number("70000"))
    made = costs(io2, region="us-east-1")
    assert [line.quantity for line in made.lines] == [100, 32000, 32000, 6000]
    assert made.high == Decimal("12.5") + 32000 * Decimal("0.065") + 32000 * Decimal("0.0455") + 6000 * Decimal(
        "0.03185"
    )
    without = Storage(location=HERE, provider="aws", kind=known("ebs:io1"), size_gib=number("100"))
    assert costs(without, region="us-east-1").unpriced[0].reason == "its iops is not written"


def test_an_azure_disk_is_sold_by_tiers_of_size() -> None:
    # azure,disk:P10:LRS,westeurope,disk-month,21.68 for up to 128 GiB
    disk = Storage(location=HERE, provider="azure", kind=known("Premium_LRS"), size_gib=number("100"))
    line = only_line(costs(disk, region="westeurope"))
    assert (line.name, line.quantity, line.monthly) == ("disk:P10:LRS", Decimal(1), Decimal("21.68"))


def test_storage_without_a_size_says_what_to_declare() -> None:
    bucket = Storage(location=HERE, provider="aws", kind=known("s3:standard"))
    assert only_reason(costs(bucket, region="us-east-1")) == "its size depends on use: declare it in a usage file"
    volume = Storage(location=HERE, provider="aws", kind=known("ebs:gp2"))
    assert "image or snapshot" in only_reason(costs(volume, region="us-east-1"))
    nowhere = Storage(location=HERE, provider="aws", kind=known("ebs:gp9"), size_gib=number("1"))
    assert only_reason(costs(nowhere, region="us-east-1")) == "there is no price for aws ebs:gp9 in us-east-1"


def fee(service: str, sku: str, quantity: Value[Decimal] = ABSENT) -> Fee:
    return Fee(
        location=HERE,
        name=f"{service} {sku}",
        provider="aws",
        service=service,
        sku=sku,
        quantity=quantity,
        region=ABSENT,
    )


def test_fees() -> None:
    # aws,eks,cluster,us-east-1,hour,0.1; aws,nat_gateway,data,us-east-1,GB,0.045
    assert only_line(costs(fee("eks", "cluster", number("1")), region="us-east-1")).monthly == 73
    elsewhere = only_line(costs(fee("eks", "cluster", number("1")), region="eu-west-1"))
    assert (elsewhere.monthly, elsewhere.assumption) == (Decimal(73), "the price of us-east-1, which holds everywhere")
    assert only_line(costs(fee("nat_gateway", "data", number("1000")), region="us-east-1")).monthly == 45
    assert "depends on use" in only_reason(costs(fee("nat_gateway", "data"), region="us-east-1"))
    assert "in eu-west-1" in only_reason(costs(fee("nat_gateway", "gateway", number("1")), region="eu-west-1"))
    many = costs(fee("eks", "cluster", unknown()), region="us-east-1")
    assert (many.low, many.high, many.open_ended) == (ZERO, Decimal(73), True)


def link(**facts: Any) -> DataLink:
    return DataLink(location=HERE, uri=known(facts.pop("uri", "s3://corpus/train")), **facts)


def test_transfer_between_regions() -> None:
    # aws,eu-west-1,us-east-1,0,,GB,0.02,skyplane,2023-04-27
    reading = link(region=known("eu-west-1"), gib_per_month=number("5000"))
    made = costs(machines("aws", "g5.xlarge", 0), reading, region="us-east-1")
    assert (only_line(made).name, made.high) == ("transfer of s3://corpus/train", Decimal(100))
    near = link(region=known("us-east-1"), gib_per_month=number("5000"))
    assert costs(near, region="us-east-1").lines == ()
    unmeasured = link(region=known("eu-west-1"))
    assert "it moves between eu-west-1 and us-east-1" in only_reason(costs(unmeasured, region="us-east-1"))


def test_transfer_between_clouds_goes_over_the_internet() -> None:
    # gcp,us-central1,internet,0,1024,GiB,0.12
    reading = link(uri="gs://corpus/train", region=known("us-central1"), gib_per_month=number("100"))
    price = BOOK.transfer("google", "us-central1", "internet")
    assert price is not None
    assert costs(reading, region="us-east-1").high == price.amount * 100


def test_supply_is_counted_with_the_workloads_that_ask_for_it() -> None:
    made = costs(machines("aws", "p4d.24xlarge", 0, 100), type="NodePool", platform="kubernetes", region="us-east-1")
    assert (made.lines, made.unpriced) == ((), ())
    made = costs(machines("aws", "p4d.24xlarge", 0), type="NodePool", unpriced="its nodes follow the workloads")
    assert only_reason(made) == "its nodes follow the workloads"


def test_a_pool_of_a_fixed_number_of_nodes_is_counted_itself() -> None:
    made = costs(machines("aws", "p4d.24xlarge", 2), type="NodePool", region="us-east-1")
    assert [line.quantity for line in made.lines] == [Decimal(1460)]
