"""`guard commit` proposes what to buy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.cli.main import main

FLEET = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "serve" {
  count         = 4
  instance_type = "g5.xlarge"
}
"""
POLICY = """\
rules:
  - rule: uncommitted-steady-load
    options: {commitments: [{provider: aws, instances: "g5.*", count: 1}]}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    (tmp_path / "main.tf").write_text(FLEET, encoding="utf-8")
    return tmp_path


def test_text(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commit", str(fleet)]) == 0
    said = capsys.readouterr().out
    assert "4 x g5.xlarge in us-east-1" in said
    assert " * commit to 3 (1 year, no upfront): saves $815.16 a month (37 %), pays from month 8 of 12" in said
    assert "Saving if those marked * are bought: $815.16 a month" in said


def test_json_counts_what_the_policy_declares(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "guard.yaml").write_text(POLICY, encoding="utf-8")
    assert main(["commit", str(fleet), "--format", "json", "--term", "1y", "--share", "100"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["covered_percent"] == "25.0"
    (load,) = said["loads"]
    (proposed,) = load["proposals"]
    assert (load["machines"], load["covered_machines"], proposed["machines"]) == ("4.0", "1.0", "3.0")
    assert (proposed["break_even_month"], proposed["recommended"]) == (8, True)


def test_nothing_to_commit_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tf").write_text('resource "terraform_data" "a" {}\n', encoding="utf-8")
    assert main(["commit", str(tmp_path)]) == 0
    assert "nothing always runs" in capsys.readouterr().out


@pytest.mark.parametrize("share", ["0", "101", "abc", "-5"])
def test_a_share_is_a_percentage(fleet: Path, share: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commit", str(fleet), f"--share={share}"]) == 2
    assert "number of percent" in capsys.readouterr().err
