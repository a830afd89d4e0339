"""Words and numbers as the reports for people write them, with nothing that a terminal or a page would obey."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from guard.model.report import Money, Report
from guard.model.rounding import rounded

# Formatting characters that only join or shape letters; the others (bidirectional overrides among them) can hide text.
HARMLESS_FORMATTING = frozenset("\u200c\u200d")


def printable(text: str) -> str:
    """Return `text` on one line with control and hidden formatting characters as escapes, so that none takes effect."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == "\t":
        return "    "
    if character in HARMLESS_FORMATTING or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def dollars(amount: Decimal) -> str:
    """Return USD with thousands separated and two decimals: `$1,234.50`, `-$3.00`."""
    cents = rounded(amount, "0.01")
    return f"-${-cents:,f}" if cents < 0 else f"${cents:,f}"


def money_range(money: Money) -> str:
    """Return a range of USD as text, one amount where both ends show as the same."""
    low, high = dollars(money.low), dollars(money.high)
    return low if low == high else f"{low} to {high}"


def signed(money: Money) -> str:
    """Return a difference with its sign, the smaller end first: `+$3.00`, `-$8.00 to +$2.00`."""
    low, high = sorted((money.low, money.high))
    ends = dict.fromkeys(dollars(one) if round(one, 2) < 0 else f"+{dollars(abs(one))}" for one in (low, high))
    return " to ".join(ends)


def count(number: int, one: str, many: str = "") -> str:
    """Return `1 error`, `2 errors`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cost_line(report: Report) -> str:
    """Return what everything costs a month, what changed, and what has no price."""
    totals = report.totals
    line = f"{'at least ' if totals.open_ended else ''}{money_range(totals.monthly)} a month"
    if totals.delta is not None:
        line += f" ({signed(totals.delta)} against the base)"
    if totals.unpriced:
        line += f"; no price for {count(len(totals.unpriced), 'resource')}"
    return line


def headline(report: Report) -> str:
    """Return what stands above a report: the numbers of findings, or of resources where no rule ran."""
    return summary_line(report) if report.rules or report.problems else count(len(report.resources), "resource")


def summary_line(report: Report) -> str:
    """Return the numbers of findings, problems, resources and files."""
    severities = [finding.severity.value for finding in report.findings]
    parts = [count(severities.count(name), name) for name in ("error", "warning", "note") if name in severities]
    if report.problems:
        parts.append(count(len(report.problems), "problem"))
    if report.waived:
        parts.append(f"{len(report.waived)} waived")
    said = ", ".join(parts) if parts else "nothing to report"
    return f"{said} in {count(report.files, 'file')} with {count(len(report.resources), 'resource')}"
