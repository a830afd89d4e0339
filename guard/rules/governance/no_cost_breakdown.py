"""A contract with a vendor gives one price for everything.

## Why this matters

One sum cannot be compared with another offer or with running a model oneself, and nobody sees which part of it grows.

## What to do

Ask the vendor for the parts, and declare them as `cost_breakdown` in USD a month: `{inference: 2200, support: 300}`.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For contracts too small to be worth the question.

## Source

FinOps Foundation, "FinOps for AI: Overview".
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import NoOptions, is_record, lacking

MESSAGE = "nothing says what the price of this contract is made of"


def check(context: Context[NoOptions]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a contract that does not declare it, or what is unknown."""
    if is_record(context.resource, "VendorContract"):
        yield from lacking(context, "cost_breakdown", message=MESSAGE)


BAD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
#^^^ nothing says what the price of this contract is made of: declare `cost_breakdown` in this VendorContract
vendor: Example Models
services: [llm-api]
""",
)

GOOD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
services: [llm-api]
cost_breakdown: {inference: 2200, support: 300}
""",
)

RULE = Rule(
    name="no-cost-breakdown",
    severity=Severity.WARNING,
    options=NoOptions,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
