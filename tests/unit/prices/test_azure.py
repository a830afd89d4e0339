"""`guard prices update azure` against the Retail Prices protocol on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from guard.cli.main import main
from guard.prices import azure
from guard.prices._store import Store
from guard.prices.book import Book, open_book
from guard.prices.places import EMBEDDED
from tests.unit.prices._servers import Fault, Served, retail, serving

REGIONS = ("westeurope", "eastus")
OWN = Path("guard") / "prices" / "azure.sqlite"


def meter(sku: str, amount: float | str, **others: Any) -> dict[str, Any]:
    """Return an item as the API writes it."""
    name = sku.removeprefix("Standard_").replace("_", " ")
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": amount,
        "unitPrice": amount,
        "armRegionName": "westeurope",
        "location": "EU West",
        "effectiveStartDate": "2025-01-01T00:00:00Z",
        "meterName": name,
        "productName": "Virtual Machines NCADSA100v4 Series",
        "skuName": name,
        "serviceName": "Virtual Machines",
        "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": sku,
        **others,
    }


A100 = "Standard_NC24ads_A100_v4"


@pytest.fixture(scope="module")
def known() -> list[dict[str, Any]]:
    """Return the known sizes of two regions at their known prices, so that an update is plausible."""
    return [
        meter(one.sku, str(one.amount), armRegionName=one.region)
        for one in Store(EMBEDDED).price_facts("azure", REGIONS)
        if not one.service and one.purchase == "on_demand" and one.sku != A100
    ]


@pytest.fixture
def items(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the server knows; a test adds to it."""
    return [*known, meter(A100, 4.5), meter(A100, 4.1, armRegionName="eastus")]


