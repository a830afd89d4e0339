"""Whether nodes bought as spot have on-demand nodes behind them in the same cluster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.resource import Purchase
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._terraform_joining import bare


class Pool(NamedTuple):
    """A pool of nodes: how it is bought, how far it may grow, its accelerated family ("" for none) and its taints."""

    address: str
    location: Location
    purchase: Value[Purchase]
    high: Value[int]
    family: Value[str]
    taints: frozenset[str]


def fallback(spot: Pool, others: Iterable[Pool]) -> Value[str]:
    """Return the on-demand pool of the same cluster that can take over from a spot pool; absent for other pools.

    It counts where it has the same accelerated family (or neither has one), may grow above zero, and has no taint that
    the spot pool has not: then every pod that fits here fits there, and the cluster's autoscaler may move it. With
    further taints it is for the pods to say whether they tolerate them, so it is unknown.
    """
    if not isinstance(spot.purchase, Known) or spot.purchase.value is not Purchase.SPOT:
        return Absent(spot.purchase.location)
    undecided: Unknown | None = None
    for other in others:
        answer = _takes_over(spot, other)
        if isinstance(answer, Unknown):
            undecided = undecided or answer
        elif answer:
            return Known(f"{other.address} (on-demand)", other.location)
    return undecided or Absent(spot.purchase.location)


def _takes_over(spot: Pool, other: Pool) -> bool | Unknown:
    if isinstance(other.purchase, Known) and other.purchase.value is not Purchase.ON_DEMAND:
        return False
    for fact in (other.purchase, other.high, spot.family, other.family):
        if isinstance(fact, Unknown):
            return Unknown(fact.reason, fact.location)
    grows = not isinstance(other.high, Known) or other.high.value > 0
    same = (
        isinstance(spot.family, Known) and isinstance(other.family, Known) and spot.family.value == other.family.value
    )
    further = other.taints - spot.taints
    if grows and same and further:
        reason = f"pods may fall back on {other.address} if they tolerate its taint {min(further)}"
        return Unknown(reason, other.location)
    return grows and same


def siblings(one: Instance, others: Iterable[Instance], attribute: str) -> tuple[Instance, ...]:
    """Return those of `others` that mean the same cluster by `attribute` as `one` does, without `one` itself."""
    return tuple(other for other in others if other.address != one.address and _same(one, other, attribute))


def taints(pool: Instance, *path: str) -> frozenset[str]:
    """Return the keys of the taints that are written as blocks with a `key` at `path`."""
    keys = (taint.text("key") for taint in pool.body.items(*path))
    return frozenset(key.value for key in keys if isinstance(key, Known))


def _same(one: Instance, other: Instance, attribute: str) -> bool:
    mine, theirs = one.body.text(attribute), other.body.text(attribute)
    if isinstance(mine, Known) and isinstance(theirs, Known):
        return mine.value == theirs.value
    if one.module != other.module:
        return False
    if isinstance(mine, Unknown) and isinstance(theirs, Unknown):
        if mine.reference and theirs.reference:
            return mine.reference == theirs.reference
        # What has no value for the same cause in one module is the same thing, whatever it turns out to be.
        if _cause(mine) == _cause(theirs):
            return True
    references = [{bare(name) for name in pool.references.get(attribute, ())} for pool in (one, other)]
    return bool(references[0]) and references[0] == references[1]


def _cause(unknown: Unknown) -> str:
    return unknown.reason.rpartition(" has no value: ")[2]
