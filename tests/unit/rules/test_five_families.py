"""What the rules do with facts that are unknown or absent: they say so, and find nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from guard.model.finding import Finding, UnknownFact
from guard.model.resource import Compute, DataLink, Purchase, Purpose, Resource
from guard.model.rule import Budget, Context, Project, Rule
from guard.model.value import Absent, Known, Value
from guard.prices.book import open_book
from guard.rules.compute import disallowed_instance_type
from guard.rules.locality import cross_region_data
from guard.rules.spend import over_budget
from guard.rules.spot import spot_without_checkpointing, spot_without_fallback
from guard.rules.tagging import missing_tag
from tests.unit.policy._made import at, costing, known, resource, unknown

HERE = at(3)


def says(
    rule: Rule[Any], subject: Resource, *, project: Project | None = None, base: Project | None = None, **options: Any
) -> tuple[list[str], list[str]]:
    """Return the messages of a rule's findings, and what it cannot decide."""
    around = project or Project((subject,), {}, open_book())
    scope = around.resources
    per_resource = subject if rule.per == "resource" else None
    context = Context(rule.name, rule.severity, rule.options(**options), around, scope, per_resource, base)
    said: list[Finding | UnknownFact] = list(rule.check(context))
    findings = [one.message for one in said if isinstance(one, Finding)]
    return findings, [f"{one.attribute}: {one.reason}" for one in said if isinstance(one, UnknownFact)]


def compute(**facts: Any) -> tuple[Compute, ...]:
    return (Compute(location=HERE, provider="aws", **facts),)


SPOT = Known(Purchase.SPOT, HERE)
NO_VALUE = "var.x has no value"


def test_tags_that_are_unknown_are_not_missing() -> None:
    subject = resource(unknown_labels=(unknown(),), labels={"owner": known("ml")}, compute=compute())
    assert says(missing_tag.RULE, subject) == ([], [f"labels.cost-center: {NO_VALUE}"])


def test_what_costs_nothing_or_takes_no_tags_needs_none() -> None:
    assert says(missing_tag.RULE, resource()) == ([], [])
    assert says(missing_tag.RULE, resource(), every_taggable=True)[0] == ["tags cost-center and owner are missing"]


def test_an_empty_tag_is_no_tag() -> None:
    subject = resource(labels={"owner": known(""), "cost-center": known("1")}, compute=compute())
    assert says(missing_tag.RULE, subject) == (["tag owner is empty"], [])


def test_an_unknown_machine_is_undecided_unless_nothing_is_asked_of_it() -> None:
    subject = resource(compute=compute(instance_type=unknown(), accelerator=unknown()))
    assert says(disallowed_instance_type.RULE, subject, deny=("p5*",)) == ([], [f"instance_type: {NO_VALUE}"])
    assert says(disallowed_instance_type.RULE, subject, deny_accelerators=()) == ([], [])


def test_a_known_alternative_is_judged_although_the_first_type_is_unknown() -> None:
    subject = resource(compute=compute(instance_type=unknown(), other_instance_types=(known("p5.48xlarge"),)))
    assert says(disallowed_instance_type.RULE, subject, deny=("P5*",))[0] == [
        'p5.48xlarge is not allowed ("P5*" is denied)'
    ]


def test_limits_by_environment_need_a_known_environment() -> None:
    limits = {"dev": disallowed_instance_type.Limits(max_accelerators=1)}
    machine = compute(accelerator=known("A100"), accelerator_count=Known(Decimal(8), HERE))
    undecided = resource(labels={"env": unknown()}, compute=machine)
    assert says(disallowed_instance_type.RULE, undecided, environments=limits) == (
        [],
        [f"labels.environment: {NO_VALUE}"],
    )
    elsewhere = resource(labels={"env": known("prod")}, compute=machine)
    assert says(disallowed_instance_type.RULE, elsewhere, environments=limits) == ([], [])
    there = resource(labels={"env": known("dev")}, compute=machine)
    message = "8 A100 accelerators in one machine; at most 1 are allowed in dev"
    assert says(disallowed_instance_type.RULE, there, environments=limits) == ([message], [])


def test_machines_that_never_run_are_left_alone() -> None:
    none = compute(
        instance_type=known("p3.2xlarge"), accelerator=known("V100"), count_max=Known(0, HERE), purchase=SPOT
    )
    for rule in (disallowed_instance_type.RULE, spot_without_fallback.RULE, spot_without_checkpointing.RULE):
        assert says(rule, resource(compute=none)) == ([], [])


