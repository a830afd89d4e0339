"""Azure virtual machines, scale sets and managed disks."""

from __future__ import annotations

from decimal import Decimal

from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Purpose, Storage
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._terraform import Facts, Reader, Site, chosen, default
from guard.platforms._terraform_joining import means
from guard.platforms._terraform_uris import checkpoint, label_links, text_links

PRIORITIES = {"SPOT": Purchase.SPOT, "REGULAR": Purchase.ON_DEMAND, "LOW": Purchase.SPOT}
WINDOWS = "guard prices the machine without the Windows licence"
# The sizes in GiB up to which a managed disk is of a tier, and the tiers' numbers (Azure: managed disk pricing).
_TIERS = (
    (4, 1),
    (8, 2),
    (16, 3),
    (32, 4),
    (64, 6),
    (128, 10),
    (256, 15),
    (512, 20),
    (1024, 30),
    (2048, 40),
    (4096, 50),
    (8192, 60),
    (16384, 70),
    (32767, 80),
)
_FAMILIES = {"Premium": "P", "StandardSSD": "E", "Standard": "S"}
_SMALLEST = {"S": 32}
_BY_CAPACITY = {"PremiumV2_LRS": "disk:premium_v2:capacity", "UltraSSD_LRS": "disk:ultra:capacity"}


def disk_sku(account: Value[str], size: Value[Decimal]) -> Value[str]:
    """Return the price list's name of a managed disk: `disk:P10:LRS` for `Premium_LRS` of up to 128 GiB."""
    if not isinstance(account, Known):
        return account
    by_capacity = _BY_CAPACITY.get(account.value)
    if by_capacity is not None:
        return Known(by_capacity, account.location, account.trail)
    family, _, redundancy = account.value.partition("_")
    letter = _FAMILIES.get(family)
    if letter is None or not redundancy:
        return Unknown(f"guard does not know the disk type {account.value!r}", account.location)
    if not isinstance(size, Known):
        return Unknown("the size of the disk, which decides its price tier, is not written", size.location)
    gib = max(size.value, Decimal(_SMALLEST.get(letter, 0)))
    tier = next((number for limit, number in _TIERS if gib <= limit), None)
    if tier is None:
        return Unknown(f"no managed disk is as large as {size.value} GiB", size.location)
    return Known(f"disk:{letter}{tier}:{redundancy}", account.location, account.trail)


def disk(site: Site, block: Node, name: str, count: tuple[Value[int], Value[int]]) -> Storage:
    """Return a managed disk as an `os_disk`, `data_disk` or managed disk writes it."""
    account = first(block.text("storage_account_type"), block.text("managed_disk_type"))
    size = block.number("disk_size_gb")
    return Storage(
        location=block.location,
        name=name,
        provider="azure",
        kind=disk_sku(account, size),
        size_gib=size,
        iops=first(block.number("disk_iops_read_write"), block.number("ultra_ssd_disk_iops_read_write")),
        throughput_mibps=block.number("disk_mbps_read_write"),
        region=site.region,
        count_min=count[0],
        count_max=count[1],
    )


def disks(site: Site, count: tuple[Value[int], Value[int]]) -> tuple[Storage, ...]:
    """Return the disks that are written inside a machine or scale set."""
    names = ("os_disk", "data_disk", "storage_os_disk")
    return tuple(disk(site, one, name.replace("_", " "), count) for name in names for one in site.body.items(name))


def scripts(body: Node) -> tuple[Node | None, ...]:
    """Return the start-up scripts of a machine."""
    return (body.get("custom_data"), body.get("user_data"))


