"""The example of the README says what its own README promises, at the right places and for the right money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from guard.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = "examples/ai-platform"
FAMILIES = ("missing-tag", "disallowed-instance-type", "spot-without-fallback", "cross-region-data", "over-budget")


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main([*arguments, "--format", "json"])
    return status, json.loads(capsys.readouterr().out, parse_float=Decimal)


@pytest.fixture
def checked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, dict[str, Any]]:
    monkeypatch.chdir(ROOT)
    return ran(capsys, "check", EXAMPLE)


def places(report: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield for each finding its rule, the folder that it stands in, and the text that it marks."""
    for finding in report["findings"]:
        where = finding["location"]
        path = where["path"].removeprefix(EXAMPLE + "/")
        lines = (ROOT / where["path"]).read_text().splitlines()
        end = where["end_column"] - 1 if where["end_line"] == where["line"] else None
        yield finding["rule"], path, lines[where["line"] - 1][where["column"] - 1 : end]


def test_findings_make_status_1_and_nothing_is_broken(checked: tuple[int, dict[str, Any]]) -> None:
    status, report = checked
    assert status == 1
    assert report["problems"] == []


def test_every_family_speaks_in_every_kind_of_input(checked: tuple[int, dict[str, Any]]) -> None:
    spoken = {(rule, path.partition("/")[0]) for rule, path, _ in places(checked[1])}
    assert {(rule, folder) for rule in FAMILIES for folder in ("infra", "k8s", "specs")} <= spoken


@pytest.mark.parametrize(
    "expected",
    [
        ("missing-tag", "infra/storage.tf", 'resource "aws_s3_bucket" "corpus"'),
        ("missing-tag", "k8s/serving/embedder-deployment.yaml", "labels"),
        ("missing-tag", "specs/deployments/distil.yaml", "labels"),
        ("disallowed-instance-type", "infra/terraform.tfvars", '"p4d.24xlarge"'),
        ("disallowed-instance-type", "k8s/serving/chat-inferenceservice.yaml", "p5.48xlarge"),
        ("disallowed-instance-type", "specs/azureml/blue-deployment.yml", "Standard_NC24ads_A100_v4"),
        ("spot-without-fallback", "infra/modules/gpu-fleet/main.tf", '"spot"'),
        ("spot-without-fallback", "k8s/training/rerank-pytorchjob.yaml", "spot"),
        ("spot-without-fallback", "specs/skypilot/pretrain.yaml", "true"),
        ("cross-region-data", "k8s/training/rerank-pytorchjob.yaml", '"s3://acme-corpus/rerank"'),
        ("cross-region-data", "specs/skypilot/pretrain.yaml", "s3://acme-corpus/tokens"),
    ],
    ids=lambda expected: f"{expected[0]} in {expected[1]}",
)
def test_findings_mark_the_text_that_must_change(
    checked: tuple[int, dict[str, Any]], expected: tuple[str, str, str]
) -> None:
    assert expected in set(places(checked[1]))


def test_what_is_right_is_not_spoken_of(checked: tuple[int, dict[str, Any]]) -> None:
    # A budget that is exceeded is told at what costs most, and that need not be wrong in itself.
    spoken = {(rule, path) for rule, path, _ in places(checked[1]) if rule != "over-budget"}
    assert not {path for _, path in spoken} & {"k8s/nodes/gpu-nodepool.yaml", "infra/providers.tf", "infra/eks.tf"}
    assert ("spot-without-fallback", "specs/deployments/distil.yaml") not in spoken


def test_a_value_through_variables_shows_the_whole_chain(checked: tuple[int, dict[str, Any]]) -> None:
    finding = next(one for one in checked[1]["findings"] if one["location"]["path"].endswith("terraform.tfvars"))
    chain = [f"{step['location']['path']}:{step['location']['line']}" for step in finding["related"]]
    wanted = ["modules/gpu-fleet/main.tf:5", "main.tf:10", "main.tf:7", "terraform.tfvars:3", "main.tf:5"]
    assert chain[:5] == [f"{EXAMPLE}/infra/{place}" for place in wanted]


def test_lines_add_up_and_carry_source_and_date(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    status, cost = ran(capsys, "cost", EXAMPLE)
    assert status == 0
    total = Decimal(0)
    for resource in cost["resources"]:
        for line in resource["lines"]:
            assert line["source"]
            product = Decimal(line["quantity"]) * Decimal(line["price"])
            assert abs(product - Decimal(line["monthly"])) <= Decimal("0.01"), line
            total += product
    assert abs(total - Decimal(cost["monthly"]["high"])) < Decimal("0.05")


def test_a_line_can_be_checked_by_hand(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """g6.12xlarge in us-east-1 is 4.6016 USD an hour (karpenter-aws, 2026-07-20); 1 to 4 nodes of 730 hours."""
    monkeypatch.chdir(ROOT)
    _, cost = ran(capsys, "cost", EXAMPLE)
    group = next(one for one in cost["resources"] if one["address"] == "aws_eks_node_group.gpu")
    line = next(one for one in group["lines"] if "g6.12xlarge" in one["name"])
    assert (line["price"], line["source"], line["as_of"]) == ("4.6016", "karpenter-aws", "2026-07-20")
    assert Decimal(line["monthly"]) == (4 * 730 * Decimal("4.6016")).quantize(Decimal("0.01"))
    assert Decimal(line["low"]["monthly"]) == (730 * Decimal("4.6016")).quantize(Decimal("0.01"))


def test_the_same_input_gives_the_same_bytes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("text", "json", "sarif", "gitlab", "junit", "github"):
        outputs = set()
        for _ in range(2):
            main(["check", EXAMPLE, "--format", name])
            outputs.add(capsys.readouterr().out)
        assert len(outputs) == 1, name
