"""Labels as they take effect: spelling of keys, unknown sets, environments."""

from __future__ import annotations

import pytest

from guard.model.location import whole_file
from guard.model.resource import Label, Labels
from guard.model.value import Absent, Known, Unknown

HERE = whole_file("main.tf")


def labels(*unknown: Unknown, **entries: str) -> Labels:
    return Labels(HERE, {key: Label(Known(value, HERE), "resource") for key, value in entries.items()}, unknown)


@pytest.mark.parametrize(
    "key", ["cost-center", "cost_center", "CostCenter", "Cost Center", "finops.example.com/cost-center"]
)
def test_a_key_is_found_in_any_spelling(key: str) -> None:
    assert labels(**{key: "cc-1"}).find("cost-center") == Known("cc-1", HERE)
    assert labels(**{key: "cc-1"}).find(key, loose=False) == Known("cc-1", HERE)


def test_only_the_exact_key_is_found_where_spelling_counts() -> None:
    assert labels(CostCenter="cc-1").find("cost-center", loose=False) == Absent(HERE)


def test_a_key_that_is_not_there_is_unknown_where_the_set_is() -> None:
    unknown = Unknown("var.tags has no value", HERE)
    assert labels(unknown, a="b").find("owner") == unknown
    assert labels(unknown, a="b").find("a") == Known("b", HERE)


def test_the_environment_has_several_usual_keys() -> None:
    assert labels(Env="dev").environment() == Known("dev", HERE)
    assert labels(stage="prod", team="x").environment() == Known("prod", HERE)
    assert labels().environment() == Absent(HERE)
