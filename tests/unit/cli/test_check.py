"""`guard check` as a script sees it: what it reads, what it writes where, and its exit status."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from guard.cli.main import main

SPOT = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "gpu" {
  instance_type = "%s"

  tags = {
    owner       = "ml"
    cost-center = "cc-1"
  }
}
"""
POLICY = "rules:\n  - rule: disallowed-instance-type\n    options: {deny: [p4d.*]}\n"


def git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, "-C", str(directory), *arguments], check=True, capture_output=True)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with a policy and one instance that it allows, committed; the current directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guard.yaml").write_text(POLICY)
    (tmp_path / "main.tf").write_text(SPOT % "g5.xlarge")
    git(tmp_path, "init", "-q", ".")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main(["check", *arguments, "--format", "json"])
    return status, json.loads(capsys.readouterr().out)


def rules(report: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in report["findings"]]


def test_clean_is_0(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = checked(capsys)
    assert (status, report["findings"], report["problems"]) == (0, [], [])
    assert report["cost"]["monthly"]["low"] == report["cost"]["monthly"]["high"] != "0.00"


def test_findings_are_1_and_never_makes_them_0(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "main.tf").write_text(SPOT % "p4d.24xlarge")
    assert checked(capsys)[0] == 1
    assert checked(capsys, "--fail-on", "never")[0] == 0


def test_a_file_that_cannot_be_read_is_2_and_the_rest_is_judged(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "main.tf").write_text(SPOT % "p4d.24xlarge")
    (here / "pod.yaml").write_text("apiVersion: v1\nkind: [Pod\nmetadata:\n")
    status, report = checked(capsys)
    assert status == 2
    assert rules(report) == ["disallowed-instance-type"]
    assert report["problems"][0]["location"]["path"] == "pod.yaml"


def test_usage_is_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["check", "nowhere"],
        ["check", "--format", "yaml"],
        ["check", "--format", "text", "--format", "json"],
        ["check", "--var", "x"],
        ["check", "--base", "no-such-commit"],
        ["check", "--policy", "no-such-pack"],
        ["check", "-"],
    ):
        assert main(arguments) == 2, arguments
        said = capsys.readouterr()
        assert said.err.startswith("guard: "), arguments
        assert "Traceback" not in said.err


def test_a_mistake_in_the_policy_is_2_at_its_place(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "guard.yaml").write_text("rules:\n  - rule: missing-tags\n")
    status, report = checked(capsys)
    assert status == 2
    problem = report["problems"][0]
    assert (problem["location"]["path"], problem["location"]["line"]) == ("guard.yaml", 2)
    assert "missing-tag" in problem["message"]


def test_nothing_to_check_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 2


def test_reports_go_to_files_beside_standard_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "text", "--format", "sarif=out/guard.sarif", "--format", "junit=j.xml"]) == 0
    assert "nothing to report" in capsys.readouterr().out
    assert json.loads((here / "out/guard.sarif").read_text())["version"] == "2.1.0"
    assert (here / "j.xml").read_text().startswith("<?xml")


def test_the_policy_can_be_read_from_a_commit(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "main.tf").write_text(SPOT % "p4d.24xlarge")
    (here / "guard.yaml").write_text("rules:\n  - rule: disallowed-instance-type\n")
    assert checked(capsys)[0] == 0
    status, report = checked(capsys, "--policy-from", "HEAD")
    assert (status, rules(report)) == (1, ["disallowed-instance-type"])


def test_a_change_is_priced_against_its_base(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """g5.xlarge is 1.006 and g5.2xlarge 1.212 USD an hour in us-east-1 (karpenter-aws, 2026-07-20)."""
    (here / "guard.yaml").write_text("budgets: [{name: all, increase: {amount: 100}}]\n")
    (here / "main.tf").write_text(SPOT % "g5.2xlarge")
    status, report = checked(capsys, "--base", "HEAD")
    assert report["cost"]["delta"] == {"low": "150.38", "high": "150.38"}
    assert (status, rules(report)) == (1, ["over-budget"])
    assert checked(capsys)[0] == 0


def test_variables_come_from_the_command_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "main.tf").write_text('variable "type" {}\n' + SPOT.replace('"%s"', "var.type"))
    (here / "x.tfvars").write_text('type = "p4d.24xlarge"\n')
    (here / "y.tfvars").write_text('type = "g5.xlarge"\n')
    assert checked(capsys, "--var", "type=p4d.24xlarge")[0] == 1
    assert checked(capsys, "--var-file", "x.tfvars")[0] == 1
    assert checked(capsys, "--var-file", "x.tfvars", "--var", "type=g5.xlarge")[0] == 0
    assert checked(capsys, "--var", "type=g5.xlarge", "--var-file", "x.tfvars")[0] == 1
    assert checked(capsys, "--var-file", "x.tfvars", "--var-file", "y.tfvars")[0] == 0


