"""A price that somebody has negotiated, in place of the list price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Override:
    """What somebody pays in place of the list price: `discount_percent` off it, or `amount` USD a unit.

    One of the two is given. `sku` and `region` are globs (`*`, `?`) in any letter case. `service` is empty for instance
    types, and else a service's name (`storage`, `eks`) or a glob; `transfer` is data that leaves `region`, with the
    region that it goes to, or `internet`, as `sku`. `purchase` is empty for every way to buy. `note` says whose price
    it is (`EDP 2026`), for the reports.
    """

    provider: str
    sku: str = "*"
    region: str = "*"
    service: str = ""
    purchase: str = ""
    discount_percent: Decimal | None = None
    amount: Decimal | None = None
    note: str = ""
