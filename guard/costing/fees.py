"""What managed services cost of themselves: control planes, load balancers, bought throughput."""

from __future__ import annotations

from guard.costing.parts import ONE, ZERO, Part, Quantity, amount, line, without_price
from guard.costing.regions import REFERENCE_REGIONS, Region, region_of
from guard.model.price import HOURS_PER_MONTH, TOKENS, Price, PriceBook
from guard.model.resource import Fee, Resource
from guard.model.value import Unknown

_SAME_EVERYWHERE = ("eks", "gke", "aks")
"""Control planes: their providers state one price for all regions, and the book has it for one."""


_TERMS = {"no_commit": " without commitment", "commit_1m": " for one month", "commit_6m": " for six months"}


def fee_part(fee: Fee, resource: Resource, prices: PriceBook) -> Part:
    """Return what `fee` costs a month."""
    region = region_of(fee.provider, fee.region, resource.region)
    price, note = _price(fee, region, prices)
    if price is None and fee.service == TOKENS:
        reason = f"there is no price of {fee.sku} by {fee.provider} (pip install 'guard-iac[tokens]' brings prices)"
        return without_price(fee.name, reason, fee.location)
    if price is None:
        term = _TERMS.get(fee.purchase, "")
        reason = region.reason or f"there is no price for {fee.provider} {fee.service} {fee.sku}{term} in {region.name}"
        return without_price(fee.name, reason, fee.location)
    by_time = price.unit.endswith("hour")
    units = amount(fee.quantity)
    if units is None and not by_time:
        return without_price(fee.name, "how much depends on use: declare it in a usage file", fee.location)
    if isinstance(units, str):
        return _unknown_quantity(fee, price, units, by_time, note, isinstance(fee.quantity, Unknown))
    assumed = "" if units is not None else "no number is written: one is taken"
    bound = f"bought{_TERMS[fee.purchase]}" if fee.purchase in _TERMS else ""
    total = (ONE if units is None else units) * (HOURS_PER_MONTH if by_time else ONE)
    if total == 0:
        return Part()
    return Part((line(fee.name, Quantity(total, total), price, assumed, bound, note),))


def _unknown_quantity(fee: Fee, price: Price, reason: str, by_time: bool, note: str, repeated: bool) -> Part:
    """Return one unit at most, where it runs all month, and that there may be more of them."""
    missing = without_price(fee.name, f"how many there are is not known: {reason}", fee.location)
    if not by_time or not repeated:
        return missing
    counted = line(
        fee.name, Quantity(ZERO, HOURS_PER_MONTH), price, f"their number is not known ({reason}): up to one", note
    )
    return Part((counted,), missing.unpriced, open_ended=True)


def _price(fee: Fee, region: Region, prices: PriceBook) -> tuple[Price | None, str]:
    if fee.service == TOKENS:
        return prices.managed(fee.provider, fee.service, fee.sku, ""), ""
    if region.name:
        price = prices.managed(fee.provider, fee.service, fee.sku, region.name, fee.purchase)
        if price is not None:
            return price, region.note
    if fee.service not in _SAME_EVERYWHERE:
        return None, ""
    reference = REFERENCE_REGIONS.get(fee.provider, "")
    return prices.managed(
        fee.provider, fee.service, fee.sku, reference
    ), f"the price of {reference}, which holds everywhere"
