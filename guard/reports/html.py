"""The report as one HTML page with charts, which opens from disk: no network, no script, every text escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from guard.model.finding import Finding, Severity
from guard.model.location import Location
from guard.model.price import CostLine
from guard.model.report import Money, Report, Reporter, ReportOptions
from guard.model.rounding import rounded
from guard.reports import _shapes
from guard.reports._changes import Change
from guard.reports._charts import Bar, bars, text
from guard.reports._costing import Row, by_purpose, changed, dearest, rise, shown, without_price
from guard.reports._words import count, dollars, headline, money_range, signed

CHARTED, LISTED = 12, 500
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """\
:root{color-scheme:light dark;--ink:#1d2430;--dim:#5c6675;--page:#fff;--card:#f5f7fa;--edge:#d9dee6;--bar:#3b6fd4;
--up:#c8402f;--down:#2a8a4a;--error:#c8402f;--warning:#b06a00;--note:#3b6fd4}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--dim:#9aa4b2;--page:#14181f;--card:#1d232d;--edge:#323a47;
--bar:#6f9bf0;--up:#ef7a6a;--down:#5cc480;--error:#ef7a6a;--warning:#e0a44a;--note:#6f9bf0}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:24px;font:15px/1.5 system-ui,sans-serif;color:var(--ink);
background:var(--page)}
h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}p{margin:0 0 12px;color:var(--dim)}
.cards{display:flex;gap:12px;flex-wrap:wrap;margin:16px 0}
.cards div{flex:1 1 200px;background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:12px 16px}
.cards b{display:block;font-size:19px}
.cards span{color:var(--dim);font-size:13px}
svg{width:100%;height:auto;background:var(--card);border:1px solid var(--edge);border-radius:8px;font-size:13px}
svg text{fill:var(--ink)}svg .amount{fill:var(--dim)}
.plain{fill:var(--bar)}.up{fill:var(--up)}.down{fill:var(--down)}.range{opacity:.4}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--edge);vertical-align:top}
td{min-width:150px;max-width:420px;overflow-wrap:anywhere}td:first-child{min-width:80px}
th{color:var(--dim);font-weight:600;white-space:nowrap}
td.money,th.money{text-align:right;white-space:nowrap;overflow-wrap:normal}
code{font:13px ui-monospace,monospace}small{color:var(--dim)}
.error{color:var(--error)}.warning{color:var(--warning)}.note{color:var(--note)}
details{border-bottom:1px solid var(--edge);padding:6px 0}summary{cursor:pointer}summary b{float:right}
details ul{margin:6px 0;padding-left:24px}
"""


def render(report: Report, options: ReportOptions) -> str:
    """Return the report as an HTML page."""
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{text(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>guard</title>",
        f"<style>\n{_STYLE}</style>",
        "</head>",
        "<body>",
        "<h1>guard</h1>",
        f"<p>{text(headline(report))}</p>",
        *_cards(report),
    ]
    for section in (_problems, _changes, _charts, _findings, _resources, _unpriced, _unknowns):
        lines += section(report)
    lines.append(f"<p>{text(_source(report))}</p>")
    return "\n".join([*lines, "</body>", "</html>"]) + "\n"


def _source(report: Report) -> str:
    made = f", made on {report.day}" if report.day else ""
    return f"guard {report.version}{made}; list prices in USD as of {report.prices_as_of}; a month is 730 hours"


def _cards(report: Report) -> Iterator[str]:
    totals = report.totals
    cards = [("a month", shown(totals.monthly, totals.open_ended))]
    if totals.base is not None:
        cards += [("before", shown(totals.base)), ("change", rise(report))]
    cards.append(("without a price", count(len(totals.unpriced), "resource")))
    yield '<div class="cards">'
    yield from (f"<div><span>{text(name)}</span><b>{text(amount)}</b></div>" for name, amount in cards)
    yield "</div>"


def _problems(report: Report) -> Iterator[str]:
    rows = [(_code(one.code), _where(one.location), text(one.message)) for one in report.problems if not one.advisory]
    yield from _table("Problems", ("Problem", "Where", "What"), rows)


def _findings(report: Report) -> Iterator[str]:
    ordered = sorted(report.findings, key=lambda one: one.severity.rank)
    rows = [_finding(one) for one in ordered]
    yield from _table("Findings", ("Severity", "Rule", "Where", "Finding", "Saves a month"), rows, money=(4,))


def _finding(one: Finding) -> tuple[str, ...]:
    style = one.severity.value if one.severity is not Severity.OFF else "note"
    place = _where(one.location) + (f"<br><small>{text(one.address)}</small>" if one.address else "")
    saving = text(dollars(one.saving)) if one.saving is not None else ""
    return f'<b class="{style}">{text(one.severity.value)}</b>', _code(one.rule), place, text(one.message), saving


def _changes(report: Report) -> Iterator[str]:
    found = changed(report)
    if not found:
        return
    drawn = [_drawn(one) for one in found[:CHARTED] if one.monthly.high or one.monthly.low]
    yield "<h2>What changes</h2>"
    yield from bars("Difference a month by resource", drawn)
    rows = []
    for one in found:
        edits = "<br>".join(text(edit.text) for edit in one.edits)
        rows.append((text(one.kind), _code(one.address), edits, text(signed(one.monthly))))
    yield from _table("", ("Change", "Resource", "What changed", "A month"), rows, money=(3,))


def _drawn(one: Change) -> Bar:
    low, high = one.monthly.low, one.monthly.high
    style = "up" if max(low, high, key=abs) > 0 else "down"
    return Bar(one.address, low, high, signed(one.monthly), style)


def _charts(report: Report) -> Iterator[str]:
    rows = [one for one in dearest(report) if one.monthly.high][:CHARTED]
    if not rows:
        return
    yield "<h2>What costs most</h2>"
    drawn = [Bar(one.resource.address, one.monthly.low, one.monthly.high, shown(one.monthly)) for one in rows]
    yield from bars("Cost a month by resource", drawn)
    purposes = by_purpose(report)
    if len(purposes) > 1:
        yield "<h2>What it is for</h2>"
        yield from bars("Cost a month by purpose", [Bar(name, high, high, dollars(high)) for name, high in purposes])


def _resources(report: Report) -> Iterator[str]:
    rows = dearest(report)
    if not rows:
        return
    yield "<h2>Every line</h2>"
    for row in rows[:LISTED]:
        yield from _resource(row, report)
    if len(rows) > LISTED:
        yield f"<p>and {len(rows) - LISTED:,} more</p>"


def _resource(row: Row, report: Report) -> Iterator[str]:
    estimate = report.estimates[row.resource.address]
    amount = shown(row.monthly, row.monthly.open_ended) if estimate.lines else "no price"
    yield f"<details><summary>{_code(row.resource.address)} <b>{text(amount)}</b></summary>"
    yield f"<p>{_where(row.resource.location)}</p>"
    yield "<ul>"
    yield from (f"<li>{_line(line, report)}</li>" for line in estimate.lines)
    for one in estimate.unpriced:
        yield f"<li>{text(one.name)}: <small>not priced: {text(one.reason)}</small></li>"
    yield "</ul></details>"


def _line(line: CostLine, report: Report) -> str:
    quantity = _ends(line.low_quantity, line.quantity)
    price = _ends(line.low_price.amount, line.price.amount)
    parts = [f"{quantity} {line.unit} at ${price} = {money_range(Money(line.low_monthly, line.monthly))}"]
    parts.append(f"price of {line.price.source}{', ' + line.price.as_of if line.price.as_of else ''}")
    if line.assumption:
        parts.append(f"assumed: {line.assumption}")
    if line.within in report.estimates:
        parts.append(f"runs on {line.within}, counted there")
    return f"{text(line.name)}<br><small>{text('; '.join(parts))}</small>"


def _ends(low: Decimal, high: Decimal) -> str:
    ends = dict.fromkeys(_shapes.exact(rounded(one, "0.0001") if one > 1 else one) for one in (low, high))
    return " to ".join(ends)


def _unpriced(report: Report) -> Iterator[str]:
    rows = [
        (_code(one.address), _where(one.location), "<br>".join(map(text, reasons)))
        for one, reasons in without_price(report)
    ]
    yield from _table("Without a price, which is not counted as nothing", ("Resource", "Where", "Why"), rows)


def _unknowns(report: Report) -> Iterator[str]:
    rows = []
    for one in report.unknowns:
        subject = ".".join(part for part in (one.address, one.attribute) if part)
        rows.append((_code(subject), _where(one.location), text(one.reason)))
    yield from _table("What cannot be decided from the text", ("Fact", "Where", "Why"), rows)


def _code(words: str) -> str:
    return f"<code>{text(words)}</code>"


def _where(place: Location | None) -> str:
    return _code(f"{place.path}:{place.line}") if place is not None else ""


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], money: Sequence[int] = ()) -> Iterator[str]:
    if not rows:
        return
    if title:
        yield f"<h2>{text(title)}</h2>"
    styles = [' class="money"' if i in money else "" for i in range(len(heads))]
    cells = "".join(f"<th{style}>{text(head)}</th>" for style, head in zip(styles, heads, strict=True))
    yield f"<table><thead><tr>{cells}</tr></thead><tbody>"
    for row in rows[:LISTED]:
        cells = "".join(f"<td{style}>{cell}</td>" for style, cell in zip(styles, row, strict=True))
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table>"
    if len(rows) > LISTED:
        yield f"<p>and {len(rows) - LISTED:,} more</p>"


REPORTER = Reporter("html", "a page with charts that opens from disk", render)
