"""Numbers in the notations of Go's `%e`, `%f` and `%g`, rounded half to even from their exact digits."""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal

from guard.terraform.numbers import Number, exact, shortest, text

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def scientific(number: Number, precision: int | None) -> str:
    """Return `1.5e+02`; `precision` counts the digits after the point, None asks for the fewest that are exact."""
    if number.is_infinite:
        return text(number)
    value = shortest(number) if precision is None else _rounded(exact(number), precision + 1)
    return _with_exponent(value, len(_mantissa(value)) - 1 if precision is None else precision)


def fixed(number: Number, precision: int | None) -> str:
    """Return `150.00`; `precision` counts the digits after the point, None asks for the fewest that are exact."""
    if number.is_infinite or precision is None:
        return text(number)
    value = exact(number).quantize(Decimal((0, (1,), -precision)), ROUND_HALF_EVEN, _EXACT)
    return f"{value:f}"


def general(number: Number, precision: int | None, *, alternative: int = 0) -> str:
    """Return the shorter of both notations; `precision` counts significant digits, None asks for the fewest.

    `alternative` is the number from which exponents are written where the precision is None (6 to Go's big floats,
    21 to its `%v` and `%g` verbs).
    """
    if number.is_infinite:
        return text(number)
    value = shortest(number) if precision is None else _rounded(exact(number), max(precision, 1))
    digits = _mantissa(value)
    point = 0 if number.is_zero else value.adjusted() + 1
    wanted = len(digits) if precision is None else max(precision, 1)
    limit = len(digits) if wanted > len(digits) >= point else wanted
    if precision is None:
        limit = alternative or 6
    if number.is_zero or -4 <= point - 1 < limit:
        return f"{value.normalize(_EXACT) if value else value:f}"
    return _with_exponent(value, min(wanted, len(digits)) - 1)


def _rounded(value: Decimal, digits: int) -> Decimal:
    if not value:
        return value
    return value.quantize(Decimal((0, (1,), value.adjusted() - digits + 1)), ROUND_HALF_EVEN, _EXACT)


def _mantissa(value: Decimal) -> str:
    return "".join(map(str, value.as_tuple().digits)).rstrip("0") if value else ""


def _with_exponent(value: Decimal, places: int) -> str:
    digits = _mantissa(value).ljust(places + 1, "0")
    exponent = value.adjusted() if value else 0
    fraction = f".{digits[1 : places + 1]}" if places > 0 else ""
    sign = "-" if value.is_signed() else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
