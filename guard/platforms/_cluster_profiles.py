"""Cluster profiles: the node pools of a cluster that stands elsewhere, as `clusters:` in guard.yaml tells them.

Each pool is read as if it were one of the repository's own pools, in Karpenter's form, so that whatever asks which
machines a pod may get finds it; it is supply only, and nothing is deployed by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guard.model.glob import matches_path
from guard.model.instance import Item
from guard.model.location import Location
from guard.model.node import Content, Node

PATHS = "guard/paths"
"""The annotation that tells for which files a pool counts, and that it is a profile's."""
NAME_KEYS = (
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "kubernetes.azure.com/agentpool",
    "agentpool",
)
"""Labels that name a pool to its pods, besides Karpenter's own."""
_CLASSES = {"aws": "karpenter.k8s.aws", "azure": "karpenter.azure.com", "google": "karpenter.k8s.gcp"}
_PURCHASES = {"on_demand": "on-demand"}


def pools(clusters: Sequence[Node]) -> tuple[Item, ...]:
    """Return the pools of cluster profiles (each a mapping of guard.yaml, sound by its schema) as items."""
    found = [_pool(cluster, pool) for cluster in clusters for pool in cluster.items("pools")]
    return tuple(Item(one.location.path, one, ordinal) for ordinal, one in enumerate(found))


def of_profile(pool: Node) -> bool:
    """Tell whether a pool is a profile's."""
    return pool.get("metadata", "annotations", PATHS) is not None


def counts_for(pool: Node, path: str) -> bool:
    """Tell whether a pool counts for what stands in a file: the repository's own always, a profile's by its paths."""
    if not of_profile(pool):
        return True
    globs = [one.value for one in pool.items("metadata", "annotations", PATHS) if isinstance(one.value, str)]
    return not globs or any(matches_path(glob, path) for glob in globs)


def _pool(cluster: Node, pool: Node) -> Node:
    here = pool.location
    requirements = [
        _required("node.kubernetes.io/instance-type", pool.items("instance_types"), here),
        _required("topology.kubernetes.io/region", cluster.items("region"), here),
        _required("topology.kubernetes.io/zone", pool.items("zones"), here),
        _required("nvidia.com/gpu.product", pool.items("accelerator"), here),
        _required("karpenter.sh/capacity-type", tuple(_capacities(pool)), here),
    ]
    provider = cluster.get("provider")
    group = _CLASSES.get(provider.value, "") if provider is not None and isinstance(provider.value, str) else ""
    spec = {
        "requirements": Node(tuple(one for one in requirements if one is not None), here),
        "taints": Node(tuple(_taint(one) for one in pool.items("taints")), here),
        "nodeClassRef": Node({"group": Node(group, here)}, here),
    }
    template = {
        "metadata": Node({"labels": pool.get("labels") or Node({}, here)}, here),
        "spec": Node(spec, here),
    }
    paths = Node(tuple(cluster.items("paths")), here)
    metadata: dict[str, Node] = {"annotations": Node({PATHS: paths}, here)}
    if (name := pool.get("name")) is not None:
        metadata["name"] = name
    return _mapping(
        here,
        apiVersion="karpenter.sh/v1",
        kind="NodePool",
        metadata=metadata,
        spec={"template": Node(template, here)},
    )


def _required(key: str, values: Sequence[Node], here: Location) -> Node | None:
    if not values:
        return None
    return _mapping(here, key=key, operator="In", values=tuple(values))


def _capacities(pool: Node) -> Iterator[Node]:
    for one in pool.items("purchase"):
        if isinstance(one.value, str):
            yield Node(_PURCHASES.get(one.value, one.value), one.location)


def _taint(taint: Node) -> Node:
    """Return a taint that is written `key`, `key=value` or `key=value:Effect`."""
    text = taint.value if isinstance(taint.value, str) else ""
    key, _, effect = text.partition(":")
    return _mapping(taint.location, key=key.partition("=")[0], effect=effect or "NoSchedule")


def _mapping(here: Location, **fields: Content) -> Node:
    return Node({name: Node(value, here) for name, value in fields.items()}, here)
