"""What the items of the Azure Retail Prices API say; each trap that they set is named where it is avoided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from guard.prices._source import Listed, UpdateError, money
from guard.prices.schema import STORAGE

HOURS = {"1 Year": 8760, "3 Years": 26280, "1 year": 8760, "3 years": 26280}
"""The hours of a term: Azure counts 365 days a year."""
_COMMITMENT = {8760: "commit_1y", 26280: "commit_3y"}
# Machines that are sold under the same size name and are no Linux VM of one's own.
_NOT_LINUX = ("windows", "cloud services", "cloudservices", "dedicated host", "rhel", "suse", "ubuntu pro", "sql")
_DISK = re.compile(r"(?P<size>[PES]\d{1,2}) (?P<copies>LRS|ZRS) Disk")


def machine_prices(item: dict[str, Any], day: str) -> Iterator[Listed]:
    """Yield the prices that an item of the service Virtual Machines states, effective on `day` (ISO 8601)."""
    sku, region, product = str(item["armSkuName"]), str(item["armRegionName"]), str(item["productName"])
    if not sku or not region or _elsewhere(item, day) or any(word in product.lower() for word in _NOT_LINUX):
        return
    if item["type"] == "Reservation":
        yield from _reservation(item, sku, region)
        return
    if item["type"] != "Consumption" or item["unitOfMeasure"] != "1 Hour":
        return
    names = f"{item['skuName']} {item['meterName']}".lower()
    # Low Priority is what Batch and scale sets sold before Spot: the same size for another price.
    if "low priority" in names or "expired" in names:
        return
    purchase = "spot" if "spot" in names else "on_demand"
    yield _listed("", sku, region, "hour", purchase, "", item)
    if purchase == "on_demand":
        yield from _savings_plans(item, sku, region)


def disk_prices(item: dict[str, Any], day: str) -> Iterator[Listed]:
    """Yield the price of a managed disk that an item of the service Storage states, effective on `day`."""
    match = _DISK.fullmatch(str(item["meterName"]))
    region = str(item["armRegionName"])
    if match is None or not region or _elsewhere(item, day) or item["type"] != "Consumption":
        return
    if item["unitOfMeasure"] == "1/Month" and "Managed Disks" in str(item["productName"]):
        yield _listed(STORAGE, f"disk:{match['size']}:{match['copies']}", region, "disk-month", "on_demand", "", item)


def _elsewhere(item: dict[str, Any], day: str) -> bool:
    """Tell whether a price holds for other quantities or on another day. Raises UpdateError for another currency."""
    if item["currencyCode"] != "USD":
        raise UpdateError(f"the prices are in {item['currencyCode']} and not in USD")
    starts, ends = str(item.get("effectiveStartDate", ""))[:10], str(item.get("effectiveEndDate") or "")[:10]
    holds = starts <= day and (not ends or day < ends)
    return not holds or Decimal(str(item.get("tierMinimumUnits") or 0)) != 0


def _reservation(item: dict[str, Any], sku: str, region: str) -> Iterator[Listed]:
    """Yield the hourly share of a reservation: its price is that of the whole term, whatever its unit says."""
    hours = HOURS.get(str(item["reservationTerm"]))
    total = money(item["retailPrice"])
    if hours is None or total is None:
        return
    amount = str(total / hours)
    yield _listed("", sku, region, "hour", _COMMITMENT[hours], "all_upfront", item)._replace(amount=amount)


def _savings_plans(item: dict[str, Any], sku: str, region: str) -> Iterator[Listed]:
    for plan in item.get("savingsPlan") or ():
        hours = HOURS.get(str(plan["term"]))
        if hours is not None:
            row = _listed("", sku, region, "hour", _COMMITMENT[hours], "savings_plan", item)
            yield row._replace(amount=str(plan["retailPrice"]))


def _listed(
    service: str, sku: str, region: str, unit: str, purchase: str, payment: str, item: dict[str, Any]
) -> Listed:
    # Which of several prices counts: the one that began last, then that of the region's own (primary) meter.
    since = f"{str(item.get('effectiveStartDate', ''))[:10]} {int(item.get('isPrimaryMeterRegion') is not False)}"
    return Listed(service, sku, region, unit, purchase, payment, since, str(item["retailPrice"]))
