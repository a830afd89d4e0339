"""What machines cost over years, each figure reckoned by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.costing.estimate import estimates
from guard.costing.ownership import Machines, Ownership, Server, Way, machines, ways, worth
from guard.model.resource import Compute
from tests.unit.costing.making import BOOK, number, resource
from tests.unit.costing.making import machines as group

OWNING = Ownership(
    servers=(Server(("A100",), Decimal(8), Decimal(200_000), Decimal("6.5")),),
    lifetime_years=Decimal(5),
    residual=Decimal("0.3"),
    network=Decimal("0.1"),
    support=Decimal("0.2"),
    power_share=Decimal(1),
    pue=Decimal("1.5"),
    usd_per_kwh=Decimal("0.1"),
    hosting_usd_per_kw_month=Decimal(200),
    staff_usd_per_year=Decimal(10_000),
)


def fleet(*groups: Compute) -> tuple[Machines, ...]:
    resources = [resource(*groups, region="us-east-1")]
    return machines(resources, estimates(resources, BOOK), BOOK)


def way(name: str, every: tuple[Machines, ...], years: int = 3) -> Way:
    return next(one for one in ways(every, OWNING, Decimal(years), BOOK) if one.name == name)


def test_machines_tell_how_many_run_at_once_and_always() -> None:
    (one,) = fleet(group("aws", "p4d.24xlarge", 2, 6))
    assert (one.sku, one.peak, one.least) == ("p4d.24xlarge", Decimal(6), Decimal(2))
    assert (one.hours, one.least_hours) == (Decimal(6 * 730), Decimal(2 * 730))
    (run,) = fleet(group("aws", "p4d.24xlarge", 4, hours_per_month=number("100")))
    assert (run.hours, run.peak, run.least) == (Decimal(400), Decimal(4), Decimal(0))


def test_renting() -> None:
    every = fleet(group("aws", "p4d.24xlarge", 2))
    assert way("on demand", every).total == 2 * 730 * 36 * Decimal("21.957642")
    assert way("spot", every).total == 2 * 730 * 36 * Decimal("8.12432754")
    # Three years have no price for this type, so one year's is renewed.
    assert way("committed", every).total == 2 * 730 * 36 * Decimal("13.921094")


def test_commitments_are_for_what_always_runs() -> None:
    every = fleet(group("aws", "p4d.24xlarge", 1, 2))
    assert way("committed", every).total == 730 * 36 * (Decimal("13.921094") + Decimal("21.957642"))


def test_owning_by_item() -> None:
    items = dict(way("on-premises", fleet(group("aws", "p4d.24xlarge", 1, 2))).items)
    assert items == {
        "servers (2)": Decimal(400_000),
        "network and installation": Decimal(40_000),
        "support": Decimal(240_000),
        "electricity": Decimal("13") * Decimal("1.5") * Decimal("0.1") * 8760 * 3,
        "hosting": Decimal(13 * 200 * 36),
        "staff": Decimal(30_000),
        "resale": Decimal(-120_000),
    }


def test_hybrid_owns_what_always_runs_and_rents_the_rest() -> None:
    items = dict(way("hybrid", fleet(group("aws", "p4d.24xlarge", 1, 3))).items)
    assert items["servers (1)"] == 200_000
    assert items["cloud, on demand"] == 2 * 730 * 36 * Decimal("21.957642")


def test_servers_are_bought_again_when_they_are_worn_out() -> None:
    items = dict(way("on-premises", fleet(group("aws", "p4d.24xlarge", 1)), years=6).items)
    assert items["servers (1)"] == 400_000


@pytest.mark.parametrize(("age", "share"), [(0, "1"), (3, "0.3"), (4, "0.15"), (5, "0"), (9, "0")])
def test_what_a_server_is_worth(age: int, share: str) -> None:
    assert worth(Decimal(age), OWNING) == Decimal(share)


def test_what_is_not_known_is_said() -> None:
    assert "no server with A10G" in way("on-premises", fleet(group("aws", "g5.xlarge"))).missing
    assert "nothing always runs" in way("hybrid", fleet(group("aws", "p4d.24xlarge", 0, 2))).missing
    assert fleet() == ()
