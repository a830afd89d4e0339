"""Text that came in once, and what was read from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from guard.model.finding import Problem
from guard.model.node import Node


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read: its text and, for formats of plain data, one root node for each document in it.

    HCL has expressions in place of values, so its syntax tree is the `terraform` package's to evaluate; it
    stands in `syntax` and `roots` is empty.
    """

    path: str
    text: str
    roots: tuple[Node, ...] = ()
    problems: tuple[Problem, ...] = ()
    syntax: object = None


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: `parse(path, text)` never raises for bad text, it returns the problems with what was readable."""

    name: str
    suffixes: tuple[str, ...]
    parse: Callable[[str, str], Document]


class Tree(Protocol):
    """The files that may be read: a directory, a commit in git's object store, or either with stdin laid over it."""

    def paths(self) -> tuple[str, ...]:
        """Return every file's POSIX path relative to the root, sorted; links that leave the root are not among them."""
        ...

    def links(self) -> Mapping[str, str]:
        """Return the links among the paths, each with the path of the file that it leads to."""
        ...

    def exists(self, path: str) -> bool:
        """Tell whether `path` (relative, normalised) is a file of this tree."""
        ...

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises ReadError where it is missing, outside, too large or unreadable."""
        ...


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a chart or kustomization makes, as YAML; None where it could not be rendered, with the reason."""

    text: str | None
    reason: str = ""


class Renderer(Protocol):
    """Renders packages of a tree; `files` are the paths that a package is made of, in the tree's terms."""

    def chart(self, directory: str, files: Sequence[str]) -> Rendering:
        """Return what the Helm chart in `directory` makes with its own values."""
        ...

    def kustomization(self, directory: str, files: Sequence[str]) -> Rendering:
        """Return what the kustomization in `directory` makes."""
        ...


class ReadError(Exception):
    """A file could not be read; the message is fit for a user and names no absolute path."""
