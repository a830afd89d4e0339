"""The shares of on-demand that spot is assumed to cost are those that the embedded price book shows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from guard.costing.purchases import SPOT_SHARES
from guard.prices._store import Store
from guard.prices.places import EMBEDDED

STORE = Store(EMBEDDED)


def observed(provider: str) -> Iterator[tuple[str, Decimal]]:
    """Yield an instance type and the share of on-demand that spot costs, for each region where both are known."""
    amounts = {
        (one.sku.lower(), one.region, one.purchase): one.amount
        for one in STORE.price_facts(provider)
        if not one.service and one.unit == "hour"
    }
    for (sku, region, purchase), amount in amounts.items():
        on_demand = amounts.get((sku, region, "on_demand"))
        if purchase == "spot" and on_demand:
            yield sku, amount / on_demand
        saving = STORE.saving(provider, sku, region) if provider == "aws" and purchase == "on_demand" else None
        if saving:
            yield sku, 1 - Decimal(saving.percent) / 100


@pytest.mark.parametrize("provider", sorted({name for name, _ in SPOT_SHARES}))
def test_shares_are_percentiles_of_the_price_book(provider: str) -> None:
    accelerated = {one.instance_type.lower() for one in STORE.specs_with_accelerator(provider)}
    found = list(observed(provider))
    for has_accelerator in (False, True):
        shares = sorted(share for sku, share in found if (sku in accelerated) == has_accelerator)
        ends = tuple(shares[len(shares) * percent // 100].quantize(Decimal("0.001")) for percent in (5, 95))
        assert ends == SPOT_SHARES[provider, has_accelerator]
