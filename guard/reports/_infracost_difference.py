"""The difference of two breakdowns in Infracost's shape: every number is new minus old, unchanged things left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from guard.reports import _shapes

_NUMBERS = ("hourlyQuantity", "monthlyQuantity", "price", "hourlyCost", "monthlyCost")
_COSTS = ("hourlyCost", "monthlyCost")
_TOTALS = ("totalHourlyCost", "totalMonthlyCost", "totalMonthlyUsageCost")


def difference(now: Mapping[str, Any], past: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `diff` block of a project."""
    pairs = _paired([*past["resources"], *past["freeResources"]], [*now["resources"], *now["freeResources"]])
    changed = [_resource(old, new) for old, new in pairs]
    return {
        "resources": [one for one in changed if one is not None],
        "freeResources": [],
        **{name: _minus(now[name], past[name]) for name in _TOTALS},
    }


def _resource(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return how a resource or a part of one differs, None where it does not."""
    one = new or old or {}
    components = _components((old or {}).get("costComponents", []), (new or {}).get("costComponents", []))
    pairs = _paired((old or {}).get("subresources", []), (new or {}).get("subresources", []))
    parts = [part for was, is_ in pairs if (part := _resource(was, is_)) is not None]
    if not components and not parts:
        return None
    made = {key: one[key] for key in ("name", "resourceType", "tags") if key in one}
    made |= {"metadata": one["metadata"] if "resourceType" in one else {}}
    made |= {name: _minus((new or {}).get(name), (old or {}).get(name)) for name in _COSTS}
    made["costComponents"] = components
    return {**made, "subresources": parts} if parts else made


def _components(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the components that differ; what has another name now is the old one changed, in their order."""
    was, is_ = {one["name"]: one for one in old}, {one["name"]: one for one in new}
    gone = [one for one in old if one["name"] not in is_]
    come = [one for one in new if one["name"] not in was]
    renamed = [(a, b) for a, b in zip(gone, come, strict=False) if a["unit"] == b["unit"]]
    taken = [one for pair in renamed for one in pair]
    pairs: list[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]] = [
        *((was[name], is_[name]) for name in was if name in is_ and was[name] != is_[name]),
        *renamed,
        *((one, None) for one in gone if one not in taken),
        *((None, one) for one in come if one not in taken),
    ]
    return [_component(a, b) for a, b in pairs]


def _component(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    one = new or old or {}
    before, after = (old or one)["name"], (new or one)["name"]
    made = {**one, "name": after if before == after else f"{before} → {after}"}
    return made | {name: _minus((new or {}).get(name), (old or {}).get(name)) for name in _NUMBERS}


def _paired(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    was, is_ = {one["name"]: one for one in old}, {one["name"]: one for one in new}
    return [(was.get(name), is_.get(name)) for name in dict.fromkeys([*was, *is_])]


def _minus(new: str | None, old: str | None) -> str | None:
    if new is None and old is None:
        return None
    return _shapes.exact(Decimal(new or 0) - Decimal(old or 0))
