"""Kubernetes quantities and durations as exact numbers.

Source: the Quantity type of k8s.io/apimachinery and the durations of Go's time package.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, localcontext

from guard.model.node import Node
from guard.model.value import Absent, Known, Unknown, Value

_QUANTITY = re.compile(
    r"([+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40}))(?:[eE]([+-]?\d{1,2})|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]))?"
)
_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(d|h|ms|m|s)")
_SECONDS = {"d": Decimal(86400), "h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
# Enough digits for an exabyte count divided by 2^30, which has thirty binary places.
_DIGITS = 80


def quantity(node: Node, *path: str | int) -> Value[Decimal]:
    """Return the quantity at `path` in its base unit (cores, bytes, devices): `500m` is 0.5, `16Gi` is 17179869184."""
    written = node.text(*path)
    if not isinstance(written, Known):
        return written
    number = parsed(written.value)
    if number is None:
        return Unknown(f"expected a quantity such as 500m or 16Gi, found {written.value!r}", written.location)
    return Known(number, written.location, written.trail)


def parsed(text: str) -> Decimal | None:
    """Return what a quantity says in its base unit, None where the text is none or is negative."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    digits, exponent, suffix = match.groups()
    factor = _SUFFIXES[suffix] if suffix else Decimal(10) ** int(exponent or 0)
    with localcontext() as context:
        context.prec = _DIGITS
        number = Decimal(digits) * factor
    return number if number >= 0 else None


def gib(size: Value[Decimal]) -> Value[Decimal]:
    """Return a size in bytes as GiB, exactly."""
    if not isinstance(size, Known):
        return size
    with localcontext() as context:
        context.prec = _DIGITS
        return Known(size.value / 2**30, size.location, size.trail)


def hours(node: Node, *path: str | int) -> Value[Decimal]:
    """Return the duration at `path` in hours; a bare number counts seconds, text is Go's (`1h30m`, `3600s`)."""
    written = node.text(*path)
    if not isinstance(written, Known):
        return written
    seconds = _seconds(written.value.strip())
    if seconds is None:
        return Unknown(f"expected a duration in seconds or such as 1h30m, found {written.value!r}", written.location)
    return Known(seconds / 3600, written.location, written.trail)


def _seconds(text: str) -> Decimal | None:
    if re.fullmatch(r"\d{1,12}", text):
        return Decimal(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum((Decimal(number) * _SECONDS[unit] for number, unit in parts), Decimal(0))


def added(left: Value[Decimal], right: Value[Decimal]) -> Value[Decimal]:
    """Return the sum where what is absent counts nothing, and unknown where either is."""
    return _joined(left, right, lambda a, b: a + b)


def larger(left: Value[Decimal], right: Value[Decimal]) -> Value[Decimal]:
    """Return the larger one where what is absent counts nothing, and unknown where either is."""
    return _joined(left, right, max)


def times(*factors: Value[int]) -> Value[int]:
    """Return the product of counts; an absent one counts 1, all absent is absent, an unknown one makes it unknown."""
    result: Value[int] = factors[0]
    for factor in factors[1:]:
        if isinstance(result, Unknown) or isinstance(factor, Absent):
            continue
        if isinstance(result, Absent) or isinstance(factor, Unknown):
            result = factor
        else:
            result = Known(result.value * factor.value, result.location, result.trail)
    return result


def _joined(left: Value[Decimal], right: Value[Decimal], join: Callable[[Decimal, Decimal], Decimal]) -> Value[Decimal]:
    if isinstance(left, Unknown) or isinstance(right, Absent):
        return left
    if isinstance(left, Absent) or isinstance(right, Unknown):
        return right
    with localcontext() as context:
        context.prec = _DIGITS
        return Known(join(left.value, right.value), left.location, left.trail)
