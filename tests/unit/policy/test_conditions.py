"""Conditions in CEL: mistakes at their place, three answers, and never a guess about what is unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.location import Location
from guard.model.node import Node
from guard.model.price import Estimate
from guard.model.resource import Compute, DataLink, Purpose, Serving
from guard.model.value import Known, Unknown
from guard.policy.conditions.condition import Condition, Facts
from guard.policy.conditions.tokens import ConditionError
from tests.unit.policy._made import at, costing, known, resource, unknown

HERE = at(1)
YES, NO, OPEN = True, False, None


def node(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: node(one) for key, one in value.items()}, HERE)
    if isinstance(value, list):
        return Node([node(one) for one in value], HERE)
    return Node(value, HERE)


def machines(**facts: Any) -> Compute:
    made: dict[str, Any] = {name: one if isinstance(one, Unknown) else Known(one, HERE) for name, one in facts.items()}
    return Compute(location=HERE, **made)


BODY = {
    "type": "x",
    "size": Decimal(3),
    "share": Decimal("0.5"),
    "tags": {"a": "b"},
    "hidden": unknown(),
    "disks": [{"kind": "gp2"}, {"kind": unknown("var.kind has no value")}],
    "names": ["a", unknown()],
}
SUBJECT = resource(
    labels={"environment": known("dev"), "team": unknown("var.team has no value")},
    region=known("us-east-1"),
    purpose=Purpose.TRAINING,
    compute=(
        machines(instance_type="p5", vcpu=Decimal(8), accelerator="H100", accelerator_count=Decimal(8), count_min=2),
        machines(instance_type="m5", vcpu=Decimal(2), accelerator=unknown("var.gpu has no value")),
    ),
    data=(DataLink(location=HERE, uri=known("s3://a"), region=known("eu-west-1")),),
    serving=Serving(location=HERE, min_replicas=Known(0, HERE)),
)
OPEN_LABELS = resource(labels={"owner": known("ml")}, unknown_labels=(unknown("var.tags has no value"),))
UNKNOWN_TYPE = resource(compute=(machines(instance_type=unknown("var.type has no value")),))


def answer(text: str, subject: Any = SUBJECT, estimate: Estimate | None = None) -> bool | None:
    body = Node({key: node(one) for key, one in BODY.items()}, HERE)
    facts = Facts(_with_body(subject, body), estimate or costing(subject.address, "50", "100"))
    held = Condition(text).holds(facts)
    return None if isinstance(held, Unknown) else held


def _with_body(subject: Any, body: Node) -> Any:
    from dataclasses import replace

    return replace(subject, body=body)


ANSWERS = [
    ('resource.labels.environment == "dev"', YES),
    ('resource.labels["environment"] in ["dev", "stage"]', YES),
    ('"environment" in resource.labels && has(resource.labels.environment)', YES),
    ('resource.labels.owner == "ml"', NO),
    ('resource.labels.owner != "ml"', YES),
    ('"owner" in resource.labels', NO),
    ("has(resource.labels.owner)", NO),
    ('resource.labels.team == "ml"', OPEN),
    ('resource.labels.team == "ml" && resource.region == "eu-west-1"', NO),
    ('resource.labels.team == "ml" || resource.region == "us-east-1"', YES),
    ('!(resource.labels.team == "ml" && resource.region == "us-east-1")', OPEN),
    ('resource.region == "x" ? resource.labels.team == "a" : resource.purpose == "training"', YES),
    ('resource.labels.team == "a" ? resource.type == "a" : resource.type == "b"', NO),
    ('resource.zone == "a"', NO),
    ('!(resource.zone.startsWith("a"))', YES),
    ('resource.compute.exists(c, c.accelerator == "H100")', YES),
    ('resource.compute.exists(c, c.accelerator == "L4")', OPEN),
    ("resource.compute.all(c, c.vcpu < 10)", YES),
    ("resource.compute.all(c, c.vcpu < 10 && c.vcpu > 4)", NO),
    ("resource.compute.all(c, has(c.count_min))", NO),
    ("resource.compute.exists(c, has(c.count_min) && c.count_min > 1)", YES),
    ("resource.compute.all(c, has(c.accelerator))", OPEN),
    ("size(resource.compute) == 2", OPEN),
    ('resource.compute[0].instance_type == "p5"', YES),
    ("resource.data.exists(d, d.region != resource.region)", YES),
    ('resource.data.all(d, d.uri.matches("^s3://"))', YES),
    ("resource.serving.min_replicas == 0", YES),
    ("has(resource.training)", NO),
    ('resource.training.schedule == "x"', NO),
    ("resource.monthly.high <= 100.0 && resource.monthly.low > 49.0", YES),
    ('resource.values.type == "x" && resource.values.size == 3', YES),
    ("resource.values.share < 1.0", YES),
    ('resource.values.tags.a == "b"', YES),
    ('resource.values.tags.c.d == "b"', NO),
    ('resource.values.hidden == "b"', OPEN),
    ("has(resource.values.hidden)", OPEN),
    ('resource.values.disks.exists(d, d.kind == "gp2")', YES),
    ('resource.values.disks.all(d, d.kind == "gp2")', OPEN),
    ('resource.values.disks[0].kind == "gp2"', YES),
    ('resource.values.names.exists(n, n == "z")', OPEN),
    ("resource.values.disks == resource.values.disks", OPEN),
    ("resource.values.type + 1 == 2", OPEN),
    ('resource.values.disks[9].kind == "gp2"', NO),
]


@pytest.mark.parametrize(("text", "expected"), ANSWERS)
def test_a_condition_is_true_false_or_undecided(text: str, expected: bool | None) -> None:
    assert answer(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('resource.labels.owner == "ml"', YES),
        ('"owner" in resource.labels', YES),
        ("has(resource.labels.team)", OPEN),
        ('resource.labels.exists(k, k == "team")', OPEN),
        ("size(resource.labels) > 3", OPEN),
    ],
)
def test_labels_that_are_partly_unknown(text: str, expected: bool | None) -> None:
    assert answer(text, OPEN_LABELS) is expected


def test_what_only_an_unknown_type_would_tell_is_unknown() -> None:
    assert answer('resource.compute.exists(c, c.accelerator == "H100")', UNKNOWN_TYPE) is OPEN
    assert answer("resource.compute.all(c, has(c.max_runtime_hours))", UNKNOWN_TYPE) is NO


def test_an_open_ended_cost_has_no_upper_end() -> None:
    estimate = costing("aws_instance.a", "50", "100", open_ended=True)
    assert answer("resource.monthly.high < 200.0", estimate=estimate) is OPEN
    assert answer("resource.monthly.low >= 50.0", estimate=estimate) is YES


def test_the_reason_names_the_first_unknown() -> None:
    held = Condition('resource.labels.team == "a"').holds(Facts(SUBJECT, Estimate("a")))
    assert held == Unknown("var.team has no value", Location("main.tf", HERE.span))


MISTAKES = [
    ('resource.regoin == "x"', "regoin", 'a resource has no "regoin"; did you mean "region"?'),
    ("has(resource.regoin)", "regoin", 'a resource has no "regoin"; did you mean "region"?'),
    ('resource.compute.exists(c, c.acelerator == "a")', "acelerator", "compute has no"),
    ('resource.compute.accelerator == "x"', "accelerator", "resource.compute is a list"),
    ('resource.compute[0].x == "x"', "x", None),
    ('resource.region.name == "x"', "name", "resource.region is text"),
    ("resource.monthly.hi > 3.0", "hi", 'has no "hi", but low and high'),
    ("resource.serving.replicas > 1", "replicas", "serving has no"),
    ("resource.monthly.high * 2 > 3.0", "resource.monthly.high * 2 > 3.0", "the types do not fit: float * int"),
    ("true && resource.region > 3", "resource.region > 3", "the types do not fit"),
    ("resource.region", "resource.region", "neither true nor false"),
    ("resource", "resource", "read fact by fact"),
    ("region == 'x'", "region", 'unknown name "region"'),
    ("lower(resource.region) == 'x'", "lower", 'no function "lower"'),
    ("resource.region.statsWith('x')", "statsWith", 'did you mean "startsWith"?'),
    ("resource.region = 'x'", "=", "write == to compare"),
    ("resource.region == 'x' &", "&", "has no meaning in CEL"),
    ("resource.region == )", ")", "syntax error"),
    ("resource.region.matches('(')", "resource.region.matches('(')", "regex"),
]


@pytest.mark.parametrize(("text", "where", "message"), MISTAKES)
def test_a_mistake_is_told_at_its_place(text: str, where: str, message: str | None) -> None:
    with pytest.raises(ConditionError) as caught:
        Condition(text)
    assert text[caught.value.start : caught.value.end] == where
    assert message is None or message in str(caught.value)


def test_an_expression_beyond_the_bounds_is_refused() -> None:
    nested = "resource.values.a.all(a, " * 7 + "true" + ")" * 7
    for text in ("(" * 3000, "(" * 900 + "true" + ")" * 900, nested):
        with pytest.raises(ConditionError):
            Condition(text)
