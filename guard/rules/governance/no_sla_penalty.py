"""A vendor promises service and pays nothing when the promise is broken.

## Why this matters

An outage then costs the customer twice: the bill goes on, and so does the fallback that stands in.

## What to do

Agree on credits or a right to leave, and declare them as `sla.penalty`.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For trials, and services that nothing depends on.

## Source

FinOps Foundation, FinOps Framework, capability "Licensing & SaaS".
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import NoOptions, is_record, lacking

MESSAGE = "nothing says what this vendor pays when a promise is broken"


def check(context: Context[NoOptions]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a contract that does not declare it, or what is unknown."""
    if is_record(context.resource, "VendorContract"):
        yield from lacking(context, "sla", "penalty", message=MESSAGE)


BAD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
#^^^ nothing says what this vendor pays when a promise is broken: declare `sla.penalty` in this VendorContract
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
sla: {uptime: 99.5, penalty: a tenth of the bill for each day below}
""",
)

RULE = Rule(
    name="no-sla-penalty",
    severity=Severity.WARNING,
    options=NoOptions,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
