"""`guard baseline` and `guard check --baseline`: today's findings are left out later, new ones are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.cli.main import main

HEAD = 'provider "aws" {\n  region = "us-east-1"\n}\n'
MACHINE = 'resource "aws_instance" "%s" {\n  instance_type = "p3.2xlarge"\n}\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "guard.yaml").write_text("rules: [{rule: disallowed-instance-type}]\n", encoding="utf-8")
    (tmp_path / "main.tf").write_text(HEAD + MACHINE % "a", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[object]]]:
    status = main(["check", "--baseline", "guard-baseline.json", "--format", "json"])
    return status, json.loads(capsys.readouterr().out)


def test_moved_findings_are_left_out_and_new_ones_are_not(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert main(["baseline"]) == 0
    capsys.readouterr()
    (project / "main.tf").write_text("# moved\n\n" + HEAD + MACHINE % "a", encoding="utf-8")
    status, found = report(capsys)
    assert (status, len(found["findings"]), len(found["waived"])) == (0, 0, 1)
    (project / "main.tf").write_text(HEAD + MACHINE % "b" + MACHINE % "a", encoding="utf-8")
    status, found = report(capsys)
    assert (status, len(found["findings"]), len(found["waived"])) == (1, 1, 1)


def test_what_is_gone_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "-o", "old.json"]) == 0
    (project / "main.tf").write_text(HEAD, encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "--baseline", "old.json"]) == 0
    brief = capsys.readouterr().out
    assert "1 finding of the baseline no longer found" in brief
    assert "gone:" not in brief
    assert main(["check", "--baseline", "old.json", "-v"]) == 0
    assert "gone: main.tf: disallowed-instance-type: V100 accelerators are not allowed" in capsys.readouterr().out


def test_the_file_is_stable_and_goes_to_standard_output(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "-o", "-"]) == 0
    first = capsys.readouterr().out
    assert main(["baseline", "--output", "-"]) == 0
    assert capsys.readouterr().out == first
    assert [row["count"] for row in json.loads(first)["findings"]] == [1]


def test_what_cannot_be_judged_makes_no_baseline(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "main.tf").write_text("resource {", encoding="utf-8")
    assert main(["baseline"]) == 2
    assert "no baseline is written while something cannot be judged: main.tf:1" in capsys.readouterr().err
    assert not (project / "guard-baseline.json").exists()


def test_a_file_that_is_no_baseline_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--baseline", "main.tf"]) == 2
    assert "main.tf is no baseline" in capsys.readouterr().err
    assert main(["check", "--baseline", "missing.json"]) == 2
    assert "missing.json cannot be read" in capsys.readouterr().err
