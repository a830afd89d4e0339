"""Negotiated prices of a policy take the place of list prices, and what is wrong with them is told at its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.cli.main import main

# 1.006 USD an hour in us-east-1 (karpenter-aws, 2026-07-20), 734.38 a month.
HCL = 'provider "aws" {\n  region = "us-east-1"\n}\n\nresource "aws_instance" "a" {\n  instance_type = "g5.xlarge"\n}\n'
RULES = "rules: [{rule: disallowed-instance-type}]\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(HCL)
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main(["check", "--format", "json"])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


@pytest.mark.parametrize(
    ("price", "monthly"),
    [
        ("{provider: aws, sku: g5.*, discount_percent: 50}", "367.19"),
        ("{provider: aws, sku: g5.xlarge, region: us-*, amount: 0.5}", "365.00"),
        ("{provider: aws, sku: p5.*, discount_percent: 50}", "734.38"),
        ("{provider: aws, sku: g5.*, purchase: spot, discount_percent: 50}", "734.38"),
    ],
)
def test_a_negotiated_price_counts(here: Path, capsys: pytest.CaptureFixture[str], price: str, monthly: str) -> None:
    (here / "guard.yaml").write_text(f"{RULES}prices:\n  - {price}\n")
    assert checked(capsys)["cost"]["monthly"]["high"] == monthly
    (here / "policy").mkdir()
    (here / "policy/prices.yaml").write_text(f"- {price}\n")
    (here / "guard.yaml").write_text(f"{RULES}prices: policy/prices.yaml\n")
    assert checked(capsys)["cost"]["monthly"]["high"] == monthly


@pytest.mark.parametrize(
    ("prices", "place", "word"),
    [
        ("\n  - {provider: aws}\n", ("guard.yaml", 3), "discount_percent"),
        ("\n  - {provider: amazon, amount: 1}\n", ("guard.yaml", 3), "aws"),
        ("\n  - {provider: aws, amunt: 1}\n", ("guard.yaml", 3), "amount"),
        (" nowhere.yaml\n", ("guard.yaml", 2), "nowhere.yaml"),
        (" one.yaml\n", ("one.yaml", 1), "list"),
    ],
)
def test_a_mistake_is_told_at_its_place(
    here: Path, capsys: pytest.CaptureFixture[str], prices: str, place: tuple[str, int], word: str
) -> None:
    (here / "one.yaml").write_text("provider: aws\n")
    (here / "guard.yaml").write_text(f"{RULES}prices:{prices}")
    problem = checked(capsys)["problems"][0]
    assert (problem["location"]["path"], problem["location"]["line"]) == place
    assert word in problem["message"]
