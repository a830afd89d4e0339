"""A commit as a Tree, read from git's object store; no checkout is made and no hook or filter runs."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from guard.inputs.limits import MAXIMUM_BYTES, skipped
from guard.model.document import ReadError

if TYPE_CHECKING:
    import subprocess

REGULAR = ("100644", "100755")
LINK = "120000"
MOST_LINKS, MOST_LETTERS = 40, 4096
# A repository's own configuration may name programs for git to run; none of these settings is left to it.
QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")


class GitError(Exception):
    """git could not answer; the message is fit for a user."""


class GitTree:
    """The files of one commit. Blobs are read one by one through a `git cat-file --batch`, one for each process."""

    def __init__(self, repository: Path, ref: str) -> None:
        self.ref = ref
        self._repository = repository
        self._objects = _listing(repository, ref)
        self._reader: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._targets: dict[str, str | None] = {}

    def paths(self) -> tuple[str, ...]:
        """Return every file's path relative to the repository's root that git tracks in the commit, sorted.

        Links are among them where they lead to a file of the same commit.
        """
        kept = (path for path in self._objects if not skipped(path))
        return tuple(sorted(path for path in kept if self._object(path) is not None))

    def links(self) -> Mapping[str, str]:
        """Return the links among the paths, each with the file that it leads to."""
        found = {path: self._target(path) for path, one in self._objects.items() if one[1] == LINK}
        return {path: target for path, target in found.items() if target is not None}

    def exists(self, path: str) -> bool:
        """Tell whether the commit has a file at `path`."""
        return self._object(path) is not None

    def read(self, path: str) -> bytes:
        """Return a file's bytes, links followed. Raises ReadError where there is none, or it is too large."""
        found = self._object(path)
        if found is None:
            raise ReadError(f"{path} does not exist in {self.ref}, or is a link that leads to no file in it")
        identity, _, size = found
        if size > MAXIMUM_BYTES:
            raise ReadError(f"{path} has {size} bytes; guard reads at most {MAXIMUM_BYTES}")
        return self._blob(identity, size)

    def _object(self, path: str) -> tuple[str, str, int] | None:
        """Return the blob at a path, links followed, None where there is none."""
        found = self._objects.get(path)
        if found is None or found[1] != LINK:
            return found
        target = self._target(path)
        return self._objects[target] if target is not None else None

    def _target(self, path: str) -> str | None:
        """Return the file that a link leads to, None where it leads out of the commit, to no file or in a circle."""
        if path not in self._targets:
            self._targets[path] = self._followed(path)
        return self._targets[path]

    def _followed(self, path: str) -> str | None:
        for _ in range(MOST_LINKS):
            identity, mode, size = self._objects.get(path, ("", "", 0))
            if mode != LINK:
                return path if mode else None
            written = self._blob(identity, size).decode("utf-8", "surrogateescape") if size < MOST_LETTERS else "/"
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), written))
        return None

    def close(self) -> None:
        """End git's reader process."""
        if self._reader is not None and self._reader.stdin and self._reader.stdout:
            # Copies of this process may hold its input open, so that it would wait for more.
            self._reader.kill()
            self._reader.stdin.close()
            self._reader.stdout.close()
            self._reader.wait()
            self._reader = None

    def _blob(self, identity: str, size: int) -> bytes:
        # Git's answers to a process and to a copy of it would be mixed up.
        if self._reader is None or self._owner != os.getpid():
            import subprocess

            command = ["git", *QUIET, "-C", str(self._repository), "cat-file", "--batch"]
            self._reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment())
            self._owner = os.getpid()
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
    # Most runs look at no commit, and this takes long to import.
    import subprocess

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
