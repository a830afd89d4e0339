"""The texts of a tree's files, for whoever shows lines of them or looks for comments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from guard.model.document import ReadError, Tree

COMMENTED = (".tf", ".tofu", ".tfvars", ".hcl", ".yaml", ".yml", ".pbtxt", "MLmodel")
WAIVER = b"guard:"


class Texts(Mapping[str, str]):
    """The texts of a tree by path, read when they are asked for; a file that cannot be read is not among them."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._read: dict[str, str | None] = {}

    def __getitem__(self, path: str) -> str:
        if path not in self._read:
            try:
                self._read[path] = self._tree.read(path).decode("utf-8-sig")
            except (ReadError, UnicodeDecodeError):
                self._read[path] = None
        text = self._read[path]
        if text is None:
            raise KeyError(path)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._tree.paths())

    def __len__(self) -> int:
        return len(self._tree.paths())

    def with_waivers(self, judged: Callable[[str], bool]) -> dict[str, str]:
        """Return the files let through by `judged` in which an inline waiver may stand."""
        paths = [path for path in self if path.endswith(COMMENTED) and judged(path)]
        return {path: self[path] for path in paths if self._mentions(path, WAIVER) and path in self}

    def _mentions(self, path: str, what: bytes) -> bool:
        try:
            return what in self._tree.read(path)
        except ReadError:
            return False