@pytest.mark.parametrize(
    ("rule", "facts", "findings", "undecided"),
    [
        (spot_without_fallback, {"purchase": unknown()}, 0, [f"purchase: {NO_VALUE}"]),
        (spot_without_fallback, {"purchase": SPOT, "fallback": unknown()}, 0, [f"fallback: {NO_VALUE}"]),
        (spot_without_fallback, {"purchase": SPOT, "fallback": known("on_demand")}, 0, []),
        (spot_without_fallback, {"purchase": SPOT}, 1, []),
        (spot_without_fallback, {"purchase": Known(Purchase.MIXED, HERE)}, 0, []),
        (spot_without_fallback, {}, 0, []),
        (spot_without_checkpointing, {"purchase": unknown()}, 0, [f"purchase: {NO_VALUE}"]),
        (spot_without_checkpointing, {"purchase": SPOT, "checkpoint": unknown()}, 0, [f"checkpoint: {NO_VALUE}"]),
        (spot_without_checkpointing, {"purchase": SPOT, "checkpoint": known("s3://c")}, 0, []),
        (spot_without_checkpointing, {"purchase": SPOT}, 1, []),
        (spot_without_checkpointing, {"purchase": Known(Purchase.MIXED, HERE)}, 0, []),
    ],
)
def test_spot_training(rule: ModuleType, facts: dict[str, Value[Any]], findings: int, undecided: list[str]) -> None:
    subject = resource(purpose=Purpose.TRAINING, compute=compute(**facts))
    said = says(rule.RULE, subject)
    assert (len(said[0]), said[1]) == (findings, undecided)


@pytest.mark.parametrize(("minutes", "findings"), [(Decimal(30), 0), (Decimal(60), 0), (Decimal(61), 1)])
def test_checkpoints_must_be_as_often_as_is_affordable(minutes: Decimal, findings: int) -> None:
    facts = {"purchase": SPOT, "checkpoint": known("s3://c"), "checkpoint_minutes": Known(minutes, HERE)}
    subject = resource(purpose=Purpose.TRAINING, compute=compute(**facts))
    assert len(says(spot_without_checkpointing.RULE, subject)[0]) == findings
    labelled = resource(
        purpose=Purpose.TRAINING,
        compute=compute(purchase=SPOT, checkpoint=known("s3://c")),
        labels={"checkpoint-minutes": known(str(minutes))},
    )
    assert len(says(spot_without_checkpointing.RULE, labelled)[0]) == findings


def test_a_short_run_needs_no_checkpoint() -> None:
    short = compute(purchase=SPOT, max_runtime_hours=Known(Decimal(1), HERE))
    assert says(spot_without_checkpointing.RULE, resource(purpose=Purpose.TRAINING, compute=short)) == ([], [])


def test_a_checkpoint_may_stand_in_for_a_fallback() -> None:
    waits = resource(purpose=Purpose.TRAINING, compute=compute(purchase=SPOT, checkpoint=known("s3://c")))
    assert says(spot_without_fallback.RULE, waits, checkpoint_suffices=True) == ([], [])
    serves = resource(purpose=Purpose.INFERENCE, compute=compute(purchase=SPOT))
    assert len(says(spot_without_fallback.RULE, serves, checkpoint_suffices=True)[0]) == 1


def links(region: Value[str], **more: Any) -> tuple[DataLink, ...]:
    return (DataLink(uri=known("s3://corpus/a"), location=HERE, region=region, **more),)


@pytest.mark.parametrize(
    ("here", "there", "findings", "undecided"),
    [
        (known("us-east-1"), known("us-east-1"), 0, 0),
        (known("us-east-1"), known("eu-west-1"), 1, 0),
        (known("us-east-1"), known("US-EAST-1"), 0, 0),
        (known("us-central1"), known("us"), 0, 0),
        (known("europe-west4"), known("us"), 1, 0),
        (unknown(), known("eu-west-1"), 0, 1),
        (known("us-east-1"), unknown(), 0, 1),
        (unknown(), unknown(), 0, 1),
        (Absent(HERE), known("eu-west-1"), 0, 1),
        (known("us-east-1"), Absent(HERE), 0, 0),
    ],
)
def test_regions_are_compared_only_where_both_are_known(
    here: Value[str], there: Value[str], findings: int, undecided: int
) -> None:
    subject = resource(region=here, compute=compute(), data=links(there))
    said = says(cross_region_data.RULE, subject)
    assert (len(said[0]), len(said[1])) == (findings, undecided)


