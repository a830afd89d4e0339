"""The policy packs that come with guard: one folder each, in the wheel or in the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FILE = "policy.yaml"
DEFAULT = "ai-cost"


@cache
def home() -> Path:
    """Return the folder that holds the packs."""
    # In a checkout the packs stand beside the package; the wheel carries them in it.
    package = Path(__file__).resolve().parent.parent
    shipped = package / "policies"
    return shipped if shipped.is_dir() else package.parent / "policies"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all packs, sorted."""
    folder = home()
    return tuple(sorted(one.name for one in folder.iterdir() if (one / FILE).is_file())) if folder.is_dir() else ()


def read(name: str) -> str:
    """Return the text of a pack's policy file. Raises KeyError where there is no such pack."""
    if name not in names():
        raise KeyError(name)
    return (home() / name / FILE).read_text("utf-8")


def path(name: str) -> str:
    """Return how reports call a pack's policy file."""
    return f"policies/{name}/{FILE}"
