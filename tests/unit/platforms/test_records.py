"""Our own records: what they say, and what is said about mistakes in them."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from importlib.resources import files

import pytest

from guard.formats.yaml import parse
from guard.model.finding import Problem
from guard.model.instance import Item
from guard.model.platform import Surroundings
from guard.model.resource import Resource
from guard.model.value import Known
from guard.platforms import model_deployment
from guard.platforms._records_schema import schemas
from guard.platforms.records import PLATFORM

GOOD = """\
apiVersion: guard/v1
kind: UseCase
name: answers
owner: support
department: cx
stage: poc
human_review: {share: 10}
budget_cycle: 2026-H2
"""


def item(text: str) -> Item:
    """Return a document."""
    (root,) = parse("a.yaml", textwrap.dedent(text)).roots
    return Item("a.yaml", root)


def read(text: str) -> tuple[list[Resource], list[tuple[str, int, int]]]:
    """Return the resources of a document, and its problems as message, line and column."""
    source = item(text)
    assert PLATFORM.claims(source)
    things = list(PLATFORM.resources(source, Surroundings({}, (source,))))
    problems = [one for one in things if isinstance(one, Problem)]
    told = [(one.message, one.location.line, one.location.column) for one in problems if one.location]
    return [one for one in things if isinstance(one, Resource)], told


def test_a_record_is_a_resource_without_cost_whose_owner_is_a_label() -> None:
    (resource,), problems = read(GOOD)
    assert problems == []
    assert (resource.address, resource.type, resource.origin) == ("UseCase/answers", "UseCase", "spec")
    assert (resource.compute, resource.storage, resource.fees, resource.unpriced) == ((), (), (), "")
    assert (resource.location.line, resource.location.column) == (2, 1)
    labels = {name: one.value.value for name, one in resource.labels.entries.items() if isinstance(one.value, Known)}
    assert labels == {"owner": "support", "department": "cx", "stage": "poc"}
    assert not resource.labels.taggable


def test_a_written_label_counts_before_the_field_of_its_name() -> None:
    (resource,), _ = read(GOOD + "labels: {owner: someone}\n")
    owner = resource.labels.find("owner")
    assert isinstance(owner, Known)
    assert owner.value == "someone"


@pytest.mark.parametrize(
    ("old", "new", "message", "line", "column"),
    [
        ("name: answers", "nam: answers", "the document must have `name`", 1, 1),
        ("stage: poc", "stag: poc", "the document has no `stag`: did you mean `stage`?", 6, 1),
        ("poc", "pilt", "`stage` must be one of `poc`, `pilot`, `production`, not `pilt`: did you mean `pilot`?", 6, 8),
        ("share: 10", "share: 110", "`human_review.share` must be at most 100, not `110`", 7, 23),
        ("share: 10", "shares: 10", "`human_review` has no `shares`: did you mean `share`?", 7, 16),
        ("2026-H2", "H2", "`budget_cycle` must look like 2027, 2027-H1 or 2027-Q1, not `H2`", 8, 15),
        ("kind: UseCase", "kind: UseCas",
         "`kind` must be one of `UseCase`, `VendorContract`, `ModelCard`, `ModelInventory`: did you mean `UseCase`?",
         2, 7),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(old: str, new: str, message: str, line: int, column: int) -> None:
    assert (message, line, column) in read(GOOD.replace(old, new))[1]


@pytest.mark.parametrize("cycle", ["2027", "2027-Q1", "2027-H2"])
def test_a_budget_cycle_is_a_year_or_a_part_of_one(cycle: str) -> None:
    assert read(GOOD.replace("2026-H2", cycle))[1] == []


@pytest.mark.parametrize("kind", ["ModelDeployment", "TrainingJob", "ModelDeploymnt", "", "Pod"])
def test_other_kinds_are_left_to_the_deployment_spec(kind: str) -> None:
    source = item(f'apiVersion: guard/v1\nkind: "{kind}"\n')
    assert not PLATFORM.claims(source)
    assert model_deployment.PLATFORM.claims(source)


def test_another_api_is_not_claimed() -> None:
    assert not PLATFORM.claims(item("apiVersion: v1\nkind: UseCase\n"))


def test_the_shipped_schema_is_the_generated_one() -> None:
    for name, schema in schemas().items():
        assert json.loads((files("guard") / "schemas" / name).read_text(encoding="utf-8")) == schema


def test_reading_does_not_import_pydantic() -> None:
    code = "import sys, guard.platforms.records; print('pydantic' in sys.modules, 'jsonschema' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]
