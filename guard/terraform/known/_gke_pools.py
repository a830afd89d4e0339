"""Node pools as terraform-google-modules/kubernetes-engine takes them: flat maps, with labels and taints beside them.

Facts are from the module's cluster.tf and variables_defaults.tf, versions 25.0 and 44.2
(https://github.com/terraform-google-modules/terraform-google-kubernetes-engine).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from guard.model.instance import Instance
from guard.model.node import Node, is_sequence
from guard.model.value import Known, Unknown, Value
from guard.terraform.known._building import (
    Group,
    address_of,
    block,
    constant,
    filled,
    flag,
    groups,
    merged,
    pick,
    place_of,
    reference,
    resource,
    setting,
)
from guard.terraform.known_modules import ModuleCall


def pools(call: ModuleCall) -> list[Group]:
    """Return the pools by name, the default one where none is written."""
    written = pick("node_pools", call.inputs)
    if written is None:
        default = {"name": constant("default-node-pool", call.location)}
        return [Group("default-node-pool", Node(default, call.location))]
    return _by_name(written)


def _by_name(written: Node | None) -> list[Group]:
    """Return pools by their names; one whose name is unknown or taken already goes by its position."""
    found: dict[str, Group] = {}
    for one in groups(written):
        name = pick("name", one.node)
        value = name.text() if name is not None else None
        key = value.value if isinstance(value, Known) and value.value not in found else one.key
        found[key] = Group(key, _anchored(one.node, name), one.repeated)
    return list(found.values())


def _anchored(pool: Node, name: Node | None) -> Node:
    """Return a pool that is found at its name: an element of a list has no key of its own."""
    return pool if name is None else Node(pool.value, pool.location, name.location)


def instances(call: ModuleCall, found: Sequence[Group], location: Node | None, within: str) -> Iterator[Instance]:
    """Yield the node pools of a cluster, those of Windows after the others."""
    for pool in found:
        yield from _pool(call, pool, "pools", location, within)
    for pool in _by_name(filled(pick("windows_node_pools", call.inputs))):
        yield from _pool(call, pool, "windows_pools", location, within)


def _pool(call: ModuleCall, pool: Group, name: str, location: Node | None, within: str) -> Iterator[Instance]:
    place, node = pool.place, pool.node
    scaled = flag("autoscaling", True, node)
    content: dict[str, Node | None] = {
        "name": pick("name", node),
        "location": location,
        "node_locations": _split(pick("node_locations", node)),
        "cluster": reference(address_of(call, within, "google_container_cluster", "primary", None), "name", place),
        "initial_node_count": pick("initial_node_count", node),
        "autoscaling": _scaling(node) if scaled is not False else None,
        "node_count": setting("node_count", 1, node) if scaled is False else None,
        "queued_provisioning": _queued(node),
        "node_config": node_config(call, node, pool.key),
    }
    if isinstance(scaled, Unknown):
        content["autoscaling"] = Node(scaled, place)
    yield from resource(
        call,
        "google_container_node_pool",
        name,
        content,
        within=within,
        key=pool.key if pool.repeated is None else None,
        place=place,
        repeated=pool.repeated,
    )


def _scaling(pool: Node) -> Node:
    """Return the bounds: in all where those are written, else of each zone, from 1 to 100 by default."""
    low, high = pick("total_min_count", pool), pick("total_max_count", pool)
    place = place_of(pool)
    content: dict[str, Node | None] = {
        "min_node_count": setting("min_count", 1, pool) if low is None else None,
        "max_node_count": setting("max_count", 100, pool) if high is None else None,
        "total_min_node_count": low,
        "total_max_node_count": high,
    }
    return block(place, content)


def _queued(pool: Node) -> Node | None:
    queued = flag("queued_provisioning", False, pool)
    return block(place_of(pool), {"enabled": pick("queued_provisioning", pool)}) if queued is not False else None


def _split(node: Node | None) -> Node | None:
    """Return a text of zones with commas between them as the list that it becomes."""
    found = filled(node)
    if found is None or is_sequence(found.value):
        return found
    value = found.text()
    if not isinstance(value, Known):
        return found
    zones = (Node(one.strip(), found.location, found.key, found.trail) for one in value.value.split(","))
    return Node(tuple(zones), found.location, found.key)


def node_config(call: ModuleCall, pool: Node, name: str | None) -> Node:
    """Return the configuration of a pool's machines; `name` is None for the cluster's own first pool."""
    place = place_of(pool)
    same = (
        "spot",
        "preemptible",
        "local_ssd_count",
        "local_nvme_ssd_count",
        "max_run_duration",
        "flex_start",
        "min_cpu_platform",
    )
    content: dict[str, Node | None] = {
        **{one: pick(one, pool) for one in same},
        "machine_type": setting("machine_type", "e2-medium", pool),
        # The cluster's own pool leaves the size and type of its disks to GKE unless a type is written.
        "disk_size_gb": setting("disk_size_gb", 100, pool) if name is not None else None,
        "disk_type": setting("disk_type", "pd-standard", pool) if name is not None else pick("disk_type", pool),
        "guest_accelerator": _accelerator(pool),
        "reservation_affinity": _reservation(pool),
        "labels": _of_pool(call, "node_pools_labels", pool, name),
        "resource_labels": _of_pool(call, "node_pools_resource_labels", pool, name),
        "taint": _taints(call, name),
    }
    return block(place, content)


def _accelerator(pool: Node) -> Node | None:
    number = pick("accelerator_count", pool)
    if number is None:
        return None
    value: Value[Decimal] = number.number()
    if isinstance(value, Known) and value.value <= 0:
        return None
    kind = pick("accelerator_type", pool)
    return Node(block(place_of(number), {"type": kind, "count": number}).value, place_of(number), number.key)


def _reservation(pool: Node) -> Node | None:
    kind = filled(pick("consume_reservation_type", pool))
    return block(place_of(pool), {"consume_reservation_type": kind}) if kind is not None else None


def _of_pool(call: ModuleCall, attribute: str, pool: Node, name: str | None) -> Node | None:
    """Return what an input gives all pools and then this one."""
    written = pick(attribute, call.inputs)
    if written is None:
        return None
    names = ("all", *((name,) if name else ()))
    return merged(place_of(pool), *(pick(one, written) for one in names))


def _taints(call: ModuleCall, name: str | None) -> Node | None:
    written = pick("node_pools_taints", call.inputs)
    if written is None or isinstance(written.value, Unknown):
        return written
    found = [pick(one, written) for one in ("all", *((name,) if name else ()))]
    unknown = next((one for one in found if one is not None and isinstance(one.value, Unknown)), None)
    blocks = tuple(item for one in found if one is not None for item in one.items())
    return unknown or (Node(blocks, written.location, written.key) if blocks else None)
