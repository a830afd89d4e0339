"""What holds for the cost of anything: more replicas never cost less, and lines add up to a range."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from guard.costing.estimate import estimate
from guard.costing.schedules import runs_per_month
from guard.model.location import whole_file
from guard.model.node import Node
from guard.model.resource import Compute, Fee, Labels, Purchase, Resource, Serving, Storage, Training
from guard.model.value import Absent, Known, Unknown, Value
from guard.prices.book import open_book

BOOK = open_book()
HERE = whole_file("main.tf")
ABSENT, UNKNOWN = Absent(HERE), Unknown("var.x has no value", HERE)
TYPES = ["p4d.24xlarge", "g5.xlarge", "m5.large", "n1-standard-4", "a2-highgpu-1g", "Standard_NC24ads_A100_v4", "none"]
TYPES += ["ct6e-standard-4t", "p5e.48xlarge", "ml.g5.xlarge", "n1-custom-6-20480", ""]
ACCELERATORS = ["A100", "T4", "H100", "TPU v6e", "TPU v5e", "GPU", "nothing", ""]
REGIONS = ["us-east-1", "us-east-2", "us-central1", "eastus", "westeurope", "nowhere", ""]


def values(known: st.SearchStrategy[object]) -> st.SearchStrategy[Value[object]]:
    return st.one_of(st.just(ABSENT), st.just(UNKNOWN), known.map(lambda one: Known(one, HERE)))


amounts = st.decimals(min_value=0, max_value=10_000, places=3)
counts = values(st.integers(min_value=-1, max_value=1000))
computes = st.builds(
    Compute,
    location=st.just(HERE),
    provider=st.sampled_from(["aws", "google", "azure", "", "oracle"]),
    service=st.sampled_from(["", "sagemaker", "vertex", "azureml"]),
    instance_type=values(st.sampled_from(TYPES)),
    other_instance_types=st.lists(st.sampled_from(TYPES).map(lambda one: Known(one, HERE)), max_size=2).map(tuple),
    accelerator=values(st.sampled_from(ACCELERATORS)),
    accelerator_count=values(st.decimals(min_value=0, max_value=16, places=2)),
    vcpu=values(amounts),
    memory_gib=values(amounts),
    count_min=counts,
    count_max=counts,
    purchase=values(st.sampled_from(Purchase)),
    spot_share=values(st.decimals(min_value=0, max_value=1, places=2)),
    max_runtime_hours=values(amounts),
    hours_per_month=values(amounts),
    region=values(st.sampled_from(REGIONS)),
    share=st.booleans(),
)
storages = st.builds(
    Storage,
    location=st.just(HERE),
    provider=st.sampled_from(["aws", "google", "azure"]),
    kind=values(st.sampled_from(["ebs:gp3", "ebs:io2", "s3:standard", "pd-ssd", "Premium_LRS", "disk:ultra", ""])),
    size_gib=values(amounts),
    iops=values(st.decimals(min_value=0, max_value=100_000, places=0)),
    throughput_mibps=values(amounts),
    region=values(st.sampled_from(REGIONS)),
    count_min=counts,
    count_max=counts,
)
fees = st.builds(
    Fee,
    location=st.just(HERE),
    name=st.just("fee"),
    provider=st.just("aws"),
    service=st.sampled_from(["eks", "nat_gateway"]),
    sku=st.sampled_from(["cluster", "gateway", "data"]),
    quantity=values(amounts),
    region=values(st.sampled_from(REGIONS)),
)
trainings = st.builds(
    Training,
    location=st.just(HERE),
    schedule=values(st.sampled_from(["@daily", "0 0 1 * *", "rate(5 minutes)", "now and then"])),
    trigger=values(st.just("push")),
    max_runtime_hours=values(amounts),
)
resources = st.builds(
    Resource,
    address=st.just("thing.it"),
    type=st.just("thing"),
    platform=st.just("aws"),
    origin=st.just("terraform"),
    location=st.just(HERE),
    labels=st.just(Labels(HERE)),
    region=values(st.sampled_from(REGIONS)),
    zone=st.just(ABSENT),
    body=st.just(Node({}, HERE)),
    compute=st.lists(computes, max_size=2).map(tuple),
    storage=st.lists(storages, max_size=2).map(tuple),
    fees=st.lists(fees, max_size=1).map(tuple),
    serving=st.one_of(st.none(), st.builds(Serving, location=st.just(HERE), scale_to_zero=values(st.booleans()))),
    training=st.one_of(st.none(), trainings),
    repeated=st.sampled_from([None, UNKNOWN]),
)


@settings(max_examples=100, deadline=None)
@given(resources)
def test_the_low_end_is_not_above_the_high_end(resource: Resource) -> None:
    made = estimate(resource, BOOK)
    for line in made.lines:
        assert 0 <= line.low_monthly <= line.monthly
        assert line.price.source
        assert line.price.currency == "USD"
    assert made.low == sum((line.low_monthly for line in made.lines), Decimal(0))
    assert made.high == sum((line.monthly for line in made.lines), Decimal(0))
    assert made.high.quantize(Decimal("0.01")) >= 0


@settings(max_examples=60, deadline=None)
@given(resources)
def test_what_costs_money_has_a_line_or_a_reason(resource: Resource) -> None:
    made = estimate(resource, BOOK)
    assert all(one.reason and one.name for one in made.unpriced)
    assert made.open_ended == bool(made.unpriced)
    running = [
        one
        for one in resource.compute
        if not (isinstance(one.count_max, Known) and one.count_max.value <= 0)
        and not (isinstance(one.count_min, Known) and one.count_min.value <= 0)
    ]
    assert not running or made.lines or made.unpriced


@settings(max_examples=60, deadline=None)
@given(resources, st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_more_replicas_never_cost_less(resource: Resource, low: int, high: int, more: int) -> None:
    def sized(least: int, most: int) -> Resource:
        bounds = {"count_min": Known(least, HERE), "count_max": Known(most, HERE)}
        return replace(resource, compute=tuple(replace(one, **bounds) for one in resource.compute))  # type: ignore[arg-type]

    high = max(low, high)
    few, many = estimate(sized(low, high), BOOK), estimate(sized(low + more, high + more), BOOK)
    wider = estimate(sized(low, high + more), BOOK)
    assert few.low <= many.low
    assert few.high <= many.high
    assert few.high <= wider.high
    assert wider.low == few.low


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9*/,?-]{1,6}( [0-9*/,?-]{1,6}){4}", fullmatch=True)))
def test_any_schedule_is_a_number_of_runs_or_nothing(schedule: str) -> None:
    runs = runs_per_month(schedule)
    assert runs is None or 0 <= runs <= 43_800
