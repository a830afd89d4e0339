"""What kept data costs: capacity, and the operations and throughput that are bought with it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal

from guard.costing.parts import ZERO, Part, Quantity, amount, counted, joined, line, with_missing, without_price
from guard.costing.regions import Region, region_of
from guard.model.price import HOURS_PER_MONTH, Price, PriceBook
from guard.model.resource import Resource, Storage
from guard.model.value import Known, Unknown, Value

_BY_USE = ("s3:", "gcs:", "blob:", "efs:", "cloudwatch_logs:", "ecr", "bigquery:")
_AZURE_TIERS = {"premium": "P", "premiumssd": "P", "standardssd": "E", "standard": "S"}
# https://learn.microsoft.com/azure/virtual-machines/disks-types: the sizes in GiB of the tiers of managed disks.
_AZURE_SIZES = (
    (4, 1), (8, 2), (16, 3), (32, 4), (64, 6), (128, 10), (256, 15), (512, 20), (1024, 30), (2048, 40), (4096, 50),
    (8192, 60), (16384, 70), (32767, 80),
)  # fmt: skip
_SMALLEST_STANDARD = 4
"""Standard HDD disks begin at S4."""

# (kind, the written fact, the SKU that it is charged by, what is free or charged by the tier before, up to)
_OPERATIONS: tuple[tuple[str, str, str, int, int | None], ...] = (
    ("ebs:io1", "iops", "ebs:io1:iops", 0, None),
    ("ebs:io2", "iops", "ebs:io2:iops_to_32000", 0, 32000),
    ("ebs:io2", "iops", "ebs:io2:iops_32001_64000", 32000, 64000),
    ("ebs:io2", "iops", "ebs:io2:iops_over_64000", 64000, None),
    ("ebs:gp3", "iops", "ebs:gp3:iops_over_3000", 3000, None),
    ("ebs:gp3", "throughput", "ebs:gp3:throughput_over_125", 125, None),
    ("disk:premium_v2", "iops", "disk:premium_v2:iops_over_3000", 3000, None),
    ("disk:premium_v2", "throughput", "disk:premium_v2:mbps_over_125", 125, None),
    ("disk:ultra", "iops", "disk:ultra:iops", 0, None),
    ("disk:ultra", "throughput", "disk:ultra:mbps", 0, None),
    ("pd-extreme", "iops", "pd-extreme:iops", 0, None),
    ("hyperdisk-extreme", "iops", "hyperdisk-extreme:iops", 0, None),
    ("efs:standard", "throughput", "efs:provisioned_throughput", 0, None),
    ("efs:one_zone", "throughput", "efs:provisioned_throughput", 0, None),
    ("fsx_openzfs:ssd", "throughput", "fsx_openzfs:throughput", 0, None),
    ("fsx_openzfs:ssd", "iops", "fsx_openzfs:iops", 0, None),
    ("fsx_openzfs_multi_az:ssd", "throughput", "fsx_openzfs_multi_az:throughput", 0, None),
    ("fsx_openzfs_multi_az:ssd", "iops", "fsx_openzfs_multi_az:iops", 0, None),
    ("fsx_windows_multi_az:ssd", "throughput", "fsx_windows_multi_az:throughput", 0, None),
    ("fsx_windows_multi_az:hdd", "throughput", "fsx_windows_multi_az:throughput", 0, None),
)
# What comes with each GiB that is kept: https://aws.amazon.com/efs/pricing/ (50 KiB/s), /fsx/openzfs/pricing/ (3 IOPS).
_INCLUDED = {
    "efs:provisioned_throughput": Decimal("0.05"),
    "fsx_openzfs:iops": Decimal(3),
    "fsx_openzfs_multi_az:iops": Decimal(3),
}
_CAPACITY = {"disk:premium_v2": "disk:premium_v2:capacity", "disk:ultra": "disk:ultra:capacity"}
_ALWAYS_BOUGHT = ("ebs:io1", "ebs:io2", "disk:ultra", "pd-extreme", "hyperdisk-extreme")


def storage_part(storage: Storage, resource: Resource, prices: PriceBook) -> Part:
    """Return what `storage` costs a month."""
    count = counted(storage.count_min, storage.count_max)
    if count.high == 0:
        return Part()
    name = storage.name or "storage"
    region = region_of(storage.provider, storage.region, resource.region)
    kind = storage.kind
    if not isinstance(kind, Known):
        reason = f"its kind is not known: {kind.reason}" if isinstance(kind, Unknown) else "its kind is not written"
        return without_price(name, reason, storage.location)
    size = amount(storage.size_gib)
    if not isinstance(size, Decimal):
        return without_price(name, _no_size(kind.value, size), storage.location)
    if region.reason:
        return without_price(name, region.reason, storage.location)
    sku = _sku(storage.provider, kind.value, size)
    size = _ultra_size(size) if sku == "disk:ultra" else size
    capacity = _capacity(storage, sku, size, count, region, prices)
    part = joined((capacity, *_operations(storage, sku, size, count, region, prices)))
    return with_missing(part, count, f"{name} count", storage.location)


def _no_size(kind: str, reason: str | None) -> str:
    if reason:
        return f"its size is not known: {reason}"
    if kind.startswith(_BY_USE):
        return "its size depends on use: declare it in a usage file"
    return "its size is not written: it is that of the image or snapshot"


def _sku(provider: str, kind: str, size: Decimal) -> str:
    """Return the price book's SKU; an Azure disk is sold by tiers of size (`Premium_LRS` of 200 GiB is P15)."""
    plain = kind.lower()
    if provider != "azure" or plain.startswith(("disk:", "blob:")):
        return kind.removesuffix(":capacity")
    family, _, redundancy = plain.partition("_")
    if family == "premiumv2":
        return "disk:premium_v2"
    if family == "ultrassd":
        return "disk:ultra"
    letter = _AZURE_TIERS.get(family, "")
    tier = next((tier for most, tier in _AZURE_SIZES if size <= most), 0)
    if not letter or not tier:
        return kind
    tier = max(tier, _SMALLEST_STANDARD) if letter == "S" else tier
    return f"disk:{letter}{tier}:{redundancy.upper()}"


