"""Names of machines and what is proposed in place of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from guard.model.resource import Compute, Purchase, Purpose
from guard.model.usage import UsageHistory, percentile
from guard.model.value import Known
from guard.prices.book import open_book
from guard.rules._generations import previous
from guard.rules._machines import generation, is_arm, is_burstable
from guard.rules._rightsizing import Sizing, proposal
from guard.rules.compute import idle_notebook, no_max_runtime, previous_generation
from guard.rules.tagging import invalid_tag, unattributed_inference
from tests.unit.policy._made import at, known, resource, unknown
from tests.unit.rules.test_five_families import says

BOOK = open_book()
ONE = Known(1, at(2))


@pytest.mark.parametrize(
    ("provider", "name", "arm", "burstable", "number"),
    [
        ("aws", "m7g.large", True, False, 7),
        ("aws", "g5.xlarge", False, False, 5),
        ("aws", "g5g.xlarge", True, False, 5),
        ("aws", "ml.c7gn.large", True, False, 7),
        ("aws", "t3.micro", False, True, 3),
        ("aws", "m7i-flex.large", False, True, 7),
        ("google", "t2a-standard-4", True, False, 2),
        ("google", "e2-medium", False, True, 2),
        ("google", "n2d-standard-4", False, False, 2),
        ("azure", "Standard_D4ps_v5", True, False, 5),
        ("azure", "Standard_D4s_v5", False, False, 5),
        ("azure", "Standard_B2s", False, True, None),
        ("", "m7g.large", False, False, None),
    ],
)
def test_a_name_tells_the_processors(provider: str, name: str, arm: bool, burstable: bool, number: int | None) -> None:
    assert (is_arm(provider, name), is_burstable(provider, name), generation(provider, name)) == (
        arm,
        burstable,
        number,
    )


def test_generations_are_told_by_provider_and_family() -> None:
    assert previous("aws", "ml.m4.xlarge") is not None
    assert previous("aws", "m5.xlarge") is None
    assert previous("azure", "standard_ds3_v2") is not None
    assert previous("google", "m4.xlarge") is None


def machine(kind: str, **more: Any) -> Compute:
    bought = Known(Purchase.ON_DEMAND, at(2))
    facts: dict[str, Any] = {"provider": "aws", "count_min": ONE, "count_max": ONE, "purchase": bought, **more}
    return Compute(location=at(2), instance_type=known(kind), region=known("us-east-1"), **facts)


def test_a_successor_is_of_the_same_architecture_and_holds_the_old_one() -> None:
    findings, _ = says(previous_generation.RULE, resource(compute=(machine("a1.large"),)))
    assert findings == ["a1.large is of a previous generation: take m7g.large"]


def test_services_with_types_of_their_own_are_told_of_families_only() -> None:
    azure = machine("Standard_DS3_v2", provider="azure", service="azureml")
    findings, _ = says(previous_generation.RULE, resource(compute=(azure,)))
    assert findings == ["Standard_DS3_v2 is of a previous generation: look at Standard_D*s_v5"]


def test_an_unknown_type_is_said() -> None:
    one = Compute(location=at(2), instance_type=unknown())
    assert says(previous_generation.RULE, resource(compute=(one,))) == ([], ["instance_type: var.x has no value"])


def test_the_nearest_rank_is_the_percentile() -> None:
    values = tuple(map(Decimal, range(1, 101)))
    assert percentile(values, Decimal(95)) == 95
    assert percentile(values, Decimal(100)) == 100
    assert percentile((Decimal(7),), Decimal(1)) == 7
    with pytest.raises(ValueError, match="nothing"):
        percentile((), Decimal(50))


def samples(**metrics: int) -> dict[str, tuple[Decimal, ...]]:
    return {f"{name}_percent": (Decimal(value),) * 200 for name, value in metrics.items()}


def test_what_was_not_measured_counts_as_needed() -> None:
    one = machine("m7i.8xlarge")
    found = proposal(resource(), one, samples(cpu=5), BOOK, Sizing())
    assert found is None or (found.proposed.memory_gib or 0) >= 128
    found = proposal(resource(), one, samples(cpu=5, memory=5), BOOK, Sizing())
    assert found is not None
    assert (found.proposed.vcpu or 0) >= 2
    assert (found.proposed.memory_gib or 0) >= 7
    assert generation("aws", found.name) == 7


def test_too_few_samples_make_no_proposal() -> None:
    few = {"cpu_percent": (Decimal(1),) * 99, "memory_percent": (Decimal(1),) * 99}
    assert proposal(resource(), machine("m7i.8xlarge"), few, BOOK, Sizing()) is None


def test_pods_of_a_workload_are_found_by_its_name() -> None:
    history = UsageHistory(
        {
            "pod:ml/chat-5d9f-x": {"cpu_percent": (Decimal(1), Decimal(3))},
            "pod:ml/chat-5d9f-y": {"cpu_percent": (Decimal(2),)},
            "pod:other/chat-1": {"cpu_percent": (Decimal(9),)},
        },
        "h.json",
    )
    subject = resource("ml/Deployment/chat")
    assert history.of(subject) == {}

    assert history.of(replace(subject, origin="kubernetes")) == {"cpu_percent": tuple(map(Decimal, (1, 2, 3)))}


def test_a_run_without_accelerators_or_of_unknown_limit_is_no_finding() -> None:

    job = replace(resource(purpose=Purpose.BATCH, platform="dstack"), type="dstack task", origin="spec")
    assert says(no_max_runtime.RULE, job) == ([], [])
    gpu: dict[str, Any] = {"accelerator": known("L4"), "accelerator_count": Known(Decimal(1), at(2))}
    limited = Compute(location=at(2), max_runtime_hours=unknown(), **gpu)
    assert says(no_max_runtime.RULE, replace(job, compute=(limited,))) == (
        [],
        ["max_runtime_hours: var.x has no value"],
    )


def test_a_notebook_of_a_cluster_is_not_judged() -> None:
    assert says(idle_notebook.RULE, resource("Notebook/a")) == ([], [])


@pytest.mark.parametrize(
    ("platform", "key", "value", "wrong"),
    [
        ("aws", "owner", "a" * 256, False),
        ("aws", "owner", "a" * 257, True),
        ("aws", "AWS:owner", "x", True),
        ("aws", "owner", "who?", True),
        ("google", "owner", "search-team_1", False),
        ("google", "owner", "Search", True),
        ("google", "1owner", "x", True),
        ("google", "owner", "", False),
        ("azure", "owner/team", "x", True),
        ("azure", "microsoft.owner", "x", True),
        ("azure", "owner", "Ada & Co", False),
    ],
)
def test_the_grammar_of_a_provider_counts(platform: str, key: str, value: str, wrong: bool) -> None:
    findings, unknowns = says(invalid_tag.RULE, resource(platform=platform, labels={key: known(value)}))
    assert (bool(findings), unknowns) == (wrong, [])


def test_placeholders_are_not_judged() -> None:
    assert says(invalid_tag.RULE, resource(platform="google", labels={"owner": known("${Team}")})) == ([], [])


def test_a_value_that_is_unknown_is_said() -> None:
    subject = resource(labels={"owner": unknown()})
    assert says(invalid_tag.RULE, subject, values={"owner": ["a"]}) == ([], ["labels.owner: var.x has no value"])


def test_a_served_model_with_unknown_labels_is_said() -> None:

    subject = resource(unknown_labels=(unknown(),), purpose=Purpose.INFERENCE, compute=(machine("g5.xlarge"),))
    assert says(unattributed_inference.RULE, subject) == ([], ["labels.owner: var.x has no value"])
