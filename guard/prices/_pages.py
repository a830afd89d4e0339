"""Keeps the pages of an update until it is done, so that a failed one goes on where it stopped."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from guard.model.price import BookError

FORMAT = 1
"""Counts up whenever a page holds something else than before, so that no page of another guard is read."""
KEPT_FOR = timedelta(hours=24)
"""Pages of two days are not one price list."""
MOST_PAGES = 20_000
_LARGEST = 64 * 1024 * 1024


class StaleToken(Exception):  # noqa: N818  it is an answer to a question, not a failure
    """The provider no longer knows where this token pointed."""


class Pages:
    """The pages of one update, in a directory of their own."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self._directory = directory
        self.fetched = 0
        self.reused = 0
        began = _began(directory / "began.json.gz")
        if began is None or not now - KEPT_FOR <= began <= now:
            self.drop()
            began = now
        directory.mkdir(parents=True, exist_ok=True)
        self.began = began
        _write(directory / "began.json.gz", {"format": FORMAT, "began": began.isoformat()})

    def rows(self, query: str, ask: Callable[[str], tuple[list[Any], str]]) -> list[Any]:
        """Return all rows of a query, page by page: `ask(token)` returns the rows of one page and the next token.

        The first token and the one after the last page are "". Raises BookError for an answer without end.
        """
        try:
            return self._rows(query, ask)
        except StaleToken:
            self._forget(query)
        try:
            return self._rows(query, ask)
        except StaleToken as error:
            raise BookError(f"{query}: the provider does not know its own page token") from error

    def drop(self) -> None:
        """Forget all pages."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _rows(self, query: str, ask: Callable[[str], tuple[list[Any], str]]) -> list[Any]:
        found: list[Any] = []
        token, seen = "", set[str]()
        for number in range(MOST_PAGES):
            rows, token = self._page(query, number, token, ask)
            found += rows
            if not token:
                return found
            if token in seen:
                raise BookError(f"{query}: page {number + 1} leads back to a page that was read before")
            seen.add(token)
        raise BookError(f"{query}: more than {MOST_PAGES} pages")

    def _page(
        self, query: str, number: int, token: str, ask: Callable[[str], tuple[list[Any], str]]
    ) -> tuple[list[Any], str]:
        path = self._directory / f"{_digest(query)}-{number:05}.json.gz"
        kept = _read(path)
        if kept is not None and kept.get("query") == query and kept.get("token") == token:
            rows, following = kept.get("rows"), kept.get("next")
            if isinstance(rows, list) and isinstance(following, str):
                self.reused += 1
                return rows, following
        rows, following = ask(token)
        self.fetched += 1
        _write(path, {"query": query, "token": token, "next": following, "rows": rows})
        return rows, following

    def _forget(self, query: str) -> None:
        for path in self._directory.glob(f"{_digest(query)}-*.json.gz"):
            path.unlink(missing_ok=True)


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:20]


def _began(path: Path) -> datetime | None:
    kept = _read(path)
    if kept is None or kept.get("format") != FORMAT:
        return None
    try:
        began = datetime.fromisoformat(str(kept.get("began")))
    except ValueError:
        return None
    return began if began.tzinfo else began.replace(tzinfo=UTC)


def _read(path: Path) -> dict[str, Any] | None:
    """Return what a file keeps, None where there is none or it was cut short."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            kept = json.loads(file.read(_LARGEST))
    except (OSError, EOFError, ValueError, RecursionError, zlib.error):
        return None
    return kept if isinstance(kept, dict) else None


def _write(path: Path, kept: dict[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with gzip.open(beside, "wt", encoding="utf-8", compresslevel=1) as file:
        json.dump(kept, file)
    beside.replace(path)
