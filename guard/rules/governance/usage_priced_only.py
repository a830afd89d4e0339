"""A contract is billed by usage alone.

## Why this matters

Where load is steady, a price per request is the dearest one, and nothing limits the bill: it grows with each retry,
each longer prompt and each new caller.

## What to do

Agree on a committed amount for the steady part with a price per use above it (`pricing: hybrid`), or on a fixed price.

The saving is not computed: the vendor's other prices are not in any file.

## When to leave it

While the load is not known yet, and for contracts below `from_usd` a month by their `cost_breakdown`.

## Source

FinOps Foundation, "FinOps for AI: Overview" (pricing models of AI services).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import is_record, lacking


class Options(BaseModel, extra="forbid", frozen=True):
    """Which contracts are judged."""

    from_usd: Annotated[Decimal, Field(ge=0)] = Decimal(1000)
    """USD a month from which on a contract is judged; one whose cost is not declared is judged always."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a contract that is billed by usage alone or does not tell how, or what is unknown."""
    resource = context.resource
    if not is_record(resource, "VendorContract"):
        return
    cost = _cost(resource.body)
    if cost is not None and cost < context.options.from_usd:
        return
    match resource.body.text("pricing"):
        case Unknown() as unknown:
            yield context.undecided(unknown, "pricing")
        case Absent():
            yield from lacking(context, "pricing", message="nothing says how this vendor bills")
        case Known("usage") as pricing:
            message = "billed by usage alone: agree on a committed part for the steady load"
            yield context.finding(pricing, message, attribute="pricing")


def _cost(body: Node) -> Decimal | None:
    """Return what the contract costs, in USD a month; None where a part of it is not known or none is declared."""
    parts = [one.number() for one in body.fields("cost_breakdown").values()]
    known = [one.value for one in parts if isinstance(one, Known)]
    return sum(known, Decimal(0)) if known and len(known) == len(parts) else None


BAD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
pricing: usage
#        ^^^^^ billed by usage alone: agree on a committed part for the steady load
---
apiVersion: guard/v1
kind: VendorContract
#^^^ nothing says how this vendor bills: declare `pricing` in this VendorContract
vendor: Example Labels
""",
)

GOOD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
pricing: hybrid
---
apiVersion: guard/v1
kind: VendorContract
vendor: Example Labels
pricing: usage
cost_breakdown: {labelling: 300}
""",
)

RULE = Rule(
    name="usage-priced-only",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