@pytest.fixture
def server(items: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with serving(retail(lambda: items, 1000)) as served:
        monkeypatch.setattr(azure, "ADDRESS", f"{served.address}/api/retail/prices")
        monkeypatch.setattr(time, "sleep", lambda _: None)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.delenv("GUARD_PRICES")
        yield served


def update(*options: str) -> int:
    regions = [word for region in REGIONS for word in ("--region", region)]
    return main(["prices", "update", "azure", *(options or regions)])


def price(book: Book, sku: str, purchase: str = "on_demand", region: str = "westeurope") -> Decimal | None:
    band = book.compute("azure", sku, region, purchase)
    return band.high.amount if band else None


def test_an_update_is_laid_over_the_embedded_book(server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    embedded = open_book("embedded")
    assert update() == 0
    told = capsys.readouterr()
    assert "prices in 2 regions" in told.out
    assert told.err == "", "nothing but the outcome goes to a pipe"
    book = open_book()
    assert price(book, A100) == Decimal("4.5")
    assert price(book, A100, region="eastus") == Decimal("4.1")
    assert book.as_of("azure") > embedded.as_of("azure")
    # What was not asked for is as it was; a test of rules and a pipeline can do without all of it.
    assert price(book, A100, region="northeurope") == price(embedded, A100, region="northeurope")
    assert price(open_book("embedded"), A100) == price(embedded, A100)
    assert main(["prices", "status"]) == 0
    assert "[embedded]" in (shown := capsys.readouterr().out)
    assert "azure.sqlite]" in shown


def test_the_environment_can_leave_the_own_book_out(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert update() == 0
    assert price(open_book(), A100) == Decimal("4.5")
    monkeypatch.setenv("GUARD_PRICES", "embedded")
    assert price(open_book(), A100) == price(open_book("embedded"), A100)


def test_traps(server: Served, items: list[dict[str, Any]]) -> None:
    items += [
        # The same size for another price: Windows, Spot, Low Priority, Cloud Services, dev/test, expired, other units.
        meter(A100, 9, productName="Virtual Machines NCADSA100v4 Series Windows"),
        meter(A100, 1.25, skuName="NC24ads A100 v4 Spot", meterName="NC24ads A100 v4 Spot"),
        meter(A100, 0.9, skuName="NC24ads A100 v4 Low Priority", meterName="NC24ads A100 v4 Low Priority"),
        meter(A100, 7, productName="NCADSA100v4 Series Cloud Services"),
        meter(A100, 2, type="DevTestConsumption"),
        meter(A100, 3, meterName="NC24ads A100 v4 Expired"),
        meter(A100, 300, unitOfMeasure="1/Month"),
        meter(A100, 0.5, tierMinimumUnits=100.0),
        # A price that begins tomorrow, one that a newer one replaced, and a meter that only repeats.
        meter(A100, 8, effectiveStartDate="2999-01-01T00:00:00Z"),
        meter(A100, 5, effectiveStartDate="2021-01-01T00:00:00Z"),
        meter(A100, 6, isPrimaryMeterRegion=False),
        # The price of a reservation is that of its whole term, whatever its unit says.
        meter(A100, 26280, type="Reservation", reservationTerm="1 Year"),
        meter(A100, 52560, type="Reservation", reservationTerm="3 Years"),
        # An item of another service's making: no size, no region.
        meter("", 1),
        meter(A100, 1, armRegionName=""),
    ]
    items[-16 - 1]["savingsPlan"] = [
        {"term": "1 Year", "unitPrice": 3.5, "retailPrice": 3.5},
        {"term": "5 Years", "unitPrice": 1.0, "retailPrice": 1.0},
    ]
    assert items[-17]["armRegionName"] == "westeurope"
    assert update() == 0
    book = open_book()
    assert price(book, A100) == Decimal("4.5")
    assert price(book, A100, "spot") == Decimal("1.25")
    assert price(book, A100, "commit_1y") == Decimal("3.5"), "a savings plan goes before a payment up front"
    assert price(book, A100, "commit_3y") == Decimal(2)
    shown = {
        (one.price.purchase, one.price.payment): one.price.amount for one in book.show("azure", A100, "westeurope")
    }
    assert shown["commit_1y", "all_upfront"] == Decimal(3)


def test_managed_disks(server: Served, items: list[dict[str, Any]]) -> None:
    disk = {"serviceName": "Storage", "productName": "Premium SSD Managed Disks", "unitOfMeasure": "1/Month"}
    items += [
        meter("", 19.71, **disk, meterName="P10 LRS Disk", skuName="P10 LRS"),
        meter("", 1.1, **disk, meterName="P10 LRS Disk Mount", skuName="P10 LRS"),
    ]
    assert update() == 0
    found = open_book().storage("azure", "disk:P10:LRS", "westeurope")
    assert [(one.amount, one.unit) for one in found] == [(Decimal("19.71"), "disk-month")]


def test_two_prices_for_one_thing_leave_the_old_one(server: Served, items: list[dict[str, Any]]) -> None:
    items.append(meter(A100, 4.75))
    assert update() == 0
    assert price(open_book(), A100) == price(open_book("embedded"), A100)


def test_throttled_cut_and_broken_answers_are_asked_for_again(server: Served) -> None:
    server.faults |= {
        0: Fault(status=429, headers={"Retry-After": "1"}),
        1: Fault(kind="cut"),
        2: Fault(status=503),
        3: Fault(kind="garbage"),
    }
    assert update() == 0
    assert price(open_book(), A100) == Decimal("4.5")


def test_a_failed_update_leaves_the_book_and_goes_on_where_it_stopped(
    server: Served, tmp_path: Path, items: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert update() == 0
    whole, before = (tmp_path / OWN).read_bytes(), len(server.asked)
    items.append(meter("Standard_New", 2))
    server.faults[before + 2] = Fault(status=400)
    assert update() == 2
    told = capsys.readouterr().err
    assert "HTTP 400" in told
    assert "2 pages are kept" in told
    assert (tmp_path / OWN).read_bytes() == whole
    assert not list((tmp_path / OWN).parent.glob("*.part"))
    failed = len(server.asked)
    assert update() == 0
    assert "2 kept from before" in capsys.readouterr().out
    assert len(server.asked) - failed == before - 2
    assert price(open_book(), "Standard_New") == Decimal(2)
    assert not (tmp_path / OWN).with_suffix(".pages").exists()


def test_an_interrupted_update_goes_on_where_it_stopped(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = azure._asked_once

    def interrupted(address: str) -> dict[str, Any]:
        if len(server.asked) == 2:
            raise KeyboardInterrupt
        return ask(address)

    with monkeypatch.context() as patched:
        patched.setattr(azure, "_asked_once", interrupted)
        assert update() == 130
    assert not (tmp_path / OWN).exists()
    # A page that was cut short on its way to the disk counts as none.
    kept = sorted((tmp_path / OWN).with_suffix(".pages").glob("*-0000*.json.gz"))
    assert len(kept) == 2
    kept[-1].write_bytes(kept[-1].read_bytes()[:20])
    assert update() == 0
    assert "1 kept from before" in capsys.readouterr().out
    assert price(open_book(), A100) == Decimal("4.5")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ({"Items": []}, "has no prices for eastus, westeurope"),
        ({"Items": [], "NextPageLink": "http://10.0.0.1/"}, "said to lie elsewhere"),
        ({"Items": [], "NextPageLink": 7}, "said to lie elsewhere"),
        ({"Items": "none"}, "no list of items"),
        ({"Items": [1, 2, None]}, "not the price list that was asked for"),
        ({"Items": [{"armSkuName": A100}]}, "not the price list that was asked for"),
        ({"Items": [meter(A100, 4, currencyCode="EUR")]}, "in EUR and not in USD"),
        ({"Items": [meter(A100, "free")]}, "has no prices for"),
        ({"Items": [meter(A100, 0)]}, "has no prices for"),
        ({"Items": [meter(A100, -4)]}, "has no prices for"),
        ([], "no JSON object"),
        ({"Items": [meter(A100, 4)], "NextPageLink": "SAME"}, "leads back to a page"),
    ],
)
def test_answers_that_cannot_be_used(
    page: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    def answer(path: str, headers: dict[str, str], body: bytes, served: Served) -> tuple[int, str, bytes]:
        served.asked.append(path)
        if isinstance(page, dict) and page.get("NextPageLink") == "SAME":
            return 200, "application/json", json.dumps({**page, "NextPageLink": f"{served.address}/again"}).encode()
        return 200, "application/json", json.dumps(page).encode()

    with serving(answer) as served:
        monkeypatch.setattr(azure, "ADDRESS", f"{served.address}/api/retail/prices")
        monkeypatch.setattr(time, "sleep", lambda _: None)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert update() == 2
        assert message in capsys.readouterr().err
        assert not (tmp_path / OWN).exists()


def test_far_fewer_prices_than_before_are_refused(
    server: Served, items: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    had = {region: sum(one["armRegionName"] == region for one in items) for region in REGIONS}
    del items[: len(items) * 9 // 10]
    has = {region: sum(one["armRegionName"] == region for one in items) for region in REGIONS}
    assert update() == 2
    told = capsys.readouterr().err
    assert "not plausible" in told
    for region in REGIONS:
        assert f"{region} has {has[region]:,} on-demand prices, and had {had[region]:,}" in told
    assert price(open_book(), A100) == price(open_book("embedded"), A100)
    assert update("--region", "eastus", "--force") == 0
    assert price(open_book(), A100, region="eastus") == Decimal("4.1")


def test_a_price_that_moved_a_hundredfold_is_refused(
    server: Served, items: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    items[-2]["retailPrice"] = 4500
    assert update() == 2
    assert f"{A100} westeurope on_demand costs 4500, and cost" in capsys.readouterr().err
    items[-2]["retailPrice"] = "0.0045"
    assert update() == 2
    assert "costs 0.0045" in capsys.readouterr().err


def test_one_region_leaves_the_others_of_the_own_book(server: Served, items: list[dict[str, Any]]) -> None:
    assert update() == 0
    items[-2]["retailPrice"], items[-1]["retailPrice"] = 5, 5
    assert update("--region", "West Europe") == 0
    book = open_book()
    assert price(book, A100) == Decimal(5)
    assert price(book, A100, region="eastus") == Decimal("4.1")


def test_what_is_no_region_is_said(server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert update("--region", "atlantis") == 2
    assert "has no prices for atlantis" in capsys.readouterr().err
    assert update("--region", "' or 1 eq 1 or '") == 2
    assert "is no region of Azure" in capsys.readouterr().err


def test_two_updates_do_not_run_at_once(server: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import fcntl

    lock = (tmp_path / OWN).with_suffix(".lock")
    lock.parent.mkdir(parents=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert update() == 2
    assert "another update of azure is running" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_is_said(
    server: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "guard").write_text("in the way", encoding="utf-8")
    assert update() == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_damaged_own_book_is_told_with_what_to_do(
    server: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / OWN).parent.mkdir(parents=True)
    (tmp_path / OWN).write_text("no book", encoding="utf-8")
    assert main(["prices", "show", "azure", A100]) == 2
    told = capsys.readouterr().err
    assert "guard prices update azure" in told
    assert "--prices embedded" in told
    assert main(["prices", "show", "azure", A100, "--prices", "embedded"]) == 0
    assert update() == 0
    assert price(open_book(), A100) == Decimal("4.5")
