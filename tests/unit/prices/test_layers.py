"""The user's own price books over the embedded one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from guard.model.price import BookError
from guard.prices._pages import Pages
from guard.prices.book import open_book
from guard.prices.places import own_books, own_directory
from guard.prices.writing import Facts, PriceFact, SpecsFact, write_book

P4D = PriceFact(
    "aws", "", "p4d.24xlarge", "us-east-1", "hour", "on_demand", "", "made up", "2026-11-20", Decimal("20.5")
)
Make = Callable[..., None]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return what writes the user's own book of AWS."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("GUARD_PRICES")

    def make(*prices: PriceFact, specs: tuple[SpecsFact, ...] = ()) -> None:
        own_directory().mkdir(parents=True, exist_ok=True)
        write_book(own_directory() / "aws.sqlite", Facts(prices, specs=specs))

    return make


def amount(purchase: str = "on_demand") -> Decimal | None:
    band = open_book().compute("aws", "p4d.24xlarge", "us-east-1", purchase)
    return band.high.amount if band else None


def test_the_newest_price_counts_row_by_row(own: Make) -> None:
    own(P4D)
    assert amount() == Decimal("20.5")
    assert amount("commit_1y") == Decimal("13.921094"), "only the embedded book has it"
    own(P4D._replace(as_of="2026-01-01"))
    assert amount() == Decimal("21.957642"), "the embedded one is of 2026-07-20"
    own(P4D._replace(as_of="2026-07-20"))
    assert amount() == Decimal("20.5"), "of the same day the own one counts"


def test_a_seen_spot_price_goes_before_an_older_one_only(own: Make) -> None:
    # aws,m5.large,us-east-1: a spot price of 2026-09-06 in the embedded book.
    ends = [
        P4D._replace(sku="m5.large", purchase=purchase, amount=Decimal(text))
        for purchase, text in (("spot_low", "0.031"), ("spot_high", "0.044"))
    ]
    own(P4D, *ends)
    band = open_book().compute("aws", "m5.large", "us-east-1", "spot")
    assert band is not None
    assert (band.low.amount, band.high.amount) == (Decimal("0.031"), Decimal("0.044"))
    own(P4D, *(one._replace(as_of="2026-09-01") for one in ends))
    band = open_book().compute("aws", "m5.large", "us-east-1", "spot")
    assert band is not None
    assert band.high.source == "cloudprice"


def test_new_machine_types_are_known_and_known_ones_keep_their_facts(own: Make) -> None:
    def machine(name: str, count: int) -> SpecsFact:
        number = Decimal(count)
        return SpecsFact("aws", name, number, number, "NVIDIA B900", number, None, "x86_64", "made up", "2026-11-20")

    own(P4D, specs=(machine("p4d.24xlarge", 1), machine("p9.large", 2)))
    book = open_book()
    known, new = book.specs("aws", "p4d.24xlarge"), book.specs("aws", "P9.large")
    assert known is not None
    assert known.accelerator == "A100"
    assert new is not None
    assert (new.accelerator, new.accelerator_count) == ("B900", Decimal(2))


def test_days_are_told_by_provider(own: Make) -> None:
    own(P4D)
    book = open_book()
    assert (book.as_of(), book.as_of("aws"), book.as_of("gcp")) == ("2026-11-20", "2026-11-20", "2026-07-30")
    assert [(one.provider, Path(one.book).name) for one in book.status()][-2:] == [
        ("google", "embedded"),
        ("aws", "aws.sqlite"),
    ]


def test_one_book_may_be_named_in_place_of_both(own: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(P4D)
    other = tmp_path / "other.sqlite"
    write_book(other, Facts([P4D._replace(amount=Decimal(7))]))
    band = open_book(str(other)).compute("aws", "p4d.24xlarge", "us-east-1")
    assert band is not None
    assert band.high.amount == Decimal(7)
    assert open_book(str(other)).compute("aws", "m5.large", "us-east-1") is None
    monkeypatch.setenv("GUARD_PRICES", str(other))
    assert amount() == Decimal(7)
    assert open_book("embedded").as_of() == "2026-08-22"
    monkeypatch.setenv("GUARD_PRICES", str(tmp_path / "none"))
    with pytest.raises(BookError, match="there is no price book none"):
        open_book()


def test_where_own_books_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert own_directory() == tmp_path / ".cache" / "guard" / "prices"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert own_directory() == tmp_path / ".cache" / "guard" / "prices"
    assert own_books() == {}


def test_pages_of_two_days_or_of_another_guard_are_not_mixed(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    def ask(token: str) -> tuple[list[str], str]:
        return ([f"page {token}"], "2") if not token else ([f"page {token}"], "")

    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    first = Pages(tmp_path / "pages", now)
    assert first.rows("q", ask) == ["page ", "page 2"]
    later = Pages(tmp_path / "pages", now + timedelta(hours=23))
    assert (later.rows("q", ask), later.reused, later.fetched) == (["page ", "page 2"], 2, 0)
    assert later.began == now, "an update that goes on is of the day it began"
    for moment in (now + timedelta(hours=25), now - timedelta(hours=1)):
        assert Pages(tmp_path / "pages", moment).began == moment
    again = Pages(tmp_path / "pages", now - timedelta(hours=1))
    assert (again.rows("q", ask), again.fetched) == (["page ", "page 2"], 2)
