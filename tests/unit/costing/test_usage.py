"""Usage files of Infracost's version 0.1: what each key does to the cost, and what is told about the others."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.costing.estimate import estimate
from guard.costing.usage import Applied, apply_usage
from guard.engine import load_usage
from guard.model.price import Estimate
from guard.model.resource import DataLink, Fee, Purchase, Resource, Storage, Training
from guard.model.value import Known
from tests.unit.costing.making import BOOK, HERE, known, machines, number, resource

# aws,g5.xlarge,us-east-1,hour,1.006
G5 = Decimal("1.006")
GPU = resource(
    machines("aws", "g5.xlarge", 2),
    Storage(
        location=HERE,
        name="root volume",
        provider="aws",
        kind=known("ebs:gp3"),
        size_gib=number("100"),
        count_min=known(2),
        count_max=known(2),
    ),
    region="us-east-1",
    address='module.train["eu"].aws_instance.gpu[0]',
    type="aws_instance",
)
BUCKET = resource(
    Storage(location=HERE, provider="aws", kind=known("s3:standard")),
    region="us-east-1",
    address="aws_s3_bucket.data",
    type="aws_s3_bucket",
)


def applied(text: str, *resources: Resource) -> Applied:
    usage, problems = load_usage("usage.yml", f"version: 0.1\n{text}")
    assert problems == ()
    return apply_usage(resources, usage)


def cost(text: str, one: Resource) -> Estimate:
    made = applied(text, one)
    assert made.problems == ()
    return estimate(made.resources[0], BOOK)


@pytest.mark.parametrize("key", ["monthly_hrs", "monthly_hours", "hours_per_month"])
def test_hours_of_every_instance_by_wildcard(key: str) -> None:
    made = cost(f'resource_usage:\n  module.train["eu"].aws_instance.gpu[*]: {{{key}: 100}}\n', GPU)
    # aws,ebs:gp3,us-east-1,GB-month,0.08
    assert made.high == G5 * 2 * 100 + Decimal("0.08") * 200
    assert "100 hours a month (usage.yml:3)" in made.lines[0].assumption


def test_the_address_counts_before_the_wildcard_and_that_before_the_type() -> None:
    text = """\
resource_type_default_usage:
  aws_instance: {monthly_hrs: 1, instances: 5}
resource_usage:
  module.train["eu"].aws_instance.gpu[*]: {monthly_hrs: 2}
  module.train["eu"].aws_instance.gpu[0]: {monthly_hrs: 3}
"""
    made = applied(text, GPU)
    line = estimate(made.resources[0], BOOK).lines[0]
    assert line.quantity == 5 * 3
    assert "5 running (usage.yml:3)" in line.assumption
    # The overridden keys are no mistakes of anybody's, but they have no effect here.
    assert [one.location.line for one in made.problems if one.location] == [5, 3]


def test_instances_also_count_the_disks_of_the_machines() -> None:
    made = cost("resource_type_default_usage:\n  aws_instance: {instances: 3}\n", GPU)
    assert made.high == G5 * 3 * 730 + Decimal("0.08") * 300


def test_reserved_instances_cost_what_a_year_of_them_does() -> None:
    text = (
        "reserved_instance_type: standard, reserved_instance_term: 1_year, reserved_instance_payment_option: no_upfront"
    )
    one = applied(f"resource_type_default_usage:\n  aws_instance: {{{text}, operating_system: linux}}\n", GPU)
    assert one.problems == ()
    bought = one.resources[0].compute[0].purchase
    assert isinstance(bought, Known)
    assert bought.value is Purchase.RESERVED
    assert estimate(one.resources[0], BOOK).lines[0].price.purchase == "commit_1y"


def test_another_operating_system_has_a_licence_without_a_price() -> None:
    made = cost("resource_type_default_usage:\n  aws_instance: {operating_system: windows}\n", GPU)
    assert "the licence of windows is not in the price" in made.unpriced[0].reason


def test_storage_by_class_and_requests() -> None:
    text = """\
resource_usage:
  aws_s3_bucket.data:
    standard: {storage_gb: 1000, monthly_tier_1_requests: 2000000, monthly_tier_2_requests: 0}
    glacier_deep_archive: {storage_gb: 10000}
    intelligent_tiering: {frequent_access_storage_gb: 10}
