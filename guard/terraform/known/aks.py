"""Azure/aks/azurerm: an AKS cluster with its node pools and log workspace.

Facts are from the module's variables.tf, main.tf, extra_node_pool.tf and log_analytics.tf, versions 6.8 to 11.5
(https://github.com/Azure/terraform-azurerm-aks).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known, Unknown
from guard.terraform.known._building import (
    Wanted,
    address_of,
    block,
    constant,
    copied,
    every,
    filled,
    flag,
    groups,
    is_filled,
    merged,
    pick,
    reference,
    resource,
    setting,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

_POOL = (
    "name",
    "vm_size",
    "node_count",
    "min_count",
    "max_count",
    "auto_scaling_enabled",
    "enable_auto_scaling",
    "priority",
    "spot_max_price",
    "eviction_policy",
    "mode",
    "gpu_instance",
    "gpu_driver",
    "node_labels",
    "node_taints",
    "os_disk_size_gb",
    "os_disk_type",
    "scale_down_mode",
    "zones",
    "tags",
)


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the cluster, its further node pools and its log workspace."""
    inputs = call.inputs
    content: dict[str, Node | None] = {
        "name": _name(call),
        "location": _location(call),
        "resource_group_name": pick("resource_group_name", inputs),
        "sku_tier": setting("sku_tier", "Free", inputs),
        "kubernetes_version": pick("kubernetes_version", inputs),
        "default_node_pool": _default_pool(call),
        "tags": pick("tags", inputs),
    }
    yield from resource(call, "azurerm_kubernetes_cluster", "main", content, key=None)
    cluster = address_of(call, "", "azurerm_kubernetes_cluster", "main", None)
    for pool in groups(filled(pick("node_pools", inputs))):
        body = {"kubernetes_cluster_id": reference(cluster, "id", pool.place), **copied(_POOL, pool.node)}
        yield from resource(
            call,
            "azurerm_kubernetes_cluster_node_pool",
            _pool_name(call, pool.node),
            body,
            key=pool.key if pool.repeated is None else None,
            place=pool.place,
            repeated=pool.repeated,
        )
    workspace: dict[str, Node | None] = {
        "location": _location(call),
        "retention_in_days": setting("log_retention_in_days", 30, inputs),
        "tags": pick("tags", inputs),
    }
    yield from resource(call, "azurerm_log_analytics_workspace", "main", workspace, wanted=_makes_workspace(call))


def _makes_workspace(call: ModuleCall) -> Wanted:
    given = is_filled(pick("log_analytics_workspace", call.inputs))
    return every(
        flag("log_analytics_workspace_enabled", True, call.inputs), not given if isinstance(given, bool) else given
    )


def _pool_name(call: ModuleCall, pool: Node) -> str:
    """Return the name of the pools' resource: two of them since version 8, by their order of replacement."""
    if call.major is not None and call.major < 8:
        return "node_pool"
    first = flag("create_before_destroy", True, pool) is not False
    return "node_pool_create_before_destroy" if first else "node_pool_create_after_destroy"


def _location(call: ModuleCall) -> Node:
    written = pick("location", call.inputs)
    if written is not None:
        return written
    source = "data.azurerm_resource_group.main"
    return Node(Unknown(f"{call.address}.{source} is read at apply", call.location), call.location)


def _name(call: ModuleCall) -> Node | None:
    written = pick("cluster_name", call.inputs)
    if written is not None:
        return written
    prefix = pick("prefix", call.inputs)
    value = prefix.text() if prefix is not None else None
    if prefix is None or not isinstance(value, Known):
        return prefix or constant("aks", call.location)
    return Node(f"{value.value}-aks".strip("-"), prefix.location, prefix.key, prefix.trail)


def _default_pool(call: ModuleCall) -> Node:
    inputs, place = call.inputs, call.location
    scaled = pick("auto_scaling_enabled", inputs) or pick("enable_auto_scaling", inputs)
    sizes = {
        "node_count": setting("agents_count", 2, inputs),
        "min_count": pick("agents_min_count", inputs),
        "max_count": pick("agents_max_count", inputs),
    }
    size = setting("agents_size", "Standard_D2s_v3", inputs)
    return block(
        place,
        {
            "name": setting("agents_pool_name", "nodepool", inputs),
            "vm_size": size,
            "auto_scaling_enabled": scaled,
            **sizes,
            "node_labels": filled(pick("agents_labels", inputs)),
            "os_disk_size_gb": setting("os_disk_size_gb", 50, inputs),
            "os_disk_type": setting("os_disk_type", "Managed", inputs),
            "zones": pick("agents_availability_zones", inputs),
            "tags": merged(place, pick("tags", inputs), pick("agents_tags", inputs)),
        },
    )


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide."""
    if name == "aks_name":
        return _name(call)
    if name == "location":
        return _location(call)
    if name == "aks_id":
        return reference(address_of(call, "", "azurerm_kubernetes_cluster", "main", None), "id", call.location)
    return None


MODULE = KnownModule("aks", "Azure/aks/azurerm", frozenset({""}), instances, output)
