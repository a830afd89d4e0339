"""In how many runs a month's hours are spent, which tells what one run costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.costing.hours import runs
from guard.model.resource import Compute
from tests.unit.costing.making import costs, known, machines, number, resource, run, unknown


@pytest.mark.parametrize(
    ("compute", "training", "expected"),
    [
        (machines("aws", "g5.xlarge"), run("10"), Decimal(1)),
        (machines("aws", "g5.xlarge"), run("10", schedule=known("rate(73 hours)")), Decimal(10)),
        (machines("aws", "g5.xlarge", hours_per_month=number("40")), run("10"), Decimal(4)),
        (machines("aws", "g5.xlarge", hours_per_month=unknown()), run("10"), Decimal(73)),
        (machines("aws", "g5.xlarge"), run("0"), None),
        (machines("aws", "g5.xlarge"), None, None),
    ],
)
def test_runs(compute: Compute, training: object, expected: Decimal | None) -> None:
    assert runs(resource(compute, training=training)) == expected


def test_cost_of_a_month_is_that_of_its_runs() -> None:
    once = costs(machines("aws", "g5.xlarge"), region="us-east-1", training=run("10"))
    ten = costs(machines("aws", "g5.xlarge"), region="us-east-1", training=run("10", schedule=known("rate(73 hours)")))
    assert once.runs is not None
    assert ten.runs is not None
    assert once.high / once.runs == ten.high / ten.runs == Decimal("10.06")
