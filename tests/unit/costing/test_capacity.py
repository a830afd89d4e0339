"""Workloads on node pools of the same repository are not counted twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from guard.costing.estimate import estimates
from guard.model.price import Total, counted, total
from guard.model.resource import DataLink, Label, Labels, Purchase, Resource
from tests.unit.costing.making import BOOK, HERE, bought, known, machines, number, resource, unknown

# aws,g5.xlarge,us-east-1,hour,1.006; aws,g5.12xlarge,us-east-1,hour,5.672
G5, G5_12 = Decimal("1.006"), Decimal("5.672")
GROUP, POD = "aws_eks_node_group.gpu", "Deployment/chat"


def pool(kind: str = "g5.xlarge", low: int = 2, high: int = 4, **facts: Any) -> Resource:
    facts = {"purchase": bought(Purchase.ON_DEMAND), "accelerator": known("A10G"), **facts}
    region = facts.pop("written_region", "us-east-1")
    address = facts.pop("address", GROUP)
    return resource(
        machines("aws", kind, low, high, **facts), region=region, address=address, type="aws_eks_node_group"
    )


def pod(kind: str = "g5.xlarge", count: int = 3, **facts: Any) -> Resource:
    facts = {"share": True, "accelerator_count": number("1"), **facts}
    return resource(machines("aws", kind, count, **facts), address=POD)


def host(*resources: Resource) -> tuple[str, ...]:
    return estimates(resources, BOOK)[POD].within


def test_the_pool_is_counted_and_the_workload_only_where_the_pool_is_not() -> None:
    made = estimates((pool(), pod()), BOOK)
    assert made[POD].within == (GROUP,)
    assert made[POD].high == G5 * 3 * 730
    assert total(made) == Total(G5 * 2 * 730, G5 * 4 * 730)
    assert total(made, [POD]) == Total(G5 * 3 * 730, G5 * 3 * 730)
    assert counted(made[POD], made) == Total(Decimal(0), Decimal(0))


def test_what_the_pool_pays_for_leaves_no_open_end() -> None:
    silent = pod(accelerator_count=number("0"))
    made = estimates((pool(), silent), BOOK)
    assert "it requests nothing" in made[POD].unpriced[0].reason
    assert not total(made).open_ended
    assert total(made, [POD]).open_ended


def test_disks_and_transfers_of_a_workload_are_still_its_own() -> None:
    link = DataLink(location=HERE, uri=known("s3://corpus/x"), region=known("eu-west-1"), gib_per_month=number("100"))
    reading = replace(pod(), data=(link,), region=known("us-east-1"))
    made = estimates((pool(), reading), BOOK)
    # aws,eu-west-1,us-east-1,0,,GB,0.02
    assert total(made).high == G5 * 4 * 730 + 2


@pytest.mark.parametrize(
    ("group", "workload", "found"),
    [
        (pool(), pod("g5.2xlarge"), ()),
        (pool(), pod("", accelerator=known("A10G")), (GROUP,)),
        (pool(), pod("", accelerator=known("L4")), ()),
        (pool(), pod(region=known("eu-west-1")), ()),
        (pool(), pod(purchase=bought(Purchase.SPOT)), ()),
        (pool(purchase=bought(Purchase.SPOT)), pod(purchase=bought(Purchase.SPOT)), (GROUP,)),
        (pool("m7.nonsense"), pod("m7.nonsense"), ()),
        (pool(high=0, low=0), pod(), ()),
        (pool(count_max=unknown()), pod(), ()),
    ],
)
def test_a_pool_fits_by_machine_place_and_purchase(group: Resource, workload: Resource, found: tuple[str, ...]) -> None:
    assert host(group, workload) == found


def test_whole_machines_are_never_workloads_of_a_pool() -> None:
    assert host(pool(), pod(share=False)) == ()


def test_of_two_pools_the_one_bought_alike_comes_first() -> None:
    spot = pool(address="aws_eks_node_group.a_spot", purchase=bought(Purchase.SPOT))
    assert host(spot, pool(), pod(purchase=bought(Purchase.ON_DEMAND))) == (GROUP,)


def test_an_autoscaling_group_is_a_pool_only_of_a_cluster() -> None:
    group = replace(pool(), type="aws_autoscaling_group")
    assert host(group, pod()) == ()
    labels = Labels(HERE, {"kubernetes.io/cluster/ml": Label(known("owned"), "resource")})
    assert host(replace(group, labels=labels), pod()) == (GROUP,)


def test_nodes_that_come_with_their_workloads_pay_for_nothing() -> None:
    karpenter = replace(pool(low=0), type="NodePool")
    made = estimates((karpenter, pod()), BOOK)
    assert total(made).high == G5 * 3 * 730
