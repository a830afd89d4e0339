"""Which declared node pool a workload runs on, so that the same machines are not counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from guard.model.price import Estimate
from guard.model.resource import Compute, Purchase, Resource
from guard.model.value import Known, Unknown, Value, first

_POOLS = frozenset(
    {
        "aws_eks_node_group",
        "google_container_cluster",
        "google_container_node_pool",
        "azurerm_kubernetes_cluster",
        "azurerm_kubernetes_cluster_node_pool",
    }
)
_GROUPS = ("aws_autoscaling_group", "aws_launch_template")
# How an autoscaling group says that its machines are a cluster's nodes: Kubernetes' cloud provider, cluster-autoscaler.
_CLUSTER_LABELS = ("kubernetes.io/cluster/", "k8s.io/cluster-autoscaler/", "k8s.io/cluster/", "eks:cluster-name")


class Pool(NamedTuple):
    """A group of nodes that has a price: what machines they are, where, and how they are bought."""

    address: str
    provider: str
    types: frozenset[str]
    accelerators: frozenset[str]
    region: str
    purchase: Purchase | None


def pools(resources: Iterable[Resource], estimates: Mapping[str, Estimate]) -> tuple[Pool, ...]:
    """Return the declared node pools whose machines have a price and a known number, by address."""
    found = (pool for one in resources if _supplies(one) for pool in _pools(one, estimates.get(one.address)))
    return tuple(sorted(found, key=lambda one: (one.address, sorted(one.types))))


def hosts(resource: Resource, among: Sequence[Pool]) -> tuple[str, ...]:
    """Return for each compute facet of a workload the address of the pool that it runs on, "" where none is known.

    A pool fits by provider, machine type (or accelerator where no type is written) and region, and by how its machines
    are bought where the workload says so. Of several that fit, one that is bought as the workload asks comes first.
    """
    return tuple(_host(one, resource, among) if one.share else "" for one in resource.compute)


def _supplies(resource: Resource) -> bool:
    if resource.type in _POOLS:
        return True
    return resource.type in _GROUPS and any(key.startswith(_CLUSTER_LABELS) for key in resource.labels.entries)


def _pools(resource: Resource, estimate: Estimate | None) -> Iterator[Pool]:
    priced = {line.price.sku.lower() for line in estimate.lines} if estimate else set()
    for compute in resource.compute:
        types = frozenset(one.lower() for one in _known(compute.instance_type, *compute.other_instance_types))
        # Where the largest number of nodes is open, the workloads are what tells how many there will be.
        if types & priced and isinstance(compute.count_max, Known) and not compute.host:
            yield Pool(
                address=resource.address,
                provider=compute.provider,
                types=types,
                accelerators=frozenset(one.lower() for one in _known(compute.accelerator)),
                region=_place(compute, resource),
                purchase=compute.purchase.value if isinstance(compute.purchase, Known) else None,
            )


def _host(compute: Compute, resource: Resource, among: Sequence[Pool]) -> str:
    fitting = [pool for pool in among if _fits(compute, resource, pool)]
    if not fitting:
        return ""
    asked = compute.purchase.value if isinstance(compute.purchase, Known) else None
    return min(fitting, key=lambda pool: (pool.purchase is not asked, pool.address)).address


def _fits(compute: Compute, resource: Resource, pool: Pool) -> bool:
    if compute.provider and compute.provider != pool.provider:
        return False
    region = _place(compute, resource)
    if region and pool.region and region != pool.region:
        return False
    return _same_machines(compute, pool) and _bought_alike(compute, pool)


def _same_machines(compute: Compute, pool: Pool) -> bool:
    types = {one.lower() for one in _known(compute.instance_type, *compute.other_instance_types)}
    if types or isinstance(compute.instance_type, Unknown):
        return bool(types & pool.types)
    accelerators = {one.lower() for one in _known(compute.accelerator, *compute.other_accelerators)}
    return bool(accelerators & pool.accelerators)


def _bought_alike(compute: Compute, pool: Pool) -> bool:
    either = (None, Purchase.MIXED)
    asked = compute.purchase.value if isinstance(compute.purchase, Known) else None
    return asked in either or pool.purchase in either or asked is pool.purchase


def _place(compute: Compute, resource: Resource) -> str:
    region = first(compute.region, resource.region)
    return region.value if isinstance(region, Known) else ""


def _known(*values: Value[str]) -> tuple[str, ...]:
    return tuple(one.value for one in values if isinstance(one, Known) and one.value)
