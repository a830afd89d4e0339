"""What an hour of a machine costs by the way it is bought, and what is assumed where no price says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from guard.costing.machines import Machine
from guard.model.price import Band, Price, PriceBook
from guard.model.resource import Purchase

# What spot costs as a share of on-demand, by provider and whether the machine has accelerators: the 5th and the 95th
# percentile over all pairs of type and region that the embedded price book has both prices of (AWS: savings of the Spot
# Advisor); tests/unit/costing/test_spot_shares.py takes them from the book again. The providers state their highest
# discounts only, as 90 or 91 %: https://docs.cloud.google.com/compute/docs/instances/create-use-spot.
SPOT_SHARES = {
    ("aws", False): (Decimal("0.14"), Decimal("0.50")),
    ("aws", True): (Decimal("0.11"), Decimal("0.52")),
    ("azure", False): (Decimal("0.185"), Decimal("0.32")),
    ("azure", True): (Decimal("0.185"), Decimal("0.695")),
    ("google", False): (Decimal("0.132"), Decimal("0.55")),
    ("google", True): (Decimal("0.293"), Decimal("0.60")),
}


@dataclass(frozen=True, slots=True)
class Hourly:
    """The price of an hour, and what was taken for granted; `missing` names a part that the price leaves out."""

    band: Band
    note: str = ""
    missing: str = ""


def hourly(machine: Machine, purchase: Purchase | None, full_month: bool, prices: PriceBook) -> Hourly | None:
    """Return what an hour of a whole `machine` costs, None where that is not known.

    Without `purchase` (not known, or spot mixed with on-demand in an unknown proportion) from spot to on-demand.
    """
    on_demand = _on_demand(machine, full_month, prices)
    if purchase is Purchase.ON_DEMAND:
        return on_demand
    if purchase is Purchase.RESERVED:
        return _reserved(machine, on_demand, prices)
    if purchase is Purchase.DEDICATED:
        missing = "what dedicated tenancy costs beyond shared tenancy has no price"
        return replace(on_demand, missing=missing) if on_demand else None
    spot = _spot(machine, prices)
    if purchase is Purchase.SPOT or spot is None:
        return spot
    if on_demand is None:
        return replace(spot, missing="what runs on demand has no price")
    high = max(spot.band.high, on_demand.band.high, key=lambda price: price.amount)
    return Hourly(Band(spot.band.low, high), "; ".join(filter(None, (spot.note, on_demand.note))))


def _on_demand(machine: Machine, full_month: bool, prices: PriceBook) -> Hourly | None:
    provider, sku, region = machine.place.provider, machine.sku, machine.place.region
    if full_month:
        band = prices.compute(provider, sku, region, "sustained_use")
        if band:
            return Hourly(band, "less the sustained use discount of a full month")
    band = prices.compute(provider, sku, region)
    if band:
        return Hourly(band)
    # The newest machines (p5e, trn2) are sold in blocks of reserved time only.
    band = prices.compute(provider, sku, region, "capacity_block")
    return Hourly(band, "sold as Capacity Blocks only: their price is taken") if band else None


def _reserved(machine: Machine, on_demand: Hourly | None, prices: PriceBook) -> Hourly | None:
    band = prices.compute(machine.place.provider, machine.sku, machine.place.region, "commit_1y")
    if band:
        payment = band.high.payment.replace("_", " ")
        return Hourly(band, f"one year's commitment{', ' + payment if payment else ''}")
    if on_demand is None:
        return None
    return replace(on_demand, note="no price of a commitment is known: on demand is taken")


def _spot(machine: Machine, prices: PriceBook) -> Hourly | None:
    provider, sku, region = machine.place.provider, machine.sku, machine.place.region
    band = prices.compute(provider, sku, region, "spot")
    if band:
        note = "spot price of a month: Google changes it monthly" if provider == "google" else ""
        return Hourly(band, note)
    band = prices.compute(provider, sku, region)
    specs = prices.specs(provider, sku)
    shares = SPOT_SHARES.get((provider, bool(specs and specs.accelerator) or sku.startswith(("gpu:", "tpu:"))))
    if band is None or shares is None:
        return None
    low, high = (_share(price, share) for price, share in zip((band.low, band.high), shares, strict=True))
    usual = f"{_percent(shares[0])} to {_percent(shares[1])} of the on-demand price"
    return Hourly(
        Band(low, high), f"no spot price of {sku} is known: {usual}, as nine in ten spot prices of {provider}"
    )


def _share(price: Price, share: Decimal) -> Price:
    source = f"derived: {price.source} on-demand x {share} (spot prices in other regions and of other types)"
    return replace(price, amount=price.amount * share, purchase="spot", source=source)


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"
