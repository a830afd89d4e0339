"""terraform-google-modules/kubernetes-engine/google: GKE clusters and their node pools, in all its submodules.

Facts are from the module's variables.tf, main.tf and cluster.tf and those of its submodules, versions 25.0 and 44.2
(https://github.com/terraform-google-modules/terraform-google-kubernetes-engine).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known, Unknown
from guard.terraform.known import _gke_pools
from guard.terraform.known._building import (
    Wanted,
    block,
    constant,
    copied,
    count,
    filled,
    flag,
    inner,
    listed,
    members,
    pick,
    place_of,
    resource,
    setting,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

_CLUSTERS = frozenset(
    {
        "",
        "private-cluster",
        "private-cluster-update-variant",
        "beta-private-cluster",
        "beta-private-cluster-update-variant",
        "beta-public-cluster",
        "beta-public-cluster-update-variant",
        "safer-cluster",
        "safer-cluster-update-variant",
    }
)
_AUTOPILOT = frozenset({"beta-autopilot-private-cluster", "beta-autopilot-public-cluster"})
_PLAIN = frozenset({"gke-standard-cluster", "gke-autopilot-cluster"})
_FREE = frozenset({"auth", "binary-authorization", "fleet-membership", "services", "workload-identity"})
"""Submodules that make service accounts, policies and registrations only."""


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the cluster and its node pools."""
    if call.submodule in _CLUSTERS:
        yield from _cluster(call)
    elif call.submodule in _AUTOPILOT:
        content = {**_places(call), "enable_autopilot": constant(True, call.location)}
        yield from resource(call, "google_container_cluster", "primary", content, key=None)
    elif call.submodule in _PLAIN:
        yield from _plain_cluster(call)
    elif call.submodule == "gke-node-pool":
        yield from _plain_pool(call)


def _within(call: ModuleCall) -> str:
    return inner("gke", None) if call.submodule.startswith("safer-") else ""


def _regional(call: ModuleCall) -> Wanted:
    return flag("regional", True, call.inputs)


def _location(call: ModuleCall) -> Node | None:
    """Return where the cluster stands: its region, or the first of its zones."""
    regional = _regional(call)
    if isinstance(regional, Unknown):
        return Node(regional, call.location)
    zones = pick("zones", call.inputs)
    if regional or zones is None:
        return pick("region", call.inputs)
    if isinstance(zones.value, Unknown):
        return zones
    return next(iter(members(zones)), None)


def _zones(call: ModuleCall) -> Node | None:
    """Return the zones of the nodes: of a zonal cluster those beside its own."""
    zones, regional = filled(pick("zones", call.inputs)), _regional(call)
    if zones is None or isinstance(zones.value, Unknown):
        return zones
    if isinstance(regional, Unknown):
        return Node(regional, call.location)
    if regional:
        return zones
    return filled(Node(members(zones)[1:], zones.location, zones.key))


def _places(call: ModuleCall) -> dict[str, Node | None]:
    return {
        "name": pick("name", call.inputs),
        "project": pick("project_id", call.inputs),
        "location": _location(call),
        "node_locations": _zones(call),
        "resource_labels": filled(pick("cluster_resource_labels", call.inputs)),
    }


def _cluster(call: ModuleCall) -> Iterator[Instance]:
    inputs, within = call.inputs, _within(call)
    safer = bool(within)
    removed = True if safer else flag("remove_default_node_pool", False, inputs)
    first = setting("initial_node_count", 0, inputs)
    pools = _gke_pools.pools(call)
    head = pools[0].node if pools else Node({}, call.location)
    default = {
        "name": constant("default-pool", call.location),
        "initial_node_count": first,
        "node_config": _gke_pools.node_config(call, head, None),
    }
    content: dict[str, Node | None] = {
        **_places(call),
        "remove_default_node_pool": constant(removed, call.location) if removed is not False else None,
        "node_pool": block(call.location, default) if removed is not True else None,
        "cluster_autoscaling": filled(pick("cluster_autoscaling", inputs)),
    }
    yield from resource(call, "google_container_cluster", "primary", content, key=None, within=within)
    yield from _gke_pools.instances(call, pools, content["location"], within)


def _plain_cluster(call: ModuleCall) -> Iterator[Instance]:
    """Yield a cluster whose inputs are called as the resource's arguments are."""
    inputs, place = call.inputs, call.location
    autopilot = call.submodule == "gke-autopilot-cluster"
    removed = setting("remove_default_node_pool", True, inputs)
    content: dict[str, Node | None] = {
        **copied(("name", "location", "node_locations", "resource_labels", "cluster_autoscaling"), inputs),
        "project": pick("project_id", inputs),
        "enable_autopilot": constant(True, place) if autopilot else None,
        "initial_node_count": None if autopilot else setting("initial_node_count", 0, inputs),
        "remove_default_node_pool": None if autopilot else removed,
        "node_config": pick("node_config", inputs),
        "node_pool": listed(pick("node_pool", inputs)),
    }
    yield from resource(call, "google_container_cluster", "main", content, key=None)


def _plain_pool(call: ModuleCall) -> Iterator[Instance]:
    inputs = call.inputs
    scaling = pick("autoscaling", inputs)
    content: dict[str, Node | None] = {
        **copied(("name", "cluster", "location", "node_locations", "initial_node_count", "node_config"), inputs),
        "autoscaling": scaling,
        "node_count": setting("node_count", 1, inputs) if scaling is None else None,
    }
    yield from resource(call, "google_container_node_pool", "main", content, key=None)


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide."""
    if call.submodule in _FREE:
        return None
    if call.submodule in _PLAIN or call.submodule == "gke-node-pool":
        return pick(name, call.inputs) if name in ("name", "location") else None
    if name in ("name", "region", "release_channel"):
        return pick(name, call.inputs) if name != "region" else _region(call)
    if name == "location":
        return _location(call)
    if name == "zones":
        zones = pick("zones", call.inputs)
        return zones if count(zones) != 0 else None
    if name == "type":
        regional = _regional(call)
        return None if isinstance(regional, Unknown) else constant("regional" if regional else "zonal", call.location)
    if name == "node_pools_names":
        return _pool_names(call)
    return None


def _region(call: ModuleCall) -> Node | None:
    written = pick("region", call.inputs)
    location = _location(call)
    value = location.text() if location is not None else None
    if written is not None or location is None or not isinstance(value, Known):
        return written or location
    return constant(value.value.rpartition("-")[0], place_of(location))


def _pool_names(call: ModuleCall) -> Node | None:
    pools = _gke_pools.pools(call)
    if any(one.repeated is not None for one in pools):
        return None
    names = tuple(name for one in pools if (name := pick("name", one.node)) is not None)
    return Node(names, call.location)


MODULE = KnownModule(
    name="kubernetes_engine",
    source="terraform-google-modules/kubernetes-engine/google",
    submodules=_CLUSTERS | _AUTOPILOT | _PLAIN | _FREE | {"gke-node-pool"},
    instances=instances,
    output=output,
)
