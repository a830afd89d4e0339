"""A directory as a Tree: its regular files, links resolved, and nothing outside it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from guard.inputs.limits import MAXIMUM_BYTES, skipped
from guard.model.document import ReadError

MOST_KEPT = 64 << 20
"""How many bytes of files stay in memory, where several stages read them."""


class WorkTree:
    """The files below a directory, as they are when first asked for; reading follows links only within the root."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._paths: tuple[str, ...] | None = None
        self._directories: dict[str, str] = {}
        self._linked: set[str] = set()
        self._kept: dict[str, bytes] = {}
        self._room = MOST_KEPT

    def paths(self) -> tuple[str, ...]:
        """Return every file's POSIX path relative to the root, sorted; skipped directories are left out."""
        if self._paths is None:
            self._paths = tuple(sorted(self._walk("")))
        return self._paths

    def links(self) -> Mapping[str, str]:
        """Return the links among the paths, each with the file that it leads to, relative to the root."""
        found = ((path, self._inside(path)) for path in self.paths() if path in self._linked)
        return {path: os.path.relpath(real, self.root).replace(os.sep, "/") for path, real in found if real is not None}

    def exists(self, path: str) -> bool:
        """Tell whether `path` is a regular file within the root."""
        found = self._inside(path)
        return found is not None and Path(found).is_file()

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises ReadError where it is missing, outside, irregular, too large or unreadable."""
        kept = self._kept.get(path)
        if kept is None:
            kept = self._read(path)
            if len(kept) <= self._room:
                self._kept[path] = kept
                self._room -= len(kept)
        return kept

    def _read(self, path: str) -> bytes:
        found = self._inside(path)
        if found is None:
            raise ReadError(f"{path} leads outside the root that is checked")
        try:
            # Opened without blocking, because a named pipe would otherwise wait for a writer for ever.
            handle = os.open(found, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise ReadError(f"{path} cannot be read: {error.strerror}") from None
        try:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                raise ReadError(f"{path} is not a regular file")
            if facts.st_size > MAXIMUM_BYTES:
                raise ReadError(f"{path} has {facts.st_size} bytes; guard reads at most {MAXIMUM_BYTES}")
            return _content(handle, facts.st_size)
        except OSError as error:
            raise ReadError(f"{path} cannot be read: {error.strerror}") from None
        finally:
            os.close(handle)

    def _inside(self, path: str) -> str | None:
        """Return where a file is, links resolved; None outside the root."""
        directory, _, name = path.rpartition("/")
        if "\0" in path:
            return None
        real = self._directories.get(directory)
        if real is None:
            real = self._directories[directory] = os.path.realpath(self.root / directory)
        found = f"{real}/{name}"
        # Most files are no links, and resolving each with all its directories costs more than reading it.
        if name in ("", ".", "..") or os.path.islink(found):  # noqa: PTH114  making a Path takes longer
            found = os.path.realpath(found)
        top = str(self.root)
        return found if found == top or found.startswith(top.rstrip("/") + "/") else None

    def _walk(self, directory: str) -> Iterator[str]:
        try:
            entries = list(os.scandir(f"{self.root}/{directory}"))
        except OSError:
            return
        for entry in entries:
            path = f"{directory}/{entry.name}" if directory else entry.name
            if not _encodable(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not skipped(f"{path}/modules/x"):
                    yield from self._walk(path)
            elif entry.is_file(follow_symlinks=False):
                yield path
            elif entry.is_symlink() and self._linked_file(path):
                self._linked.add(path)
                yield path

    def _linked_file(self, path: str) -> bool:
        found = self._inside(path)
        return found is not None and Path(found).is_file()


def _content(handle: int, size: int) -> bytes:
    """Return what a file holds; `size` is how much it is said to be."""
    parts = []
    left = MAXIMUM_BYTES
    # A buffer of the largest size that is allowed would cost more than most files.
    while left > 0 and (part := os.read(handle, min(max(size, 4096) + 1, left))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _encodable(path: str) -> bool:
    # File names that are not UTF-8 arrive with lone surrogates, which no report could print.
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
