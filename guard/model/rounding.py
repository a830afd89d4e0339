"""Rounding of numbers for messages, whatever their size is: a number in a file may have more digits than a context."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

# The longest number that is read has some sixty digits, and a few of them may be multiplied.
_WIDE = Context(prec=1000)


def rounded(number: Decimal, step: Decimal | str, how: str = ROUND_HALF_EVEN) -> Decimal:
    """Return a finite number rounded to a multiple of `step` (`0.1`, `0.01`, `1`)."""
    return number.quantize(Decimal(step), how, _WIDE)
