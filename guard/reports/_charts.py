"""Bar charts as inline SVG: pictures that need no script and no network, with every text escaped."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from guard.reports._words import printable

WIDTH, LABEL, AMOUNT, HEIGHT, GAP = 960, 330, 210, 22, 10
_LONGEST = 44


class Bar(NamedTuple):
    """A bar from nought to `high`, its part up to `low` darker; `amount` is what stands beside it."""

    label: str
    low: Decimal
    high: Decimal
    amount: str
    style: str = "plain"


def text(words: str) -> str:
    """Return `words` for HTML, as content or as a quoted attribute; nothing in it takes effect."""
    return html.escape(printable(words), quote=True).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def bars(title: str, rows: Sequence[Bar]) -> Iterator[str]:
    """Yield a chart of horizontal bars, as lines of SVG; nothing where there are no rows."""
    if not rows:
        return
    most = max(max(abs(row.low), abs(row.high)) for row in rows) or Decimal(1)
    tall = len(rows) * (HEIGHT + GAP) + GAP
    yield f'<svg viewBox="0 0 {WIDTH} {tall}" role="img" aria-label="{text(title)}">'
    yield f"<title>{text(title)}</title>"
    for i, row in enumerate(rows):
        yield from _bar(row, GAP + i * (HEIGHT + GAP), most)
    yield "</svg>"


def _bar(row: Bar, top: int, most: Decimal) -> Iterator[str]:
    room = WIDTH - LABEL - AMOUNT
    low, high = (_length(value, most, room) for value in (row.low, row.high))
    middle = top + HEIGHT - 6
    yield f'<text x="{LABEL - 10}" y="{middle}" text-anchor="end">{text(_short(row.label))}</text>'
    yield f'<rect class="{row.style} range" x="{LABEL}" y="{top}" width="{max(high, low)}" height="{HEIGHT}" rx="3"/>'
    yield f'<rect class="{row.style}" x="{LABEL}" y="{top}" width="{min(high, low)}" height="{HEIGHT}" rx="3"/>'
    yield f'<text class="amount" x="{LABEL + max(high, low) + 8}" y="{middle}">{text(row.amount)}</text>'


def _length(value: Decimal, most: Decimal, room: int) -> int:
    return int((abs(value) / most * room).to_integral_value())


def _short(label: str) -> str:
    """Return a label that has room: the end of a name tells more than its beginning."""
    return label if len(label) <= _LONGEST else "…" + label[-_LONGEST + 1 :]
