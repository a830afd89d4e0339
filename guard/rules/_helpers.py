"""What several rules need: patterns, amounts and lists as messages write them, and what kind of thing a resource is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from guard.model.change import Data, Put
from guard.model.glob import matches
from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Resource
from guard.model.rounding import rounded

TAGGED = frozenset({"aws", "azure", "cloudformation"})


def usd(amount: Decimal) -> str:
    """Return an amount of USD: whole dollars from a hundred on, cents below, more digits for prices of small units."""
    if abs(amount) >= 100:
        return f"${amount:,.0f}"
    if amount == rounded(amount, "0.01") or abs(amount) >= 1:
        return f"${amount:,.2f}"
    return f"${amount.normalize():f}"


def span(low: Decimal, high: Decimal) -> str:
    """Return a range of USD, or one amount where both ends read the same."""
    return usd(high) if usd(low) == usd(high) else f"{usd(low)} to {usd(high)}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return the words as a list in a sentence: `a, b and c`."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def fitting(globs: Iterable[str], text: str) -> str | None:
    """Return the first glob that fits `text` in whatever letter case, None where none does."""
    folded = text.casefold()
    return next((glob for glob in globs if matches(glob.casefold(), folded)), None)


def found_in(pattern: str, text: str) -> bool:
    """Tell whether a regular expression is found in `text`; in linear time. Raises ValueError for a bad one."""
    return _compiled(pattern).search(text) is not None


def checked_pattern(pattern: str) -> str:
    """Return a regular expression as it is. Raises ValueError where it is none."""
    _compiled(pattern)
    return pattern


def label_word(resource: Resource) -> str:
    """Return what the resource's platform calls its labels: `tag` or `label`."""
    return "tag" if resource.platform in TAGGED or resource.platform.startswith("azure") else "label"


def is_patch(resource: Resource) -> bool:
    """Tell whether a Kubernetes workload is a patch of another one: it names no image, and maybe no limits either."""
    if resource.origin != "kubernetes" or not any(one.share for one in resource.compute):
        return False
    return not any(path and path[-1] == "image" for path, _ in resource.body.walk())


def put(where: Node | Location, path: Sequence[str | int], value: Data) -> Put:
    """Return the change that lets `path`, below a node or what stands at a location, hold `value`.

    For a Fix: `Fix("set minReplicas to 0", changes=(put(predictor, ("minReplicas",), 0),))`. The text is written in the
    style around it, in HCL, YAML and JSON alike; what cannot be written for certain leaves the finding without a fix.
    `put(node, (), "gp3")` replaces the literal at a node (of a `Known`, give its `location`); a mapping as `value` adds
    several entries to one that is written; `Block({...})` is a further nested block of HCL, `Code("a.b.id")` an
    expression. See `guard.model.change` for these, and for `Append`, which adds a block to a Terraform file.
    """
    place = where if isinstance(where, Location) else where.key or where.location
    return Put(place, tuple(path), value)


@cache
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f'"{pattern}" is no regular expression (RE2): {reason}') from None
