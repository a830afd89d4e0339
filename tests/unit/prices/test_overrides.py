"""Negotiated prices over list prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.override import Override
from guard.prices.book import Book, open_book
from guard.prices.overrides import with_overrides

LIST = open_book()
P4D = Decimal("21.957642")  # karpenter-aws, us-east-1, 2026-07-20


def book(*overrides: Override) -> Book:
    return with_overrides(LIST, overrides)


def amounts(found: Book, sku: str, region: str = "us-east-1", purchase: str = "on_demand") -> tuple[Decimal, ...]:
    band = found.compute("aws", sku, region, purchase)
    return (band.low.amount, band.high.amount) if band else ()


def test_a_discount_is_taken_off_and_named() -> None:
    found = book(Override("aws", "P4D.*", "us-*", discount_percent=Decimal("12.5"), note="EDP 2026"))
    assert amounts(found, "p4d.24xlarge") == (P4D * Decimal("0.875"),) * 2
    band = found.compute("aws", "p4d.24xlarge", "US-East-1")
    assert band is not None
    assert band.high.source == "override: 12.5 % off karpenter-aws (EDP 2026)"
    assert band.high.as_of == "2026-07-20"
    assert amounts(found, "p4d.24xlarge", "eu-west-1") == amounts(LIST, "p4d.24xlarge", "eu-west-1")
    assert amounts(found, "m5.large") == amounts(LIST, "m5.large")


def test_what_is_derived_from_an_overridden_price_stays() -> None:
    found = book(Override("aws", "p4d.*", purchase="on_demand", discount_percent=Decimal(50)))
    assert amounts(found, "p4d.24xlarge") == (P4D / 2,) * 2
    assert amounts(found, "ml.p4d.24xlarge") == amounts(LIST, "ml.p4d.24xlarge")
    assert amounts(found, "p4d.24xlarge", purchase="spot") == amounts(LIST, "p4d.24xlarge", purchase="spot")
    both = book(Override("aws", "p4d.*", discount_percent=Decimal(50)))
    halves = tuple(one / 2 for one in amounts(LIST, "p4d.24xlarge", purchase="spot"))
    assert amounts(both, "p4d.24xlarge", purchase="spot") == halves


def test_the_last_that_fits_counts_alone() -> None:
    general = Override("aws", discount_percent=Decimal(10))
    fixed = Override("aws", "p4d.24xlarge", amount=Decimal(15))
    assert amounts(book(general, fixed), "p4d.24xlarge") == (Decimal(15),) * 2
    assert amounts(book(fixed, general), "p4d.24xlarge") == (P4D * Decimal("0.9"),) * 2


def test_transfer_is_overridden_by_where_it_goes_to() -> None:
    assert LIST.transfer("google", "europe-west4", "us-central1") is None
    own = Override("google", "us-central1", region="europe-*", service="transfer", amount=Decimal("0.05"))
    price = book(own).transfer("google", "europe-west4", "us-central1")
    assert price is not None
    assert (price.amount, price.unit) == (Decimal("0.05"), "GB")
    assert book(own).transfer("google", "us-east1", "us-central1") is None
    assert book(own).transfer("google", "us-central1", "us-central1") is None
    listed = LIST.transfer("aws", "us-east-1", "eu-west-1")
    half = book(Override("aws", "eu-west-1", service="transfer", discount_percent=Decimal(50)))
    halved = half.transfer("aws", "us-east-1", "eu-west-1")
    assert listed is not None and halved is not None
    assert halved.amount == listed.amount / 2


def test_a_fixed_amount_prices_services_and_data_that_the_list_does_not() -> None:
    disk = Override("aws", "rds:gp2", service="storage", amount=Decimal("0.115"))
    (price,) = book(disk).storage("aws", "rds:gp2", "us-east-1")
    assert (price.amount, price.unit, price.source) == (
        Decimal("0.115"),
        "GB-month",
        "override: a fixed price, the list has none",
    )
    assert (
        book(Override("aws", "rds:*", service="storage", amount=Decimal(1))).storage("aws", "rds:gp2", "us-east-1")
        == ()
    )
    hosted = Override("aws", "unit", service="new", amount=Decimal(2))
    fee = book(hosted).managed("aws", "new", "unit", "us-east-1")
    assert fee is not None
    assert (fee.amount, fee.unit) == (Decimal(2), "hour")


def test_a_fixed_amount_prices_what_the_list_does_not() -> None:
    # p5e.48xlarge has no on-demand price, only one of Capacity Blocks.
    assert amounts(LIST, "p5e.48xlarge", "us-east-2") == ()
    found = book(Override("aws", "p5e.*", purchase="on_demand", amount=Decimal("55.5")))
    assert amounts(found, "p5e.48xlarge", "us-east-2") == (Decimal("55.5"),) * 2
    assert amounts(found, "p5e.48xlarge", "us-east-2", "spot") == ()
    assert amounts(book(Override("aws", "p5e.*", amount=Decimal(1))), "p5e.48xlarge", "us-east-2") == ()
    assert (
        amounts(book(Override("aws", "p5e.48xlarge", amount=Decimal(1))), "p5e.48xlarge", "us-east-2")
        == (Decimal(1),) * 2
    )
    assert "p5e.48xlarge" in {one.instance_type for one in found.offers("aws", "us-east-2", "H200")}


def test_offers_are_in_the_order_of_what_is_paid() -> None:
    plain = [one.instance_type for one in LIST.offers("google", "us-central1", "A100")]
    cheap = Override("gcp", plain[-1], amount=Decimal("0.01"))
    assert book(cheap).offers("google", "us-central1", "A100")[0].instance_type == plain[-1]


def test_storage_and_managed_services_are_named_by_their_service() -> None:
    found = book(
        Override("aws", "ebs:gp3", service="storage", discount_percent=Decimal(25)),
        Override("aws", "cluster", service="ek*", amount=Decimal("0.05")),
    )
    assert [one.amount for one in found.storage("aws", "ebs:gp3", "us-east-1")] == [Decimal("0.06")]
    fee = found.managed("aws", "eks", "cluster", "us-east-1")
    assert fee is not None
    assert fee.amount == Decimal("0.05")
    assert fee.source == "override: a fixed price in place of infracost-golden"
    # An override without a service is of instance types.
    plain = book(Override("aws", discount_percent=Decimal(50)))
    assert plain.storage("aws", "ebs:gp3", "us-east-1") == LIST.storage("aws", "ebs:gp3", "us-east-1")


def test_region_names_of_azure_are_taken_as_they_are_shown() -> None:
    name = "Standard_NC24ads_A100_v4"
    found = book(Override("azure", name, "West Europe", amount=Decimal(2)))
    band = found.compute("azure", name, "westeurope")
    assert band is not None
    assert band.high.amount == Decimal(2)


def test_no_overrides_change_nothing() -> None:
    assert book() is LIST


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"discount_percent": Decimal(1), "amount": Decimal(1)},
        {"discount_percent": Decimal(101)},
        {"discount_percent": Decimal(-1)},
        {"amount": Decimal(-1)},
        {"amount": Decimal("NaN")},
    ],
)
def test_overrides_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"override|discount|amount"):
        book(Override("aws", "p4d.*", **wrong))
