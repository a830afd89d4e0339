"""A commit as a Tree, read from git's object store; no checkout is made and no hook or filter runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from guard.inputs.limits import MAXIMUM_BYTES, skipped
from guard.model.document import ReadError

REGULAR = ("100644", "100755")
LINK = "120000"
# A repository's own configuration may name programs for git to run; none of these settings is left to it.
QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")


class GitError(Exception):
    """git could not answer; the message is fit for a user."""


class GitTree:
    """The files of one commit below `prefix`. Blobs are read one by one through a single `git cat-file --batch`."""

    def __init__(self, repository: Path, ref: str) -> None:
        self.ref = ref
        self._repository = repository
        self._objects = _listing(repository, ref)
        self._reader: subprocess.Popen[bytes] | None = None

    def paths(self) -> tuple[str, ...]:
        """Return every file's path relative to the repository's root that git tracks in the commit, sorted."""
        return tuple(sorted(path for path in self._objects if not skipped(path)))

    def exists(self, path: str) -> bool:
        """Tell whether the commit has a file at `path`."""
        return path in self._objects

    def read(self, path: str) -> bytes:
        """Return a file's bytes as committed. Raises ReadError where there is none, or it is too large."""
        found = self._objects.get(path)
        if found is None:
            raise ReadError(f"{path} does not exist in {self.ref}")
        identity, mode, size = found
        if mode == LINK:
            raise ReadError(f"{path} is a link in {self.ref}; links are not followed in commits")
        if size > MAXIMUM_BYTES:
            raise ReadError(f"{path} has {size} bytes; guard reads at most {MAXIMUM_BYTES}")
        return self._blob(identity, size)

    def close(self) -> None:
        """End git's reader process."""
        if self._reader is not None and self._reader.stdin and self._reader.stdout:
            self._reader.stdin.close()
            self._reader.stdout.close()
            self._reader.wait()
            self._reader = None

    def _blob(self, identity: str, size: int) -> bytes:
        if self._reader is None:
            command = ["git", *QUIET, "-C", str(self._repository), "cat-file", "--batch"]
            self._reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment())
        reader = self._reader
        if reader.stdin is None or reader.stdout is None:
            raise GitError("git cat-file has no pipes")
        reader.stdin.write(identity.encode() + b"\n")
        reader.stdin.flush()
        header = reader.stdout.readline().split()
        if len(header) != 3 or int(header[2]) != size:
            raise ReadError(f"git has no object {identity} (a shallow or partial clone?)")
        content = reader.stdout.read(size)
        reader.stdout.read(1)
        return content


def git_root(directory: Path) -> Path | None:
    """Return the top of the work tree that `directory` lies in, None outside a repository or without git."""
    try:
        answer = _git(directory, "rev-parse", "--show-toplevel")
    except GitError:
        return None
    return Path(answer.strip()) if answer.strip() else None


def commit_of(directory: Path, ref: str) -> str:
    """Return the commit that `ref` names. Raises GitError for a name that git does not know."""
    if ref.startswith("-"):
        raise GitError(f"{ref!r} is not the name of a commit")
    try:
        return _git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
    except GitError:
        hint = "fetch it first (in CI: fetch-depth: 0, or git fetch origin BRANCH)"
        raise GitError(f"git knows no commit {ref!r}; {hint}") from None


def _listing(repository: Path, ref: str) -> dict[str, tuple[str, str, int]]:
    commit = commit_of(repository, ref)
    answer = _git(repository, "ls-tree", "-r", "-z", "--long", "--full-tree", commit)
    found: dict[str, tuple[str, str, int]] = {}
    for entry in answer.split("\0"):
        facts, _, path = entry.partition("\t")
        parts = facts.split()
        if len(parts) == 4 and parts[1] == "blob" and (parts[0] in REGULAR or parts[0] == LINK):
            found[path] = (parts[2], parts[0], int(parts[3]))
    return found


def _git(directory: Path, *arguments: str) -> str:
    command = ["git", *QUIET, "-C", str(directory), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, env=_environment(), check=False)
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        raise GitError(done.stderr.decode(errors="replace").strip() or "git failed")
    return done.stdout.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
