"""A contract with a vendor says nothing of how to get out of it.

## Why this matters

Prices and models change within months. Who cannot leave pays what is asked, and pays once more to rebuild what the
vendor keeps: prompts, fine-tuned weights, indexes.

## What to do

Agree on the notice to be given and on what is handed over, and write it down as `exit_clause`: a sentence, a path or a
URL.

Nothing is saved by the declaration itself, so that no saving is told.

## When to leave it

For services that are paid as they are used and can be replaced within a day.

## Source

Regulation (EU) 2023/2854 (Data Act), chapter VI (switching between data processing services).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.rules._governance import NoOptions, is_record, lacking

MESSAGE = "nothing says how to get out of this contract"


def check(context: Context[NoOptions]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a contract that does not declare it, or what is unknown."""
    if is_record(context.resource, "VendorContract"):
        yield from lacking(context, "exit_clause", message=MESSAGE)


BAD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
#^^^ nothing says how to get out of this contract: declare `exit_clause` in this VendorContract
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
exit_clause: three months notice, weights and prompts are handed over
""",
)

RULE = Rule(
    name="no-exit-clause",
    severity=Severity.WARNING,
    options=NoOptions,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD,),
)
