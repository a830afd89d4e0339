"""What always runs and what commitments cover of it, reckoned by hand from the price book's prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from guard.costing.estimate import estimates
from guard.model.price import Estimate
from guard.model.resource import Purchase, Purpose, Resource
from guard.rules._commitments import Bought, coverage, loads, proposal, recommended
from tests.unit.costing.making import BOOK, bought, machines, number, resource, run


def costed(*resources: Resource) -> tuple[tuple[Resource, ...], Mapping[str, Estimate]]:
    return resources, estimates(resources, BOOK)


def serving(count: int, **facts: Any) -> Resource:
    return resource(machines("aws", "g5.xlarge", count, **facts), region="us-east-1", address=f"aws_instance.n{count}")


def test_machines_of_one_type_and_region_are_one_load() -> None:
    (load,) = loads(*costed(serving(2), serving(3)), BOOK)
    assert (load.machines, load.on_demand.amount, load.covered) == (Decimal(5), Decimal("1.006"), Decimal(0))
    assert load.monthly == 5 * 730 * Decimal("1.006")


def test_runs_and_declared_hours_are_no_steady_load() -> None:
    trains = resource(machines("aws", "g5.xlarge"), region="us-east-1", purpose=Purpose.TRAINING, training=run("10"))
    hours = resource(machines("aws", "g5.xlarge", hours_per_month=number("200")), region="us-east-1")
    idle = resource(machines("aws", "g5.xlarge", 0, 4), region="us-east-1")
    for one in (trains, hours, idle):
        assert loads(*costed(one), BOOK) == ()


def test_only_the_least_number_of_machines_is_steady() -> None:
    (load,) = loads(*costed(resource(machines("aws", "g5.xlarge", 2, 8), region="us-east-1")), BOOK)
    assert load.machines == 2


def test_spot_is_no_load_and_reserved_machines_are_covered() -> None:
    spot = resource(machines("aws", "g5.xlarge", purchase=bought(Purchase.SPOT)), region="us-east-1")
    assert loads(*costed(spot), BOOK) == ()
    reserved = resource(machines("aws", "g5.xlarge", purchase=bought(Purchase.RESERVED)), region="us-east-1")
    (load,) = loads(*costed(reserved), BOOK)
    assert (load.machines, load.open_hours, load.on_demand.amount) == (Decimal(1), Decimal(0), Decimal("1.006"))


@pytest.mark.parametrize(
    ("declared", "share"),
    [
        ({"count": 2}, 50),
        ({"count": 9}, 100),
        ({"count": 2, "instances": "p4*"}, 0),
        ({"count": 2, "region": "eu-*"}, 0),
        # Two hours of g5.xlarge at 0.63378, the price of one year's commitment.
        ({"usd_per_hour": Decimal("1.26756")}, 50),
    ],
)
def test_what_is_bought_covers_what_it_fits(declared: dict[str, Any], share: int) -> None:
    every = loads(*costed(serving(4)), BOOK, [Bought.model_validate({"provider": "aws", **declared})])
    assert coverage(every) == share


def test_a_commitment_says_either_machines_or_an_amount() -> None:
    for wrong in ({}, {"count": 1, "usd_per_hour": 1}):
        with pytest.raises(ValueError, match="either count"):
            Bought.model_validate({"provider": "aws", **wrong})


def test_a_proposal_by_hand() -> None:
    (load,) = loads(*costed(serving(4)), BOOK)
    one = proposal(load, "commit_1y", Decimal("0.8"), BOOK)
    three = proposal(load, "commit_3y", Decimal("0.8"), BOOK)
    assert one is not None
    assert three is not None
    # 0.8 x 4 machines make 3; 3 x 730 x (1.006 - 0.63378); 12 x 0.63378 / 1.006 = 7.56 months.
    assert (one.machines, one.saving, one.break_even, one.months) == (Decimal(3), Decimal("815.1618"), 8, 12)
    assert (one.upfront, one.risk) == (Decimal(0), "medium")
    # 36 x 0.37827245 / 1.006 = 13.54 months; all of it is paid at once.
    assert (three.break_even, three.risk) == (14, "medium")
    assert three.upfront == 3 * 730 * 36 * Decimal("0.37827245")
    assert recommended([three, one]) is one
    assert recommended([]) is None


def test_nothing_is_proposed_where_there_is_no_price_or_no_load() -> None:
    (load,) = loads(*costed(resource(machines("aws", "p5.48xlarge", 2), region="us-east-1")), BOOK)
    assert proposal(load, "commit_3y", Decimal(1), BOOK) is None
    (covered,) = loads(*costed(serving(4)), BOOK, [Bought(provider="aws", count=Decimal(4))])
    assert proposal(covered, "commit_1y", Decimal(1), BOOK) is None
