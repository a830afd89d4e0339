"""`guard rightsize`: for each machine that was measured, the cheapest type that holds what it was seen to use."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from guard import engine
from guard.cli import _arguments, _history, _inputs, _options
from guard.cli._problems import told
from guard.model.command import Command
from guard.model.price import HOURS_PER_MONTH, PriceBook
from guard.model.resource import Compute, Resource
from guard.model.rounding import rounded
from guard.model.usage import METRICS, Samples, UsageHistory
from guard.model.value import Known
from guard.reports._words import printable
from guard.rules._rightsizing import Proposal, Sizing, proposal

_CENT = Decimal("0.01")


class Row(NamedTuple):
    """One measured group of machines: the proposal, or why there is none."""

    resource: Resource
    compute: Compute | None
    found: Proposal | None
    reason: str


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard rightsize`."""
    parser.add_argument("history", metavar="FILE", help=f"what machines were seen to use ({_arguments.COLUMNS})")
    _arguments.add_inputs(parser)
    _arguments.add_policy_file(parser)
    _arguments.add_prices(parser)
    parser.add_argument(
        "--percentile", type=_percent, default=Decimal(95), metavar="P", help="which percentile must fit (default 95)"
    )
    parser.add_argument(
        "--headroom",
        type=_percent,
        default=Decimal(20),
        metavar="H",
        help="what is added to it, in percent (default 20)",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to tell it")


def run(options: Namespace) -> int:
    """Print the proposals; 2 where a problem kept something from being read, else 0."""
    history = _history.read(options.history)
    chosen = _inputs.selection(options)
    policy, mistakes = _options.written_policy(options, chosen)
    # What was negotiated counts for what is proposed, and clusters of the policy tell where workloads run.
    prices = _options.prices(options, policy)
    understood = engine.understand(_options.with_facts(_inputs.request(options, chosen), policy), prices)
    sizing = Sizing(options.percentile, options.headroom)
    rows = tuple(row for one in understood.resources for row in _rows(one, history, prices, sizing))
    unmatched = _unmatched(history, understood.resources)
    sys.stdout.write(_json(rows, unmatched) if options.format == "json" else _text(rows, unmatched))
    return told((*mistakes, *understood.problems))


def _percent(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 <= number <= 100:
        raise ArgumentTypeError(f"{text} is not between 0 and 100")
    return number


def _rows(resource: Resource, history: UsageHistory, prices: PriceBook, sizing: Sizing) -> Iterator[Row]:
    samples = history.of(resource)
    if not samples:
        return
    machines = [one for one in resource.compute if not one.share and not one.host]
    if not machines:
        yield Row(resource, None, None, "it has no machines of its own")
    for compute in machines:
        found = proposal(resource, compute, samples, prices, sizing)
        yield Row(resource, compute, found, "" if found else _why(compute, samples, sizing))


def _why(compute: Compute, samples: Samples, sizing: Sizing) -> str:
    if not isinstance(compute.instance_type, Known):
        return "its instance type is not known"
    most = max((len(samples[metric]) for metric in METRICS if metric in samples), default=0)
    if most < sizing.samples:
        return f"only {most} samples; at least {sizing.samples} make a history"
    return "no cheaper type with a known price holds it"


def _unmatched(history: UsageHistory, resources: Sequence[Resource]) -> tuple[str, ...]:
    """Return the keys of the history that no resource bears, so that a misspelt address does not pass for a fit."""
    matched = {one.address for one in resources}
    return tuple(key for key in history.samples if key not in matched and not key.startswith("pod:"))


def _text(rows: Sequence[Row], unmatched: Sequence[str]) -> str:
    lines = []
    for row in rows:
        address = printable(row.resource.address)
        if row.found is None:
            lines.append(f"{address}: keep; {printable(row.reason)}")
            continue
        saving = f"saves ${_monthly(row.found):,.2f} a month" if row.found.saving else "saves nothing that is known"
        used = ", ".join(f"{metric} {rounded(share, _CENT).normalize():f}" for metric, share in row.found.used.items())
        lines.append(f"{address}: {printable(row.found.present.value)} -> {row.found.name}, {saving} ({used})")
    total = sum((_monthly(row.found) for row in rows if row.found), Decimal(0))
    lines += [f"{printable(key)}: measured, but no such resource is here" for key in unmatched]
    lines.append(f"{sum(row.found is not None for row in rows)} of {len(rows)} could be smaller: ${total:,.2f} a month")
    return "\n".join(lines) + "\n"


def _monthly(found: Proposal | None) -> Decimal:
    return found.saving or Decimal(0) if found else Decimal(0)


def _json(rows: Sequence[Row], unmatched: Sequence[str]) -> str:
    document = {
        "version": 1,
        "currency": "USD",
        "hours_per_month": str(HOURS_PER_MONTH),
        "machines": [_object(row) for row in rows],
        "unmatched": list(unmatched),
        "saving": str(rounded(sum((_monthly(row.found) for row in rows), Decimal(0)), _CENT)),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _object(row: Row) -> dict[str, Any]:
    found, place = row.found, row.resource.location
    if found is not None:
        place = found.present.location
    span = place.span
    return {
        "address": row.resource.address,
        "name": row.compute.name if row.compute else "",
        "location": {
            "path": place.path,
            "line": span.line,
            "column": span.column,
            "end_line": span.end_line,
            "end_column": span.end_column,
        },
        "instance_type": found.present.value if found else None,
        "proposed": found.name if found else None,
        "hourly": str(found.price) if found else None,
        "proposed_hourly": str(found.proposed_price) if found else None,
        "saving": str(rounded(found.saving, _CENT)) if found and found.saving else None,
        "used": {metric: str(share) for metric, share in found.used.items()} if found else {},
        "samples": found.samples if found else None,
        "reason": row.reason,
    }


COMMAND = Command("rightsize", "propose the cheapest machines that hold what was measured", arguments, run, order=35)
