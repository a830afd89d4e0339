"""Policies in other git repositories: fetched only when that is asked for, pinned by commit, read from a cache."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from pathlib import Path

from guard.inputs.gittree import GitError, GitTree
from guard.model.document import ReadError, Tree

LOCK = "guard.lock"
POLICIES = "policies"
VERSION = 1
SECONDS = 120
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")
_PROTOCOLS = ("https", "ssh", "file")
# A fetched repository brings text only: no hook, no filter, no submodule, and no protocol that starts a program.
_SAFE = (
    *("core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.allow=never", "fetch.fsckObjects=true"),
    *("submodule.recurse=false", "gc.auto=0", "maintenance.auto=false", "fetch.writeCommitGraph=false"),
    *(f"protocol.{name}.allow=always" for name in _PROTOCOLS),
)
_OWN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")


class RemoteError(ReadError):
    """A remote policy cannot be read; the message says why and what to do."""


class Fetching(Enum):
    """What may be fetched: nothing, what is pinned and missing from the cache, or everything anew with new pins."""

    NEVER = "never"
    PINNED = "pinned"
    ANEW = "anew"


@dataclass(slots=True)
class Remotes:
    """The repositories that policies of a run extend; `pins` are their commits by `url@ref`, as in the lock file."""

    pins: dict[str, str] = field(default_factory=dict)
    fetching: Fetching = Fetching.NEVER
    used: dict[str, str] = field(default_factory=dict)
    trees: dict[str, GitTree] = field(default_factory=dict)

    def tree(self, url: str, ref: str) -> Tree:
        """Return the files of the commit that `url@ref` is pinned to. Raises RemoteError where they are not here."""
        name = f"{url}@{ref}"
        if name not in self.trees:
            commit = self._commit(url, ref, name)
            try:
                self.trees[name] = GitTree(cached(url), commit)
            except GitError:
                raise RemoteError(f"commit {commit[:12]} of {name} is not in the cache: {_HOW_FETCH}") from None
            self.used[name] = commit
        return self.trees[name]

    def close(self) -> None:
        """End git's reader processes."""
        for tree in self.trees.values():
            tree.close()

    def _commit(self, url: str, ref: str, name: str) -> str:
        pinned = self.pins.get(name, "")
        if self.fetching is Fetching.ANEW:
            return fetched(url, ref)
        if not pinned:
            raise RemoteError(f"{name} is not pinned in {LOCK}: {_HOW_PIN}")
        if self.fetching is Fetching.PINNED and not _has(url, pinned):
            fetched(url, pinned, instead=ref)
        return pinned


_HOW_PIN = "pin and fetch it with `guard check --update-policies`"
_HOW_FETCH = "fetch it with `guard check --fetch-policies`"


def read_lock(text: str) -> dict[str, str]:
    """Return the pins of a lock file. Raises RemoteError where it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    pins = data.get("policies") if isinstance(data, dict) and data.get("version") == VERSION else None
    sound = isinstance(pins, dict) and all(isinstance(one, str) and _COMMIT.fullmatch(one) for one in pins.values())
    if not isinstance(pins, dict) or not sound:
        raise RemoteError(f"{LOCK} is not as guard writes it: remove it, then {_HOW_PIN}")
    return dict(pins)


def written_lock(pins: dict[str, str]) -> str:
    """Return the text of a lock file."""
    return json.dumps({"version": VERSION, "policies": dict(sorted(pins.items()))}, indent=2) + "\n"


def checked_url(url: str, ref: str) -> None:
    """Raise RemoteError for an address or a ref that git is not to be given."""
    scheme, _, rest = url.partition("://")
    if scheme not in _PROTOCOLS or not rest or rest.startswith("-") or any(one.isspace() for one in url):
        raise RemoteError(
            f"policies are fetched by {', '.join(f'git+{one}' for one in _PROTOCOLS)}; {url} is none of these"
        )
    if _REF.fullmatch(ref) is None or ".." in ref:
        raise RemoteError(f'"{ref}" is not the name of a tag, a branch or a commit')


def fetched(url: str, ref: str, instead: str = "", shelf: str = POLICIES) -> str:
    """Fetch one commit into the cache and return its hash. Raises RemoteError where git cannot.

    A server may refuse a bare commit; then `instead` (its branch or tag) is fetched with its history.
    """
    checked_url(url, ref)
    home = cached(url, shelf)
    if not (home / "HEAD").is_file():
        home.mkdir(parents=True, exist_ok=True)
        _git(home, "init", "--quiet", "--bare", "--template=", str(home))
    try:
        _git(home, "fetch", "--quiet", "--no-tags", "--depth=1", "--", url, ref)
    except RemoteError:
        if not instead:
            raise
        _git(home, "fetch", "--quiet", "--no-tags", "--", url, instead)
        return _git(home, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
    return _git(home, "rev-parse", "--verify", "--quiet", "--end-of-options", "FETCH_HEAD^{commit}").strip()


def _has(url: str, commit: str) -> bool:
    try:
        _git(cached(url), "cat-file", "-e", f"{commit}^{{commit}}")
    except RemoteError:
        return False
    return True


def cached(url: str, shelf: str = POLICIES) -> Path:
    """Return where the cache keeps a repository, among those of one kind."""
    return cache() / shelf / f"{sha256(url.encode()).hexdigest()[:32]}.git"


def cache() -> Path:
    """Return the user's cache directory for what guard downloads."""
    chosen = os.environ.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "guard"


def _git(home: Path, *arguments: str) -> str:
    settings = [
        part for one in (*_SAFE, *(f"protocol.{name}.allow=always" for name in _PROTOCOLS)) for part in ("-c", one)
    ]
    command = ["git", *settings, f"--git-dir={home}", *arguments]
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
        },
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=SECONDS)
    except OSError as error:
        raise RemoteError(f"git cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise RemoteError(f"git did not answer within {SECONDS} seconds") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        fatal = next((one for one in said if one.startswith("fatal: ")), said[-1] if said else "git failed")
        raise RemoteError(fatal.removeprefix("fatal: "))
    return done.stdout.decode("utf-8", "replace")
