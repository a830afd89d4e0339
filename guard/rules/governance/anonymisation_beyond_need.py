"""Data is anonymised by dearer means than what is in it asks for.

## Why this matters

Synthetic data and differential privacy cost work, compute and accuracy. Spent on data without persons in it, they
protect nobody.

## What to do

Declare what the data holds as `data.contains` of the ModelCard, and use the plainest method that is enough for it
(`enough`).

The saving is not computed: what a method costs is not in any file.

## When to leave it

Where the data will be joined with others that name persons.

## Source

Regulation (EU) 2016/679 (GDPR), recital 26 and articles 4(5), 9 and 25. Which method is enough is a choice of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known
from guard.rules._governance import is_record, lacking, unknown_of

Method: TypeAlias = Literal[
    "none", "pseudonymised", "aggregated", "anonymised", "differential_privacy", "synthetic"
]  # fmt: skip
BY_EFFORT = ("none", "pseudonymised", "aggregated", "anonymised", "differential_privacy", "synthetic")


class Options(BaseModel, extra="forbid", frozen=True):
    """The dearest method that is still in proportion."""

    none: Method = "none"
    """For data without persons in it."""
    personal: Method = "anonymised"
    """For personal data."""
    special: Method = "synthetic"
    """For the special categories of personal data."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a method beyond need, or where nothing tells the need, or what is unknown."""
    resource = context.resource
    if not is_record(resource, "ModelCard"):
        return
    method, contains = (resource.body.text("data", name) for name in ("anonymisation", "contains"))
    unknown = unknown_of(method, contains)
    if unknown is not None:
        yield context.undecided(unknown, "data.anonymisation")
    elif isinstance(method, Known) and isinstance(contains, Absent) and method.value != "none":
        message = "its data is anonymised, and nothing says whether there are persons in it"
        yield from lacking(context, "data", "contains", message=message)
    elif isinstance(method, Known) and isinstance(contains, Known):
        enough = context.options.model_dump().get(contains.value)
        if enough in BY_EFFORT and method.value in BY_EFFORT[BY_EFFORT.index(enough) + 1 :]:
            message = f"{method.value} is more than this data asks for (contains: {contains.value}): {enough} is enough"
            yield context.finding(method, message, attribute="data.anonymisation")


BAD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
model: rank
data:
  contains: personal
  anonymisation: synthetic
#                ^^^^^^^^^ synthetic is more than this data asks for (contains: personal): anonymised is enough
---
apiVersion: guard/v1
kind: ModelCard
model: chat
data:
#^^^ its data is anonymised, and nothing says whether there are persons in it: declare `data.contains` in this ModelCard
  anonymisation: anonymised
""",
)

GOOD = Example(
    "card.yaml",
    """\
apiVersion: guard/v1
kind: ModelCard
model: rank
data: {contains: personal, anonymisation: pseudonymised}
---
apiVersion: guard/v1
kind: ModelCard
model: chat
data: {contains: none}
""",
)

RULE = Rule(
    name="anonymisation-beyond-need",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
