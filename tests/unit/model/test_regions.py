"""Which regions are within multi-regions, dual regions and lists of regions."""

from __future__ import annotations

import pytest

from guard.model.regions import together


@pytest.mark.parametrize(
    ("here", "there", "near"),
    [
        ("us-central1", "us-central1", True),
        ("us-central1", "US", True),
        ("us-central1", "us-multi", True),
        ("europe-west4", "multi-eu", True),
        ("us-east1", "NAM4", True),
        ("us-west1", "nam4", False),
        ("us-east1", "us-central1+us-east1", True),
        ("us-west1", "us-central1, us-east1", False),
        ("asia-northeast2", "asia1", True),
        ("us-east-1", "us-east-2", False),
        ("europe-west4", "us", False),
        ("us", "US", True),
        ("eu-west-1", "eu-west-10", False),
        ("", "us", False),
    ],
)
def test_a_region_is_near_the_places_that_hold_it(here: str, there: str, near: bool) -> None:
    assert together(here, there) is near
