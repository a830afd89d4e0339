"""`guard init`: a policy to start from that fits the repository, is sound, and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.cli.main import main
from guard.engine import load_policy
from guard.inputs.memory import MemoryTree
from guard.model.finding import Severity
from guard.policy.model import PolicySource

MACHINES = """\
provider "aws" {
  region = "eu-west-1"
}

resource "aws_instance" "a" {
  instance_type = "g5.xlarge"
  tags          = { Name = "a", team = "ml", environment = "dev" }
}

resource "aws_instance" "b" {
  instance_type = "g5.xlarge"
  tags          = { Name = "b", team = "search", environment = "prod" }
}

resource "aws_instance" "c" {
  instance_type = "p3.2xlarge"
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/main.tf").write_text(MACHINES, encoding="utf-8")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/main.tf").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sound(text: str) -> None:
    policy, problems = load_policy((PolicySource("guard.yaml", text),), MemoryTree({}))
    assert problems == ()
    assert any(one.rule == "missing-tag" and one.severity is Severity.WARNING for one in policy.rules)


def test_it_writes_what_fits_the_repository(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert capsys.readouterr().out == "guard.yaml is written; read it, then run: guard check\n"
    text = (project / "guard.yaml").read_text(encoding="utf-8")
    sound(text)
    assert "3 resources: aws (3)" in text
    assert "regions: eu-west-1" in text
    assert "where: {not: ['**/examples/**']}" in text or 'where: {not: ["**/examples/**"]}' in text
    assert "        team: null\n" in text
    assert "        environment: [dev, prod]\n" in text
    assert "Name" not in text
    assert "#   disallowed-instance-type: 1\n" in text
    assert "#   missing-tag: 1\n" in text


def test_nothing_is_overwritten(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "guard.yml").write_text("extends: ai-cost", encoding="utf-8")
    assert main(["init"]) == 2
    assert "there is a guard.yml already" in capsys.readouterr().err
    assert not (project / "guard.yaml").exists()
    assert main(["init", "--print"]) == 0
    sound(capsys.readouterr().out)


@pytest.mark.parametrize("name", ['a"b', "a: b # c", "a\\nb", "{x}", "- a", "\u00e9", "yes", "null"])
def test_names_from_the_repository_cannot_break_the_policy(
    project: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written = name.replace('"', '\\"')
    tags = f'{{ "{written}" = "x", environment = "{written}" }}'
    text = "".join(
        f'resource "aws_instance" "{one}" {{\n  instance_type = "g5.xlarge"\n  tags = {tags}\n}}\n' for one in "ab"
    )
    (project / "infra/main.tf").write_text(text, encoding="utf-8")
    assert main(["init", "--print"]) == 0
    sound(capsys.readouterr().out)


def test_an_empty_folder_gets_a_policy_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--print"]) == 0
    out = capsys.readouterr().out
    sound(out)
    assert "        owner: null\n        cost-center: null\n" in out
