"""Logarithm, exponential and power of float64 numbers, to the last bit as Go's `math` package computes them on amd64.

The system's own functions differ from these in the last digit, which Terraform prints. The logarithm is FreeBSD's
(e_log.c), the exponential Naoki Shibata's (SLEEF) with fused multiplication, the power one by repeated squaring.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_ODD: Final = (1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01, 6.666666666666735130e-01)
_EVEN: Final = (1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01)
_TAYLOR: Final = (1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1.0)
_LN2_UPPER: Final = 0.69314718055966295651160180568695068359375
_LN2_LOWER: Final = 0.28235290563031577122588448175013436025525412068e-12


def logarithm(value: float) -> float:
    """Return the natural logarithm; of nought minus infinity, of negative numbers NaN."""
    if math.isnan(value) or value == math.inf:
        return value
    if value <= 0:
        return -math.inf if value == 0 else math.nan
    mantissa, exponent = math.frexp(value)
    if mantissa < math.sqrt(2) / 2:
        mantissa, exponent = mantissa * 2, exponent - 1
    f, k = mantissa - 1, float(exponent)
    s = f / (2 + f)
    square = s * s
    fourth = square * square
    rest = square * _polynomial(_ODD, fourth) + fourth * _polynomial(_EVEN, fourth)
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + rest) + k * _LN2_LOW)) - f)


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    result = coefficients[0]
    for coefficient in coefficients[1:]:
        result = coefficient + x * result
    return result


def _fused(a: float, b: float, c: float) -> float:
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def exponential(value: float) -> float:
    """Return e to the power of a number of moderate size (between -700 and 700)."""
    exponent = round(value * 1.4426950408889634)
    k = float(exponent)
    x = _fused(-_LN2_LOWER, k, _fused(-_LN2_UPPER, k, value)) * 0.0625
    series = 1 / 40320
    for coefficient in _TAYLOR:
        series = _fused(series, x, coefficient)
    x *= series
    for _ in range(3):
        x *= x + 2.0
    return math.ldexp(_fused(x + 2.0, x, 1.0), exponent)


def power(base: float, exponent: float) -> float:
    """Return base to the power of exponent; NaN for fractional powers of negative numbers."""
    if exponent == 0 or base == 1:
        return 1.0
    if exponent == 1 or math.isnan(base) or math.isnan(exponent):
        return base + exponent if math.isnan(exponent) else base
    if base == 0 or math.isinf(base) or math.isinf(exponent):
        return _limit(base, exponent)
    if abs(exponent) == 0.5 and base > 0:
        return math.sqrt(base) if exponent > 0 else 1 / math.sqrt(base)
    fraction, whole = math.modf(abs(exponent))
    if fraction and base < 0:
        return math.nan
    if whole >= 2**63:
        return 1.0 if base == -1 else 0.0 if (abs(base) < 1) == (exponent > 0) else math.inf
    return _product(base, int(whole), fraction, inverse=exponent < 0)


def _limit(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except ValueError:
        odd = exponent == math.trunc(exponent) and exponent % 2 == 1
        return math.copysign(math.inf, base) if odd else math.inf


def _product(base: float, whole: int, fraction: float, *, inverse: bool) -> float:
    result, scale = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction, whole = fraction - 1, whole + 1
        result = exponential(fraction * logarithm(base))
    mantissa, exponent = math.frexp(base)
    while whole:
        if abs(exponent) > 1 << 12:
            scale += exponent
            break
        if whole & 1:
            result *= mantissa
            scale += exponent
        mantissa *= mantissa
        exponent <<= 1
        if mantissa < 0.5:
            mantissa, exponent = mantissa * 2, exponent - 1
        whole >>= 1
    if inverse:
        result, scale = 1 / result, -scale
    try:
        return math.ldexp(result, scale)
    except OverflowError:
        return math.copysign(math.inf, result)
