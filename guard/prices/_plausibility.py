"""Whether new prices can be true, by what was known before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from guard.prices.writing import PriceFact

LEAST_SHARE = Decimal("0.5")
"""A region with less than this share of the prices it had is a region that was not read to the end."""
FEW = 20
"""Below so many prices a share says nothing: small zones open and close."""
LARGEST_MOVE = 100
"""No list price has moved by this factor; a price for another unit (a term, a second) has."""
_TOLD = 3


def key(fact: PriceFact) -> tuple[str, ...]:
    """Return what a price is the price of."""
    return (fact.service, fact.sku.lower(), fact.region, fact.unit, fact.purchase, fact.payment)


def objections(new: Sequence[PriceFact], before: Iterable[PriceFact]) -> tuple[str, ...]:
    """Return what speaks against `new` prices where those of the same regions were `before`, nothing if all is well."""
    known = {key(one): one for one in before}
    return (*_short(new, known), *_moved(new, known))


def _short(new: Sequence[PriceFact], known: Mapping[tuple[str, ...], PriceFact]) -> list[str]:
    had, has = _counts(known.values()), _counts(new)
    if not has:
        return ["there is no on-demand price of any instance type"]
    short = [
        f"{region} has {has[region]:,} on-demand prices, and had {count:,}"
        for region, count in sorted(had.items())
        if count >= FEW and has[region] < count * LEAST_SHARE
    ]
    return _some(short, "regions")


def _counts(facts: Iterable[PriceFact]) -> Counter[str]:
    return Counter(one.region for one in facts if not one.service and one.purchase == "on_demand")


def _moved(new: Sequence[PriceFact], known: Mapping[tuple[str, ...], PriceFact]) -> list[str]:
    moved = []
    for one in new:
        before = known.get(key(one))
        if before is None or before.amount <= 0:
            continue
        ratio = one.amount / before.amount
        if ratio > LARGEST_MOVE or ratio * LARGEST_MOVE < 1:
            name = " ".join(filter(None, (one.service, one.sku, one.region, one.purchase, one.payment)))
            moved.append(f"{name} costs {one.amount.normalize():f}, and cost {before.amount.normalize():f}")
    return _some(sorted(moved), "prices")


def _some(messages: list[str], what: str) -> list[str]:
    if len(messages) <= _TOLD:
        return messages
    return [*messages[:_TOLD], f"so it is with {len(messages) - _TOLD:,} more {what}"]
