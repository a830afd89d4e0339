"""Files that are held in memory: rule examples, and stdin laid over another tree."""

from __future__ import annotations

from collections.abc import Mapping

from guard.model.document import ReadError, Tree


class MemoryTree:
    """Texts by path, over another tree if one is given."""

    def __init__(self, files: Mapping[str, str | bytes], below: Tree | None = None) -> None:
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self._below = below

    def paths(self) -> tuple[str, ...]:
        """Return every file's path, sorted."""
        below = self._below.paths() if self._below else ()
        return tuple(sorted({*self._files, *below}))

    def links(self) -> Mapping[str, str]:
        """Return the links of the tree below; what lies in memory is none."""
        links = self._below.links() if self._below is not None else {}
        return {path: target for path, target in links.items() if path not in self._files}

    def exists(self, path: str) -> bool:
        """Tell whether `path` is one of the files."""
        return path in self._files or (self._below is not None and self._below.exists(path))

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises ReadError where there is none."""
        if path in self._files:
            return self._files[path]
        if self._below is None:
            raise ReadError(f"{path} does not exist")
        return self._below.read(path)
