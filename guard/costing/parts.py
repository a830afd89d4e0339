"""What an estimate is put together from: the part of one facet, and quantities that are ranges with their reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from guard.model.location import Location
from guard.model.price import CostLine, Price, Unpriced
from guard.model.value import Known, Unknown, Value

ZERO, ONE = Decimal(0), Decimal(1)
MOST = Decimal(10**9)
"""More than a billion of anything is a slip or an attack, not a quantity."""


@dataclass(frozen=True, slots=True)
class Part:
    """The cost of one facet: its lines, and what of it has no price. `open_ended` as in an Estimate."""

    lines: tuple[CostLine, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much, from `low` to `high`; `notes` say what was taken for granted.

    `missing` says what is not counted in `high`, so that the cost has no upper end.
    """

    low: Decimal
    high: Decimal
    notes: tuple[str, ...] = ()
    missing: str = ""


def joined(parts: Iterable[Part]) -> Part:
    """Return one part that holds all of `parts`, in their order."""
    every = tuple(parts)
    return Part(
        lines=tuple(line for part in every for line in part.lines),
        unpriced=tuple(one for part in every for one in part.unpriced),
        open_ended=any(part.open_ended for part in every),
    )


def without_price(name: str, reason: str, location: Location) -> Part:
    """Return the part of something that costs money and has no price here."""
    return Part(unpriced=(Unpriced(name, reason, location),), open_ended=True)


def line(name: str, quantity: Quantity, price: Price, *notes: str) -> CostLine:
    """Return a line of one price."""
    return CostLine(
        name=name,
        unit=price.unit,
        quantity=quantity.high,
        price=price,
        low_quantity=quantity.low,
        low_price=price,
        assumption=sentence(*quantity.notes, *notes),
    )


def sentence(*notes: str) -> str:
    """Return what was taken for granted, each thing once, as one text."""
    return "; ".join(dict.fromkeys(filter(None, notes)))


def with_missing(part: Part, quantity: Quantity, name: str, location: Location) -> Part:
    """Return `part`, with what `quantity` leaves out listed as having no price."""
    return joined((part, without_price(name, quantity.missing, location))) if quantity.missing else part


def counted(low: Value[int], high: Value[int], idle: bool = False) -> Quantity:
    """Return how many there are: one where no count is written; from none up where the service scales to zero.

    An unknown least count is nought, an unknown largest one leaves the cost without an upper end.
    """
    notes: list[str] = []
    least = _bound(low)
    most = _bound(high)
    missing = ""
    if isinstance(most, str):
        missing = f"the largest count is not known: {most}"
        most = None
    if isinstance(least, str):
        notes.append(f"the least count is not known ({least}): 0 is the low end")
        least = ZERO
        most = ONE if most is None else most
    if least is None and most is None:
        notes.append("" if missing else "no count is written: one is taken")
    bottom = min(ONE, ONE if most is None else most) if least is None else least
    top = max(bottom, ONE) if most is None else most
    if most is None and least == 0 and not missing:
        notes.append("no largest count is written: one is taken")
    if missing:
        notes.append(f"{missing}: {top:f} is counted")
    if idle and bottom > 0:
        notes.append("it scales to zero: nothing is the low end")
        bottom = ZERO
    return Quantity(min(bottom, top), max(bottom, top), tuple(notes), missing)


def amount(value: Value[Decimal]) -> Decimal | str | None:
    """Return a known amount (nought where it is below), the reason why it is not known, or None where absent."""
    if isinstance(value, Unknown):
        return value.reason
    if not isinstance(value, Known):
        return None
    if not value.value.is_finite() or value.value > MOST:
        return "more than a billion is not taken for an amount"
    return max(value.value, ZERO)


def _bound(value: Value[int]) -> Decimal | str | None:
    if isinstance(value, Known):
        return amount(Known(Decimal(value.value), value.location))
    return value.reason if isinstance(value, Unknown) else None
