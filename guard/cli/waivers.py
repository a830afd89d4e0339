"""`guard waivers`: every waiver with its owner and its end, what it hides, and which hide nothing."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from guard.cli import _checking, _inputs, _options
from guard.inputs.texts import Texts
from guard.model.command import Command
from guard.model.location import Location
from guard.model.price import Total, total
from guard.model.report import Report, Waived
from guard.policy.model import Policy
from guard.policy.waivers import EXCEEDED, EXPIRED, UNUSED, Inline, inline
from guard.reports import _shapes
from guard.reports._words import dollars, printable

SOON_DAYS = 30
STATES = {EXPIRED: "expired", EXCEEDED: "exceeded", UNUSED: "unused"}


@dataclass(frozen=True, slots=True)
class Row:
    """A waiver and what it does: `state` is `holds`, `ends soon`, `unused`, `expired`, `exceeded` or `idle`."""

    rule: str
    kind: str
    location: Location
    reason: str
    owner: str
    expires: date | None
    up_to: Decimal | None
    state: str
    note: str
    hides: tuple[Waived, ...]
    monthly: Total


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard waivers`."""
    _checking.add_arguments(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to tell it")


def run(options: Namespace) -> int:
    """Print every waiver of the policy and of comments; 2 where a problem kept something from being judged, else 0."""
    chosen = _inputs.selection(options)
    policy, problems = _options.policy(options, chosen)
    request = _inputs.request(options, chosen)
    report = _checking.found(options, chosen, policy, problems, request)
    comments, _ = inline(Texts(request.tree).with_waivers(request.judges))
    rows = sorted(_rows(policy, comments, report, _checking.today()), key=lambda row: (row.location, row.rule))
    sys.stdout.write(_json(rows) if options.format == "json" else _text(rows))
    return 2 if any(one.blocking for one in report.problems) else 0


def _rows(policy: Policy, comments: Iterable[Inline], report: Report, today: date) -> Iterator[Row]:
    for one in policy.waivers:
        facts = (one.rule, "policy", one.location, one.reason, one.owner, one.expires, one.up_to)
        yield _row(facts, report, today)
    for comment in comments:
        yield _row((comment.rule, "comment", comment.location, comment.reason, "", None, None), report, today)


def _row(facts: tuple[str, str, Location, str, str, date | None, Decimal | None], report: Report, today: date) -> Row:
    rule, _, place, _, _, expires, _ = facts
    hides = tuple(one for one in report.waived if (one.waiver.location, one.finding.rule) == (place, rule))
    addresses = sorted({address for one in hides for address in one.addresses})
    monthly = total({address: report.estimates[address] for address in addresses if address in report.estimates})
    said = [one for one in report.findings if one.location == place and one.attribute == rule and one.rule in STATES]
    state = STATES[said[0].rule] if said else _state(hides, expires, today)
    return Row(*facts, state, said[0].message if said else "", hides, monthly)


def _state(hides: Sequence[Waived], expires: date | None, today: date) -> str:
    if not hides:
        return "idle"
    return "ends soon" if expires is not None and (expires - today).days <= SOON_DAYS else "holds"


def _text(rows: Sequence[Row]) -> str:
    if not rows:
        return "no waivers\n"
    lines = [line for row in rows for line in (*_told(row), "")]
    idle = sum(not row.hides for row in rows)
    hidden = sum(len(row.hides) for row in rows)
    words = "waiver" if len(rows) == 1 else "waivers"
    lines.append(f"{len(rows)} {words} hide {hidden} finding{'' if hidden == 1 else 's'}; {idle} hide nothing")
    return "\n".join(lines) + "\n"


def _told(row: Row) -> Iterator[str]:
    yield f"{printable(row.location.path)}:{row.location.line}  {printable(row.rule)}  {row.state}"
    until = f"until {row.expires}" if row.expires else "without an end"
    cap = f", up to {dollars(row.up_to)} a month" if row.up_to is not None else ""
    yield f"  {printable(row.owner) or 'no owner'}, {until}{cap}: {printable(row.reason)}"
    if row.hides:
        count = len(row.hides)
        more = " or more" if row.monthly.open_ended else ""
        cost = f", on what costs {dollars(row.monthly.high)}{more} a month" if row.monthly.high or more else ""
        yield f"  hides {count} finding{'' if count == 1 else 's'}{cost}"
    if row.note:
        yield f"  {printable(row.note)}"


def _json(rows: Sequence[Row]) -> str:
    return _shapes.write({"version": 1, "waivers": [_shape(row) for row in rows]})


def _shape(row: Row) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "kind": row.kind,
        "location": _shapes.location(row.location),
        "reason": row.reason,
        "owner": row.owner or None,
        "expires": row.expires.isoformat() if row.expires else None,
        "up_to": None if row.up_to is None else _shapes.cents(row.up_to),
        "state": row.state,
        "note": row.note or None,
        "hides": {
            "findings": [_shapes.finding(one.finding) for one in row.hides],
            "addresses": sorted({address for one in row.hides for address in one.addresses}),
            "monthly": {"low": _shapes.cents(row.monthly.low), "high": _shapes.cents(row.monthly.high)},
            "open_ended": row.monthly.open_ended,
        },
    }


COMMAND = Command("waivers", "list waivers: owner, end, what each hides, what is unused", arguments, run, order=62)
