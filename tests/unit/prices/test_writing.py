"""Writing a price book, and reading the CSV files that the embedded one is made of."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from guard.prices.book import open_book
from guard.prices.writing import Facts, PriceFact, write_book
from tools import build_prices

FACT = PriceFact(
    "aws", "", "p9.large", "us-east-1", "hour", "on_demand", "", "made up", "2026-01-02", Decimal("0.12345678")
)
HEADERS = {
    "compute": "provider,sku,region,unit,price_usd,purchase_option,payment,source,as_of",
    "storage": "provider,sku,region,unit,price_usd,source,as_of",
    "managed": "provider,service,sku,region,unit,price_usd,purchase_option,source,as_of",
    "network": "provider,src_region,dst,from_gb,to_gb,unit,price_usd,source,as_of",
    "specs": "provider,instance_type,vcpu,memory_gib,accelerator,accelerator_count,accelerator_memory_gib,"
    "architecture,source,as_of",
    "spot_discount_aws": "provider,sku,region,saving_pct,interruption_month,source,as_of",
    "sagemaker_multiplier": "provider,sku,ratio_to_ec2_on_demand,observations,regions",
    "gcp_sustained_use": "provider,family,full_month_factor,source,as_of",
    "sources": "id,what,origin,version,licence,as_of",
}
LINES = {
    "compute_aws": "aws,p9.large,us-east-1,hour,0.12345678,on_demand,,made-up,2026-01-02",
    "compute_gcp": "gcp,n9-small,us-central1,hour,1,on_demand,,made-up,2026-01-03",
    "specs": "gcp,n9-small,2,7.5,NVIDIA A100,0.125,80,x86_64,made-up,2026-01-03",
    "spot_discount_aws": "aws,p9.large,us-east-1,50,<5%,made-up,2026-01-01",
    "network": "gcp,us-central1,internet,0,1024,GiB,0.12,made-up,2026-01-03",
}


def directory(path: Path, lines: dict[str, str]) -> Path:
    path.mkdir()
    for name in (*build_prices.COMPUTE, *build_prices.OTHERS):
        stem = name.removesuffix(".csv")
        header = HEADERS["compute" if stem.startswith("compute") else stem]
        text = f"{header}\n{lines[stem]}\n" if stem in lines else f"{header}\n"
        (path / name).write_text(text, encoding="utf-8")
    return path


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    other = FACT._replace(sku="p9.xlarge")
    write_book(tmp_path / "one", Facts([FACT, other]))
    write_book(tmp_path / "two", Facts([other, FACT]))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_no_digit_is_lost(tmp_path: Path) -> None:
    write_book(tmp_path / "book", Facts([FACT]))
    band = open_book(str(tmp_path / "book")).compute("aws", "p9.large", "us-east-1")
    assert band is not None
    assert band.high.amount == Decimal("0.12345678")
    with pytest.raises(ValueError, match="more digits"):
        write_book(tmp_path / "long", Facts([FACT._replace(amount=Decimal("0.1234567891"))]))


def test_two_prices_for_one_thing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"two prices for aws p9\.large us-east-1"):
        write_book(tmp_path / "book", Facts([FACT, FACT._replace(sku="P9.large", source="another", amount=Decimal(1))]))


def test_builds_a_book_from_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "book.sqlite"
    assert build_prices.main([str(directory(tmp_path / "csv", LINES)), str(output)]) == 0
    assert str(output) in capsys.readouterr().out
    book = open_book(str(output))
    assert book.as_of() == "2026-01-03"
    specs = book.specs("google", "N9-small")
    assert specs is not None
    assert (specs.accelerator, specs.accelerator_count) == ("A100-80GB", Decimal("0.125"))
    spot = book.compute("aws", "p9.large", "us-east-1", "spot")
    assert spot is not None
    assert spot.low.amount == Decimal("0.12345678") * Decimal("0.46")


@pytest.mark.parametrize(
    "line",
    [
        "aws,p9.large,us-east-1,hour,0,on_demand,,made-up,2026-01-02",
        "aws,p9.large,us-east-1,hour,-1,on_demand,,made-up,2026-01-02",
        "aws,p9.large,us-east-1,hour,free,on_demand,,made-up,2026-01-02",
    ],
)
def test_a_price_that_is_none_is_refused(tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    csv = directory(tmp_path / "csv", {**LINES, "compute_aws": line})
    assert build_prices.main([str(csv), str(tmp_path / "book")]) == 2
    assert "build_prices.py" in capsys.readouterr().err
    assert not (tmp_path / "book").exists()


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_prices.main([str(tmp_path), str(tmp_path / "book")]) == 2
    assert "compute_aws.csv" in capsys.readouterr().err
