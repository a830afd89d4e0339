"""Globs as people write them for paths, addresses and names; linear in the text, whatever the pattern."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache


def matches(pattern: str, text: str) -> bool:
    """Tell whether the whole of `text` fits: `*` is any run of characters, `?` any one; `[` is plain."""
    return _compiled(pattern.replace("[", "[[]")).match(text) is not None


def matches_path(pattern: str, path: str) -> bool:
    """Tell whether a POSIX path fits, read as in `.gitignore`: `*` and `?` stay within a name, `**` spans directories.

    A pattern without a slash fits at any depth, and a pattern that fits a directory fits all that is in it.
    """
    parts = [part for part in pattern.removeprefix("./").strip("/").split("/") if part]
    if len(parts) == 1 and not pattern.startswith("/"):
        parts = ["**", *parts]
    return _fits(parts, path.split("/"))


def _fits(pattern: list[str], names: list[str]) -> bool:
    # `reached` holds how many leading names the pattern so far can take in: one pass, no backtracking.
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached), len(names) + 1))
        else:
            fits = _compiled(part).match
            reached = {i + 1 for i in reached if i < len(names) and fits(names[i])}
        if not reached:
            return False
    return True


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # fnmatch translates `*` to atomic groups, so that no pattern backtracks.
    return re.compile(translate(pattern))
