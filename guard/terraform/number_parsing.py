"""Numbers as they are written: in base ten, rounded to 512 bits as Go's parser rounds them."""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Final

from guard.terraform.numbers import (
    LARGEST_EXPONENT,
    PRECISION,
    NotANumber,
    Number,
    infinity,
    product,
    quotient,
    rounded,
)

_EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_LITERAL: Final = re.compile(r"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:([eEpP])([+-]?\d+))?\Z", re.ASCII)
_INFINITY: Final = re.compile(r"([+-]?)(?:Inf|inf)\Z")


def from_decimal(value: Decimal) -> Number:
    """Return the number nearest to a written decimal; `value` must be finite."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise NotANumber
    if len(digits) < 4000:
        return _scaled(bool(sign), int("".join(map(str, digits))), exponent)
    return _scaled(bool(sign), int(value.scaleb(-exponent, _EXACT)), exponent)


def parse(text: str) -> Number | None:
    """Return the number that `text` holds in base ten (also `1p3`, `Inf`), or None where it holds none."""
    if len(text) > 100_000:
        return None
    match = _LITERAL.match(text)
    if match is None:
        infinite = _INFINITY.match(text)
        return infinity(negative=infinite[1] == "-") if infinite else None
    whole, fraction = match[2] or "", match[3] or match[4] or ""
    exponent = int(match[6][:20]) if match[6] else 0
    if abs(exponent) > LARGEST_EXPONENT:
        return None
    digits = _integer_of(whole + fraction)
    if match[5] in ("p", "P"):
        return _scaled(match[1] == "-", digits, -len(fraction), exponent)
    return _scaled(match[1] == "-", digits, exponent - len(fraction))


def _integer_of(digits: str) -> int:
    return int(digits) if len(digits) < 4000 else int(Decimal(digits))


def _scaled(negative: bool, digits: int, ten: int, two: int = 0) -> Number:
    """Return digits * 10**ten * 2**two, rounded as Go's parser does."""
    if not digits:
        return Number(negative, 0, 0, PRECISION)
    if not ten:
        return rounded(negative, digits, two, PRECISION)
    power = _power_of_five(abs(ten))
    if ten > 0:
        return rounded(negative, digits * power.mantissa, ten + two + power.exponent, PRECISION)
    return quotient(negative, digits, ten + two, power.mantissa, power.exponent, PRECISION)


def _power_of_five(exponent: int) -> Number:
    """Return 5**exponent with 64 more bits than a number has, which bounds the work for any exponent."""
    precision = PRECISION + 64
    if exponent <= 27:
        return rounded(False, 5**exponent, 0, precision)
    result = rounded(False, 5**27, 0, precision)
    factor = Number(False, 5, 0, precision + 64)
    exponent -= 27
    while exponent:
        if exponent & 1:
            result = product(result, factor, precision)
        factor = product(factor, factor, precision + 64)
        exponent >>= 1
    return result