"""
    made = cost(text, BUCKET)
    # s3:standard:first_50tb 0.023; s3:glacier_deep_archive 0.00099; intelligent_tiering:frequent 0.023; put_1k 0.005
    assert made.high == 1000 * Decimal("0.023") + 10000 * Decimal("0.00099") + Decimal("0.23") + 2000 * Decimal("0.005")
    assert not made.open_ended
    assert all("(usage.yml:" in line.assumption for line in made.lines)


def test_the_size_of_a_bucket() -> None:
    assert cost("resource_usage:\n  aws_s3_bucket.data: {storage_gb: 100}\n", BUCKET).high == Decimal("2.3")


def test_what_a_gateway_moves() -> None:
    fee = Fee(
        location=HERE,
        name="NAT gateway",
        provider="aws",
        service="nat_gateway",
        sku="gateway",
        quantity=number("1"),
        region=known("us-east-1"),
    )
    nat = resource(fee, region="us-east-1", address="aws_nat_gateway.a", type="aws_nat_gateway")
    made = cost("resource_usage:\n  aws_nat_gateway.a: {monthly_data_processed_gb: 100}\n", nat)
    # aws,nat_gateway,gateway 0.045 an hour; data 0.045 a GB
    assert made.high == Decimal("0.045") * 830


def test_logs_that_are_taken_in_and_kept() -> None:
    logs = replace(
        resource(Storage(location=HERE, provider="aws", kind=known("cloudwatch_logs:storage")), region="us-east-1"),
        type="aws_cloudwatch_log_group",
    )
    made = cost(
        "resource_type_default_usage:\n  aws_cloudwatch_log_group: {storage_gb: 100, monthly_data_ingested_gb: 10}\n",
        logs,
    )
    # aws,cloudwatch_logs,storage 0.03; ingest 0.5
    assert made.high == 3 + 5


def test_data_by_uri_and_by_resource() -> None:
    link = DataLink(location=HERE, uri=known("s3://corpus/train"), region=known("eu-west-1"))
    reader = replace(GPU, data=(link,))
    for text in (
        "data_usage:\n  s3://corpus/*: {gib_per_month: 500}\n",
        "resource_type_default_usage:\n  aws_instance: {gib_per_month: 500}\n",
        "resource_type_default_usage:\n  aws_instance: {gib_per_month: {'s3://corpus/*': 500}}\n",
    ):
        made = cost(text, reader)
        # aws,eu-west-1,us-east-1,0,,GB,0.02
        assert made.lines[-1].monthly == 10
        assert "500 GB a month moved (usage.yml:3)" in made.lines[-1].assumption


def test_runs_of_a_training_job() -> None:
    job = resource(
        machines("aws", "g5.xlarge"),
        region="us-east-1",
        type="TrainingJob",
        training=Training(location=HERE, schedule=known("@daily")),
    )
    made = cost("resource_type_default_usage:\n  TrainingJob: {runs_per_month: 4, hours_per_run: 6}\n", job)
    assert made.high == G5 * 24
    assert "4 runs a month (usage.yml:3)" in made.lines[0].assumption


def test_pools_of_a_cluster_have_their_own_sizes() -> None:
    cluster = resource(machines("google", "e2-medium", 1), machines("google", "g2-standard-4", 1), region="us-central1")
    text = "resource_type_default_usage:\n  aws_thing: {'node_pool[0]': {nodes: 3}, 'node_pool[1]': {nodes: 2}}\n"
    made = applied(text, cluster)
    assert made.problems == ()
    counts = [one.count_max for one in made.resources[0].compute]
    assert [one.value for one in counts if isinstance(one, Known)] == [3, 2]


def test_what_nobody_uses_is_told_as_advice() -> None:
    made = applied(
        "resource_usage:\n  aws_s3_bucket.data: {object_tags: 5}\n  aws_s3_bucket.dta: {storage_gb: 5}\n"
        "data_usage:\n  s3://x: {gib_per_month: 1}\n",
        BUCKET,
    )
    assert [(one.location.line, one.message) for one in made.problems if one.location] == [
        (3, "the usage object_tags of aws_s3_bucket.data is not used: no price of guard's depends on it here"),
        (4, "usage is declared for aws_s3_bucket.dta, and no resource is called so"),
        (6, "usage is declared for s3://x, and nothing reads or writes it"),
    ]
    assert all(one.advisory and not one.blocking for one in made.problems)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("many", "expected a number, found 'many'"),
        ("-1", "expected a number from 0 to 744, found -1"),
        ("745", "expected a number from 0 to 744, found 745"),
    ],
)
def test_numbers_that_cannot_be_are_mistakes_at_their_place(value: str, message: str) -> None:
    made = applied(f"resource_type_default_usage:\n  aws_instance: {{monthly_hrs: {value}}}\n", GPU)
    (problem,) = made.problems
    assert (problem.message, problem.blocking) == (message, True)
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (3, 31)
    assert estimate(made.resources[0], BOOK).lines[0].quantity == 1460


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1\n", "a usage file is a mapping, found a list"),
        ("resource_usage: {}\n", "the usage file has no version; write `version: 0.1`"),
        ("version: 2\n", "guard reads usage files of version 0.1, found 2"),
        ("version: 0.1\nresources: {}\n", 'unknown key "resources" of a usage file'),
        ("version: 0.1\nresource_usage: 3\n", "resource_usage is a mapping of names to their usage, found a number"),
        ("version: 0.1\nresource_usage: {a.b: 3}\n", "the usage of a.b is a mapping of keys, found a number"),
        ("version: [0.1\n", ""),
    ],
)
def test_mistakes_in_the_file_are_told_at_their_place(text: str, message: str) -> None:
    _, problems = load_usage("usage.yml", text)
    assert problems
    assert problems[0].message.startswith(message)
    assert problems[0].blocking
    assert problems[0].location is not None


def test_an_empty_file_declares_nothing() -> None:
    usage, problems = load_usage("usage.yml", "# nothing\n")
    assert (usage.resources, problems) == ((), ())


def test_addresses_that_two_roots_share_are_meant_by_their_own_name() -> None:
    both = replace(BUCKET, address="infra/prod:aws_s3_bucket.data")
    assert cost("resource_usage:\n  aws_s3_bucket.data: {storage_gb: 100}\n", both).high == Decimal("2.3")


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
keys = st.sampled_from(
    ["standard", "storage_gb", "instances", "monthly_hrs", "gib_per_month", "runs_per_month", "intelligent_tiering",
     "operating_system", "reserved_instance_term", "default_node_pool", "node_pool[0]", "nodes", "version"]
)  # fmt: skip
values = st.recursive(scalars, lambda inner: st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=2))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["aws_instance", "aws_s3_bucket", "aws_s3_bucket.data", "*"]), values))
def test_no_declaration_breaks_an_estimate(declared: dict[str, object]) -> None:
    text = json.dumps({"version": "0.1", "resource_usage": declared, "resource_type_default_usage": declared})
    usage, _ = load_usage("usage.yml", text)
    made = apply_usage((GPU, BUCKET), usage)
    for one in made.resources:
        cost = estimate(one, BOOK)
        assert 0 <= cost.low <= cost.high
