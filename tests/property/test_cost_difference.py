"""What holds for the cost of several resources: base and delta make the head, and no machine is counted twice."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from guard.costing.estimate import estimates
from guard.model.price import counted, total
from guard.model.resource import Purchase, Resource
from guard.reports._changes import Costs, changes
from tests.unit.costing.making import BOOK, bought, known, machines, resource

KINDS = ["g5.xlarge", "g5.2xlarge", "p4d.24xlarge", "m5.large", "nothing"]
TYPES = ["aws_instance", "aws_eks_node_group", "Deployment"]


@st.composite
def projects(draw: st.DrawFn) -> tuple[Resource, ...]:
    found = []
    for i in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(TYPES))
        low = draw(st.integers(0, 4))
        facet = machines(
            "aws",
            draw(st.sampled_from(KINDS)),
            low,
            low + draw(st.integers(0, 3)),
            share=kind == "Deployment",
            accelerator_count=known(Decimal(draw(st.integers(0, 2)))),
            purchase=bought(draw(st.sampled_from([Purchase.SPOT, Purchase.ON_DEMAND, Purchase.MIXED]))),
        )
        found.append(resource(facet, region="us-east-1", address=f"{kind}.{i}", type=kind))
    return tuple(found)


@settings(max_examples=150, deadline=None)
@given(projects(), projects())
def test_base_and_delta_make_the_head(now: tuple[Resource, ...], before: tuple[Resource, ...]) -> None:
    head, base = Costs(now, estimates(now, BOOK)), Costs(before, estimates(before, BOOK))
    found = changes(head, base)
    assert base.total().high + sum(one.monthly.high for one in found) == head.total().high
    assert base.total().low + sum(one.monthly.low for one in found) == head.total().low
    assert changes(head, head) == ()


@settings(max_examples=150, deadline=None)
@given(projects())
def test_the_total_is_the_sum_of_the_lines_that_no_pool_pays_for(now: tuple[Resource, ...]) -> None:
    made = estimates(now, BOOK)
    lines = [line for one in made.values() for line in one.lines if line.within not in made]
    assert total(made).high == sum((line.monthly for line in lines), Decimal(0))
    assert total(made).high <= sum((one.high for one in made.values()), Decimal(0))
    assert all(counted(one, made).low <= counted(one, made).high for one in made.values())
    pools = {one.address for one in now if one.type == "aws_eks_node_group"}
    assert all(set(one.within) <= pools for one in made.values())


@settings(max_examples=100, deadline=None)
@given(projects(), st.sets(st.integers(0, 4)))
def test_a_part_never_costs_more_than_the_parts_by_themselves(now: tuple[Resource, ...], chosen: set[int]) -> None:
    made = estimates(now, BOOK)
    scope = [one.address for i, one in enumerate(now) if i in chosen]
    assert total(made, scope).high <= sum((made[one].high for one in scope), Decimal(0))
