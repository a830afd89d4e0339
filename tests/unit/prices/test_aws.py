"""`guard prices update aws`: unmodified boto3 against the Price List and EC2 protocols on loopback."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from guard.cli.main import main
from guard.prices import aws
from guard.prices._store import Store
from guard.prices.book import Book, open_book
from guard.prices.places import EMBEDDED
from tests.unit.prices._servers import Fault, Served, ec2, price_list, serving

boto3 = pytest.importorskip("boto3")
whole_session = aws._session

REGION = "eu-north-1"
OWN = Path("guard") / "prices" / "aws.sqlite"
LINUX = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "operation": "RunInstances",
    "marketoption": "OnDemand",
}
ON_DEMAND = "JRTCKXETXF"


def dimension(amount: str, unit: str = "Hrs", **others: str) -> dict[str, object]:
    return {"unit": unit, "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": amount}, **others}


def product(
    family: str,
    attributes: dict[str, str],
    *dimensions: dict[str, object],
    service: str = "AmazonEC2",
    reserved: dict[str, object] | None = None,
) -> str:
    """Return a product as the Price List writes it: JSON in a string."""
    terms: dict[str, object] = {"OnDemand": {f"S.{ON_DEMAND}": {"priceDimensions": dict(enumerate(dimensions))}}}
    if reserved:
        terms["Reserved"] = reserved
    return json.dumps(
        {
            "product": {"sku": "S", "productFamily": family, "attributes": {"regionCode": REGION, **attributes}},
            "serviceCode": service,
            "terms": terms,
            "publicationDate": "2026-11-20T08:00:00Z",
            "version": "20261120080000",
        }
    )


def machine(sku: str, amount: str, **others: str) -> str:
    return product("Compute Instance", {**LINUX, "instanceType": sku, **others}, dimension(amount))


def term(length: str, option: str, *dimensions: dict[str, object], offering: str = "standard") -> dict[str, object]:
    attributes = {"LeaseContractLength": length, "PurchaseOption": option, "OfferingClass": offering}
    return {"termAttributes": attributes, "priceDimensions": dict(enumerate(dimensions))}


def sagemaker(usage: str, amount: str) -> str:
    name = usage.rpartition(":")[2]
    attributes = {"usagetype": f"EUN1-{usage}", "instanceName": name, "instanceType": f"{name}-Hosting"}
    return product("ML Instance", attributes, dimension(amount), service="AmazonSageMaker")


def spot(sku: str, zone: str, amount: str, kind: str = "Linux/UNIX") -> dict[str, str]:
    return {
        "instanceType": sku,
        "productDescription": kind,
        "spotPrice": amount,
        "timestamp": "2026-11-22T08:00:00.000Z",
        "availabilityZone": f"{REGION}{zone}",
    }


@pytest.fixture(scope="module")
def session() -> object:
    """Return a session for all tests: it takes the SDK a second to read its description of EC2."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "x")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "x")
        patched.setenv("AWS_CONFIG_FILE", "none")
        patched.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
        made: object = boto3.Session()
        made.get_credentials()  # type: ignore[attr-defined]
        return made


@pytest.fixture(scope="module")
def known() -> list[str]:
    """Return the known types of a region at their known prices, so that an update is plausible."""
    return [
        machine(one.sku, str(one.amount))
        for one in Store(EMBEDDED).price_facts("aws", (REGION,))
        if not one.service and one.purchase == "on_demand"
    ]


@pytest.fixture
def products(known: list[str]) -> list[str]:
    """Return what the Price List knows; a test adds to it."""
    return [*known, machine("p9.48xlarge", "98.3200000000")]


@pytest.fixture
def history() -> list[dict[str, str]]:
    return [spot("p9.48xlarge", "a", "30.5"), spot("p9.48xlarge", "b", "41.25")]