def _machine(site: Site) -> Facts:
    one = site.one()
    body = site.body
    code = scripts(body)
    compute = Compute(
        location=site.here,
        provider="azure",
        instance_type=first(body.text("size"), body.text("vm_size")),
        count_min=one,
        count_max=one,
        purchase=chosen(body.text("priority"), PRIORITIES, Purchase.ON_DEMAND),
        checkpoint=checkpoint(site, code, site.here),
        region=site.region,
        zone=site.zone,
    )
    return Facts(
        compute=(compute,),
        storage=disks(site, (one, one)),
        data=(*text_links(code), *label_links(site)),
        unpriced=WINDOWS if "windows" in site.instance.type else "",
    )


def _scale_set(site: Site) -> Facts:
    body = site.body
    low, high = _bounds(site)
    code = scripts(body)
    compute = Compute(
        location=site.here,
        provider="azure",
        instance_type=first(body.text("sku"), body.text("sku_name"), body.text("sku", "name")),
        count_min=low,
        count_max=high,
        purchase=_mixed(body) or chosen(body.text("priority"), PRIORITIES, Purchase.ON_DEMAND),
        spot_share=_spot_share(body, high),
        fallback=_fallback(body, site),
        checkpoint=checkpoint(site, code, site.here),
        region=site.region,
        zone=site.zone,
    )
    return Facts(
        compute=(compute,),
        storage=disks(site, (low, high)),
        data=(*text_links(code), *label_links(site)),
        unpriced=WINDOWS if "windows" in site.instance.type else "",
    )


def _bounds(site: Site) -> tuple[Value[int], Value[int]]:
    """Return the size of a scale set: the widest bounds of its autoscale profiles, or its number of instances."""
    for one in site.around.instances_of("azurerm_monitor_autoscale_setting"):
        if means(one, "target_resource_id", site.instance):
            capacity = ("profile", "capacity")
            return (
                site.counted(one.body.integer(*capacity, "minimum")),
                site.counted(one.body.integer(*capacity, "maximum")),
            )
    count = site.counted(first(site.body.integer("instances"), site.body.integer("sku", "capacity")))
    return count, count


def _mixed(body: Node) -> Known[Purchase] | None:
    mix = body.get("priority_mix")
    if mix is None or isinstance(mix.value, Unknown):
        return None
    return Known(Purchase.MIXED, mix.location)


def _spot_share(body: Node, high: Value[int]) -> Value[Decimal]:
    if _mixed(body) is None:
        return Absent(body.nearest("priority_mix"))
    base = default(body.integer("priority_mix", "base_regular_count"), 0)
    percent = default(body.number("priority_mix", "regular_percentage_above_base"), Decimal(0))
    if not isinstance(base, Known):
        return base
    if not isinstance(percent, Known):
        return percent
    above = 1 - max(Decimal(0), min(percent.value, Decimal(100))) / 100
    kept = base.value
    return mapped(high, lambda most: above * max(0, most - kept) / most if most > 0 else Decimal(0))


def _fallback(body: Node, site: Site) -> Value[str]:
    base = default(body.integer("priority_mix", "base_regular_count"), 0)
    percent = default(body.number("priority_mix", "regular_percentage_above_base"), Decimal(0))
    if isinstance(base, Unknown):
        return base
    if isinstance(percent, Unknown):
        return percent
    if base.value <= 0 and percent.value <= 0:
        return Absent(site.body.nearest("priority"))
    return Known(f"{base.value} regular at least, {percent.value}% above that", base.location)


def _managed_disk(site: Site) -> Facts:
    one = site.one()
    return Facts(purpose=Purpose.STORAGE, storage=(disk(site, site.body, "", (one, one)),))


READERS: dict[str, Reader] = {
    "azurerm_linux_virtual_machine": _machine,
    "azurerm_windows_virtual_machine": _machine,
    "azurerm_virtual_machine": _machine,
    "azurerm_linux_virtual_machine_scale_set": _scale_set,
    "azurerm_windows_virtual_machine_scale_set": _scale_set,
    "azurerm_orchestrated_virtual_machine_scale_set": _scale_set,
    "azurerm_virtual_machine_scale_set": _scale_set,
    "azurerm_managed_disk": _managed_disk,
}
