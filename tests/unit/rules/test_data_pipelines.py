"""What the rules on data do with facts that are unknown, and how the formats of data sets are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guard.model.resource import DataLink, Purpose, Resource, Serving, Storage, Training
from guard.model.rule import Rule
from guard.rules.data import (
    full_dataset_training,
    full_reprocessing,
    no_data_quality_gate,
    no_storage_tiering,
    raw_data_without_expiry,
    row_oriented_training_data,
    uncached_features,
    uncompressed_dataset,
)
from tests.unit.policy._made import at, known, resource, unknown
from tests.unit.rules.test_five_families import says

HERE = at(3)
RULES: tuple[Rule[Any], ...] = (
    full_dataset_training.RULE,
    full_reprocessing.RULE,
    no_data_quality_gate.RULE,
    no_storage_tiering.RULE,
    raw_data_without_expiry.RULE,
    row_oriented_training_data.RULE,
    uncached_features.RULE,
    uncompressed_dataset.RULE,
)
FACTS = ("schedule", "trigger", "dataset_format", "sampling", "processing", "change_capture", "quality_gate")
NO_VALUE = "var.x has no value"


def nothing_known(purpose: Purpose, **labels: Any) -> Resource:
    """Return a resource of which every fact is written and none is known."""
    base = resource(
        purpose=purpose,
        labels=labels,
        storage=(Storage(location=HERE, kind=unknown(), lifecycle=unknown(), retention_days=unknown()),),
        data=(DataLink(location=HERE, uri=unknown()),),
        unknown_labels=(unknown(),),
    )
    training = Training(location=HERE, **dict.fromkeys(FACTS, unknown()))
    serving = Serving(location=HERE, feature_source=unknown(), feature_cache_seconds=unknown())
    return replace(base, training=training, serving=serving, platform="model_deployment")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("purpose", [Purpose.TRAINING, Purpose.INFERENCE, Purpose.BATCH, Purpose.STORAGE])
def test_a_rule_is_silent_where_nothing_is_known(rule: Rule[Any], purpose: Purpose) -> None:
    assert says(rule, nothing_known(purpose))[0] == []


@pytest.mark.parametrize(
    ("rule", "attribute"),
    [
        (no_data_quality_gate.RULE, "training.quality_gate"),
        (full_dataset_training.RULE, "training.sampling"),
    ],
    ids=lambda one: getattr(one, "name", one),
)
def test_what_is_unknown_is_listed(rule: Rule[Any], attribute: str) -> None:
    assert says(rule, nothing_known(Purpose.TRAINING, environment=known("dev"))) == ([], [f"{attribute}: {NO_VALUE}"])


def test_an_unknown_way_of_processing_is_listed_where_changes_can_be_told() -> None:
    subject = nothing_known(Purpose.BATCH, **{"change-capture": known("yes")})
    assert says(full_reprocessing.RULE, subject) == ([], [f"training.processing: {NO_VALUE}"])


def test_an_unknown_cache_is_listed_where_features_are_computed() -> None:
    subject = nothing_known(Purpose.INFERENCE)
    serving = Serving(location=HERE, feature_source=known("per-request"), feature_cache_seconds=unknown())
    said = says(uncached_features.RULE, replace(subject, serving=serving))
    assert said == ([], [f"serving.features.cache_seconds: {NO_VALUE}"])


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("s3://b/train.csv", ["csv"]),
        ("gs://b/train.CSV.gz", ["csv"]),
        ("s3://b/train.parquet", []),
        ("s3://b/csv/", []),
        ("s3://b/chats.jsonl", []),
    ],
)
def test_the_end_of_a_name_tells_the_format(uri: str, found: list[str]) -> None:
    subject = resource(purpose=Purpose.TRAINING, data=(DataLink(location=HERE, uri=known(uri)),))
    assert [one.partition(" ")[0] for one in says(row_oriented_training_data.RULE, subject)[0]] == found


def test_what_is_said_wins_over_the_end_of_a_name() -> None:
    subject = resource(purpose=Purpose.TRAINING, data=(DataLink(location=HERE, uri=known("s3://b/train.csv")),))
    subject = replace(subject, training=Training(location=HERE, dataset_format=known("application/x-parquet")))
    assert says(row_oriented_training_data.RULE, subject) == ([], [])
