"""How large an input may be, so that no file keeps a run from ending."""

from __future__ import annotations

MAXIMUM_BYTES = 64 * 1024 * 1024
"""A plan of a large root is tens of MiB; nothing that guard reads is larger in earnest."""

SKIPPED_DIRECTORIES = frozenset(
    {".git", ".hg", ".svn", ".terragrunt-cache", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache"}
)
"""Directories that hold other people's files or none that deploy anything."""


def skipped(path: str) -> bool:
    """Tell whether `path` (POSIX, relative) lies in a directory that is never read.

    Of `.terraform` the downloaded modules and their manifest are read, and providers are not.
    """
    parts = path.split("/")
    for i, part in enumerate(parts[:-1]):
        if part in SKIPPED_DIRECTORIES:
            return True
        if part == ".terraform" and parts[i + 1] != "modules":
            return True
    return False