def test_a_file_is_judged_in_the_context_of_its_root(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "other.tf").write_text('variable "type" {\n  default = "p4d.24xlarge"\n}\n')
    (here / "main.tf").write_text(SPOT.replace('"%s"', "var.type"))
    (here / "third.tf").write_text("locals {}\n")
    for path, found in (("main.tf", 1), ("other.tf", 1), ("third.tf", 0)):
        status, report = checked(capsys, path)
        assert (status, len(report["findings"])) == (found, found), path


def test_standard_input_stands_for_a_file(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Input:
        buffer = io.BytesIO((SPOT % "p4d.24xlarge").encode())

    monkeypatch.setattr(sys, "stdin", Input)
    status, report = checked(capsys, "-", "--stdin-filename", "main.tf")
    assert (status, report["findings"][0]["location"]["path"]) == (1, "main.tf")


def test_an_inline_waiver_needs_a_reason(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = SPOT % "p4d.24xlarge"
    line = '  instance_type = "p4d.24xlarge"'
    allowed = bad.replace(line, f"  # guard: allow disallowed-instance-type -- benchmark until June\n{line}")
    (here / "main.tf").write_text(allowed)
    status, report = checked(capsys)
    assert (status, report["findings"]) == (0, [])
    assert report["waived"][0]["waiver"]["reason"] == "benchmark until June"
    (here / "main.tf").write_text(allowed.replace(" -- benchmark until June", ""))
    status, report = checked(capsys)
    assert status == 1
    assert report["problems"]


def test_an_edit_above_keeps_the_fingerprint(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "main.tf").write_text(SPOT % "p4d.24xlarge")
    before = checked(capsys)[1]["findings"][0]
    (here / "main.tf").write_text("# a comment\n\n" + SPOT % "p4d.24xlarge")
    after = checked(capsys)[1]["findings"][0]
    assert after["fingerprint"] == before["fingerprint"]
    assert after["location"]["line"] == before["location"]["line"] + 2


def test_old_prices_are_told(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main(["check"])
    assert "days ago" not in capsys.readouterr().out
    monkeypatch.setattr("guard.cli._checking.today", lambda: date(2027, 6, 1))
    main(["check"])
    assert "283 days ago" in capsys.readouterr().out


def test_a_bug_is_one_line_and_a_log(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("guard.engine.check", broken)
    assert main(["check"]) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "secret detail" not in said
    log = Path(next(word for word in said.split() if word.endswith(".log:"))[:-1])
    assert "secret detail" in log.read_text()
    log.unlink()


def test_unknown_facts_of_one_place_are_told_by_their_address(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "main.tf").write_text('module "all" {\n  source = "./all"\n  count  = 5\n}\n')
    (here / "all").mkdir()
    (here / "all" / "main.tf").write_text('module "one" {\n  source = "example/one/aws"\n}\n')
    main(["dump", ".", "--format", "json"])
    told = [one["address"] for one in json.loads(capsys.readouterr().out)["unknowns"]]
    assert told == [f"module.all[{number}].module.one" for number in range(5)]


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "1e3", "5000"])
def test_a_number_of_processes_that_is_none_is_told(here: Path, capsys: pytest.CaptureFixture[str], jobs: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", ".", "--jobs", jobs])
    assert ended.value.code == 2
    assert f"{jobs!r} is no number of processes: write one from 1 to 1024" in capsys.readouterr().err


def test_without_the_cache_only_the_prices_that_come_with_guard_count(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = here / "cache" / "guard" / "prices" / "aws.sqlite"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"no book at all")
    monkeypatch.delenv("GUARD_PRICES", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    (here / "main.tf").write_text(SPOT % "g5.xlarge")
    assert main(["check", "main.tf", "--no-cache"]) == 0
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    assert main(["check", "main.tf"]) == 2
    assert "aws.sqlite" in capsys.readouterr().err
