"""Several vendors are under contract for one service.

## Why this matters

Each contract has its own minimum, integration and review, and the volume that would earn a discount is spread.

## What to do

Choose among the vendors of a service, and let the other contracts end. A second one as a fallback is in order (`most`).

The saving is not computed: what a larger volume earns is not in any file.

## When to leave it

While vendors are compared, and where the law or availability asks for more of them.

## Source

FinOps Foundation, FinOps Framework, capability "Licensing & SaaS". The number is a choice of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known
from guard.rules._governance import day, is_record
from guard.rules._helpers import listed


class Options(BaseModel, extra="forbid", frozen=True):
    """How many vendors are in order."""

    most: Annotated[int, Field(ge=1)] = 2
    """The greatest number of vendors for one service."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding at each vendor of a service beyond the number that is in order; ended contracts do not count."""
    vendors: dict[str, list[str]] = {}
    for contract in context.scope:
        vendor = contract.body.text("vendor")
        if not is_record(contract, "VendorContract") or not isinstance(vendor, Known) or _ended(context, contract):
            continue
        for node in contract.body.items("services"):
            service = node.text()
            if not isinstance(service, Known):
                continue
            others = vendors.setdefault(service.value.casefold(), [])
            if vendor.value not in others:
                others.append(vendor.value)
            if len(others) > context.options.most and others[-1] == vendor.value:
                message = f"one more vendor for {service.value}, besides {listed(others[:-1])}"
                yield context.finding(service, message, attribute="services", address=contract.address)


def _ended(context: Context[Options], contract: Resource) -> bool:
    ends, today = day(contract.body.text("ends")), context.project.today
    return isinstance(ends, Known) and today is not None and ends.value < today


BAD = Example(
    "contracts.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
services: [llm-api]
---
apiVersion: guard/v1
kind: VendorContract
vendor: Example Minds
services: [llm-api]
---
apiVersion: guard/v1
kind: VendorContract
vendor: Example Words
services: [labelling, llm-api]
#                     ^^^^^^^ one more vendor for llm-api, besides Example Models and Example Minds
""",
)

GOOD = Example(
    "contracts.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
services: [llm-api]
---
apiVersion: guard/v1
kind: VendorContract
vendor: Example Minds
services: [llm-api]
---
apiVersion: guard/v1
kind: VendorContract
vendor: Example Words
services: [llm-api]
ends: 2025-06-30
""",
)

RULE = Rule(
    name="vendor-sprawl",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
    per="project",
)