@pytest.fixture
def lists(products: list[str], session: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with serving(price_list(products, 100)) as served:
        monkeypatch.setattr(aws, "_session", lambda: session)
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", served.address)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.setattr(aws, "sleep", lambda _: None)
        monkeypatch.setattr(time, "sleep", lambda _: None)
        monkeypatch.delenv("GUARD_PRICES")
        yield served


NEW_TYPE = (
    "<item><instanceType>p9.48xlarge</instanceType><vCpuInfo><defaultVCpus>192</defaultVCpus></vCpuInfo>"
    "<memoryInfo><sizeInMiB>2097152</sizeInMiB></memoryInfo><processorInfo><supportedArchitectures><item>x86_64</item>"
    "</supportedArchitectures></processorInfo><gpuInfo><gpus><item><name>B900</name><manufacturer>NVIDIA</manufacturer>"
    "<count>8</count><memoryInfo><sizeInMiB>196608</sizeInMiB></memoryInfo></item></gpus></gpuInfo></item>"
)


@pytest.fixture
def machines(history: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, lists: Served) -> Iterator[Served]:
    with serving(ec2(history, [NEW_TYPE], 1)) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", served.address)
        yield served


def update(*options: str) -> int:
    return main(["prices", "update", "aws", *(options or ("--region", REGION))])


def price(book: Book, sku: str, purchase: str = "on_demand") -> Decimal | None:
    band = book.compute("aws", sku, REGION, purchase)
    return band.high.amount if band else None


def test_a_new_type_gets_its_price_its_spot_band_and_what_it_is(
    lists: Served, machines: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update() == 0
    assert f"[{open_book().status()[-1].book}]" in capsys.readouterr().out
    book = open_book()
    assert price(book, "p9.48xlarge") == Decimal("98.32")
    band = book.compute("aws", "p9.48xlarge", REGION, "spot")
    assert band is not None
    assert (band.low.amount, band.high.amount) == (Decimal("30.5"), Decimal("41.25"))
    assert (band.low.purchase, band.low.source) == ("spot", "ec2-spot-price-history")
    specs = book.specs("aws", "p9.48xlarge")
    assert specs is not None
    assert (specs.accelerator, specs.accelerator_count) == ("B900", Decimal(8))
    assert specs.accelerator_memory_gib == Decimal(192)
    assert (specs.vcpu, specs.memory_gib) == (Decimal(192), Decimal(2048))
    assert [one.instance_type for one in book.offers("aws", REGION, "B900")] == ["p9.48xlarge"]
    assert book.as_of("aws") == "2026-11-20"
    # Another provider's prices are as old as they were.
    assert book.as_of("google") == "2026-07-30"


def test_all_regions_are_asked_for_where_none_is_named(lists: Served, machines: Served, products: list[str]) -> None:
    products.append(machine("p9.48xlarge", "120", regionCode="us-west-2-lax-1"))
    products.append(machine("p9.48xlarge", "9", regionCode="cn-north-1"))
    assert update("--force") == 0
    book = open_book()
    assert {one.price.region for one in book.show("aws", "p9.48xlarge")} == {REGION, "us-west-2-lax-1"}
    # A local zone is no endpoint of EC2: nothing asks it for spot prices.
    assert {one["Action"] for one in machines.asked} == {"DescribeSpotPriceHistory", "DescribeInstanceTypes"}


def test_traps_of_ec2(lists: Served, machines: Served, products: list[str]) -> None:
    sku = "p8.48xlarge"
    products += [
        machine(sku, "50"),
        machine(sku, "60", operatingSystem="Windows"),
        machine(sku, "55", tenancy="Dedicated"),
        machine(sku, "58", preInstalledSw="SQL Std"),
        machine(sku, "0.0000000000", marketoption="CapacityBlock"),
        machine(sku, "51", capacitystatus="UnusedCapacityReservation"),
        machine(sku, "70", operation="RunInstances:0004"),
        product(
            "Compute Instance",
            {**LINUX, "instanceType": "p7.48xlarge"},
            dimension("40"),
            reserved={
                "a": term("1yr", "No Upfront", dimension("30")),
                "b": term("1yr", "All Upfront", dimension("245280", "Quantity"), dimension("0.0000000000")),
                "c": term("3yr", "All Upfront", dimension("525600", "Quantity")),
                "d": term("3yr", "Partial Upfront", dimension("1", "Quantity"), dimension("9")),
                "e": term("1yr", "No Upfront", dimension("35"), offering="convertible"),
            },
        ),
    ]
    assert update() == 0
    book = open_book()
    assert price(book, sku) == Decimal(50)
    shown = {
        (one.price.purchase, one.price.payment): one.price.amount for one in book.show("aws", "p7.48xlarge", REGION)
    }
    assert shown == {
        ("on_demand", ""): Decimal(40),
        ("commit_1y", "no_upfront"): Decimal(30),
        ("commit_1y", "all_upfront"): Decimal(28),
        ("commit_3y", "all_upfront"): Decimal(20),
    }


def test_sagemaker_and_volumes(lists: Served, machines: Served, products: list[str]) -> None:
    gp3, group = {"volumeApiName": "gp3"}, {"volumeApiName": "io2", "group": "EBS IOPS Tier 2"}
    products += [
        sagemaker("Host:ml.p9.48xlarge", "113"),
        sagemaker("Train:ml.p9.48xlarge", "114"),
        sagemaker("Notebk:ml.p9.48xlarge", "115"),
        sagemaker("Tsform:ml.p9.48xlarge", "116"),
        sagemaker("AsyncInf:ml.p9.48xlarge", "117"),
        product("Storage", gp3, dimension("0.0836", "GB-Mo")),
        product("System Operation", {**gp3, "group": "EBS IOPS"}, dimension("0.0052", "IOPS-Mo")),
        product("System Operation", group, dimension("0.0477", "IOPS-Mo")),
        product("Provisioned Throughput", {**gp3, "group": "EBS Throughput"}, dimension("42.803", "GiBps-mo")),
        product("Storage", {"volumeApiName": "gp9"}, dimension("9", "GB-Mo")),
    ]
    assert update() == 0
    book = open_book()
    assert price(book, "ml.p9.48xlarge") == Decimal(113)
    services = {one.service: one.price.amount for one in book.show("aws", "ml.p9.48xlarge", REGION)}
    assert services == {
        "sagemaker:hosting": 113,
        "sagemaker:training": 114,
        "sagemaker:notebook": 115,
        "sagemaker:batch_transform": 116,
    }
    assert book.storage("aws", "ebs:gp3", REGION)[0].amount == Decimal("0.0836")
    assert book.storage("aws", "ebs:gp3:iops_over_3000", REGION)[0].amount == Decimal("0.0052")
    assert book.storage("aws", "ebs:gp3:throughput_over_125", REGION)[0].amount == Decimal("0.041799805")
    assert book.storage("aws", "ebs:io2:iops_32001_64000", REGION)[0].amount == Decimal("0.0477")


def test_spot_of_other_systems_and_of_nought_is_left_out(
    lists: Served, machines: Served, history: list[dict[str, str]]
) -> None:
    history += [spot("p9.48xlarge", "c", "90", "Windows"), spot("p9.48xlarge", "c", "0"), spot("other.type", "a", "1")]
    assert update() == 0
    book = open_book()
    assert price(book, "p9.48xlarge", "spot") == Decimal("41.25")
    assert book.show("aws", "other.type") == ()


def test_throttling_cut_and_broken_answers(lists: Served, machines: Served) -> None:
    lists.faults |= {
        0: Fault(status=400, body=b'{"__type": "ThrottlingException", "Message": "Rate exceeded"}'),
        1: Fault(status=500),
        2: Fault(kind="cut"),
    }
    machines.faults[0] = Fault(
        status=503,
        body=b"<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
    )
    assert update() == 0
    assert price(open_book(), "p9.48xlarge") == Decimal("98.32")


def test_garbage_in_the_middle_stops_it_and_the_next_one_goes_on(
    lists: Served, machines: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists.faults |= {number: Fault(kind="garbage") for number in (2, 3, 4)}
    assert update() == 2
    told = capsys.readouterr().err
    assert "2 pages are kept" in told
    assert not (tmp_path / OWN).exists()
    assert update() == 0
    assert "2 kept from before" in capsys.readouterr().out
    tokens = [asked.get("NextToken") for _, asked in lists.asked if "NextToken" in asked]
    assert tokens.count("100") == 1, "a page that was read is not read again"


def test_a_token_that_has_expired_starts_that_list_again(
    lists: Served, machines: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    lists.faults |= {number: Fault(kind="garbage") for number in (1, 2, 3)}
    assert update() == 2
    stale = b'{"__type": "ExpiredNextTokenException", "Message": "expired"}'
    lists.faults[4] = Fault(status=400, body=stale)
    assert update() == 0
    assert price(open_book(), "p9.48xlarge") == Decimal("98.32")
    lists.faults |= {len(lists.asked) + number: Fault(status=400, body=stale) for number in (1, 3)}
    capsys.readouterr()
    assert update() == 2
    assert "does not know its own page token" in capsys.readouterr().err


def test_a_region_that_ec2_refuses_keeps_its_spot_prices(lists: Served, machines: Served) -> None:
    refused = (
        b"<Response><Errors><Error><Code>AuthFailure</Code><Message>not enabled</Message></Error></Errors></Response>"
    )
    machines.faults |= {number: Fault(status=401, body=refused) for number in range(9)}
    assert update() == 0
    book, embedded = open_book(), open_book("embedded")
    assert price(book, "p9.48xlarge") == Decimal("98.32")
    assert price(book, "m5.large", "spot") == price(embedded, "m5.large", "spot")


@pytest.mark.parametrize(
    ("offer", "message"),
    [
        ("not json", "not the price list that was asked for"),
        ("[]", "not the price list that was asked for"),
        ('{"product": {}}', "not the price list that was asked for"),
        (machine("m5.large", "1").replace('"USD"', '"CNY"'), "in CNY and not in USD"),
    ],
)
def test_products_that_cannot_be_read(
    offer: str, message: str, machines: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(path: str, headers: dict[str, str], body: bytes, served: Served) -> tuple[int, str, bytes]:
        served.asked.append(path)
        return 200, "application/x-amz-json-1.1", json.dumps({"FormatVersion": "1", "PriceList": [offer]}).encode()

    with serving(answer) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", served.address)
        assert update() == 2
    assert message in capsys.readouterr().err


def test_one_odd_product_among_many_stops_nothing(lists: Served, machines: Served, products: list[str]) -> None:
    products.append(product("Compute Instance", {**LINUX, "instanceType": "x1.odd"}, dimension("much")))
    products.append(product("Compute Instance", LINUX, dimension("1")))
    assert update() == 0
    assert open_book().show("aws", "x1.odd") == ()


def test_missing_credentials_and_a_missing_sdk_are_told_with_what_to_do(
    lists: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(aws, "_session", whole_session)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert update() == 2
    assert "aws configure" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert update() == 2
    assert "pip install 'guard-iac[aws]'" in capsys.readouterr().err


def test_an_odd_region_is_told(lists: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert update("--region", "EU (Stockholm)") == 2
    assert "is no region of AWS" in capsys.readouterr().err


def test_the_source_is_found_by_its_file() -> None:
    assert (aws.PRICES.provider, aws.PRICES.name) == ("aws", "AWS Price List")
