"""Trees: what they list, what they refuse to read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from guard.inputs.gittree import GitError, GitTree, commit_of, git_root
from guard.inputs.limits import skipped
from guard.inputs.memory import MemoryTree
from guard.inputs.selection import SelectionError, select
from guard.inputs.worktree import WorkTree
from guard.model.document import ReadError


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    command = ["git", *identity, "-C", str(directory), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "infra").mkdir(parents=True)
    (root / "infra" / "main.tf").write_text("# eins\n")
    (root / "größe.yaml").write_text("a: 1\n")
    git(tmp_path, "init", "-q", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    (root / "infra" / "main.tf").write_text("# zwei\n")
    return root


def test_a_directory_lists_its_files_sorted_and_leaves_out_what_nobody_deploys(tmp_path: Path) -> None:
    for name in ("b.tf", "a/c.tf", ".git/config", "node_modules/x.json", ".terraform/providers/p", "a/.hidden.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / ".terraform/modules/m").mkdir(parents=True)
    (tmp_path / ".terraform/modules/modules.json").write_text("{}")
    assert WorkTree(tmp_path).paths() == (".terraform/modules/modules.json", "a/.hidden.yaml", "a/c.tf", "b.tf")


def test_a_link_that_leaves_the_root_is_neither_listed_nor_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    root = tmp_path / "root"
    root.mkdir()
    (root / "out.yaml").symlink_to(tmp_path / "secret")
    (root / "in.tf").write_text("x")
    (root / "alias.tf").symlink_to(root / "in.tf")
    (root / "loop.tf").symlink_to(root / "loop.tf")
    tree = WorkTree(root)
    assert tree.paths() == ("alias.tf", "in.tf")
    for path in ("out.yaml", "../secret", str(tmp_path / "secret"), "loop.tf", "a\0b"):
        assert not tree.exists(path)
        with pytest.raises(ReadError):
            tree.read(path)


def test_links_of_a_directory_and_of_its_commit_are_the_same(repository: Path) -> None:
    (repository / "roots" / "eu").mkdir(parents=True)
    (repository / "roots" / "eu" / "main.tf").symlink_to("../../infra/main.tf")
    (repository / "roots" / "eu" / "again.tf").symlink_to("main.tf")
    (repository / "roots" / "out.tf").symlink_to("../../outside.tf")
    (repository / "roots" / "etc.tf").symlink_to("/etc/hostname")
    (repository / "roots" / "none.tf").symlink_to("nothing.tf")
    (repository / "roots" / "loop.tf").symlink_to("loop.tf")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "links")
    commit, tree = GitTree(repository, "HEAD"), WorkTree(repository)
    listed = ("größe.yaml", "infra/main.tf", "roots/eu/again.tf", "roots/eu/main.tf")
    assert commit.paths() == tree.paths() == listed
    linked = {"roots/eu/again.tf": "infra/main.tf", "roots/eu/main.tf": "infra/main.tf"}
    assert dict(commit.links()) == dict(tree.links()) == linked
    assert commit.read("roots/eu/again.tf") == tree.read("roots/eu/again.tf") == b"# zwei\n"
    for path in ("roots/out.tf", "roots/etc.tf", "roots/none.tf", "roots/loop.tf"):
        assert not commit.exists(path)
        with pytest.raises(ReadError):
            commit.read(path)
    assert MemoryTree({"roots/eu/main.tf": "own"}, commit).links() == {"roots/eu/again.tf": "infra/main.tf"}
    commit.close()


def test_a_pipe_is_refused_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "main.tf")
    tree = WorkTree(tmp_path)
    assert tree.paths() == ()
    with pytest.raises(ReadError, match="not a regular file"):
        tree.read("main.tf")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").mkdir()
    with pytest.raises(ReadError, match="not a regular file"):
        WorkTree(tmp_path).read("terraform.tfvars")


def test_a_commit_is_read_from_the_object_store(repository: Path) -> None:
    tree = GitTree(repository, "HEAD")
    assert tree.paths() == ("größe.yaml", "infra/main.tf")
    assert tree.read("infra/main.tf") == b"# eins\n"
    assert tree.read("größe.yaml") == b"a: 1\n"
    assert not tree.exists("infra/other.tf")
    with pytest.raises(ReadError):
        tree.read("infra/other.tf")
    tree.close()


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "-h", "HEAD; true"])
def test_an_unknown_commit_is_told(repository: Path, ref: str) -> None:
    with pytest.raises(GitError):
        commit_of(repository, ref)


def test_outside_a_repository_there_is_no_root(tmp_path: Path) -> None:
    assert git_root(tmp_path) is None


def test_memory_lies_over_another_tree(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text("old")
    (tmp_path / "b.tf").write_text("kept")
    tree = MemoryTree({"a.tf": "new"}, WorkTree(tmp_path))
    assert tree.paths() == ("a.tf", "b.tf")
    assert (tree.read("a.tf"), tree.read("b.tf")) == (b"new", b"kept")
    with pytest.raises(ReadError):
        MemoryTree({}).read("a.tf")


def test_what_is_skipped() -> None:
    assert skipped("a/.git/config")
    assert skipped(".terraform/providers/x")
    assert not skipped(".terraform/modules/eks/main.tf")
    assert not skipped("venv.tf")


def test_paths_are_relative_to_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "infra")
    chosen = select([])
    assert (chosen.root, chosen.directories, chosen.files) == (repository.resolve(), ("infra",), ())
    assert chosen.judges("infra/main.tf")
    assert not chosen.judges("infrared.tf")
    assert select(["main.tf"]).files == ("infra/main.tf",)
    assert select(["main.tf"]).home == "infra"


def test_a_directory_elsewhere_is_its_own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    chosen = select([str(there)])
    assert (chosen.root, chosen.directories) == (there, ("",))


def test_a_path_that_does_not_exist_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SelectionError, match=r"nothing\.tf does not exist"):
        select(["nothing.tf"])


def test_standard_input_lies_over_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = select(["-"], ("k8s/pod.yaml", b"kind: Pod"))
    assert chosen.files == ("k8s/pod.yaml",)
    assert chosen.tree.read("k8s/pod.yaml") == b"kind: Pod"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes here")
def test_a_copy_of_the_process_reads_a_commit_by_itself(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    texts = {f"{number}.tf": f"# {number}\n" * 500 for number in range(20)}
    for path, text in texts.items():
        (tmp_path / path).write_text(text)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "a")
    tree = GitTree(tmp_path, "HEAD")
    assert tree.read("0.tf") == texts["0.tf"].encode()
    waiting, go = os.pipe()
    process = os.fork()
    if not process:
        right = False
        try:
            right = all(tree.read(path) == text.encode() for path, text in texts.items())
            os.close(go)
            os.read(waiting, 1)
        finally:
            os._exit(0 if right else 1)
    os.close(waiting)
    assert all(tree.read(path) == text.encode() for path, text in texts.items())
    # The copy lives still, and holds all that was open.
    tree.close()
    os.close(go)
    assert os.waitpid(process, 0)[1] == 0
