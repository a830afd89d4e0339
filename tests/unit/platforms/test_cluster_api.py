"""Machines that Cluster API keeps: how many, of what, bought how and where; what is filled in later is unknown."""

from __future__ import annotations

import pytest

from tests.unit.platforms.kubernetes_documents import group, only, plain, read

POOL = """\
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachinePool
metadata: {name: gpu}
spec:
  clusterName: ml
  replicas: 3
  template:
    spec:
      infrastructureRef: {kind: KIND, name: gpu}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: KIND
metadata: {name: gpu}
spec: SPEC
"""
CLUSTER = """\
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: ml}
spec:
  infrastructureRef: {kind: AWSManagedCluster, name: ml}
  controlPlaneRef: {kind: AWSManagedControlPlane, name: plane}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: AWSManagedControlPlane
metadata: {name: plane}
spec: {region: us-west-2}
"""


def pool(kind: str, spec: str) -> str:
    return POOL.replace("KIND", kind).replace("SPEC", spec)


@pytest.mark.parametrize(
    ("kind", "spec", "instance_type", "bounds", "purchase"),
    [
        ("AWSManagedMachinePool", "{}", "t3.medium", (3, 3), "on_demand"),
        (
            "AWSManagedMachinePool",
            "{instanceType: g5.xlarge, capacityType: spot, scaling: {minSize: 1, maxSize: 5}}",
            "g5.xlarge",
            (1, 5),
            "spot",
        ),
        (
            "AWSMachinePool",
            "{minSize: 0, maxSize: 4, awsLaunchTemplate: {instanceType: g6.xlarge, spotMarketOptions: {}}}",
            "g6.xlarge",
            (0, 4),
            "spot",
        ),
        (
            "AWSMachinePool",
            "{minSize: 2, maxSize: 4, mixedInstancesPolicy: {instancesDistribution:"
            " {onDemandPercentageAboveBaseCapacity: 25}, overrides: [{instanceType: g5.xlarge}]}}",
            "g5.xlarge",
            (2, 4),
            "mixed",
        ),
        ("AzureMachinePool", "{template: {vmSize: Standard_NC6s_v3}}", "Standard_NC6s_v3", (3, 3), "on_demand"),
        ("GCPManagedMachinePool", "{machineType: g2-standard-4, spot: true}", "g2-standard-4", (3, 3), "spot"),
    ],
)
def test_machines_of_each_provider(
    kind: str, spec: str, instance_type: str, bounds: tuple[int, int], purchase: str
) -> None:
    compute = group(only(pool(kind, spec)))
    assert plain(compute.instance_type) == instance_type
    assert (plain(compute.count_min), plain(compute.count_max)) == bounds
    assert plain(compute.purchase) == purchase


def test_what_is_filled_in_later_is_unknown() -> None:
    compute = group(only(pool("AWSManagedMachinePool", '{instanceType: "${NODE_TYPE}"}')))
    assert plain(compute.instance_type) == "? ${NODE_TYPE} is filled in when the cluster is generated"


def test_machines_whose_object_is_elsewhere_are_unknown() -> None:
    compute = group(only(pool("AWSManagedMachinePool", "{}").partition("---")[0]))
    assert plain(compute.instance_type) == "? AWSManagedMachinePool gpu is not in this repository"


def test_region_is_that_of_the_cluster() -> None:
    resources = read(pool("AWSManagedMachinePool", "{}") + CLUSTER)
    assert [plain(one.region) for one in resources if one.type == "MachinePool"] == ["us-west-2"]


def test_kinds_of_other_providers_are_left_alone() -> None:
    assert read(pool("ROSAMachinePool", "{}")) == ()
