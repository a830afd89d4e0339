"""Where policies are read from: packs by name, files of the tree, and files of other git repositories."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guard.model.document import ReadError, Tree
from guard.model.finding import Problem
from guard.model.location import Location, whole_file
from guard.model.rule import Rule
from guard.policy import packs
from guard.policy.checking import nearest, problem
from guard.policy.model import PolicySource

FindRule = Callable[[str], Rule[Any] | None]
Remote = Callable[[str, str], Tree]

GIT = "git+"


@dataclass(slots=True)
class Reading:
    """What one call of `load` collects on its way; paths of a policy are relative to the folder `anchor`."""

    tree: Tree
    remote: Remote | None
    find_rule: FindRule
    rule_names: Sequence[str]
    platforms: Sequence[str]
    anchor: str = ""
    problems: list[Problem] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)

    def wrong(self, message: str, location: Location) -> None:
        """Note a mistake."""
        self.problems.append(problem(message, location))


@dataclass(frozen=True, slots=True)
class Home:
    """Where a policy's own paths begin: a folder of a tree; `called` is how reports call the tree's root."""

    tree: Tree
    folder: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A policy's text and how reports call its file; `home` is None for a pack."""

    path: str
    text: str
    home: Home | None


def find(reading: Reading, source: PolicySource, named_at: Location | None, home: Home) -> Found | None:
    """Return the policy that a source names, None after what is wrong with it is noted."""
    if source.text is not None:
        return Found(source.name, source.text, replace(home, folder=posixpath.dirname(source.name)))
    if source.name in packs.names():
        return Found(packs.path(source.name), packs.read(source.name), None)
    if source.name.startswith(GIT):
        return _find_remote(reading, source.name, named_at)
    return read_file(reading, source.name, named_at, home)


def read_file(reading: Reading, name: str, named_at: Location | None, home: Home) -> Found | None:
    """Return a file that a policy names, relative to its folder, None after what is wrong with it is noted."""
    path = posixpath.normpath(posixpath.join(home.folder, name))
    called = home.called + path
    try:
        text = home.tree.read(path).decode("utf-8")
    except UnicodeDecodeError:
        reading.wrong(f"{path} is not UTF-8", named_at or whole_file(called))
    except ReadError as error:
        reading.wrong(_not_found(name, error), named_at or whole_file(called))
    else:
        return Found(called, text, replace(home, folder=posixpath.dirname(path)))
    return None


def _find_remote(reading: Reading, name: str, named_at: Location | None) -> Found | None:
    """Return a policy of another repository: `git+https://host/repository@ref#path`."""
    place = named_at or whole_file(name)
    address, _, path = name.removeprefix("git+").partition("#")
    url, at, ref = address.rpartition("@")
    if not at or "/" not in url.partition("://")[2] or not ref:
        reading.wrong(f'"{name}" names no version: write {GIT}https://host/repository@v1#policy.yaml', place)
        return None
    if reading.remote is None:
        reading.wrong(f'"{name}" is not read here: only policies of a repository extend others', place)
        return None
    try:
        tree = reading.remote(url, ref)
    except ReadError as error:
        reading.wrong(str(error), place)
        return None
    called = f"{url.partition('://')[2].lstrip('/')}@{ref}/"
    return read_file(reading, path or packs.FILE, place, Home(tree, called=called))


def _not_found(name: str, error: ReadError) -> str:
    if "://" in name:
        return f'"{name}" is not read: a policy extends packs by name, files by path and repositories by {GIT}https://'
    if "/" in name or name.endswith((".yaml", ".yml")):
        return str(error)
    hint = nearest(name, packs.names()) or f"; the packs are {', '.join(packs.names())}"
    return f'no pack is called "{name}"{hint}'
