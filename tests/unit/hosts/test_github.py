"""What GitHub tells about a run, and the arguments that the action makes of its inputs."""

from __future__ import annotations

import json
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from guard.hosts.github import append_summary, base_commit

ROOT = Path(__file__).resolve().parents[3]
arguments = runpy.run_path(str(ROOT / "integrations/github_action/run.py"))["arguments"]
SHA = "0123456789abcdef0123456789abcdef01234567"


def event(tmp_path: Path, content: Any) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(content))
    return {"GITHUB_EVENT_PATH": str(path)}


@pytest.mark.parametrize(
    ("content", "commit"),
    [
        ({"pull_request": {"base": {"sha": SHA}}}, SHA),
        ({"merge_group": {"base_sha": SHA}}, SHA),
        ({"before": SHA}, SHA),
        ({"before": "0" * 40}, ""),
        ({"pull_request": None}, ""),
        ([], ""),
    ],
)
def test_the_base_is_read_from_the_event(tmp_path: Path, content: Any, commit: str) -> None:
    assert base_commit(event(tmp_path, content)) == commit


def test_without_an_event_there_is_no_base() -> None:
    assert base_commit({}) == ""


def test_inputs_become_arguments(tmp_path: Path) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True)
    commit = head.stdout.strip()
    inputs = {
        "GUARD_PATHS": "infra\nk8s prod\n",
        "GUARD_POLICY": "guard.yaml",
        "GUARD_POLICY_FROM": "base",
        "GUARD_BASE": "auto",
        "GUARD_FAIL_ON": "warning",
        "GUARD_SARIF": "guard.sarif",
        "GUARD_ARGUMENTS": "--var\nregion=$(touch x)",
    }
    environment = event(tmp_path, {"pull_request": {"base": {"sha": commit}}}) | inputs
    assert arguments(environment) == [
        "check",
        *("--format", "github"),
        *("--fail-on", "warning"),
        *("--base", commit),
        *("--policy-from", commit),
        *("--format", "sarif=guard.sarif"),
        "--policy=guard.yaml",
        *("--var", "region=$(touch x)"),
        *("--", "infra", "k8s prod"),
    ]


def test_a_change_never_comes_to_judge_itself_unnoticed() -> None:
    given = arguments({"GUARD_PATHS": ".", "GUARD_POLICY_FROM": "base"})
    assert given[given.index("--policy-from") + 1] == "base"


def test_a_base_that_the_checkout_lacks_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = arguments(event(tmp_path, {"before": SHA}) | {"GUARD_BASE": "auto"})
    assert "--base" not in given
    assert capsys.readouterr().out.startswith("::warning ")


def test_empty_inputs_are_the_defaults() -> None:
    assert arguments({"GUARD_PATHS": "."}) == ["check", "--format", "github", "--fail-on", "error", "--", "."]


def test_the_summary_is_added_to_what_other_steps_said(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    environment = {"GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(tmp_path)}
    assert f"markdown={tmp_path / 'guard-summary.md'}" in arguments(environment)
    append_summary(environment)
    (tmp_path / "guard-summary.md").write_text("### guard\n")
    append_summary(environment)
    assert summary.read_text() == "before\n### guard\n"
    assert not [one for one in arguments({}) if one.startswith("markdown=")]
