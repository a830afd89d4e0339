"""The report as GitHub's Markdown, for a pull request: short where little changed, folded where much did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from guard.model.finding import Finding, Severity
from guard.model.location import Location
from guard.model.report import Report, Reporter, ReportOptions
from guard.reports._changes import Change
from guard.reports._costing import changed, dearest, rise, shown, without_price
from guard.reports._words import count, dollars, headline, printable, signed

OPEN, MOST = 8, 100
"""How many rows are shown unfolded, and at all: a comment of GitHub's may have 65,536 characters."""
_LONGEST = 400
_EDITS = 4
# What Markdown, or GitHub when it looks for mentions, issues and links, would make something of.
_PUNCTUATION = re.compile(r"[\\`*_{}\[\]<>#|~!&@$]")
_LINKED = re.compile(
    r"(?<=@)(?=\S)|(?<=#)(?=\d)|(?<=://)|(?<=www)(?=\.)|(?<=GH-)(?=\d)|(?<=:)(?=[a-z0-9_+-]{1,40}:)", re.IGNORECASE
)
_BREAK = "\x00"
_SIGNS = {Severity.ERROR: "🔴", Severity.WARNING: "🟠", Severity.NOTE: "🔵"}


def render(report: Report, options: ReportOptions) -> str:
    """Return the report as Markdown; text from files takes no effect in it."""
    lines = [f"### guard: {headline(report)}", ""]
    for section in (_problems, _findings, _cost, _unpriced, _unknowns):
        lines += section(report)
    lines.append(f"<sub>guard {escaped(report.version)}, list prices as of {escaped(report.prices_as_of)}</sub>")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return `text` such that Markdown shows it letter by letter, in a table's cell too, on one line.

    Nothing in it is a mention, a reference to an issue or a link.
    """
    shortened = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    parted = _LINKED.sub(_BREAK, printable(shortened))
    return _PUNCTUATION.sub(lambda match: "\\" + match[0], parted).replace(_BREAK, "<!-- -->")


def _money(text: str) -> str:
    # Between two dollar signs GitHub looks for mathematics.
    return text.replace("$", "\\$")


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>" if text else ""


def _problems(report: Report) -> Iterator[str]:
    told = [one for one in report.problems if not one.advisory]
    if not told:
        return
    rows = [(escaped(one.code), _where(one.location), escaped(one.message)) for one in told]
    yield from _table(count(len(told), "problem"), ("Problem", "Where", "What"), rows, fold=len(rows) > OPEN)


def _findings(report: Report) -> Iterator[str]:
    for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE):
        found = [one for one in report.findings if one.severity is severity]
        if not found:
            continue
        title = f"{_SIGNS[severity]} {count(len(found), severity.value)}"
        saving = any(one.saving is not None for one in found)
        heads = ("Rule", "Where", "Finding", *(("Saves a month",) if saving else ()))
        fold = len(found) > OPEN or severity is Severity.NOTE
        yield from _table(title, heads, [_finding(one, saving) for one in found], fold)


def _finding(one: Finding, saving: bool) -> tuple[str, ...]:
    where = _where(one.location) + (f"<br>{_code(one.address)}" if one.address else "")
    cells = (_code(one.rule), where, escaped(one.message))
    return (*cells, _money(dollars(one.saving)) if one.saving is not None else "") if saving else cells


def _cost(report: Report) -> Iterator[str]:
    if not report.resources and report.base is None:
        return
    totals = report.totals
    now = _money(shown(totals.monthly, totals.open_ended))
    if totals.base is None:
        yield from (f"**Cost**: {now} a month", "")
        yield from _dearest(report)
        return
    found = changed(report)
    if not found:
        yield from (f"**Cost**: no change, {now} a month", "")
        return
    yield from (f"**Cost**: {_money(shown(totals.base))} → {now} a month (**{_money(rise(report))}**)", "")
    rows = [_change(one) for one in found]
    title = f"{count(len(found), 'resource')} added, removed or changed"
    yield from _table(title, ("Change", "Resource", "A month", "What changed"), rows, fold=len(rows) > OPEN)


def _change(one: Change) -> tuple[str, ...]:
    edits = [escaped(edit.text) for edit in one.edits[:_EDITS]]
    if len(one.edits) > _EDITS:
        edits.append(f"and {len(one.edits) - _EDITS} more")
    return one.kind, _code(one.address), _money(signed(one.monthly)), "<br>".join(edits)


def _dearest(report: Report) -> Iterator[str]:
    rows = []
    for one in dearest(report):
        pools = f"<br>runs on {_code(', '.join(one.pools))}, counted there" if one.pools else ""
        priced = bool(report.estimates[one.resource.address].lines)
        amount = _money(shown(one.monthly, one.monthly.open_ended)) if priced else "no price"
        rows.append((_code(one.resource.address) + pools, _where(one.resource.location), amount))
    yield from _table(f"{count(len(rows), 'resource')} by cost", ("Resource", "Where", "A month"), rows, fold=True)


def _unpriced(report: Report) -> Iterator[str]:
    found = without_price(report)
    rows = [(_code(one.address), "<br>".join(map(escaped, reasons))) for one, reasons in found]
    title = f"{count(len(found), 'resource')} with a part that has no price (not counted as nothing)"
    yield from _table(title, ("Resource", "Why"), rows, fold=True)


def _unknowns(report: Report) -> Iterator[str]:
    rows = []
    for one in report.unknowns:
        subject = ".".join(part for part in (one.address, one.attribute) if part)
        rows.append((_code(subject), _where(one.location), escaped(one.reason)))
    title = f"{count(len(rows), 'fact')} that cannot be decided from the text"
    yield from _table(title, ("Fact", "Where", "Why"), rows, fold=True)


def _where(place: Location | None) -> str:
    return _code(f"{place.path}:{place.line}") if place is not None else ""


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], fold: bool) -> Iterator[str]:
    """Yield a table under its title, folded where it is long; nothing where it is empty."""
    if not rows:
        return
    yield from ("<details>", f"<summary>{title}</summary>", "") if fold else (f"**{title}**", "")
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows[:MOST])
    if len(rows) > MOST:
        yield from ("", f"and {len(rows) - MOST:,} more")
    yield from ("", "</details>", "") if fold else ("",)


REPORTER = Reporter("markdown", "for a pull request's comment or a job's summary", render)
