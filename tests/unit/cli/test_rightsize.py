"""`guard rightsize`, as a script sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.cli.main import main

TERRAFORM = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "prepare" {
  instance_type = "m7i.8xlarge"
}

resource "aws_instance" "busy" {
  instance_type = "m7i.large"
}
"""
HISTORY = (
    "address,cpu_percent,memory_percent\n"
    + "aws_instance.prepare,7,9\n" * 150
    + "aws_instance.busy,90,90\n" * 150
    + "aws_instance.gone,1,1\n"
)


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "main.tf").write_text(TERRAFORM, encoding="utf-8")
    (tmp_path / "history.csv").write_text(HISTORY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_proposals_are_told(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rightsize", "history.csv"]) == 0
    out = capsys.readouterr().out
    assert "aws_instance.prepare: m7i.8xlarge -> m7i.xlarge, saves $1,030.18 a month" in out
    assert "aws_instance.busy: keep; no cheaper type with a known price holds it" in out
    assert "aws_instance.gone: measured, but no such resource is here" in out
    assert out.endswith("1 of 2 could be smaller: $1,030.18 a month\n")


def test_the_proposals_are_told_as_json(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rightsize", "history.csv", ".", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["saving"], document["unmatched"]) == (1, "1030.18", ["aws_instance.gone"])
    first = document["machines"][0]
    assert (first["instance_type"], first["proposed"], first["saving"]) == ("m7i.8xlarge", "m7i.xlarge", "1030.18")
    assert first["location"] == {"path": "main.tf", "line": 6, "column": 19, "end_line": 6, "end_column": 32}


def test_a_check_finds_what_was_measured(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", "--usage-history", "history.csv", "--format", "json", "--fail-on", "never"]
    assert main(arguments) == 0
    found = [one for one in json.loads(capsys.readouterr().out)["findings"] if one["rule"] == "over-provisioned"]
    assert [one["address"] for one in found] == ["aws_instance.prepare"]


@pytest.mark.parametrize("written", ["main.tf", "missing.csv"])
def test_a_file_that_is_no_history_is_a_usage_error(
    measured: Path, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    assert main(["rightsize", written]) == 2
    assert written in capsys.readouterr().err


def test_what_was_negotiated_counts(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = "prices: [{provider: aws, sku: 'm7i.*', discount_percent: 50}]"
    (measured / "guard.yaml").write_text(f"extends: ai-cost\n{prices}\n", encoding="utf-8")
    assert main(["rightsize", "history.csv"]) == 0
    assert "aws_instance.prepare: m7i.8xlarge -> m7i.xlarge, saves $515.09 a month" in capsys.readouterr().out


def test_what_keeps_something_from_being_read_is_told_with_its_place(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (measured / "guard.yaml").write_text("extends: ai-cots\n", encoding="utf-8")
    (measured / "broken.tf").write_text('resource "aws_instance" {\n', encoding="utf-8")
    assert main(["rightsize", "history.csv"]) == 2
    said = capsys.readouterr().err
    assert 'guard: guard.yaml:1:10: no pack is called "ai-cots"; did you mean "ai-cost"?' in said
    assert "guard: broken.tf:1:" in said
