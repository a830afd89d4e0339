"""What the products of the AWS Price List say; each trap that they set is named where it is avoided.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from guard.prices._source import Listed, UpdateError, money
from guard.prices.schema import STORAGE

_YEARS = {"1yr": 1, "1 yr": 1, "3yr": 3, "3 yr": 3}
_PAYMENTS = {"No Upfront": "no_upfront", "All Upfront": "all_upfront"}
_HOURS_OF_A_YEAR = 8760
# `USE1-Host:ml.g5.xlarge`: what it is used for, and the type.
_SAGEMAKER_USAGE = re.compile(r"(?:[A-Z0-9]+-)?(?P<use>[A-Za-z]+):(?P<sku>ml\.[a-z0-9-]+\.[a-z0-9-]+)")
_SAGEMAKER_USES = {"Host": "hosting", "Train": "training", "Tsform": "batch_transform", "Notebk": "notebook"}
_VOLUMES = ("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard")
# Provisioned IOPS and throughput by volume and group; io2 is sold in three tiers, told apart in `group`.
_PROVISIONED = {
    ("gp3", "EBS IOPS"): ("ebs:gp3:iops_over_3000", "IOPS-month"),
    ("io1", "EBS IOPS"): ("ebs:io1:iops", "IOPS-month"),
    ("io2", "EBS IOPS"): ("ebs:io2:iops_to_32000", "IOPS-month"),
    ("io2", "EBS IOPS Tier 2"): ("ebs:io2:iops_32001_64000", "IOPS-month"),
    ("io2", "EBS IOPS Tier 3"): ("ebs:io2:iops_over_64000", "IOPS-month"),
    ("gp3", "EBS Throughput"): ("ebs:gp3:throughput_over_125", "MiBps-month"),
}


def ec2_prices(offer: object) -> Iterator[Listed]:
    """Yield the prices of a product of AmazonEC2 that is a Linux instance of shared tenancy."""
    product, attributes, day = _read(offer)
    if product["productFamily"] not in ("Compute Instance", "Compute Instance (bare metal)"):
        return
    sku, region = str(attributes["instanceType"]), str(attributes["regionCode"])
    # The query asks for these; a server that ignores a filter must not turn Windows into Linux.
    wanted = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}
    # Capacity Blocks are products of the same type with a price of nought; other operations carry a licence.
    sold = attributes.get("marketoption", "OnDemand") == "OnDemand" and attributes["operation"] == "RunInstances"
    if not sold or any(attributes[name] != value for name, value in wanted.items()):
        return
    terms = product["terms"]
    for amount in _hourly(terms):
        yield Listed("", sku, region, "hour", "on_demand", "", day, amount)
    for purchase, payment, amount in _reserved(terms):
        yield Listed("", sku, region, "hour", purchase, payment, day, amount)


def sagemaker_prices(offer: object) -> Iterator[Listed]:
    """Yield the hourly price of a product of AmazonSageMaker that is an instance."""
    product, attributes, day = _read(offer)
    match = _SAGEMAKER_USAGE.fullmatch(str(attributes.get("usagetype", "")))
    if match is None or match["use"] not in _SAGEMAKER_USES or product["productFamily"] != "ML Instance":
        return
    for amount in _hourly(product["terms"]):
        service, region = f"sagemaker:{_SAGEMAKER_USES[match['use']]}", str(attributes["regionCode"])
        yield Listed(service, match["sku"], region, "hour", "on_demand", "", day, amount)


def ebs_prices(offer: object) -> Iterator[Listed]:
    """Yield the monthly price of a product of AmazonEC2 that is a volume's capacity, IOPS or throughput."""
    product, attributes, day = _read(offer)
    volume, region = str(attributes.get("volumeApiName", "")), str(attributes["regionCode"])
    if product["productFamily"] == "Storage":
        sku, unit = (f"ebs:{volume}", "GB-month") if volume in _VOLUMES else ("", "")
    else:
        sku, unit = _PROVISIONED.get((volume, str(attributes.get("group", ""))), ("", ""))
    if not sku:
        return
    for published, amount in _on_demand(product["terms"]):
        # Throughput is sold by the GiB/s in the Price List, and by the MiB/s everywhere else.
        divisor = 1024 if published.lower() == "gibps-mo" else 1
        exact = money(amount)
        if exact is not None:
            yield Listed(STORAGE, sku, region, unit, "on_demand", "", day, str(exact / divisor))


def _read(offer: object) -> tuple[Mapping[str, Any], Mapping[str, Any], str]:
    """Return a product with its terms, its attributes, and the day of the list: an offer is JSON within JSON."""
    made = json.loads(offer) if isinstance(offer, str) else offer
    if not isinstance(made, dict):
        raise TypeError("a product is no object")
    product, day = made["product"], str(made["publicationDate"])[:10]
    return {"productFamily": "", **product, "terms": made["terms"]}, product["attributes"], day


def _on_demand(terms: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (unit, USD) of each on-demand dimension that begins at nought: the later ones are discounts by volume."""
    for term in (terms.get("OnDemand") or {}).values():
        for dimension in term["priceDimensions"].values():
            if Decimal(str(dimension.get("beginRange") or "0")) == 0:
                yield str(dimension["unit"]), _usd(dimension)


def _hourly(terms: Mapping[str, Any]) -> Iterator[str]:
    return (amount for unit, amount in _on_demand(terms) if unit.lower() in ("hrs", "hours", "hr"))


def _reserved(terms: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (purchase, payment, USD an hour) of standard reservations.

    A fee up front has the unit `Quantity` and is of the whole term; convertible ones cost more and bind to no type.
    """
    for term in (terms.get("Reserved") or {}).values():
        attributes = term["termAttributes"]
        years, payment = _YEARS.get(attributes["LeaseContractLength"]), _PAYMENTS.get(attributes["PurchaseOption"])
        if years is None or payment is None or attributes.get("OfferingClass", "standard") != "standard":
            continue
        total = Decimal(0)
        for dimension in term["priceDimensions"].values():
            amount = Decimal(_usd(dimension))
            total += amount / (_HOURS_OF_A_YEAR * years) if dimension["unit"] == "Quantity" else amount
        yield f"commit_{years}y", payment, str(total)


def _usd(dimension: Mapping[str, Any]) -> str:
    price = dimension["pricePerUnit"]
    if "USD" not in price:
        raise UpdateError(f"the prices are in {', '.join(sorted(price)) or 'no currency'} and not in USD")
    return str(price["USD"])
