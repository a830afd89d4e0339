"""Terraform's numbers: binary floating point of up to 512 bits, rounded half to even, printed in the shortest form.

A `Number` is `mantissa * 2 ** exponent` with an odd mantissa (or zero) and the precision in bits which results that
are made from it keep, as Go's `math/big.Float` holds it. Numbers that are written have 512 bits, counted ones 64.
"""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Final, NamedTuple

PRECISION: Final = 512
COUNT_PRECISION: Final = 64
LARGEST_EXPONENT: Final = 2**31 - 1
PRINTABLE_BITS: Final = 400_000
"""Numbers of more bits before or after the point than this are not written out."""

_INFINITE: Final = 2**63
_EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


class NotANumber(ArithmeticError):  # noqa: N818 - it is IEEE's name for the outcome
    """The operation has no numeric result, such as zero times infinity."""


class NumberTooLarge(ArithmeticError):  # noqa: N818 - says what is wrong with the number
    """The number is valid and has too many digits to be written out."""


class Number(NamedTuple):
    """One number; equality is Terraform's, which takes numbers as equal that print alike."""

    negative: bool
    mantissa: int
    exponent: int
    precision: int = PRECISION

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and equal(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        if self.is_infinite or not self.is_integer or self.exponent > PRINTABLE_BITS:
            return hash((self.negative, self.exponent if abs(self.exponent) > PRINTABLE_BITS else text(self)))
        return hash(integer(self))

    @property
    def is_infinite(self) -> bool:
        return self.exponent == _INFINITE

    @property
    def is_zero(self) -> bool:
        return not self.mantissa

    @property
    def is_integer(self) -> bool:
        return self.exponent >= 0 and self.exponent != _INFINITE

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return 0 if not self.mantissa else -1 if self.negative else 1


def from_integer(value: int) -> Number:
    """Return a count or another computed integer: 64 bits of precision, more only where it needs them."""
    return rounded(value < 0, abs(value), 0, max(COUNT_PRECISION, value.bit_length()))


def from_float(value: float) -> Number:
    """Return a float64 with its 53 bits of precision; NaN raises NotANumber."""
    if math.isnan(value):
        raise NotANumber
    if math.isinf(value):
        return infinity(negative=value < 0, precision=53)
    numerator, denominator = value.as_integer_ratio()
    sign = math.copysign(1.0, value) < 0
    return rounded(sign, abs(numerator), 1 - denominator.bit_length(), 53)


def infinity(*, negative: bool = False, precision: int = COUNT_PRECISION) -> Number:
    """Return positive or negative infinity."""
    return Number(negative, 1, _INFINITE, precision)


ZERO: Final = Number(False, 0, 0, COUNT_PRECISION)


def product(left: Number, right: Number, precision: int) -> Number:
    """Return left * right, both finite, rounded to `precision` bits."""
    return rounded(
        left.negative != right.negative, left.mantissa * right.mantissa, left.exponent + right.exponent, precision
    )


def quotient(
    negative: bool, numerator: int, numerator_exponent: int, denominator: int, denominator_exponent: int, precision: int
) -> Number:
    """Return the quotient of two positive mantissas with their exponents, rounded to `precision` bits."""
    shift = max(0, precision + 2 + denominator.bit_length() - numerator.bit_length())
    found, remainder = divmod(numerator << shift, denominator)
    # One more bit tells the rounding that the quotient goes on.
    found = found << 1 | (1 if remainder else 0)
    return rounded(negative, found, numerator_exponent - denominator_exponent - shift - 1, precision)


def rounded(negative: bool, mantissa: int, exponent: int, precision: int) -> Number:
    """Return the number mantissa * 2**exponent rounded half to even to `precision` bits."""
    if not mantissa:
        return Number(negative, 0, 0, precision)
    excess = mantissa.bit_length() - precision
    if excess > 0:
        half = 1 << (excess - 1)
        rest = mantissa & ((1 << excess) - 1)
        mantissa >>= excess
        exponent += excess
        if rest > half or (rest == half and mantissa & 1):
            mantissa += 1
    zeros = (mantissa & -mantissa).bit_length() - 1
    if zeros:
        mantissa >>= zeros
        exponent += zeros
    magnitude = exponent + mantissa.bit_length()
    if magnitude > LARGEST_EXPONENT:
        return infinity(negative=negative, precision=precision)
    if magnitude < -LARGEST_EXPONENT:
        return Number(negative, 0, 0, precision)
    return Number(negative, mantissa, exponent, precision)


def negate(number: Number) -> Number:
    """Return -number."""
    return number._replace(negative=not number.negative)


def absolute(number: Number) -> Number:
    """Return |number|."""
    return number._replace(negative=False)


def add(left: Number, right: Number) -> Number:
    """Return left + right; opposing infinities raise NotANumber."""
    precision = max(left.precision, right.precision)
    if left.is_infinite or right.is_infinite:
        if left.is_infinite and right.is_infinite and left.negative != right.negative:
            raise NotANumber
        return (left if left.is_infinite else right)._replace(precision=precision)
    if left.is_zero and right.is_zero:
        return Number(left.negative and right.negative, 0, 0, precision)
    if left.is_zero or right.is_zero:
        return (left if right.is_zero else right)._replace(precision=precision)
    large, small = (left, right) if _magnitude(left) >= _magnitude(right) else (right, left)
    if _magnitude(large) - _magnitude(small) > precision + large.mantissa.bit_length() + 8:
        return _nudged(large, large.negative == small.negative, precision)
    exponent = min(left.exponent, right.exponent)
    total = (_signed(left) << (left.exponent - exponent)) + (_signed(right) << (right.exponent - exponent))
    return rounded(total < 0, abs(total), exponent, precision)


def _nudged(number: Number, outwards: bool, precision: int) -> Number:
    """Return `number` plus or minus something too small to be kept: it decides only how a tie is rounded."""
    shift = precision + 4
    return rounded(
        number.negative, (number.mantissa << shift) + (1 if outwards else -1), number.exponent - shift, precision
    )


def _magnitude(number: Number) -> int:
    return number.exponent + number.mantissa.bit_length()


def _signed(number: Number) -> int:
    return -number.mantissa if number.negative else number.mantissa


def subtract(left: Number, right: Number) -> Number:
    """Return left - right; equal infinities raise NotANumber."""
    return add(left, negate(right))


def multiply(left: Number, right: Number) -> Number:
    """Return left * right: at the precision of the operands, or of the product where that is exact in 512 bits."""
    precision = max(left.precision, right.precision)
    negative = left.negative != right.negative
    if left.is_infinite or right.is_infinite:
        if left.is_zero or right.is_zero:
            raise NotANumber
        return infinity(negative=negative, precision=precision)
    if left.is_zero or right.is_zero:
        return Number(negative, 0, 0, precision)
    exact_product = product(left, right, PRECISION)
    return _with_precision(exact_product, max(precision, exact_product.mantissa.bit_length()))


def _with_precision(number: Number, precision: int) -> Number:
    if number.is_infinite or number.is_zero:
        return number._replace(precision=precision)
    return rounded(number.negative, number.mantissa, number.exponent, precision)


def divide(left: Number, right: Number) -> Number:
    """Return left / right; by zero it is an infinity; 0/0 and two infinities raise NotANumber."""
    precision = max(left.precision, right.precision)
    negative = left.negative != right.negative
    if (left.is_zero and right.is_zero) or (left.is_infinite and right.is_infinite):
        raise NotANumber
    if left.is_zero or right.is_infinite:
        return Number(negative, 0, 0, precision)
    if right.is_zero or left.is_infinite:
        return infinity(negative=negative, precision=precision)
    return quotient(negative, left.mantissa, left.exponent, right.mantissa, right.exponent, precision)


def modulo(left: Number, right: Number) -> Number:
    """Return the remainder of division towards zero; by zero it is `left` itself, as Terraform has it."""
    if left.is_infinite or right.is_infinite:
        return multiply(left, right)
    if right.is_zero:
        return left
    whole = truncate(divide(left, right))
    if whole.is_zero:
        # A quotient is a whole number, which has no negative nought.
        whole = absolute(whole)
    precision = left.precision
    whole = _with_precision(whole, precision)
    if whole.is_infinite or whole.is_zero:
        taken = whole._replace(precision=precision, negative=whole.negative != right.negative)
    else:
        taken = product(whole, right, precision)
    return _with_precision(add(left, negate(taken)), precision)


def truncate(number: Number) -> Number:
    """Return the number without its fraction."""
    if number.exponent >= 0:
        return number
    return rounded(number.negative, number.mantissa >> -number.exponent, 0, number.precision)


def floor(number: Number) -> Number:
    """Return the largest whole number that is not larger; nought without a sign."""
    if number.exponent >= 0:
        return number if number.mantissa else absolute(number)
    whole = number.mantissa >> -number.exponent
    return rounded(number.negative, whole + number.negative, 0, number.precision)


def ceiling(number: Number) -> Number:
    """Return the smallest whole number that is not smaller; nought without a sign."""
    if number.exponent >= 0:
        return number if number.mantissa else absolute(number)
    whole = number.mantissa >> -number.exponent
    if number.negative:
        return rounded(whole > 0, whole, 0, number.precision)
    return rounded(False, whole + 1, 0, number.precision)


def compare(left: Number, right: Number) -> int:
    """Return -1, 0 or 1 as `left` is smaller than, equal to or larger than `right`."""
    if left.sign != right.sign:
        return -1 if left.sign < right.sign else 1
    if left.is_zero:
        return 0
    sign = left.sign
    if left.is_infinite or right.is_infinite:
        return sign * (left.is_infinite - right.is_infinite)
    magnitudes = _magnitude(left), _magnitude(right)
    if magnitudes[0] != magnitudes[1]:
        return sign if magnitudes[0] > magnitudes[1] else -sign
    exponent = min(left.exponent, right.exponent)
    a, b = left.mantissa << (left.exponent - exponent), right.mantissa << (right.exponent - exponent)
    return sign * ((a > b) - (a < b))


def equal(left: Number, right: Number) -> bool:
    """Tell whether two numbers are equal to Terraform: fractions are when they print alike."""
    if left.sign != right.sign or left.is_infinite != right.is_infinite or left.is_integer != right.is_integer:
        return False
    if left.mantissa == right.mantissa and left.exponent == right.exponent:
        return True
    if left.is_integer or left.is_infinite or left.precision == right.precision:
        return compare(left, right) == 0
    return abs(left.exponent) < PRINTABLE_BITS and abs(right.exponent) < PRINTABLE_BITS and text(left) == text(right)


def integer(number: Number) -> int:
    """Return the whole part as an integer; infinities and numbers of too many digits raise NumberTooLarge."""
    if number.exponent > PRINTABLE_BITS:
        raise NumberTooLarge
    whole = number.mantissa << number.exponent if number.exponent >= 0 else number.mantissa >> -number.exponent
    return -whole if number.negative else whole


def to_float(number: Number) -> float:
    """Return the nearest float64; too large numbers become infinities."""
    if number.is_infinite or _magnitude(number) > 1025:
        return -math.inf if number.negative else math.inf
    if number.is_zero or _magnitude(number) < -1080:
        return -0.0 if number.negative else 0.0
    try:
        result = math.ldexp(number.mantissa, number.exponent) if number.mantissa < 2**53 else _nearest_float(number)
    except OverflowError:
        result = math.inf
    return -result if number.negative else result


def _nearest_float(number: Number) -> float:
    if number.exponent >= 0:
        return float(number.mantissa << number.exponent)
    return number.mantissa / (1 << -number.exponent)


def exact(number: Number) -> Decimal:
    """Return every digit of a finite number; NumberTooLarge where there are too many."""
    if abs(number.exponent) > PRINTABLE_BITS:
        raise NumberTooLarge
    sign = -1 if number.negative else 1
    if number.exponent >= 0:
        return (
            Decimal(sign * (number.mantissa << number.exponent))
            if number.mantissa
            else Decimal("-0" if sign < 0 else 0)
        )
    return Decimal(sign * number.mantissa * 5**-number.exponent).scaleb(number.exponent, _EXACT)


def decimal(number: Number) -> Decimal:
    """Return the shortest decimal that stands for the number; infinities become `Decimal("Infinity")`."""
    return Decimal(text(number).replace("Inf", "Infinity"))


def text(number: Number) -> str:
    """Return the number as Terraform writes it: no exponent, and no more digits than tell it from its neighbours."""
    if number.is_infinite:
        return "-Inf" if number.negative else "+Inf"
    if number.exponent >= 0 and _magnitude(number) <= max(number.precision, 64):
        digits = str(number.mantissa << number.exponent)
        return f"-{digits}" if number.negative else digits
    return f"{shortest(number):f}"


def shortest(number: Number) -> Decimal:
    """Return the decimal with the fewest digits that no neighbour of the number's precision is nearer to."""
    value = exact(number)
    if number.is_zero:
        return value
    shift = number.precision - number.mantissa.bit_length() + 1
    doubled, exponent = number.mantissa << shift, number.exponent - shift
    lower, upper = exact(Number(False, doubled - 1, exponent)), exact(Number(False, doubled + 1, exponent))
    digits = _shortest_digits(value.copy_abs(), lower, upper, inclusive=not (doubled >> 1) & 1)
    return digits.copy_sign(value)


def _shortest_digits(value: Decimal, lower: Decimal, upper: Decimal, *, inclusive: bool) -> Decimal:
    digits, below, above = (_digit_string(each) for each in (value, lower, upper))
    for position, digit in enumerate(digits):
        under = below[position] if position < len(below) else "0"
        over = above[position] if position < len(above) else "0"
        down = under != digit or (inclusive and position + 1 == len(below))
        up = digit != over and (inclusive or int(digit) + 1 < int(over) or position + 1 < len(above))
        if not (down or up):
            continue
        rounding = "ROUND_HALF_EVEN" if down and up else "ROUND_DOWN" if down else "ROUND_UP"
        unit = Decimal((0, (1,), value.adjusted() - position))
        return value.quantize(unit, rounding, _EXACT).normalize(_EXACT)
    return value.normalize(_EXACT)


def _digit_string(value: Decimal) -> str:
    mantissa = f"{value:e}".partition("e")[0].partition("E")[0]
    return mantissa.replace(".", "").rstrip("0") or "0"
