"""How often schedules run in a month of 730 hours."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.costing.schedules import runs_per_month

DAILY = Decimal(730) / 24


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("0 3 * * *", DAILY),
        ("@daily", DAILY),
        ("  0  3  *  * * ", DAILY),
        ("TZ=Europe/Berlin 0 3 * * *", DAILY),
        ("@hourly", Decimal(730)),
        ("*/15 * * * *", Decimal(2920)),
        ("0 8-18/2 * * *", DAILY * 6),
        ("0 0 * * 1-5", DAILY * 5 / 7),
        ("0 0 * * mon,wed,FRI", DAILY * 3 / 7),
        ("0 0 * * 7", DAILY / 7),
        ("0 0 * * 0", DAILY / 7),
        ("0 0 1 * *", Decimal(1)),
        ("0 0 1,15 * *", Decimal(2)),
        ("@yearly", Decimal(1) / 12),
        ("0 0 1 jan,jul *", Decimal(1) / 6),
        ("rate(1 day)", DAILY),
        ("rate(5 minutes)", Decimal(8760)),
        ("cron(0 3 ? * MON-FRI *)", DAILY * 5 / 7),
        ("cron(0 8 1 * ? *)", Decimal(1)),
    ],
)
def test_runs(schedule: str, runs: Decimal) -> None:
    found = runs_per_month(schedule)
    assert found is not None
    assert abs(found - runs) < Decimal("0.000001")


def test_day_and_weekday_restricted_together_run_on_either() -> None:
    # In 28 years: 336 days are a 13th, 1461 a Friday, 48 both.
    assert runs_per_month("0 0 13 * 5") == Decimal(336 + 1461 - 48) / 336


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "daily",
        "every 5 minutes",
        "0 0 * *",
        "0 0 * * * *",
        "60 0 * * *",
        "0 0 31-1 * *",
        "0 0 L * *",
        "0 0 * * 5#2",
        "*/0 * * * *",
        "0 0 * * xyz",
        "rate(0 days)",
        "rate(1 fortnight)",
        "cron(0 3 * * *)",
        "cron(0 3 ? * 2 2027)",
        "\x00" * 50,
        "9" * 5000,
    ],
)
def test_what_is_not_understood_is_not_guessed(schedule: str) -> None:
    assert runs_per_month(schedule) is None
