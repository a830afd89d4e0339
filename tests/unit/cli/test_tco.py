"""`guard tco` compares renting and owning, with every assumption and its source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import guard.costing
from guard.cli.main import main

FLEET = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "serve" {
  count         = 4
  instance_type = "p4d.24xlarge"
}
"""
DEFAULT = Path(guard.costing.__file__).parent / "ownership.yaml"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    (tmp_path / "main.tf").write_text(FLEET, encoding="utf-8")
    return tmp_path


def test_text_tells_each_way_and_each_source(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tco", str(fleet)]) == 0
    said = capsys.readouterr().out
    assert " * spot " in said
    assert "on-premises" in said
    assert "pue: 1.58 (Uptime Institute" in said
    assert "staff_usd_per_year: 0 (assumption: set your own" in said


def test_json(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tco", str(fleet), "--format", "json", "--years", "1"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in said["ways"]] == ["on demand", "spot", "committed", "on-premises", "hybrid"]
    assert said["ways"][0]["total"] == "769395.78"
    assert all(one["source"] for one in said["assumptions"])


def test_assumptions_of_ones_own(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = fleet / "own.yaml"
    own.write_text(DEFAULT.read_text(encoding="utf-8").replace("usd: 200000", "usd: 100000"), encoding="utf-8")
    assert main(["tco", str(fleet), "--assumptions", str(own), "--format", "json"]) == 0
    owned = json.loads(capsys.readouterr().out)["ways"][3]
    assert owned["items"][0] == {"name": "servers (4)", "amount": "400000.00"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pue: {value: 1.58, ", "pue: {", "pue.value"),
        ("pue: {value: 1.58,", "pue: {value: -1,", "pue.value: it must be a number of 0 or more"),
        ("pue: {value: 1.58,", "pue: {value: much,", "expected a number"),
        (', source: "assumption: set your own"}', "}", "lifetime_years needs a source"),
        ("lifetime_years: {value: 5,", "lifetime_years: {value: 0,", "must be above 0"),
        ("accelerators: [H100]", "accelerators: []", "needs accelerators"),
        ("servers:", "servers: [", "--assumptions"),
    ],
)
def test_mistakes_in_assumptions(
    fleet: Path, old: str, new: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = fleet / "own.yaml"
    text = DEFAULT.read_text(encoding="utf-8")
    assert old in text
    own.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert main(["tco", str(fleet), "--assumptions", str(own)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("years", ["0", "21", "x"])
def test_years_are_a_number(fleet: Path, years: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tco", str(fleet), "--years", years]) == 2
    assert "--years" in capsys.readouterr().err
