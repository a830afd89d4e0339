"""Policies that extend others from git: pinned by commit, cached, fetched only on demand, and nothing of it runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from guard.cli.main import main
from guard.inputs.remote import RemoteError, Remotes, read_lock, written_lock

MACHINE = (
    'provider "aws" {\n  region = "us-east-1"\n}\nresource "aws_instance" "a" {\n  instance_type = "p3.2xlarge"\n}\n'
)
STRICT = "extends: tags/base.yaml\nrules: [{rule: disallowed-instance-type}]\n"
MILD = "rules: [{rule: over-budget}]\n"
WHO = {f"GIT_{role}_{fact}": f"a@{fact}" for role in ("AUTHOR", "COMMITTER") for fact in ("NAME", "EMAIL")}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **WHO}
    )
    return done.stdout.strip()


def commit(folder: Path, text: str, tag: str) -> str:
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    git(folder, "tag", "-f", tag)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    (folder / "tags").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "tags/base.yaml").write_text("rules: [{rule: missing-tag}]\n", encoding="utf-8")
    commit(folder, STRICT, "v1")
    return folder


@pytest.fixture
def project(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "guard.yaml").write_text(f"extends: 'git+file://{shared}@v1#policy.yaml'\n", encoding="utf-8")
    (folder / "main.tf").write_text(MACHINE, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def checked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[list[str], list[str]]:
    capsys.readouterr()
    main(["check", "--format", "json", *options])
    found = json.loads(capsys.readouterr().out)
    return sorted(one["rule"] for one in found["findings"]), [one["message"] for one in found["problems"]]


BOTH = ["disallowed-instance-type", "missing-tag"]


def test_a_policy_is_pinned_fetched_and_kept(
    project: Path, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, problems = checked(capsys)
    assert found == []
    assert problems == [
        f"file://{shared}@v1 is not pinned in guard.lock: pin and fetch it with `guard check --update-policies`"
    ]
    assert checked(capsys, "--update-policies") == (BOTH, [])
    first = git(shared, "rev-parse", "HEAD")
    assert read_lock((project / "guard.lock").read_text(encoding="utf-8")) == {f"file://{shared}@v1": first}
    # The tag moves: what is pinned stays.
    second = commit(shared, MILD, "v1")
    assert checked(capsys) == (BOTH, [])
    # Another machine has no cache: it asks before it fetches, and gets what is pinned although the tag has moved.
    shutil.rmtree(tmp_path / "cache")
    _, (problem,) = checked(capsys)
    assert problem == (
        f"commit {first[:12]} of file://{shared}@v1 is not in the cache: fetch it with `guard check --fetch-policies`"
    )
    assert checked(capsys, "--fetch-policies") == (BOTH, [])
    assert checked(capsys, "--update-policies") == ([], [])
    assert second in (project / "guard.lock").read_text(encoding="utf-8")


def test_nothing_of_a_fetched_repository_runs(
    project: Path, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "ran"
    (shared / ".gitattributes").write_text("* filter=evil\n", encoding="utf-8")
    (shared / ".gitmodules").write_text(f'[submodule "a"]\n\tpath = a\n\turl = ext::touch {mark}\n', encoding="utf-8")
    commit(shared, STRICT, "v1")
    git(shared, "config", "filter.evil.smudge", f"touch {mark}")
    hooks = shared / ".git/hooks"
    for name in ("post-checkout", "post-merge", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    assert checked(capsys, "--update-policies") == (BOTH, [])
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("git+ext::touch x@v1", "names no version"),
        ("git+ext://a/touch@v1", "policies are fetched by"),
        ("git+http://example.com/p@v1", "policies are fetched by"),
        ("git+https://example.com/p", "names no version"),
        ("git+file:///nowhere@v1", "nowhere"),
        ("git+file://{shared}@v9", "couldn't find remote ref v9"),
        ("git+file://{shared}@--upload-pack=x", "is not the name of a tag"),
        ("git+file://{shared}@v1#../../etc/passwd", "does not exist"),
        ("git+file://{shared}@v1#missing.yaml", "missing.yaml does not exist"),
    ],
)
def test_what_cannot_be_had_is_told_at_its_place(
    project: Path, shared: Path, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "guard.yaml").write_text(f"extends: '{name.format(shared=shared)}'\n", encoding="utf-8")
    _, problems = checked(capsys, "--update-policies")
    assert len(problems) == 1
    assert message in problems[0]


def test_mistakes_in_a_fetched_policy_are_told_where_they_are(
    project: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(shared, "rules: [{rule: mising-tag}]\n", "v1")
    capsys.readouterr()
    assert main(["check", "--update-policies"]) == 2
    assert f"--> {str(shared).lstrip('/')}@v1/policy.yaml:1:16" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1}', '{"version": 1, "policies": {"a": "main"}}'])
def test_a_lock_file_that_is_none_is_refused(project: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "guard.lock").write_text(text, encoding="utf-8")
    assert main(["check"]) == 2
    assert "guard.lock is not as guard writes it" in capsys.readouterr().err


def test_a_lock_file_is_sorted() -> None:
    pins = {"b": "1" * 40, "a": "2" * 40}
    assert list(read_lock(written_lock(pins))) == ["a", "b"]
    with pytest.raises(RemoteError, match="not pinned"):
        Remotes().tree("https://example.com/p", "v1")