@pytest.mark.parametrize(("there", "findings"), [("us", 0), ("us-multi", 0), ("nam4", 0), ("eur4", 1), ("europe", 1)])
def test_a_place_of_several_regions_is_near_those_within_it(there: str, findings: int) -> None:
    machine = (Compute(location=HERE, provider="google", region=known("us-central1")),)
    near = (DataLink(uri=known("gs://corpus/a"), location=HERE, region=known(there)),)
    assert len(says(cross_region_data.RULE, resource(compute=machine, data=near))[0]) == findings


def test_the_price_of_a_transfer_is_that_of_leaving_the_source() -> None:
    reads = resource(region=known("us-east-1"), compute=compute(), data=links(known("sa-east-1")))
    writes = resource(region=known("us-east-1"), compute=compute(), data=links(known("sa-east-1"), direction="write"))
    book = open_book()
    out, back = book.transfer("aws", "sa-east-1", "us-east-1"), book.transfer("aws", "us-east-1", "sa-east-1")
    assert out is not None
    assert back is not None
    assert out.amount > back.amount
    assert f"${out.amount.normalize():f} per GB" in says(cross_region_data.RULE, reads)[0][0]
    assert f"${back.amount.normalize():f} per GB" in says(cross_region_data.RULE, writes)[0][0]


def test_data_in_another_cloud_leaves_through_the_internet() -> None:
    machine = (Compute(location=HERE, provider="google", region=known("us-central1")),)
    price = open_book().transfer("aws", "us-east-1", "internet")
    assert price is not None
    message = says(cross_region_data.RULE, resource(compute=machine, data=links(known("us-east-1"))))[0][0]
    assert f"${price.amount.normalize():f} per GB" in message


def test_data_that_is_ignored_or_of_another_role_is_left_alone() -> None:
    far = resource(region=known("us-east-1"), compute=compute(), data=links(known("eu-west-1"), role="model"))
    assert says(cross_region_data.RULE, far, ignore=("s3://corpus*",)) == ([], [])
    assert says(cross_region_data.RULE, far, roles=("data",)) == ([], [])


def budget(**amounts: int) -> Budget:
    given = {name: Decimal(amount) for name, amount in amounts.items()}
    addresses = frozenset({"aws_instance.a", "aws_instance.b"})
    return replace(Budget("ml", at(1, "guard.yaml"), addresses, addresses), **given)  # type: ignore[arg-type]


def spending(low: str, high: str, open_ended: int = 0, **amounts: int) -> Project:
    one, two = resource("aws_instance.a"), resource("aws_instance.b", line=2)
    estimates = {
        one.address: costing(one.address, low, high, bool(open_ended)),
        two.address: costing(two.address, "10", "10"),
    }
    return Project((one, two), estimates, open_book(), (budget(**amounts),))


@pytest.mark.parametrize(
    ("project", "options", "findings", "undecided"),
    [
        (spending("90", "90", monthly=100), {}, 0, 0),
        (spending("90", "91", monthly=100), {}, 1, 0),
        (spending("90", "91", monthly=100), {"count": "least"}, 0, 0),
        (spending("90", "90", open_ended=1, monthly=100), {}, 1, 1),
        (spending("90", "95", open_ended=1, monthly=100), {}, 1, 0),
    ],
)
def test_a_sum_with_open_parts_decides_only_above_the_budget(
    project: Project, options: dict[str, Any], findings: int, undecided: int
) -> None:
    said = says(over_budget.RULE, project.resources[0], project=project, **options)
    assert (len(said[0]), len(said[1])) == (findings, undecided)


def test_the_message_names_the_range_and_what_contributes() -> None:
    said = says(over_budget.RULE, resource(), project=spending("500", "1000", monthly=100))
    assert said[0] == ["ml: $510 to $1,010 a month, over its budget of $100; most of it: aws_instance.a $1,000"]


@pytest.mark.parametrize(
    ("amounts", "findings"),
    [
        ({"increase_amount": 200}, 0),
        ({"increase_amount": 199}, 1),
        ({"increase_percent": 100}, 1),
        ({"increase_percent": 182}, 0),
        ({"increase_amount": 1000, "increase_percent": 100}, 1),
    ],
)
def test_the_lower_of_two_thresholds_of_an_increase_holds(amounts: dict[str, int], findings: int) -> None:
    now, before = spending("300", "300", **amounts), spending("100", "100")
    assert len(says(over_budget.RULE, resource(), project=now, base=before)[0]) == findings
    assert says(over_budget.RULE, resource(), project=now) == ([], [])


def test_an_unknown_is_what_the_first_reason_says() -> None:
    said = says(over_budget.RULE, resource(), project=spending("1", "1", open_ended=1, monthly=100))
    assert said[1] == [
        "budget.ml.monthly: budget ml cannot be decided, not everything in it has a price: "
        "aws_instance.a has no upper bound"
    ]
