"""Families of machines of previous generations, with the families to look at instead."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from guard.rules._machines import MANAGED


class Generation(NamedTuple):
    """A family of a previous generation: the pattern of its types, and the templates of its successors' types."""

    provider: str
    pattern: re.Pattern[str]
    successors: tuple[str, ...]


def previous(provider: str, instance_type: str) -> Generation | None:
    """Return the family of a previous generation that a type is of, None for a type of a current one."""
    name = instance_type.casefold().removeprefix(MANAGED)[:100]
    return next((one for one in _generations() if one.provider == provider and one.pattern.fullmatch(name)), None)


@cache
def _generations() -> tuple[Generation, ...]:
    text = files("guard.rules").joinpath("_generations.txt").read_text("utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(Generation(provider, type_pattern(provider, kind), tuple(rest)) for provider, kind, *rest in rows)


def type_pattern(provider: str, kind: str) -> re.Pattern[str]:
    """Return the pattern of the types, in lower case, that a template with {} for the size stands for."""
    # The size of an Azure type is its number; what letters may follow it belongs to the series.
    size = r"(\d+)" if provider == "azure" else r"([a-z0-9-]+)"
    return re.compile(re.escape(kind.casefold()).replace(re.escape("{}"), size))
