"""How the directories of a tree hang together: which modules each calls, and which of them are roots."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from guard.terraform.modules import is_local, local_directory, source_of
from guard.terraform.sources import Sources

# They begin with fixed letters, which are searched for some thirty times as fast as anything else.
_SOURCE = re.compile(r'''source"?[ \t]*[=:][ \t]*"(\.[^"$%\n]*)"''')
_BACKEND = re.compile(r"""backend(?:[ \t]+"\w+"[ \t]*\{|"[ \t]*:)""")
_CLOUD = re.compile(r"""cloud(?:[ \t]*\{|"[ \t]*:)""")
_COMMENT = ("#", "//")


class Ties(NamedTuple):
    """What a directory's configuration says: which directories of the tree it calls as modules, and whether it has a
    backend, which only a root has."""

    calls: frozenset[str]
    has_backend: bool


def everywhere(directory: str) -> bool:
    """Let every directory through."""
    return True


def ties_of(sources: Sources, directory: str) -> Ties:
    """Return what the configuration of a directory says."""
    module = sources.module(directory)
    if module is None:
        return Ties(frozenset(), False)
    written = (source_of(call)[0] for call in module.calls.values())
    return Ties(_targets(sources, directory, (source for source in written if source is not None)), module.has_backend)


def likely_ties(sources: Sources, directory: str) -> Ties:
    """Return what the configuration of a directory seems to say: its text is searched and not parsed."""
    texts = [sources.text(path) for path in sources.configuration(directory)]
    written = (found[1] for text in texts for found in _SOURCE.finditer(text) if not _in_comment(text, found.start()))
    has_backend = any(_BACKEND.search(text) or _CLOUD.search(text) for text in texts)
    return Ties(_targets(sources, directory, written), has_backend)


def _in_comment(text: str, at: int) -> bool:
    return text[text.rfind("\n", 0, at) + 1 : at].lstrip().startswith(_COMMENT)


def find_roots(
    sources: Sources,
    within: Callable[[str], bool] = everywhere,
    deployed: frozenset[str] = frozenset(),
    ties: Callable[[str], Ties] | None = None,
) -> tuple[str, ...]:
    """Return the directories that are roots: they have a backend or variable values, or no other module calls them.

    Directories that only call each other in a circle have no root, so the first of them counts as one. Those that
    another tool deploys are none of them, and those that only lend their files to others by links. `ties` tells what
    each directory says, where that need not be read from its configuration.
    """
    tied = ties or (lambda directory: ties_of(sources, directory))
    directories = sorted(
        one for one in sources.directories if within(one) and not (_downloaded(one) or sources.is_downloaded(one))
    )
    found = {directory: tied(directory) for directory in directories}
    called = {target for directory, one in found.items() for target in one.calls if target != directory}
    signed = {one for one in directories if found[one].has_backend or _has_values(sources, one)}
    shared = _shared(sources)
    beneath = called | shared
    roots = [one for one in directories if one not in deployed and (one in signed or one not in beneath)]
    # What stands elsewhere was not asked for, and so neither was what it calls.
    calls = defaultdict(frozenset[str], {directory: one.calls for directory, one in found.items()})
    reached = reachable([*roots, *deployed], calls.__getitem__)
    for directory in directories:
        if directory not in reached and directory not in shared:
            roots.append(directory)
            reached |= reachable([directory], calls.__getitem__)
    return tuple(sorted(roots))


def reachable(roots: Iterable[str], calls: Callable[[str], Iterable[str]]) -> set[str]:
    """Return these directories and all that they call; `calls` tells which a directory calls."""
    found: set[str] = set()
    pending = list(roots)
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += calls(one)
    return found


def _targets(sources: Sources, directory: str, written: Iterable[str]) -> frozenset[str]:
    found = (local_directory(directory, source) for source in written if is_local(source))
    return frozenset(target for target in found if target is not None and target in sources.directories)


def _has_values(sources: Sources, directory: str) -> bool:
    names = sources.files.get(directory, [])
    return any(name in ("terraform.tfvars", "terraform.tfvars.json") or ".auto.tfvars" in name for name in names)


def _shared(sources: Sources) -> frozenset[str]:
    """Return the directories whose every file of configuration is linked into others: there it is deployed."""
    elsewhere: defaultdict[str, set[str]] = defaultdict(set)
    for link, target in sources.tree.links().items():
        directory, _, name = target.rpartition("/")
        if link.rpartition("/")[0] != directory:
            elsewhere[directory].add(name)
    names = {directory: set(sources.directories.get(directory, ())) for directory in elsewhere}
    return frozenset(one for one, linked in elsewhere.items() if names[one] and names[one] <= linked)


def _downloaded(directory: str) -> bool:
    return not {".terraform", ".terragrunt-cache"}.isdisjoint(directory.split("/"))
