"""The embedded price book: what it holds, and known rows of each source."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from guard.model.price import Band
from guard.prices.book import Book, BookError, open_book
from guard.prices.places import EMBEDDED
from guard.prices.schema import TABLES

BOOK = open_book()

ROWS = {
    "price": 164401,
    "transfer": 1243,
    "spot_saving": 14962,
    "specs": 3362,
    "ratio": 56,
    "sustained_use": 29,
    "source": 26,
}
TOTALS = {
    "SELECT SUM(nano_usd) FROM price": 890_459_403_838_050,
    "SELECT SUM(nano_usd) FROM transfer": 115_060_400_000,
    "SELECT SUM(percent) FROM spot_saving": 982_028,
}


def one(band: Band | None) -> tuple[str, str, str]:
    assert band is not None
    assert band.low == band.high
    return str(band.high.amount.normalize()), band.high.source, band.high.as_of


@pytest.fixture(scope="module")
def database() -> sqlite3.Connection:
    return sqlite3.connect(f"{EMBEDDED.as_uri()}?mode=ro&immutable=1", uri=True)


@pytest.mark.parametrize(("table", "rows"), ROWS.items())
def test_holds_every_row_of_its_sources(database: sqlite3.Connection, table: str, rows: int) -> None:
    assert database.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (rows,)


@pytest.mark.parametrize(("query", "total"), TOTALS.items())
def test_adds_up_to_what_its_sources_add_up_to(database: sqlite3.Connection, query: str, total: int) -> None:
    assert database.execute(query).fetchone() == (total,)


def test_is_made_of_the_files_that_the_document_names(database: sqlite3.Connection) -> None:
    stated = dict(database.execute("SELECT name, value FROM meta WHERE name LIKE 'sha256 %'"))
    assert len(stated) == 12
    document = (Path(__file__).parents[3] / "docs" / "prices.md").read_text(encoding="utf-8")
    for name, digest in stated.items():
        assert f"`{name.removeprefix('sha256 ')}` | {digest[:16]}" in document


def test_is_small_enough_to_ship() -> None:
    assert EMBEDDED.stat().st_size < 5_000_000


@pytest.mark.parametrize(
    ("provider", "sku", "region", "purchase", "expected"),
    [
        # aws,p4d.24xlarge,us-east-1,hour,21.957642,on_demand,,karpenter-aws,2026-07-20
        ("aws", "p4d.24xlarge", "us-east-1", "on_demand", ("21.957642", "karpenter-aws", "2026-07-20")),
        # aws,p4d.24xlarge,us-east-1,hour,13.921094,commit_1y,no_upfront,tsaol,2025-11-30
        ("aws", "P4D.24XLARGE", "US-East-1", "commit_1y", ("13.921094", "tsaol", "2025-11-30")),
        # aws,a1.2xlarge,ap-northeast-1,hour,0.1510274,commit_1y,all_upfront,rosa,2025-01-14
        ("aws", "a1.2xlarge", "ap-northeast-1", "commit_1y", ("0.1510274", "rosa", "2025-01-14")),
        # gcp,a2-highgpu-1g,us-central1,hour,3.673385,on_demand,,cyclenerd,2026-07-30
        ("gcp", "a2-highgpu-1g", "us-central1", "on_demand", ("3.673385", "cyclenerd", "2026-07-30")),
        # gcp,a2-highgpu-1g,us-central1,hour,1.92802,spot,,cyclenerd,2026-07-30
        ("google", "a2-highgpu-1g", "us-central1", "spot", ("1.92802", "cyclenerd", "2026-07-30")),
        # azure,Standard_NC24ads_A100_v4,westeurope,hour,1.097295,spot,,azure-radar,2026-08-22
        ("azure", "standard_nc24ads_a100_v4", "West Europe", "spot", ("1.097295", "azure-radar", "2026-08-22")),
        # azure,Standard_B16as_v2,australiacentral,hour,0.7604,on_demand,,karpenter-azure-minus-windows,2026-06-18
        (
            "azure",
            "Standard_B16as_v2",
            "australiacentral",
            "on_demand",
            ("0.7604", "karpenter-azure-minus-windows", "2026-06-18"),
        ),
        # gcp,gpu:nvidia-tesla-t4,us-central1,accelerator-hour,0.35,on_demand,,skypilot-catalog-v8,
        ("google", "gpu:T4", "us-central1", "on_demand", ("0.35", "skypilot-catalog-v8", "")),
        # gcp,tpu:v6e,us-central1,chip-hour,2.7,on_demand,,skypilot-catalog-v8,
        ("google", "tpu:TPU v6e", "us-central1", "on_demand", ("2.7", "skypilot-catalog-v8", "")),
        # aws,sagemaker:hosting,ml.g5.xlarge,us-east-1,hour,1.408,on_demand,sagemaker-table-c,2026-08-17
        ("aws", "ml.g5.xlarge", "us-east-1", "on_demand", ("1.408", "sagemaker-table-c", "2026-08-17")),
        # aws,p5e.48xlarge,us-east-2,hour,47.76,capacity_block,,capacity-blocks,2026-07-22
        ("aws", "p5e.48xlarge", "us-east-2", "capacity_block", ("47.76", "capacity-blocks", "2026-07-22")),
    ],
)
def test_published_prices(provider: str, sku: str, region: str, purchase: str, expected: tuple[str, str, str]) -> None:
    assert one(BOOK.compute(provider, sku, region, purchase)) == expected


def test_spot_on_aws_is_a_band_around_the_published_saving() -> None:
    # aws,p4d.24xlarge,us-east-1,67,... of spotinfo, 2025-06-28: 71 % to 63 % off 21.957642.
    band = BOOK.compute("aws", "p4d.24xlarge", "us-east-1", "spot")
    assert band is not None
    assert band.low.amount == Decimal("21.957642") * Decimal("0.29")
    assert band.high.amount == Decimal("21.957642") * Decimal("0.37")
    assert band.low.source == "derived: karpenter-aws on-demand less 67 % saving of spotinfo"
    assert band.low.as_of == "2025-06-28"


def test_spot_never_costs_more_than_on_demand() -> None:
    # aws,a1.2xlarge,ap-northeast-1,0,>20%: a saving of nothing, whose band would reach above on-demand.
    band, on_demand = (BOOK.compute("aws", "a1.2xlarge", "ap-northeast-1", way) for way in ("spot", "on_demand"))
    assert band is not None
    assert on_demand is not None
    assert band.high.amount == on_demand.high.amount
    assert band.low.amount == on_demand.high.amount * Decimal("0.96")


def test_a_published_spot_price_goes_before_a_derived_one(database: sqlite3.Connection) -> None:
    # aws,m5.large,us-east-1,hour,...,spot,,cloudprice,2026-09-06
    band = BOOK.compute("aws", "m5.large", "us-east-1", "spot")
    assert one(band)[1:] == ("cloudprice", "2026-09-06")


def test_sagemaker_without_a_price_costs_ec2_times_the_ratio() -> None:
    # sagemaker_multiplier: ml.p4d.24xlarge 1.15; no ml.p4d.24xlarge row of us-east-1.
    amount, source, _ = one(BOOK.compute("aws", "ml.p4d.24xlarge", "us-east-1"))
    assert Decimal(amount) == Decimal("21.957642") * Decimal("1.15")
    assert source.startswith("derived: karpenter-aws p4d.24xlarge x 1.15")


def test_a_full_month_on_google_has_its_discount() -> None:
    # gcp,n1-standard-4,us-central1,hour,0.189999,on_demand; gcp_sustained_use: n1 0.7, a2 1.
    amount, _, _ = one(BOOK.compute("google", "n1-standard-4", "us-central1", "sustained_use"))
    assert Decimal(amount) == Decimal("0.189999") * Decimal("0.7")
    assert BOOK.compute("google", "a2-highgpu-1g", "us-central1", "sustained_use") is None


def test_a_tpu_machine_costs_its_chips() -> None:
    # gcp,tpu:v6e,us-central1,chip-hour,2.7; specs: ct6e-standard-4t has 4.
    assert one(BOOK.compute("google", "ct6e-standard-4t", "us-central1"))[0] == "10.8"


@pytest.mark.parametrize(
    ("provider", "sku", "region", "purchase"),
    [
        ("aws", "p4d.24xlarge", "mars-north-1", "on_demand"),
        ("aws", "p5e.48xlarge", "us-east-2", "on_demand"),
        ("oracle", "BM.GPU4.8", "us-ashburn-1", "on_demand"),
        ("aws", "ml.p4d.24xlarge", "us-east-1", "spot"),
        ("google", "gpu:B200", "us-central1", "on_demand"),
        ("google", "ct5lp-hightpu-4t", "us-central1", "on_demand"),
        ("", "", "", ""),
    ],
)
def test_what_is_not_known_is_none(provider: str, sku: str, region: str, purchase: str) -> None:
    assert BOOK.compute(provider, sku, region, purchase) is None


@pytest.mark.parametrize(
    ("provider", "name", "accelerator", "count", "memory", "vcpu", "ram"),
    [
        ("aws", "P4d.24xlarge", "A100", "8", "40", "96", "1152"),
        ("aws", "ml.p4de.24xlarge", "A100-80GB", "8", "80", "96", "1152"),
        ("aws", "trn1.32xlarge", "Trainium1", "16", "32", "128", "512"),
        ("google", "a2-ultragpu-2g", "A100-80GB", "2", "80", "24", "340"),
        ("google", "ct5lp-hightpu-4t", "TPU v5e", "4", None, "112", "192"),
        ("azure", "STANDARD_NC24ADS_A100_V4", "A100-80GB", "1", "80", "24", "220"),
        ("google", "n1-custom-6-20480", "", "0", None, "6", "20"),
        ("google", "custom-4-5120-ext", "", "0", None, "4", "5"),
        ("azure", "Standard_NV4ads_V710_v5", "V710", None, None, "4", "16"),
    ],
)
def test_specs(
    provider: str, name: str, accelerator: str, count: str | None, memory: str | None, vcpu: str, ram: str
) -> None:
    specs = BOOK.specs(provider, name)
    assert specs is not None
    assert specs.accelerator == accelerator
    assert specs.accelerator_count == (None if count is None else Decimal(count))
    assert specs.accelerator_memory_gib == (None if memory is None else Decimal(memory))
    assert (specs.vcpu, specs.memory_gib) == (Decimal(vcpu), Decimal(ram))


@pytest.mark.parametrize("name", ["n9-custom-", "g2-custom-4-16384", "custom-1-99999999999", "p4d.23xlarge", ""])
def test_no_specs_are_made_up(name: str) -> None:
    assert BOOK.specs("google", name) is None


def test_offers_are_sold_there_and_cheapest_first() -> None:
    offers = BOOK.offers("google", "us-central1", "nvidia-tesla-a100")
    assert [one.instance_type for one in offers] == [
        "a2-highgpu-1g",
        "a2-highgpu-2g",
        "a2-highgpu-4g",
        "a2-highgpu-8g",
        "a2-megagpu-16g",
    ]
    assert BOOK.offers("google", "europe-north1", "A100") == ()
    assert [one.instance_type for one in BOOK.offers("aws", "", "a100-80gb")] == ["p4de.24xlarge"]


def test_storage_managed_and_transfer() -> None:
    # aws,ebs:gp3,us-east-1,GB-month,0.08,rosa-ebs,2025-10-28
    assert [(str(one.amount), one.unit) for one in BOOK.storage("aws", "ebs:gp3", "us-east-1")] == [
        ("0.08", "GB-month")
    ]
    assert BOOK.storage("aws", "s3:standard", "us-east-1")[0].sku == "s3:standard:first_50tb"
    # aws,eks,cluster,us-east-1,hour,0.1,on_demand,infracost-golden,2025-07-07
    fee = BOOK.managed("aws", "eks", "cluster", "us-east-1")
    assert fee is not None
    assert (str(fee.amount), fee.unit) == ("0.1", "hour")
    # aws,bedrock:...,anthropic.claude-instant-v1,us-east-1: 39.6 with commit_1m, 21.996 with commit_6m
    bedrock = BOOK.managed("aws", "bedrock:provisioned_throughput", "anthropic.claude-instant-v1", "us-east-1")
    assert bedrock is not None
    assert (str(bedrock.amount), bedrock.purchase) == ("39.6", "commit_1m")
    # aws,us-east-1,eu-west-1,0,,GB,0.02,skyplane,2023-04-27
    moved = BOOK.transfer("aws", "us-east-1", "eu-west-1")
    assert moved is not None
    assert (str(moved.amount), moved.unit) == ("0.02", "GB")
    assert BOOK.transfer("aws", "us-east-1", "us-east-1") is None
    assert [str(tier.price.amount) for tier in BOOK.transfer_tiers("aws", "us-east-1", "internet")][:2] == [
        "0.09",
        "0.085",
    ]


def test_tells_how_new_it_is_and_what_it_knows() -> None:
    assert BOOK.as_of() == "2026-08-22"
    assert [(one.provider, one.prices) for one in BOOK.status()] == [
        ("aws", 36076),
        ("azure", 76774),
        ("google", 51551),
    ]


def test_shows_published_prices_and_then_derived_ones() -> None:
    shown = BOOK.show("aws", "p4d.24xlarge", "us-east-1")
    assert [one.price.purchase for one in shown] == ["capacity_block", "commit_1y", "on_demand", "spot", "spot"]
    assert {one.price.region for one in BOOK.show("aws", "ebs:gp3")} >= {"us-east-1", "eu-west-1"}
    assert BOOK.show("aws", "no-such-type") == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no price book"),
        (b"provider,sku\n", "is not a price book"),
        (b"", "is not a price book"),
    ],
)
def test_a_file_that_is_no_book_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "own.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BookError, match=message):
        open_book(str(path))


def test_a_book_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(TABLES)
        database.execute("INSERT INTO meta VALUES('schema', '0')")
    database.close()
    with pytest.raises(BookError, match="another version"):
        open_book(str(path))


def test_a_damaged_book_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    content = bytearray(EMBEDDED.read_bytes())
    content[40_000:] = bytes(len(content) - 40_000)
    path = tmp_path / "damaged.sqlite"
    path.write_bytes(content)

    def ask() -> Book:
        book = open_book(str(path))
        book.compute("aws", "p4d.24xlarge", "us-east-1")
        book.status()
        return book

    with pytest.raises(BookError, match=r"damaged\.sqlite"):
        ask()
