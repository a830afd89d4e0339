"""Node pools: what they may buy, and that they are not counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from guard.model.resource import Compute
from guard.model.value import Unknown
from tests.unit.platforms.kubernetes_documents import group, line, only, plain, read

POOL = """\
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  weight: 10
  limits: {nvidia.com/gpu: 16}
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      requirements:
        - {key: node.kubernetes.io/instance-type, operator: In, values: [g5.xlarge, g6.xlarge]}
        - {key: karpenter.k8s.aws/instance-gpu-name, operator: In, values: [a10g]}
        - {key: topology.kubernetes.io/zone, operator: In, values: [us-east-1a]}
        - CAPACITY
"""


def pool(values: str = "[spot]") -> str:
    return POOL.replace("CAPACITY", f"{{key: karpenter.sh/capacity-type, operator: In, values: {values}}}")


def first_pool(text: str) -> Compute:
    return group(read(text)[0])


@pytest.mark.parametrize(
    ("values", "purchase", "fallback"),
    [
        ("[spot]", "spot", None),
        ("[on-demand]", "on_demand", None),
        ("[spot, on-demand]", "mixed", "on_demand"),
        ("[reserved, spot]", "mixed", "reserved"),
    ],
)
def test_capacity_types(values: str, purchase: str, fallback: Any) -> None:
    found = first_pool(pool(values))
    assert (plain(found.purchase), plain(found.fallback)) == (purchase, fallback)


def test_on_demand_is_the_default() -> None:
    found = first_pool(POOL.replace("        - CAPACITY\n", ""))
    assert (plain(found.purchase), line(found.purchase)) == ("on_demand", 10)


def test_machines_and_place() -> None:
    found = first_pool(pool())
    assert (plain(found.instance_type), [plain(one) for one in found.other_instance_types]) == (
        "g5.xlarge",
        ["g6.xlarge"],
    )
    assert (found.provider, plain(found.region), plain(found.accelerator)) == ("aws", "us-east-1", "A10G")
    assert not found.share


def test_a_pool_spends_nothing_of_itself_and_hides_no_limit() -> None:
    found = first_pool(pool())
    assert (plain(found.count_min), line(found.count_min)) == (0, 6)
    assert isinstance(found.count_max, Unknown)
    assert found.count_max.reason == "as many nodes as its pods need, within the limits nvidia.com/gpu 16"


def test_a_fixed_pool_is_counted() -> None:
    found = first_pool(pool().replace("  weight: 10", "  replicas: 3"))
    assert (plain(found.count_min), plain(found.count_max)) == (3, 3)


def test_a_lesser_pool_is_the_fallback() -> None:
    other = pool("[on-demand]").replace("name: gpu", "name: gpu-on-demand").replace("weight: 10", "weight: 1")
    found = first_pool(pool() + "---\n" + other)
    assert plain(found.fallback) == "NodePool/gpu-on-demand"
    heavier = first_pool(pool() + "---\n" + other.replace("weight: 1", "weight: 50"))
    assert plain(heavier.fallback) is None
    tainted = other.replace(
        "      requirements:", "      taints: [{key: team, value: web, effect: NoSchedule}]\n      requirements:"
    )
    assert plain(first_pool(pool() + "---\n" + tainted).fallback) is None


def test_tags_are_those_of_the_node_class() -> None:
    (found,) = read(
        pool()
        + "---\napiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata: {name: default}\n"
        + "spec: {tags: {owner: ml}}\n"
    )
    label = found.labels.entries["owner"]
    assert (plain(label.value), label.source) == ("ml", "EC2NodeClass/default")


def test_the_order_of_a_compute_class_is_its_fallback() -> None:
    found = group(
        only(
            """
            apiVersion: cloud.google.com/v1
            kind: ComputeClass
            metadata: {name: h100}
            spec:
              priorities:
                - {machineType: a3-highgpu-8g, gpu: {type: nvidia-h100-80gb, count: 8}, spot: true}
                - {machineType: a3-megagpu-8g, gpu: {type: nvidia-h100-80gb, count: 8}, spot: false}
            """
        )
    )
    assert (plain(found.instance_type), [plain(one) for one in found.other_instance_types]) == (
        "a3-highgpu-8g",
        ["a3-megagpu-8g"],
    )
    assert (found.provider, plain(found.accelerator), plain(found.accelerator_count)) == ("google", "H100", "8")
    assert (plain(found.purchase), plain(found.fallback)) == ("mixed", "on_demand")
