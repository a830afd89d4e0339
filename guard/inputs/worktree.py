"""A directory as a Tree: its regular files, links resolved, and nothing outside it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from guard.inputs.limits import MAXIMUM_BYTES, skipped
from guard.model.document import ReadError


class WorkTree:
    """The files below a directory. Listing happens once, on first need; reading follows links only within the root."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._paths: tuple[str, ...] | None = None

    def paths(self) -> tuple[str, ...]:
        """Return every file's POSIX path relative to the root, sorted; skipped directories are left out."""
        if self._paths is None:
            self._paths = tuple(sorted(self._walk("")))
        return self._paths

    def exists(self, path: str) -> bool:
        """Tell whether `path` is a regular file within the root."""
        found = self._inside(path)
        return found is not None and found.is_file()

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises ReadError where it is missing, outside, irregular, too large or unreadable."""
        found = self._inside(path)
        if found is None:
            raise ReadError(f"{path} leads outside the root that is checked")
        try:
            # Opened without blocking, because a named pipe would otherwise wait for a writer for ever.
            handle = os.open(found, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise ReadError(f"{path} cannot be read: {error.strerror}") from None
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            os.close(handle)
            raise ReadError(f"{path} is not a regular file")
        with os.fdopen(handle, "rb") as file:
            if facts.st_size > MAXIMUM_BYTES:
                raise ReadError(f"{path} has {facts.st_size} bytes; guard reads at most {MAXIMUM_BYTES}")
            return file.read(MAXIMUM_BYTES)

    def _inside(self, path: str) -> Path | None:
        if "\0" in path:
            return None
        try:
            found = (self.root / path).resolve()
        except (OSError, RuntimeError):
            return None
        return found if found.is_relative_to(self.root) else None

    def _walk(self, directory: str) -> Iterator[str]:
        try:
            entries = list(os.scandir(self.root / directory))
        except OSError:
            return
        for entry in entries:
            path = f"{directory}/{entry.name}" if directory else entry.name
            if not _encodable(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not skipped(f"{path}/modules/x"):
                    yield from self._walk(path)
            elif entry.is_file(follow_symlinks=False) or (entry.is_symlink() and self._linked_file(path)):
                yield path

    def _linked_file(self, path: str) -> bool:
        found = self._inside(path)
        return found is not None and found.is_file()


def _encodable(path: str) -> bool:
    # File names that are not UTF-8 arrive with lone surrogates, which no report could print.
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
