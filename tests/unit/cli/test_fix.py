"""`guard fix`: certain changes of the work tree, byte by byte, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from guard.cli.main import main

POLICY = """\
rules:
  - rule: missing-tag
    options: {required: {owner: null}, defaults: {owner: ml}}
  - rule: missing-tag
    name: environment
    options: {required: {environment: [dev]}, defaults: {environment: dev}}
"""
MACHINE = b"""\
provider "aws" {\r
  region = "us-east-1"\r
}\r
\r
# the one that trains\r
resource "aws_instance" "a" {\r
  instance_type = "g5.xlarge" # small\r
}\r
"""
FIXED = MACHINE.replace(
    b"# small\r\n",
    b'# small\r\n  tags          = {\r\n    environment = "dev"\r\n    owner       = "ml"\r\n  }\r\n',
)
JOB = (
    "\ufeffapiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n"
    "      containers: [{name: a, image: docker.io/a/b:1, resources: {limits: {nvidia.com/gpu: 1}}}]"
).encode()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "guard.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "main.tf").write_bytes(MACHINE)
    (tmp_path / "job.yaml").write_bytes(JOB)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_fixes_keep_every_other_byte(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "fixed 4 findings in 2 files"
    assert (project / "main.tf").read_bytes() == FIXED
    job = (project / "job.yaml").read_bytes()
    assert job.startswith(JOB)
    assert job.removeprefix(JOB).decode().split() == ["metadata:", "labels:", "environment:", "dev", "owner:", "ml"]
    assert main(["check", "--fail-on", "note"]) == 0
    assert main(["fix"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing to fix"


def test_a_diff_changes_nothing_and_applies(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "--diff"]) == 0
    diff = capfd.readouterr().out
    assert (project / "main.tf").read_bytes() == MACHINE
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=project, check=True)
    assert (project / "main.tf").read_bytes() == FIXED


def test_only_the_rules_and_paths_that_were_asked_for(project: Path) -> None:
    assert main(["fix", "--rule", "over-budget"]) == 0
    assert (project / "main.tf").read_bytes() == MACHINE
    assert main(["fix", "job.yaml"]) == 0
    assert (project / "main.tf").read_bytes() == MACHINE
    assert (project / "job.yaml").read_bytes() != JOB


def test_links_lead_nowhere_outside(
    project: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "main.tf"
    outside.write_bytes(MACHINE)
    (project / "main.tf").unlink()
    (project / "main.tf").symlink_to(outside)
    (project / "inner").mkdir()
    (project / "job.yaml").rename(project / "inner" / "job.yaml")
    (project / "job.yaml").symlink_to("inner/job.yaml")
    assert main(["fix"]) in (0, 2)
    assert outside.read_bytes() == MACHINE
    assert (project / "job.yaml").is_symlink()


def test_a_module_that_was_fetched_is_left(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = project / ".terraform" / "modules" / "m"
    module.mkdir(parents=True)
    (module / "main.tf").write_bytes(MACHINE[MACHINE.index(b"#") :])
    manifest = (
        '{"Modules":[{"Key":"m","Source":"registry.terraform.io/a/b/c","Version":"1","Dir":".terraform/modules/m"}]}'
    )
    (project / ".terraform/modules/modules.json").write_text(manifest, encoding="utf-8")
    (project / "main.tf").write_text('module "m" {\n  source = "a/b/c"\n  version = "1"\n}\n', encoding="utf-8")
    assert main(["fix"]) == 0
    assert b"tags" not in (module / "main.tf").read_bytes()


def test_standard_input_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "-", "--stdin-filename", "a.tf"]) == 2
    assert "does not read standard input" in capsys.readouterr().err
