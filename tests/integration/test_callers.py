"""The real callers: pre-commit, GitHub's runner (act) and linters, GitLab's schema, and SARIF's own validator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
EXAMPLE = "examples/ai-platform"

pytestmark = pytest.mark.real


def run(*command: str | Path, cwd: Path, status: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    return run("git", *identity, *arguments, cwd=directory)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the example in it, committed."""
    root = tmp_path / "repository"
    shutil.copytree(ROOT / EXAMPLE, root)
    git(tmp_path, "init", "-q", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project as a repository of its own, as callers fetch it; the work tree's files, committed."""
    root = tmp_path_factory.mktemp("guard") / "guard"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    git(root.parent, "init", "-q", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    git(root, "tag", "v0.1.0")
    return root


def test_pre_commit_runs_the_hook_and_blocks(source: Path, repository: Path, tmp_path: Path) -> None:
    run("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml", cwd=ROOT)
    home = str(tmp_path / "home")
    command = ("pre-commit", "try-repo", source, "guard", "--verbose")
    said = run(*command, "--all-files", cwd=repository, status=1, PRE_COMMIT_HOME=home)
    assert "disallowed-instance-type" in said
    assert "infra/terraform.tfvars:" in said
    innocent = ("--files", "infra/modules/gpu-fleet/outputs.tf")
    said = run(*command, *innocent, cwd=repository, status=1, PRE_COMMIT_HOME=home)
    # A budget is over whichever file is committed; what is wrong in other files is not this commit's business.
    assert "over-budget" in said
    assert "disallowed-instance-type" not in said
    policy = repository / "guard.yaml"
    policy.write_text(policy.read_text().partition("budgets:")[0])
    git(repository, "commit", "-qam", "no budgets")
    run(*command, *innocent, cwd=repository, PRE_COMMIT_HOME=home)


def test_prek_runs_the_hook_and_blocks(source: Path, repository: Path, tmp_path: Path) -> None:
    said = run(
        *("prek", "try-repo", source, "guard", "--files", "k8s/serving/chat-inferenceservice.yaml", "--verbose"),
        cwd=repository,
        status=1,
        PREK_HOME=str(tmp_path / "home"),
    )
    assert "k8s/serving/chat-inferenceservice.yaml:" in said


def test_the_action_annotates_in_githubs_runner(source: Path, repository: Path, tmp_path: Path) -> None:
    workflow = repository / ".github/workflows/guard.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: pull_request\n"
        "jobs:\n"
        "  guard:\n"
        "    runs-on: ubuntu-latest\n"
        "    steps:\n"
        "      - uses: actions/checkout@v5\n"
        "      - uses: acme/guard@v0.1.0\n"
        "        id: guard\n"
        "        continue-on-error: true\n"
        "        with: {base: ''}\n"
        "      - run: test '${{ steps.guard.outcome }}' = failure && test -s '${{ steps.guard.outputs.sarif }}'\n"
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "workflow")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"number": 1, "pull_request": {"number": 1}}))
    said = run(
        *("act", "pull_request", "-e", event, "-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--json"),
        *("--local-repository", f"acme/guard@v0.1.0={source}"),
        cwd=repository,
        HOME=str(tmp_path / "home"),
    )
    commands = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    errors = [each["kvPairs"] for each in commands if each.get("command") == "error"]
    places = {(each["file"], each["title"]) for each in errors}
    assert ("infra/terraform.tfvars", "guard: disallowed-instance-type") in places
    assert ("k8s/serving/chat-inferenceservice.yaml", "guard: disallowed-instance-type") in places


def test_githubs_and_gitlabs_schemas_hold() -> None:
    check = ("check-jsonschema", "--builtin-schema")
    run(*check, "vendor.github-actions", "action.yml", cwd=ROOT)
    run(*check, "vendor.github-workflows", ".github/workflows/ci.yml", cwd=ROOT)
    files = (".gitlab-ci.yml", "integrations/gitlab/guard.gitlab-ci.yml")
    run(*check, "vendor.gitlab-ci", "--data-transform", "gitlab-ci", *files, cwd=ROOT)


def test_the_action_has_no_known_weakness() -> None:
    run("zizmor", "--offline", "--no-progress", "action.yml", ".github/workflows", cwd=ROOT)


def test_sarif_holds_against_its_schema_and_githubs_rules(tmp_path: Path) -> None:
    home = Path(os.environ["SARIF_MULTITOOL"])
    run(BIN / "guard", "check", EXAMPLE, "--format", f"sarif={tmp_path / 'out.sarif'}", cwd=ROOT, status=1)
    run("check-jsonschema", "--schemafile", home / "sarif-2.1.0.json", tmp_path / "out.sarif", cwd=ROOT)
    tool = home / "Sarif.Multitool"
    tool.chmod(0o755)
    validate = ("validate", tmp_path / "out.sarif", "--rule-kind", "Sarif;Gh", "-o", tmp_path / "said.sarif")
    run(tool, *validate, "--log", "ForceOverwrite", cwd=tmp_path)
    # The tool's status is 0 even with errors, so its own report decides.
    said = json.loads((tmp_path / "said.sarif").read_text(encoding="utf-8-sig"))
    results = said["runs"][0].get("results", [])
    assert [each for each in results if each.get("level") == "error"] == []
