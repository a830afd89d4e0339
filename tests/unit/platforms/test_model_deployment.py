"""Our own spec: what it says, and what is said about mistakes in it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from decimal import Decimal
from importlib.resources import files

import pytest

from guard.formats.yaml import parse
from guard.model.finding import Problem
from guard.model.instance import Item
from guard.model.platform import Surroundings
from guard.model.resource import Purchase, Resource
from guard.model.value import Absent, Known, Unknown
from guard.platforms._model_deployment_schema import schemas
from guard.platforms.model_deployment import PLATFORM

GOOD = """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: llama, parameters: 1.5B}
serving: {replicas: 2}
compute: {provider: aws, instance: g5.xlarge}
"""


def read(text: str) -> tuple[list[Resource], list[tuple[str, int, int]]]:
    """Return the resources of a document, and its problems as message, line and column."""
    (root,) = parse("a.yaml", textwrap.dedent(text)).roots
    item = Item("a.yaml", root)
    assert PLATFORM.claims(item)
    things = list(PLATFORM.resources(item, Surroundings({}, (item,))))
    problems = [one for one in things if isinstance(one, Problem)]
    assert all(one.code == "schema" and one.blocking and one.location for one in problems)
    told = [(one.message, one.location.line, one.location.column) for one in problems if one.location]
    return [one for one in things if isinstance(one, Resource)], told


def test_a_good_document_has_no_problem() -> None:
    (resource,), problems = read(GOOD)
    assert problems == []
    assert resource.address == "ModelDeployment/chat"
    assert resource.serving is not None
    assert isinstance(resource.serving.model_parameters, Known)
    assert resource.serving.model_parameters.value == Decimal(1_500_000_000)
    assert (resource.compute[0].count_min, resource.compute[0].count_max) == (resource.serving.min_replicas,) * 2


@pytest.mark.parametrize(
    ("old", "new", "message", "line", "column"),
    [
        ("name: llama", "nam: llama", "`model` must have `name`", 4, 1),
        ("serving", "servin", "the document has no `servin`: did you mean `serving`?", 5, 1),
        (
            "{replicas: 2}",
            "{traffic: 120}",
            "`serving.traffic` must be at most 100, not `120`",
            5,
            20,
        ),
        ("replicas: 2", "replicas: two", "`serving.replicas` must be a whole number or a mapping, not `two`", 5, 21),
        ("replicas: 2", "replicas: {min: -1}", "`serving.replicas.min` must be at least 0, not `-1`", 5, 27),
        (
            "provider: aws",
            "provider: gogle",
            "`compute.provider` must be one of `aws`, `google`, `azure`, not `gogle`: did you mean `google`?",
            6,
            21,
        ),
        ("1.5B", "big", "`model.parameters` must look like 8B or a number, not `big`", 4, 34),
        ("{name: chat}", "[chat]", "`metadata` must be a mapping, not a list", 3, 11),
        ("guard/v1", "guard/v2", "`apiVersion` must be `guard/v1`, not `guard/v2`", 1, 13),
        (
            "kind: ModelDeployment",
            "kind: ModelDeploy",
            "`kind` must be `ModelDeployment` or `TrainingJob`: did you mean",
            2,
            7,
        ),
    ],
)
def test_each_mistake_is_told_at_its_place(old: str, new: str, message: str, line: int, column: int) -> None:
    _, problems = read(GOOD.replace(old, new))
    assert any(
        text.startswith(message) and place == (line, column) for text, *rest in problems if (place := tuple(rest))
    )


def test_a_mistake_leaves_the_rest_readable() -> None:
    (resource,), problems = read(GOOD.replace("aws", "aws, purchase: spott"))
    assert len(problems) == 1
    assert isinstance(resource.compute[0].purchase, Unknown)
    assert isinstance(resource.compute[0].instance_type, Known)


def test_the_first_owner_is_the_owner_label_unless_one_is_written() -> None:
    (resource,), _ = read(GOOD.replace("{name: chat}", "{name: chat, owners: [ml, ops]}"))
    assert isinstance(resource.labels.entries["owner"].value, Known)
    assert resource.labels.entries["owner"].value.value == "ml"
    (resource,), _ = read(GOOD.replace("{name: chat}", "{name: chat, owners: [ml], labels: {owner: x}}"))
    assert resource.labels.entries["owner"].source == "resource"


def test_a_training_job() -> None:
    (resource,), problems = read(
        """\
        apiVersion: guard/v1
        kind: TrainingJob
        metadata: {name: t}
        training:
          checkpoint: {uri: s3://ckpt/t}
          datasets: [{uri: s3://corpus, format: csv, region: eu-west-1, gib: 10}]
        compute: {accelerator: nvidia-tesla-t4, nodes: 3, purchase: spot, fallback: none}
        """
    )
    assert problems == []
    compute = resource.compute[0]
    assert isinstance(compute.purchase, Known)
    assert compute.purchase.value is Purchase.SPOT
    assert isinstance(compute.fallback, Absent)
    assert isinstance(compute.checkpoint, Known)
    assert compute.checkpoint.value == "s3://ckpt/t"
    assert isinstance(compute.accelerator, Known)
    assert compute.accelerator.value == "T4"
    assert isinstance(compute.count_min, Known)
    assert compute.count_min.value == 3
    assert [(one.role, one.direction) for one in resource.data] == [("data", "read"), ("checkpoint", "both")]


def test_the_shipped_schema_is_the_generated_one() -> None:
    for name, schema in schemas().items():
        assert json.loads((files("guard") / "schemas" / name).read_text(encoding="utf-8")) == schema


def test_reading_does_not_import_pydantic() -> None:
    code = "import sys, guard.platforms.model_deployment; print('pydantic' in sys.modules, 'jsonschema' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("uri", "durable"),
    [
        ("s3://runs/1", True),
        ("/mnt/shared/runs", True),
        ("./checkpoints", False),
        ("runs/1", False),
        ("/tmp/ckpt", False),
        ("file:///dev/shm/ckpt", False),
    ],
)
def test_a_checkpoint_counts_where_it_outlives_the_machine(uri: str, durable: bool) -> None:
    text = f"""\
    apiVersion: guard/v1
    kind: TrainingJob
    metadata: {{name: t}}
    compute: {{provider: aws, instance: g5.xlarge}}
    training: {{checkpoint: {{uri: "{uri}", interval_minutes: 30}}}}
    """
    (one,) = read(text)[0]
    (compute,) = one.compute
    assert isinstance(compute.checkpoint, Known) is durable
    assert isinstance(compute.checkpoint_minutes, Known)
    assert compute.checkpoint_minutes.value == 30
