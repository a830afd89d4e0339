"""A vendor bills another usage than our own telemetry shows.

## Why this matters

A few percent too much on every bill are paid for years, and a bill that is too low comes back as a claim.

## What to do

Ask the vendor about the difference, with both tables. Each is a CSV with a header: a column of amounts, such as
`cost_usd` or `tokens`, and columns that name what it is for, such as `month`, `service` and `model`.

The saving told is what is billed beyond what was measured, where both tables tell USD; a month is taken for what a
table without months covers.

## When to leave it

For differences of rounding and of time zones, which `percent` takes in.

## Source

FinOps Foundation, FinOps Framework, "Invoicing & Chargeback"; FOCUS 1.x, on the comparison of usage and cost data.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value
from guard.rules._governance import Labels, is_record, lacking, unknown_of
from guard.rules._helpers import usd
from guard.rules.governance._usage_reports import Difference, ReportError, compared

IN_USD = frozenset({"cost_usd", "amount_usd", "billedcost", "effectivecost"})
MOST_TOLD = 3


class Options(BaseModel, extra="forbid", frozen=True):
    """What is compared."""

    percent: Annotated[Decimal, Field(ge=0)] = Decimal(2)
    """By how much both may differ, in percent of what was measured."""
    amounts: Labels = (
        "cost_usd", "amount_usd", "billedcost", "cost", "amount", "tokens", "requests", "quantity", "units", "usage",
    )  # fmt: skip
    """Columns of amounts, in small letters; the first that both tables have is compared."""
    keys: Labels = ("month", "period", "service", "servicename", "model", "sku", "project")
    """Columns that name what an amount is for, in small letters; those that both tables have count."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where a usage report and our telemetry differ, or what is unknown."""
    resource = context.resource
    if not is_record(resource, "VendorContract"):
        return
    report, telemetry = (resource.body.text(name) for name in ("usage_report", "telemetry"))
    unknown = unknown_of(report, telemetry)
    if unknown is not None:
        yield context.undecided(unknown, "usage_report")
    elif isinstance(report, Known) and isinstance(telemetry, Absent):
        yield from lacking(context, "telemetry", message="nothing holds its usage report against what was measured")
    elif isinstance(report, Known) and isinstance(telemetry, Known):
        texts = (_read(context, report), _read(context, telemetry))
        missing = unknown_of(*texts)
        if missing is not None:
            yield context.undecided(missing, "usage_report")
            return
        reported, measured = (one.value if isinstance(one, Known) else "" for one in texts)
        yield from _held(context, report, reported, measured)


def _read(context: Context[Options], path: Known[str]) -> Value[str]:
    """Return the text of a file that a record names from its own directory."""
    directory = posixpath.dirname(path.location.path)
    full = posixpath.normpath(posixpath.join(directory, path.value)).lstrip("/")
    text = context.project.texts.get(full)
    if text is None:
        return Unknown(f"{path.value} is not a readable file in this repository", path.location)
    return Known(text, path.location)


def _held(
    context: Context[Options], report: Known[str], reported: str, measured: str
) -> Iterator[Finding | UnknownFact]:
    options = context.options
    try:
        total, each = compared(reported, measured, options.amounts, options.keys)
    except ReportError as error:
        yield context.undecided(Unknown(str(error), report.location), "usage_report")
        return
    different = [one for one in each if one.beyond(options.percent)]
    if not different:
        return
    saving = total.excess if total.amount in IN_USD and total.excess > 0 else None
    yield context.finding(
        report, _message(total, different, alone=len(each) == 1), attribute="usage_report", saving=saving
    )


def _message(total: Difference, different: Sequence[Difference], *, alone: bool) -> str:
    if alone:
        return f"the vendor reports {_both(total)}: ask the vendor"
    worst = sorted(different, key=lambda one: (-abs(one.excess), one.key))[:MOST_TOLD]
    told = "; ".join(f"{' '.join(one.key) or 'all'} {_both(one)}" for one in worst)
    more = f" and {len(different) - len(worst)} more" if len(different) > len(worst) else ""
    return f"the vendor reports {_both(total)} in all: {told}{more}: ask the vendor"


def _both(one: Difference) -> str:
    if one.amount in IN_USD:
        return f"{usd(one.reported)} and we measured {usd(one.measured)}"
    return f"{one.reported:,f} {one.amount} and we measured {one.measured:,f}"


REPORT = """\
month,model,cost_usd
2026-09,large,1200.00
2026-09,small,300.00
2026-10,large,1500.00
"""

BAD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
usage_report: reports/vendor.csv
#             ^^^^^^^^^^^^^^^^^^ the vendor reports $3,000 and we measured $2,700 in all: 2026-10 large $1,500 and we measured $1,200: ask the vendor
telemetry: reports/own.csv
---
apiVersion: guard/v1
kind: VendorContract
#^^^ nothing holds its usage report against what was measured: declare `telemetry` in this VendorContract
vendor: Example Words
usage_report: reports/vendor.csv
""",  # noqa: E501
    files={"reports/vendor.csv": REPORT, "reports/own.csv": REPORT.replace("1500.00", "1200.00")},
)

GOOD = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
usage_report: reports/vendor.csv
telemetry: reports/own.csv
""",
    files={"reports/vendor.csv": REPORT, "reports/own.csv": REPORT.replace("1500.00", "1490.00")},
)

# A file that is not there decides nothing.
UNDECIDED = Example(
    "contract.yaml",
    """\
apiVersion: guard/v1
kind: VendorContract
vendor: Example Models
usage_report: reports/vendor.csv
telemetry: ../../etc/passwd
""",
    files={"reports/vendor.csv": REPORT},
)

RULE = Rule(
    name="billing-mismatch",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(BAD,),
    good=(GOOD, UNDECIDED),
)
