"""What data costs that a workload reads from, or writes to, another region or another cloud."""

from __future__ import annotations

from decimal import Decimal

from guard.costing.parts import Part, amount, sentence, without_price
from guard.model.price import CostLine, Price, PriceBook
from guard.model.regions import together
from guard.model.resource import DataLink, Resource
from guard.model.value import Known, Unknown, first

_SCHEMES = {
    "s3": "aws",
    "s3a": "aws",
    "s3n": "aws",
    "gs": "google",
    "gcs": "google",
    "abfs": "azure",
    "abfss": "azure",
    "wasb": "azure",
    "wasbs": "azure",
    "azureml": "azure",
}


def transfer_part(link: DataLink, resource: Resource, prices: PriceBook) -> Part:
    """Return what moving the data of `link` costs a month: nothing within one region."""
    volume = amount(link.gib_per_month)
    here = first(*(one.region for one in resource.compute), resource.region)
    there = link.region
    if isinstance(here, Known) and isinstance(there, Known):
        return _between(link, resource, here.value, there.value, volume, prices)
    if volume is None:
        return Part()
    unknown = next((one.reason for one in (there, here) if isinstance(one, Unknown)), "it is not written")
    return without_price(_name(link), f"between which regions it moves is not known: {unknown}", link.location)


def _between(
    link: DataLink, resource: Resource, here: str, there: str, volume: Decimal | str | None, prices: PriceBook
) -> Part:
    own = _provider(resource)
    other = _scheme(link) or own
    if own == other and together(here, there):
        return Part()
    if not isinstance(volume, Decimal):
        why = f"how much is not known: {volume}" if volume else "how much depends on use: declare it in a usage file"
        return without_price(_name(link), f"it moves between {there} and {here}, and {why}", link.location)
    reading, writing = (other, there, here), (own, here, there)
    ways = {"read": (reading,), "write": (writing,)}.get(link.direction, (reading, writing))
    found: list[Price] = []
    for provider, source, destination in ways:
        price = prices.transfer(provider, source, destination if own == other else "internet")
        if price is None:
            reason = f"there is no price for data from {source} to {destination}"
            return without_price(_name(link), reason, link.location)
        found.append(price)
    return Part((_line(link, volume, found),))


def _line(link: DataLink, volume: Decimal, found: list[Price]) -> CostLine:
    low, high = min(found, key=lambda one: one.amount), max(found, key=lambda one: one.amount)
    both = "read and written in an unknown proportion" if len(found) > 1 else ""
    return CostLine(
        name=_name(link),
        unit=high.unit,
        quantity=volume,
        price=high,
        low_quantity=volume,
        low_price=low,
        assumption=sentence(both, "all of it at the price of the first tier", "1 GiB counts as 1 GB"),
    )


def _provider(resource: Resource) -> str:
    named = next((one.provider for one in resource.compute if one.provider), "")
    return named or (resource.platform if resource.platform in ("aws", "google", "azure") else "")


def _scheme(link: DataLink) -> str:
    if not isinstance(link.uri, Known):
        return ""
    scheme, separator, _ = link.uri.value.partition("://")
    return _SCHEMES.get(scheme.lower(), "") if separator else ""


def _name(link: DataLink) -> str:
    where = link.uri.value if isinstance(link.uri, Known) else link.target
    return f"transfer of {where}" if where else "transfer"
