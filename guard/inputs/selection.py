"""From the paths on the command line to a tree, and to what of it is judged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from guard.inputs.gittree import git_root
from guard.inputs.memory import MemoryTree
from guard.inputs.worktree import WorkTree
from guard.model.document import Tree


class SelectionError(Exception):
    """A path on the command line cannot be checked; the message says why."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for.

    `root` is the directory that all paths are relative to: the top of the git work tree around the current directory,
    else the current directory; paths elsewhere have a root of their own. `directories` and `files` are judged, as
    POSIX paths relative to the root ("" is the root itself). `repository` is None outside git.
    """

    tree: Tree
    root: Path
    directories: tuple[str, ...]
    files: tuple[str, ...]
    repository: Path | None

    @property
    def home(self) -> str:
        """Return the deepest directory that holds everything judged, where the search for a policy begins."""
        places = [*self.directories, *(path.rpartition("/")[0] for path in self.files)]
        common = os.path.commonpath([f"/{place}" for place in places])
        return common.strip("/")

    def judges(self, path: str) -> bool:
        """Tell whether `path` is judged: named itself, or below a directory that is."""
        return path in self.files or any(below(path, directory) for directory in self.directories)


def below(path: str, directory: str) -> bool:
    """Tell whether `path` lies in `directory`; "" is the root and holds everything."""
    return not directory or path == directory or path.startswith(directory + "/")


def select(paths: Sequence[str], stdin: tuple[str, bytes] | None = None) -> Selection:
    """Return what the command line's paths select; no path means the current directory.

    `stdin` is the name and content that stands for `-`. Raises SelectionError for a path that does not exist, or
    where the paths have no common root.
    """
    here = Path.cwd()
    wanted = [Path(os.path.normpath(here / path)) for path in paths if path != "-"]
    if not wanted and stdin is None:
        wanted = [here]
    for path, written in zip(wanted, paths or ["."], strict=False):
        if not path.exists():
            raise SelectionError(f"{written} does not exist")
    root, repository = _root(here, wanted)
    tree: Tree = WorkTree(root)
    real = [_relative(path, root) for path in wanted]
    directories = tuple(sorted({name for name, path in zip(real, wanted, strict=True) if path.is_dir()}))
    files = {name for name, path in zip(real, wanted, strict=True) if not path.is_dir()}
    if stdin is not None:
        name = _relative(Path(os.path.normpath(here / stdin[0])), root)
        tree = MemoryTree({name: stdin[1]}, tree)
        files.add(name)
    return Selection(tree, root, directories, tuple(sorted(files)), repository)


def _root(here: Path, wanted: Sequence[Path]) -> tuple[Path, Path | None]:
    anchor = here if all(path.is_relative_to(here) for path in wanted) else _common(wanted)
    repository = git_root(anchor)
    if repository is not None and all(path.resolve().is_relative_to(repository.resolve()) for path in wanted):
        return repository, repository
    return anchor, None


def _common(wanted: Sequence[Path]) -> Path:
    directories = [path if path.is_dir() else path.parent for path in wanted]
    common = Path(os.path.commonpath(directories))
    if common == Path(common.anchor):
        raise SelectionError("the paths have no directory in common; check them one by one")
    return common


def _relative(path: Path, root: Path) -> str:
    # Only the parent is resolved: a link named on the command line is judged under its own name.
    real = path.resolve() if path.is_dir() else path.parent.resolve() / path.name
    top = root.resolve()
    if not real.is_relative_to(top):
        raise SelectionError(f"{path.name} leads outside {top.name}")
    relative = real.relative_to(top).as_posix()
    return "" if relative == "." else relative
