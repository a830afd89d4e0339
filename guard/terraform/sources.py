"""The files of a tree as modules and documents: each is read and parsed once, however many roots use it."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping
from typing import Protocol

from guard.formats.hcl_syntax import Body
from guard.model.document import Document, ReadError, Tree
from guard.model.finding import Problem
from guard.model.location import FIRST_CHARACTER, Location, Span, whole_file
from guard.terraform.configuration import Module, declare

CONFIGURATION_SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")
MOUNT = ".guard-modules"
"""Begins the paths of downloaded modules; there is no such directory on disk."""
NOTHING = Body({}, (), FIRST_CHARACTER)


class ModuleStore(Protocol):
    """Where modules from elsewhere are found."""

    def find(self, source: str, version: str) -> tuple[str, str, Tree]:
        """Return a name for a module's files, the directory that is meant within them, and the files.

        Raises ReadError where there is no such module, or it cannot be had.
        """
        ...


class Mounted:
    """A tree with others laid into it, each below a directory of its own."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.mounts: dict[str, Tree] = {}

    def paths(self) -> tuple[str, ...]:
        """Return every file's path, sorted."""
        found = [f"{top}/{path}" for top, tree in self.mounts.items() for path in tree.paths()]
        return tuple(sorted((*self._tree.paths(), *found))) if found else self._tree.paths()

    def links(self) -> Mapping[str, str]:
        """Return the links of the tree itself."""
        return self._tree.links()

    def exists(self, path: str) -> bool:
        """Tell whether `path` is a file."""
        tree, inner = self._of(path)
        return tree.exists(inner)

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises ReadError where there is none."""
        tree, inner = self._of(path)
        return tree.read(inner)

    def _of(self, path: str) -> tuple[Tree, str]:
        if path.startswith(MOUNT):
            for top, tree in self.mounts.items():
                if path.startswith(f"{top}/"):
                    return tree, path[len(top) + 1 :]
        return self._tree, path


class Sources:
    """Reads a tree's configuration files on demand and keeps what was read; `modules` downloads those of elsewhere."""

    def __init__(self, tree: Tree, modules: ModuleStore | None = None) -> None:
        self.modules = modules
        self._mounted = Mounted(tree) if modules is not None else None
        self.tree = self._mounted or tree
        self.directories: dict[str, list[str]] = defaultdict(list)
        self.files: dict[str, list[str]] = defaultdict(list)
        for path in tree.paths():
            self._list(path)
        self._texts: dict[str, tuple[str, Problem | None]] = {}
        self._documents: dict[str, Document] = {}
        self._modules: dict[str, Module] = {}

    def _list(self, path: str) -> None:
        directory, _, name = path.rpartition("/")
        self.files[directory].append(name)
        if name.endswith(CONFIGURATION_SUFFIXES) and not _ignored(name):
            self.directories[directory].append(name)

    def downloaded(self, source: str, version: str) -> str | None:
        """Return the directory of a module from elsewhere, None where nothing is downloaded. Raises ReadError."""
        if self.modules is None or self._mounted is None:
            return None
        name, inner, tree = self.modules.find(source, version)
        top = f"{MOUNT}/{name}"
        if top not in self._mounted.mounts:
            self._mounted.mounts[top] = tree
            for path in tree.paths():
                self._list(f"{top}/{path}")
        return f"{top}/{inner}" if inner else top

    def is_downloaded(self, directory: str) -> bool:
        """Tell whether a directory is that of a module which was downloaded in this run."""
        mounts = self._mounted.mounts if self._mounted is not None else {}
        return any(directory == top or directory.startswith(f"{top}/") for top in mounts)

    def module(self, directory: str) -> Module | None:
        """Return what the files of `directory` declare, None where it has no configuration file."""
        found = self._modules.get(directory)
        if found is None and directory in self.directories:
            documents = [self.document(path) for path in self.configuration(directory)]
            bodies = [(one.path, one.syntax) for one in documents if isinstance(one.syntax, Body)]
            found = declare(directory, bodies)
            for one in documents:
                found.problems.extend(one.problems)
            self._modules[directory] = found
        return found

    def configuration(self, directory: str) -> list[str]:
        """Return the paths of the configuration files that Terraform reads in a directory, sorted by name."""
        return [posixpath.join(directory, name) for name in self._names(directory)]

    def document(self, path: str) -> Document:
        """Return a parsed configuration or variables file; what is wrong with it stands in its problems."""
        found = self._documents.get(path)
        if found is None:
            found = self._documents[path] = self._parse(path)
        return found

    def text(self, path: str) -> str:
        """Return a file's text, lines and all, "" where it cannot be read. Nothing is parsed for it."""
        found = self._documents.get(path)
        return self._read(path)[0] if found is None else found.text

    def _read(self, path: str) -> tuple[str, Problem | None]:
        found = self._texts.get(path)
        if found is None:
            try:
                found = decoded(path, self.tree.read(path))
            except ReadError as error:
                found = "", Problem("unreadable", str(error), whole_file(path))
            self._texts[path] = found
        return found

    def _parse(self, path: str) -> Document:
        text, problem = self._read(path)
        del self._texts[path]
        if problem is not None and (problem.code == "unreadable" or "\0" in text):
            return Document(path, text, (), (problem,), NOTHING)
        document = _parser(path, text)
        if problem is None:
            return document
        return Document(path, text, (), (problem, *document.problems), document.syntax)

    def _names(self, directory: str) -> list[str]:
        names = set(self.directories.get(directory, ()))
        # OpenTofu reads x.tofu in place of x.tf, so that one directory can serve both.
        shadowed = {name.replace(".tofu", ".tf") for name in names if name.endswith((".tofu", ".tofu.json"))}
        return sorted(names - shadowed)


def _parser(path: str, text: str) -> Document:
    if path.endswith(".json"):
        from guard.formats import tfjson

        return tfjson.FORMAT.parse(path, text)
    from guard.formats import hcl

    return hcl.FORMAT.parse(path, text)


def decoded(path: str, raw: bytes) -> tuple[str, Problem | None]:
    """Return a file's text; bytes that are not UTF-8 are a problem where the first of them stands."""
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        message = "the file is not valid UTF-8 here: save it as UTF-8"
        place = Location(path, Span(line, column, line, column + 1))
        return raw.decode("utf-8", "replace"), Problem("encoding", message, place)


def _ignored(name: str) -> bool:
    """Tell whether Terraform ignores a file by its name: hidden ones and what editors leave behind."""
    return name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#"))
