"""GKE clusters and node pools."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Storage
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._google_compute import accelerator_of, last_segment
from guard.platforms._google_places import is_zone
from guard.platforms._terraform import Facts, Reader, Site, combined, default, fee, flagged, hours_of_duration
from guard.platforms._terraform_joining import joined
from guard.platforms._terraform_pools import Pool, fallback, siblings, taints
from guard.platforms._terraform_uris import label_links

# What GKE takes where nothing is written (documentation of google_container_cluster and of GKE: types of clusters).
_DEFAULT_TYPE = "e2-medium"
_DEFAULT_DISK = "pd-balanced"
_DEFAULT_DISK_GIB = Decimal(100)
_ZONES_OF_A_REGION = 3
_ACCELERATED = re.compile(r"(a\d|g\d|ct\d|tpu\d)[a-z]*-")


def _node_pool(site: Site) -> Facts:
    cluster = joined(site.instance, "cluster", site.around, ("google_container_cluster",))
    cluster_body = cluster.body if cluster is not None else None
    location = site.body.text("location")
    if isinstance(location, Absent) and cluster_body is not None:
        location = cluster_body.text("location")
    zones = _zones(site.body, cluster_body, location)
    others = siblings(site.instance, site.around.instances_of("google_container_node_pool"), "cluster")
    compute, storage = _pool(site, site.body, zones, site.here, "")
    mine = _pool_of(site.instance)
    facet = replace(compute, fallback=fallback(mine, map(_pool_of, others)))
    return Facts(compute=(facet,), storage=(storage,), data=label_links(site))


def _zones(pool: Node, cluster: Node | None, location: Value[str]) -> Value[int]:
    """Return in how many zones a pool has nodes, for its counts are of each zone.

    The zones of a zonal cluster stand in `node_locations` beside its own one; a regional cluster has three by default.
    """
    own = pool.find("node_locations")
    if not isinstance(own, Absent):
        return mapped(own, lambda node: max(1, len(node.items())))
    further: Value[Node] = cluster.find("node_locations") if cluster is not None else Absent(pool.location)
    if isinstance(further, Unknown):
        return further
    count = len(further.value.items()) if isinstance(further, Known) else 0
    if not isinstance(location, Known):
        reason = location.reason if isinstance(location, Unknown) else "the location of the node pool is not written"
        return Unknown(reason, location.location)
    if is_zone(location.value):
        return Known(count + 1, location.location, location.trail)
    place = further.location if count else location.location
    return Known(count or _ZONES_OF_A_REGION, place)


def _pool(site: Site, pool: Node, zones: Value[int], place: Location, name: str) -> tuple[Compute, Storage]:
    low, high = (site.counted(one) for one in _bounds(pool, zones))
    config = pool.get("node_config") or Node({}, place)
    accelerator, number = accelerator_of(config.find("guest_accelerator"))
    compute = Compute(
        location=place,
        name=name,
        provider="google",
        instance_type=default(config.text("machine_type"), _DEFAULT_TYPE),
        accelerator=accelerator,
        accelerator_count=number,
        count_min=low,
        count_max=high,
        purchase=_purchase(config),
        max_runtime_hours=hours_of_duration(config.text("max_run_duration")),
        region=site.region,
        zone=site.zone,
    )
    storage = Storage(
        location=config.location,
        name=f"node disk {name}".strip(),
        provider="google",
        kind=default(first(config.text("boot_disk", "disk_type"), config.text("disk_type")), _DEFAULT_DISK),
        size_gib=default(
            first(config.number("boot_disk", "size_gb"), config.number("disk_size_gb")), _DEFAULT_DISK_GIB
        ),
        region=site.region,
        count_min=low,
        count_max=high,
    )
    return compute, storage


def _purchase(config: Node) -> Value[Purchase]:
    if isinstance(config.value, Unknown):
        return config.value
    spot = config.flag("spot")
    if isinstance(spot, Known) and spot.value:
        return mapped(spot, lambda _: Purchase.SPOT)
    preemptible = config.flag("preemptible")
    if isinstance(spot, Unknown) and not (isinstance(preemptible, Known) and preemptible.value):
        return spot
    return flagged(preemptible if not isinstance(preemptible, Absent) else spot, Purchase.SPOT)


def _bounds(pool: Node, zones: Value[int]) -> tuple[Value[int], Value[int]]:
    scaling = pool.find("autoscaling")
    if isinstance(scaling, Unknown):
        return scaling, scaling
    if isinstance(scaling, Absent):
        count = first(pool.integer("node_count"), pool.integer("initial_node_count"))
        if isinstance(count, Absent):
            count = Unknown("neither node_count nor autoscaling is written", count.location)
        return (_times(count, zones),) * 2
    block = scaling.value
    total_low, total_high = block.integer("total_min_node_count"), block.integer("total_max_node_count")
    if not isinstance(total_high, Absent):
        return default(total_low, 0), total_high
    low = default(block.integer("min_node_count"), 0)
    return _times(low, zones), _times(block.integer("max_node_count"), zones)


def _times(count: Value[int], zones: Value[int]) -> Value[int]:
    """Return a count of each zone times the zones; nought is nought in however many zones."""
    if isinstance(count, Absent) or (isinstance(count, Known) and count.value == 0):
        return count
    return combined((count, zones), lambda pair: pair[0] * pair[1])


def _pool_of(pool: Instance) -> Pool:
    config = pool.body.get("node_config") or Node({}, pool.location)
    scaling = pool.body.get("autoscaling") or pool.body
    high = first(
        scaling.integer("total_max_node_count"), scaling.integer("max_node_count"), scaling.integer("node_count")
    )
    return Pool(
        address=pool.address,
        location=pool.location,
        purchase=_purchase(config),
        high=high,
        family=_family(config),
        taints=taints(pool, "node_config", "taint"),
    )


def _family(config: Node) -> Value[str]:
    accelerator, _ = accelerator_of(config.find("guest_accelerator"))
    if not isinstance(accelerator, Absent):
        return accelerator
    return mapped(default(last_segment(config.text("machine_type")), _DEFAULT_TYPE), _family_name)


def _family_name(machine_type: str) -> str:
    match = _ACCELERATED.match(machine_type)
    return match.group(1) if match else ""


def _cluster(site: Site) -> Facts:
    """The default pool counts unless it is removed; an Autopilot cluster has no nodes of its own."""
    body = site.body
    management = fee(site, "cluster management", "gke", "cluster_management")
    autopilot = body.flag("enable_autopilot")
    if isinstance(autopilot, Known) and autopilot.value:
        return Facts(fees=(management,), data=label_links(site))
    zones = _zones(Node({}, site.here), body, body.text("location"))
    pools = [_pool(site, one, zones, one.location, _name(one)) for one in body.items("node_pool")]
    removed = body.flag("remove_default_node_pool")
    if not pools and not (isinstance(removed, Known) and removed.value):
        place = body.nearest("node_config") if body.get("node_config") is not None else site.here
        pools = [_pool(site, body, zones, place, "default pool")]
    return Facts(
        compute=tuple(compute for compute, _ in pools),
        storage=tuple(storage for _, storage in pools),
        fees=(management,),
        data=label_links(site),
    )


def _name(pool: Node) -> str:
    name = pool.text("name")
    return name.value if isinstance(name, Known) else "pool"


READERS: dict[str, Reader] = {
    "google_container_cluster": _cluster,
    "google_container_node_pool": _node_pool,
}
