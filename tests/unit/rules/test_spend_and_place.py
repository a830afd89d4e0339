"""What the rules on spot, locality and spend do with facts that are unknown, and at their thresholds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from guard.engine import check, load_policy
from guard.inputs.memory import MemoryTree
from guard.model.resource import Compute, DataLink, Purchase, Purpose, Resource, Serving, Training
from guard.model.rule import Project, Rule
from guard.model.value import Known
from guard.policy.model import PolicySource
from guard.prices.book import open_book
from guard.request import Request
from guard.rules.locality import cross_zone_traffic, disallowed_region, egress_heavy_serving, remote_model_pull
from guard.rules.spend import (
    costly_resource,
    costly_training_run,
    poc_without_cap,
    spend_increase,
    uncapped_autoscaling,
    uncapped_hosted_model,
)
from guard.rules.spot import (
    no_termination_grace,
    on_demand_interruptible,
    spot_for_critical,
    spot_without_checkpointing,
)
from tests.unit.policy._made import at, costing, known, resource, unknown
from tests.unit.rules.test_five_families import says

HERE = at(3)
RULES: tuple[Rule[Any], ...] = (
    cross_zone_traffic.RULE,
    disallowed_region.RULE,
    egress_heavy_serving.RULE,
    remote_model_pull.RULE,
    costly_resource.RULE,
    costly_training_run.RULE,
    poc_without_cap.RULE,
    uncapped_autoscaling.RULE,
    uncapped_hosted_model.RULE,
    no_termination_grace.RULE,
    on_demand_interruptible.RULE,
    spot_for_critical.RULE,
    spot_without_checkpointing.RULE,
)
OPTIONS: dict[str, dict[str, Any]] = {"disallowed-region": {"allow": ("eu-*",)}}


def nothing_known(purpose: Purpose) -> Resource:
    """Return a resource of which every fact is written and none is known."""
    facts = ("instance_type", "accelerator", "accelerator_count", "count_min", "count_max", "purchase", "fallback",
             "checkpoint", "checkpoint_minutes", "grace_seconds", "max_runtime_hours", "region")  # fmt: skip
    compute = Compute(location=HERE, share=True, **dict.fromkeys(facts, unknown()))  # type: ignore[arg-type]
    link = DataLink(location=HERE, uri=unknown(), region=unknown(), gib_per_month=unknown(), role="model")
    base = resource(purpose=purpose, compute=(compute,), data=(link,), unknown_labels=(unknown(),), region=unknown())
    serving = Serving(location=HERE, model_name=unknown(), max_replicas=unknown())
    return replace(base, serving=serving, training=Training(location=HERE, max_runtime_hours=unknown()))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("purpose", [Purpose.TRAINING, Purpose.INFERENCE, Purpose.BATCH])
def test_a_rule_is_silent_where_nothing_is_known(rule: Rule[Any], purpose: Purpose) -> None:
    assert says(rule, nothing_known(purpose), **OPTIONS.get(rule.name, {}))[0] == []


def group(**facts: Any) -> tuple[Compute, ...]:
    return (Compute(location=HERE, provider="aws", **facts),)


def test_spot_that_is_unknown_is_listed() -> None:
    said = says(spot_without_checkpointing.RULE, nothing_known(Purpose.TRAINING))
    assert said == ([], ["purchase: var.x has no value"])


@pytest.mark.parametrize(
    ("labels", "purpose", "findings"),
    [
        ({"criticality": "high"}, Purpose.BATCH, 1),
        ({"criticality": "low", "environment": "prod"}, Purpose.INFERENCE, 0),
        ({"environment": "prod"}, Purpose.INFERENCE, 1),
        ({"environment": "prod"}, Purpose.TRAINING, 0),
        ({"environment": "dev"}, Purpose.INFERENCE, 0),
        ({}, Purpose.INFERENCE, 0),
    ],
)
def test_what_is_critical(labels: dict[str, str], purpose: Purpose, findings: int) -> None:
    spot = group(purchase=Known(Purchase.SPOT, HERE))
    subject = resource(labels={key: known(value) for key, value in labels.items()}, purpose=purpose, compute=spot)
    assert len(says(spot_for_critical.RULE, subject)[0]) == findings


def test_a_lower_bound_below_the_limit_decides_nothing() -> None:
    subject = resource()
    around = Project((subject,), {subject.address: costing(subject.address, "10", "20", True)}, open_book())
    assert len(says(costly_resource.RULE, subject, project=around, monthly=Decimal(100))[1]) == 1
    assert len(says(costly_resource.RULE, subject, project=around, monthly=Decimal(15))[0]) == 1


def changed(before: str, after: str) -> tuple[Project, Project]:
    one = resource("aws_instance.a")
    book = open_book()
    return (
        Project((one,), {one.address: costing(one.address, after, after)}, book),
        Project((one,), {one.address: costing(one.address, before, before)}, book),
    )


@pytest.mark.parametrize(
    ("before", "after", "options", "findings"),
    [
        ("100", "1000", {}, 0),
        ("100", "1101", {}, 1),
        ("100", "90", {}, 0),
        ("100", "150", {"amount": None, "percent": Decimal(40), "resource_amount": None}, 1),
        ("100", "150", {"amount": None, "percent": Decimal(60), "resource_amount": None}, 0),
        ("100", "5000", {"amount": None, "resource_amount": None}, 0),
    ],
)
def test_a_change_is_held_against_amount_and_percent(
    before: str, after: str, options: dict[str, Any], findings: int
) -> None:
    now, then = changed(before, after)
    assert len(says(spend_increase.RULE, now.resources[0], project=now, base=then, **options)[0]) == findings


def test_without_a_base_there_is_no_increase() -> None:
    now, _ = changed("1", "9999")
    assert says(spend_increase.RULE, now.resources[0], project=now) == ([], [])


POD = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
spec:
  template:
    spec:
      nodeSelector:
        karpenter.sh/capacity-type: spot
        node.kubernetes.io/instance-type: g5.xlarge
      containers:
        - name: train
          image: docker.io/acme/train:1.0
"""


@pytest.mark.parametrize("written", ["", "      terminationGracePeriodSeconds: 10\n"])
def test_the_time_to_stop_is_mended(written: str) -> None:
    text = POD.replace("    spec:\n", f"    spec:\n{written}")
    tree = MemoryTree({"job.yaml": text})
    policy, _ = load_policy((PolicySource("p.yaml", "rules: [{rule: no-termination-grace}]\n"),), MemoryTree({}))
    report = check(Request(tree), policy, (), open_book(), date(2026, 1, 1))
    (finding,) = report.findings
    assert finding.fix is not None
    (edit,) = finding.fix.edits
    assert "120" in edit.text
