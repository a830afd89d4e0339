"""AKS clusters and node pools."""

from __future__ import annotations

import re

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Storage
from guard.model.value import Known, Unknown, Value, first, mapped
from guard.platforms._azure_compute import PRIORITIES, WINDOWS, disk_sku
from guard.platforms._terraform import Facts, Reader, Site, chosen, default, fee
from guard.platforms._terraform_pools import Pool, fallback, siblings
from guard.platforms._terraform_uris import label_links

# Standard_NC24ads_A100_v4: the family is what stays without the number of processors.
_ACCELERATED = re.compile(r"(?:standard_)?(n[a-z]+?)\d+([a-z]*)_?(.*)")


def _cluster(site: Site) -> Facts:
    """The control plane costs nothing in the Free tier, which is the default."""
    body = site.body
    tier = body.text("sku_tier")
    paid = isinstance(tier, Known) and tier.value in ("Standard", "Paid", "Premium")
    block = body.get("default_node_pool")
    pools = [] if block is None or isinstance(block.value, Unknown) else [_pool(site, one) for one in block.items()]
    missing = block.value.reason if block is not None and isinstance(block.value, Unknown) else ""
    unpriced = next((WINDOWS for one in body.items("default_node_pool") if _windows(one)), "")
    return Facts(
        compute=tuple(compute for compute, _ in pools),
        storage=tuple(disk for _, disks in pools for disk in disks),
        fees=(fee(site, "control plane", "aks", "uptime_sla_standard"),) if paid else (),
        data=label_links(site),
        unpriced=f"the default node pool is unknown: {missing}" if missing else unpriced,
    )


def _pool(site: Site, pool: Node) -> tuple[Compute, tuple[Storage, ...]]:
    name = pool.text("name")
    low, high = (site.counted(one) for one in _bounds(pool))
    compute = Compute(
        location=pool.location,
        name=name.value if isinstance(name, Known) else "",
        provider="azure",
        instance_type=pool.text("vm_size"),
        count_min=low,
        count_max=high,
        purchase=Known(Purchase.ON_DEMAND, pool.location),
        region=site.region,
    )
    return compute, _disk(site, pool, pool.location, (low, high))


def _node_pool(site: Site) -> Facts:
    low, high = (site.counted(one) for one in _bounds(site.body))
    mine = _pool_of(site.instance)
    others = siblings(
        site.instance, site.around.instances_of("azurerm_kubernetes_cluster_node_pool"), "kubernetes_cluster_id"
    )
    compute = Compute(
        location=site.here,
        provider="azure",
        instance_type=site.body.text("vm_size"),
        count_min=low,
        count_max=high,
        purchase=mine.purchase,
        fallback=fallback(mine, map(_pool_of, others)),
        region=site.region,
    )
    return Facts(
        compute=(compute,),
        storage=_disk(site, site.body, site.here, (low, high)),
        data=label_links(site),
        unpriced=WINDOWS if _windows(site.body) else "",
    )


def _windows(pool: Node) -> bool:
    system = first(pool.text("os_type"), pool.text("os_sku"))
    return isinstance(system, Known) and system.value.lower().startswith("windows")


def _bounds(pool: Node) -> tuple[Value[int], Value[int]]:
    scaling = default(first(pool.flag("auto_scaling_enabled"), pool.flag("enable_auto_scaling")), False)
    if isinstance(scaling, Unknown):
        return scaling, scaling
    if scaling.value:
        return pool.integer("min_count"), pool.integer("max_count")
    count = default(pool.integer("node_count"), 1)
    return count, count


def _disk(site: Site, pool: Node, place: Location, count: tuple[Value[int], Value[int]]) -> tuple[Storage, ...]:
    """Return the nodes' disks: Premium SSD of the written size; what AKS chooses otherwise depends on the machine."""
    kind, size = pool.text("os_disk_type"), pool.number("os_disk_size_gb")
    if isinstance(kind, Known) and kind.value == "Ephemeral":
        return ()
    premium = Known("Premium_LRS", place)
    return (
        Storage(
            location=place,
            name="node disk",
            provider="azure",
            kind=disk_sku(premium, size),
            size_gib=size,
            region=site.region,
            count_min=count[0],
            count_max=count[1],
        ),
    )


def _pool_of(pool: Instance) -> Pool:
    keys = [one.text() for one in pool.body.items("node_taints")]
    return Pool(
        address=pool.address,
        location=pool.location,
        purchase=chosen(pool.body.text("priority"), PRIORITIES, Purchase.ON_DEMAND),
        high=_bounds(pool.body)[1],
        family=mapped(pool.body.text("vm_size"), _family),
        taints=frozenset(one.value.partition("=")[0] for one in keys if isinstance(one, Known)),
    )


def _family(size: str) -> str:
    match = _ACCELERATED.fullmatch(size.lower())
    return "-".join(match.groups()) if match else ""


READERS: dict[str, Reader] = {
    "azurerm_kubernetes_cluster": _cluster,
    "azurerm_kubernetes_cluster_node_pool": _node_pool,
}
