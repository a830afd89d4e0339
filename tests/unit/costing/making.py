"""Resources and facts for the tests of estimates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from guard.costing.estimate import estimate
from guard.model.location import Location, whole_file
from guard.model.node import Node
from guard.model.price import CostLine, Estimate
from guard.model.resource import Compute, DataLink, Fee, Labels, Purchase, Resource, Storage, Training
from guard.model.value import Absent, Known, Unknown
from guard.prices.book import open_book

BOOK = open_book()
HERE: Location = whole_file("main.tf")
ABSENT = Absent(HERE)


def known(value: Any) -> Known[Any]:
    """Return a known fact; numbers other than counts are written as text."""
    return Known(value, HERE)


def number(text: str) -> Known[Decimal]:
    """Return a known number."""
    return Known(Decimal(text), HERE)


def unknown(reason: str = "var.x has no value") -> Unknown:
    """Return an unknown fact."""
    return Unknown(reason, HERE)


def machines(provider: str, kind: str, low: int = 1, high: int | None = None, **facts: Any) -> Compute:
    """Return a group of machines of one type; `facts` go before the type and the counts."""
    made: dict[str, Any] = {
        "instance_type": known(kind) if kind else ABSENT,
        "count_min": known(low),
        "count_max": known(low if high is None else high),
        **facts,
    }
    return Compute(location=HERE, provider=provider, **made)


def bought(way: Purchase) -> Known[Purchase]:
    """Return a way to buy."""
    return Known(way, HERE)


def resource(*facets: Compute | Storage | Fee | DataLink, region: str = "", **facts: Any) -> Resource:
    """Return a resource of these facets in `region`, where one is given."""
    return Resource(
        address=facts.pop("address", "aws_thing.it"),
        type=facts.pop("type", "aws_thing"),
        platform=facts.pop("platform", "aws"),
        origin="terraform",
        location=HERE,
        labels=Labels(HERE),
        region=facts.pop("written_region", known(region) if region else ABSENT),
        zone=ABSENT,
        body=Node({}, HERE),
        compute=tuple(one for one in facets if isinstance(one, Compute)),
        storage=tuple(one for one in facets if isinstance(one, Storage)),
        fees=tuple(one for one in facets if isinstance(one, Fee)),
        data=tuple(one for one in facets if isinstance(one, DataLink)),
        **facts,
    )


def costs(*facets: Compute | Storage | Fee | DataLink, region: str = "", **facts: Any) -> Estimate:
    """Return the estimate of a resource of these facets."""
    return estimate(resource(*facets, region=region, **facts), BOOK)


def run(hours: str, **facts: Any) -> Training:
    """Return a training run with a limit."""
    return Training(location=HERE, max_runtime_hours=number(hours), **facts)


def only_line(made: Estimate) -> CostLine:
    """Return the one line of an estimate that has no more and nothing without a price."""
    assert len(made.lines) == 1, made
    assert made.unpriced == ()
    assert not made.open_ended
    return made.lines[0]


def only_reason(made: Estimate) -> str:
    """Return why an estimate has no price at all."""
    assert made.lines == ()
    assert made.open_ended
    (one,) = made.unpriced
    assert one.location == HERE
    return one.reason
