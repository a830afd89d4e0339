"""What is to be read of a tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guard.inputs.selection import below
from guard.model.document import Tree
from guard.model.node import Node
from guard.terraform.roots import Evaluating, EvaluationOptions

if TYPE_CHECKING:
    from guard.costing.usage import Usage


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read: all paths are relative to the tree's root.

    `directories` and `files` are judged; `context` are directories whose documents are read besides, because facts of
    what is judged may be written there. `usage` is what is declared about how things are used. `jobs` is how many
    processes may evaluate, None for as many as are worth it. `begun` is the evaluation of this tree where it has begun
    before everything else was known.
    """

    tree: Tree
    directories: tuple[str, ...] = ("",)
    files: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    terraform: EvaluationOptions = field(default_factory=EvaluationOptions)
    locality: Mapping[str, str] = field(default_factory=dict)
    clusters: tuple[Node, ...] = ()
    usage: Usage | None = None
    render: bool = False
    jobs: int | None = 1
    begun: Evaluating | None = None

    def judges(self, path: str) -> bool:
        """Tell whether findings in `path` are asked for."""
        return path in self.files or any(below(path, directory) for directory in self.directories)

    def holds(self, directory: str) -> bool:
        """Tell whether roots are looked for in `directory`."""
        return any(below(directory, one) for one in (*self.directories, *self.context))

    def reads(self, path: str) -> bool:
        """Tell whether `path` is read at all, as judged or as context."""
        return self.judges(path) or any(below(path, directory) for directory in self.context)

    def evaluating(self) -> Evaluating:
        """Return the evaluation of the tree's Terraform, begun now."""
        return Evaluating(self.tree, self.terraform, self.holds, self.jobs)