def _ultra_size(size: Decimal) -> Decimal:
    """Return the GiB that an Ultra Disk is billed as: the next size it is sold in, whole TiB from 1 TiB on.

    https://learn.microsoft.com/azure/virtual-machines/disks-types#ultra-disk-size
    """
    terabyte = Decimal(1024)
    if size > terabyte:
        return (size / terabyte).to_integral_value(ROUND_CEILING) * terabyte
    return next(Decimal(most) for most, _ in _AZURE_SIZES if size <= most)


def _capacity(storage: Storage, sku: str, size: Decimal, count: Quantity, region: Region, prices: PriceBook) -> Part:
    found = prices.storage(storage.provider, _CAPACITY.get(sku, sku), region.name) or _managed(
        sku, storage, region, prices
    )
    name = storage.name or "storage"
    if not found:
        reason = f"there is no price for {storage.provider} {sku} in {region.name}"
        return without_price(name, reason, storage.location)
    price = found[0]
    units = Decimal(1) if price.unit == "disk-month" else size
    return Part((line(f"{_label(storage)}{price.sku}", _times(count, units, price), price, region.note),))


def _managed(sku: str, storage: Storage, region: Region, prices: PriceBook) -> tuple[Price, ...]:
    """Return the price of what a managed service keeps: logs (`cloudwatch_logs:storage`), container images (`ecr`)."""
    service, _, kind = sku.partition(":")
    price = prices.managed(storage.provider, service, kind or "storage", region.name)
    return (price,) if price else ()


def _operations(
    storage: Storage, sku: str, size: Decimal, count: Quantity, region: Region, prices: PriceBook
) -> Iterator[Part]:
    for kind, fact, charged, above, up_to in _OPERATIONS:
        if kind != sku:
            continue
        written: Value[Decimal] = storage.iops if fact == "iops" else storage.throughput_mibps
        wanted = amount(written)
        if isinstance(wanted, str) or (wanted is None and kind in _ALWAYS_BOUGHT):
            # One statement is enough where one fact is charged by several tiers.
            if above == 0 or kind not in _ALWAYS_BOUGHT:
                reason = f"not known: {wanted}" if wanted else "not written"
                yield without_price(f"{storage.name or 'storage'} {fact}", f"its {fact} is {reason}", storage.location)
            continue
        units = _between(wanted or ZERO, above + size * _INCLUDED.get(charged, ZERO), up_to)
        if units > 0:
            yield _charged(storage, charged, units, count, region, prices)


def _charged(storage: Storage, sku: str, units: Decimal, count: Quantity, region: Region, prices: PriceBook) -> Part:
    found = prices.storage(storage.provider, sku, region.name)
    if not found:
        return without_price(f"{_label(storage)}{sku}", f"there is no price for it in {region.name}", storage.location)
    return Part((line(f"{_label(storage)}{sku}", _times(count, units, found[0]), found[0], region.note),))


def _between(units: Decimal, above: Decimal, up_to: int | None) -> Decimal:
    top = units if up_to is None else min(units, Decimal(up_to))
    return max(top - above, ZERO)


def _times(count: Quantity, units: Decimal, price: Price) -> Quantity:
    """Return the quantity in the price's unit: by the hour for a whole month of hours."""
    each = units * HOURS_PER_MONTH if price.unit.endswith("-hour") else units
    return Quantity(count.low * each, count.high * each, count.notes)


def _label(storage: Storage) -> str:
    return f"{storage.name}: " if storage.name else ""
