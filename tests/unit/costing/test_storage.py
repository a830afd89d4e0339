"""What is bought with kept data besides its capacity, and in which sizes it is sold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.resource import Storage
from tests.unit.costing.making import HERE, costs, known, number


def kept(provider: str, kind: str, size: str, iops: str = "", throughput: str = "") -> Storage:
    facts = {"iops": iops, "throughput_mibps": throughput}
    written: dict[str, Any] = {name: number(text) for name, text in facts.items() if text}
    return Storage(location=HERE, provider=provider, kind=known(kind), size_gib=number(size), **written)


@pytest.mark.parametrize("kind", ["pd-extreme", "hyperdisk-extreme"])
def test_operations_of_extreme_disks_are_not_counted_as_nothing(kind: str) -> None:
    # google,pd-extreme and hyperdisk-extreme,us-central1,GiB-month,0.125; the list has no price of their IOPS.
    made = costs(kept("google", kind, "40", iops="5000"), region="us-central1")
    assert [line.monthly for line in made.lines] == [Decimal(5)]
    assert [one.reason for one in made.unpriced] == ["there is no price for it in us-central1"]
    assert costs(kept("google", kind, "40"), region="us-central1").unpriced[0].reason == "its iops is not written"


def test_throughput_above_what_comes_with_the_size_of_efs() -> None:
    # aws,us-east-1: efs:standard 0.3; efs:provisioned_throughput,MBps-month,6; 230 GiB bring 11.5 of 100 MBps.
    made = costs(kept("aws", "efs:standard", "230", throughput="100"), region="us-east-1")
    assert [line.monthly for line in made.lines] == [Decimal(69), Decimal(531)]
    assert len(costs(kept("aws", "efs:standard", "2000", throughput="100"), region="us-east-1").lines) == 1
    assert len(costs(kept("aws", "efs:standard", "230"), region="us-east-1").lines) == 1


def test_throughput_and_operations_of_openzfs() -> None:
    # aws,us-east-1: fsx_openzfs:ssd 0.09; throughput 0.26; iops 0.006 above 3 a GiB
    made = costs(kept("aws", "fsx_openzfs:ssd", "300", iops="1000", throughput="1024"), region="us-east-1")
    assert [line.monthly for line in made.lines] == [Decimal(27), Decimal("266.24"), Decimal("0.6")]


@pytest.mark.parametrize(("size", "billed"), [("3", 4), ("4", 4), ("513", 1024), ("1024", 1024), ("2000", 2048)])
def test_an_ultra_disk_is_billed_by_the_next_size_that_is_sold(size: str, billed: int) -> None:
    # azure,disk:ultra:capacity,eastus,GiB-hour,0.000164
    capacity = costs(kept("azure", "UltraSSD_LRS", size), region="eastus").lines[0]
    assert capacity.quantity == billed * 730
