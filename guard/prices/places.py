"""Where the user's own price books lie."""

from __future__ import annotations

import os
from pathlib import Path

EMBEDDED = Path(__file__).parent / "book.sqlite"
"""The price book that comes with guard."""


def own_directory() -> Path:
    """Return the directory of the user's price books, whether it is there or not."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification tells to ignore a relative path: https://specifications.freedesktop.org/basedir-spec/latest/
    home = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return home / "guard" / "prices"


def own_books() -> dict[str, Path]:
    """Return the user's price books by provider, where there are any."""
    try:
        directory = own_directory()
    except RuntimeError:  # there is no home directory
        return {}
    return {path.stem: path for path in sorted(directory.glob("*.sqlite")) if path.is_file()}
