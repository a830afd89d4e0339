"""`guard prices update google`: the real client against a Cloud Billing Catalog on loopback, over gRPC."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from guard.cli.main import main
from guard.prices import google
from guard.prices.book import Book, open_book

grpc = pytest.importorskip("grpc")
billing = pytest.importorskip("google.cloud.billing_v1")

REGION = "moon-central1"
OWN = Path("guard") / "prices" / "google.sqlite"
SERVICE = "google.cloud.billing.v1.CloudCatalog"


def sku(
    description: str,
    amount: str,
    *,
    group: str = "CPU",
    family: str = "Compute",
    usage: str = "OnDemand",
    unit: str = "h",
    regions: tuple[str, ...] = (REGION,),
    currency: str = "USD",
    free: bool = False,
) -> Any:
    """Return a SKU of the real class; `free` puts a free tier before its price."""
    nano = int(Decimal(amount) * 10**9)
    price = {"currency_code": currency, "units": nano // 10**9, "nanos": nano % 10**9}
    rates = [{"start_usage_amount": 10.0 if free else 0.0, "unit_price": price}]
    if free:
        rates.insert(0, {"start_usage_amount": 0.0, "unit_price": {"currency_code": currency}})
    return billing.Sku(
        name=f"{google.COMPUTE_ENGINE}/skus/{abs(hash(description))}",
        description=description,
        category={"resource_family": family, "resource_group": group, "usage_type": usage},
        service_regions=list(regions),
        pricing_info=[{"pricing_expression": {"usage_unit": unit, "tiered_rates": rates}}],
    )


def family(what: str, core: str, ram: str, usage: str = "OnDemand", before: str = "") -> list[Any]:
    """Return the two SKUs of a machine family."""
    place = "running in Moon"
    return [
        sku(f"{before}{what} Instance Core {place}", core, usage=usage),
        sku(f"{before}{what} Instance Ram {place}", ram, usage=usage, group="RAM", unit="GiBy.h"),
    ]


SPOT = "Spot Preemptible "


def listed() -> list[Any]:
    """Return a small catalog, with what must not be taken for a machine's part among it."""
    return [
        *family("N2", "0.03", "0.004"),
        *family("N2", "0.01", "0.001", "Preemptible", SPOT),
        *family("N2 Custom", "9", "9"),
        *family("Sole Tenancy Premium for N2", "9", "9"),
        *family("Reserved N2", "9", "9"),
        *family("G2", "0.02", "0.003"),
        *family("N2D AMD", "0.02", "0.003"),
        *family("Memory-optimized", "0.03", "0.005"),
        *family("M3 Memory-optimized", "0.04", "0.006"),
        *family("E2", "0.02", "0.003"),
        *family("A2", "0.03", "0.004"),
        *family("A3", "0.03", "0.004"),
        sku("Commitment v1: N2 Cpu in Moon for 1 Year", "0.02", usage="Commit1Yr"),
        sku("Commitment v1: N2 Ram in Moon for 1 Year", "0.003", usage="Commit1Yr", group="RAM", unit="GiBy.h"),
        sku("Commitment v1: N2 Cpu in Moon for 3 Years", "0.015", usage="Commit3Yr"),
        sku("Commitment v1: Cpu in Moon for 1 Year", "0.02", usage="Commit1Yr"),
        sku("Commitment v1: Ram in Moon for 1 Year", "0.003", usage="Commit1Yr", group="RAM", unit="GiBy.h"),
        sku("Compute optimized Core running in Moon", "0.034"),
        sku("Compute optimized Ram running in Moon", "0.0045", group="RAM", unit="GiBy.h"),
        sku("N1 Predefined Instance Core running in Moon", "0.031", group="N1Standard"),
        sku("N1 Predefined Instance Ram running in Moon", "0.004", group="N1Standard", unit="GiBy.h"),
        sku("Micro Instance with burstable CPU running in Moon", "0.0076", group="F1Micro", free=True),
        sku("Nvidia L4 GPU running in Moon", "0.56", group="GPU"),
        sku("Nvidia L4 GPU attached to Spot Preemptible VMs running in Moon", "0.2", group="GPU", usage="Preemptible"),
        sku("Nvidia Tesla A100 80GB GPU running in Moon", "1.5", group="GPU"),
        sku("Nvidia Tesla T4 GPU running in Moon", "0.35", group="GPU"),
        sku("Nvidia Tesla T4 GPU attached to DWS Defined Duration VMs running in Moon", "0.1", group="GPU"),
        sku("Commitment v1: Nvidia Tesla T4 GPU running in Moon for 1 Year", "0.22", group="GPU", usage="Commit1Yr"),
        sku("Nvidia H100 80GB Mega GPU running in Moon", "9", group="GPU"),
        sku("SSD backed Local Storage in Moon", "0.073", family="Storage", group="LocalSSD", unit="GiBy.mo"),
        sku("TpuV5e chip hours in Moon", "1.2", group="TPU"),
        sku("Preemptible TpuV5e chip hours in Moon", "0.6", group="TPU"),
        sku("Balanced PD Capacity in Moon", "0.1", family="Storage", group="SSD", unit="GiBy.mo"),
        sku("Regional Balanced PD Capacity in Moon", "0.2", family="Storage", group="SSD", unit="GiBy.mo"),
        sku("Network Egress from Moon", "0.1", family="Network", group="PremiumInternetEgress", unit="GiBy"),
        sku("T2D AMD Instance Core running in Moon", "0.1", unit="s"),
    ]


@dataclass
class Catalog:
    """What the server knows, what it was asked, and the errors that it makes by the number of the request."""

    skus: list[Any]
    asked: list[Any] = field(default_factory=list)
    errors: dict[int, Any] = field(default_factory=dict)
    garbage: set[int] = field(default_factory=set)
    size: int = 10


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    with serving(tmp_path, monkeypatch) as known:
        yield known


@contextmanager
def serving(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    known = Catalog(listed())

    def list_skus(request: Any, context: Any) -> Any:
        number = len(known.asked)
        known.asked.append(request)
        if number in known.errors:
            context.abort(known.errors[number], "as the test wants")
        if number in known.garbage:
            return b"\xff\xff\xff\xff no message"
        start = int(request.page_token or 0)
        more = start + known.size < len(known.skus)
        return billing.ListSkusResponse(
            skus=known.skus[start : start + known.size], next_page_token=str(start + known.size) if more else ""
        )

    def written(message: Any) -> bytes:
        return message if isinstance(message, bytes) else billing.ListSkusResponse.serialize(message)

    method = grpc.unary_unary_rpc_method_handler(
        list_skus, request_deserializer=billing.ListSkusRequest.deserialize, response_serializer=written
    )
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"ListSkus": method}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setattr(google, "_catalog", client(port))
    monkeypatch.setattr(google, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(google, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(google, "PATIENCE", 0.5)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    monkeypatch.delenv("GUARD_PRICES")
    yield known
    server.stop(None).wait()


def client(port: int) -> Callable[[], Any]:
    from google.cloud.billing_v1.services.cloud_catalog.transports import CloudCatalogGrpcTransport

    def made() -> Any:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        return billing.CloudCatalogClient(transport=CloudCatalogGrpcTransport(channel=channel))

    return made


def update(*options: str) -> int:
    return main(["prices", "update", "google", *(options or ("--region", REGION))])


def price(book: Book, name: str, purchase: str = "on_demand", region: str = REGION) -> Decimal | None:
    band = book.compute("google", name, region, purchase)
    return band.high.amount if band else None


@pytest.mark.parametrize(
    ("name", "purchase", "amount"),
    [
        ("n2-standard-4", "on_demand", "0.184"),  # 4 x 0.03 + 16 x 0.004
        ("n2-standard-4", "spot", "0.056"),  # 4 x 0.01 + 16 x 0.001
        ("n2-standard-4", "commit_1y", "0.128"),  # 4 x 0.02 + 16 x 0.003
        ("n2-standard-4", "commit_3y", None),  # no memory of that term
        ("n1-standard-4", "on_demand", "0.184"),  # 4 x 0.031 + 15 x 0.004
        ("n1-standard-4", "commit_1y", "0.125"),  # 4 x 0.02 + 15 x 0.003
        ("n2d-standard-2", "on_demand", "0.064"),  # 2 x 0.02 + 8 x 0.003
        ("c2-standard-4", "on_demand", "0.208"),  # 4 x 0.034 + 16 x 0.0045
        ("m1-ultramem-40", "on_demand", "6.005"),  # 40 x 0.03 + 961 x 0.005
        ("n1-ultramem-40", "on_demand", "6.005"),  # the older name of m1-ultramem-40
        ("m3-megamem-64", "on_demand", "8.416"),  # 64 x 0.04 + 976 x 0.006
        ("e2-medium", "on_demand", "0.032"),  # 1 core of its 2 is billed: 0.02 + 4 x 0.003
        ("f1-micro", "on_demand", "0.0076"),  # whole, after a free tier
        ("g2-standard-4", "on_demand", "0.688"),  # 4 x 0.02 + 16 x 0.003 + 0.56
        ("g2-standard-4", "spot", None),  # its accelerator alone has a spot price
        ("a2-ultragpu-1g", "on_demand", "2.5775"),  # 12 x 0.03 + 170 x 0.004 + 1.5 + 375 x 0.073 / 730
        ("a2-highgpu-1g", "on_demand", None),  # the A100 of 40 GB has no price
        ("a3-highgpu-8g", "on_demand", None),  # the H100 of A3 Mega is another SKU
        ("a3-megagpu-8g", "on_demand", "86.328"),  # 208 x 0.03 + 1872 x 0.004 + 8 x 9 + 8 x 750 x 0.0001
        ("c3-standard-4", "on_demand", None),
        ("t2d-standard-1", "on_demand", None),  # by the second: another unit than expected
        ("gpu:T4", "on_demand", "0.35"),
        ("gpu:T4", "commit_1y", "0.22"),
        ("gpu:L4", "on_demand", None),  # not sold without its machine
        ("tpu:v5e", "on_demand", "1.2"),
        ("tpu:v5e", "spot", "0.6"),  # filed as on-demand
        ("ct5lp-hightpu-4t", "on_demand", "4.8"),
    ],
)
def test_machines_are_the_sum_of_their_parts(name: str, purchase: str, amount: str | None, updated: Book) -> None:
    found = price(updated, name, purchase)
    assert found == (None if amount is None else Decimal(amount))


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Return the book after one update, for all of the questions above."""
    with pytest.MonkeyPatch.context() as monkeypatch, serving(tmp_path_factory.mktemp("cache"), monkeypatch):
        assert update() == 0
        return open_book()


def test_disks_and_pages(catalog: Catalog, capsys: pytest.CaptureFixture[str]) -> None:
    assert update() == 0
    assert "5 pages asked for" in capsys.readouterr().out
    assert {one.currency_code for one in catalog.asked} == {"USD"}
    disks = {name: open_book().storage("google", name, REGION) for name in ("pd-balanced", "pd-balanced:regional")}
    assert [(str(found[0].amount), found[0].unit) for found in disks.values()] == [
        ("0.1", "GiB-month"),
        ("0.2", "GiB-month"),
    ]


def test_a_part_with_two_prices_has_none(catalog: Catalog) -> None:
    catalog.skus.append(sku("N2 Instance Core running in Moon and Mars", "0.05", regions=(REGION, "mars-west1")))
    assert update() == 0
    assert price(open_book(), "n2-standard-4") is None
    assert price(open_book(), "e2-medium") == Decimal("0.032")


def test_a_machine_with_an_accelerator_is_priced_where_it_is_offered_only(catalog: Catalog) -> None:
    # Both regions are known to the book: L4 is offered in one of them, the parts are priced in both.
    offered, other = "us-central1", "europe-north1"
    both = (offered, other)
    catalog.skus += [
        sku("G2 Instance Core running in Sea", "0.02", regions=both),
        sku("G2 Instance Ram running in Sea", "0.003", group="RAM", unit="GiBy.h", regions=both),
        sku("Nvidia L4 GPU running in Sea", "0.56", group="GPU", regions=both),
        sku("Nvidia Tesla T4 GPU running in Sea", "0.35", group="GPU", regions=both),
    ]
    assert update("--region", offered, "--region", other, "--force") == 0
    book = open_book()
    assert price(book, "g2-standard-4", region=offered) == Decimal("0.688")
    assert price(book, "g2-standard-4", region=other) is None


def test_throttling_and_outages_are_waited_for(catalog: Catalog) -> None:
    catalog.errors |= {
        0: grpc.StatusCode.RESOURCE_EXHAUSTED,
        1: grpc.StatusCode.UNAVAILABLE,
        3: grpc.StatusCode.INTERNAL,
    }
    assert update() == 0
    assert price(open_book(), "n2-standard-4") == Decimal("0.184")


def test_a_failure_in_the_middle_goes_on_where_it_stopped(
    catalog: Catalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog.errors[2] = grpc.StatusCode.PERMISSION_DENIED
    assert update() == 2
    told = capsys.readouterr().err
    assert "does not answer" in told
    assert "2 pages are kept" in told
    assert not (tmp_path / OWN).exists()
    assert update() == 0
    assert "3 pages asked for, 2 kept from before" in capsys.readouterr().out
    assert price(open_book(), "n2-standard-4") == Decimal("0.184")


def test_a_stale_token_starts_again(catalog: Catalog) -> None:
    catalog.errors[2] = grpc.StatusCode.INVALID_ARGUMENT
    assert update() == 0
    assert [one.page_token for one in catalog.asked][:4] == ["", "10", "20", ""]
    assert price(open_book(), "n2-standard-4") == Decimal("0.184")


@pytest.mark.parametrize(
    ("skus", "message"),
    [
        ([], "has no prices for"),
        ([sku("N2 Instance Core running in Moon", "1", currency="EUR")], "in EUR and not in USD"),
        ([sku("Network Egress", "1", family="Network")], "has no prices for"),
    ],
)
def test_catalogs_that_cannot_be_used(
    skus: list[Any], message: str, catalog: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog.skus = skus
    assert update() == 2
    assert message in capsys.readouterr().err


def test_garbage_is_told(catalog: Catalog, capsys: pytest.CaptureFixture[str]) -> None:
    catalog.garbage |= set(range(200))
    assert update() == 2
    assert "does not answer" in capsys.readouterr().err


def test_a_region_that_cannot_be_one(catalog: Catalog, capsys: pytest.CaptureFixture[str]) -> None:
    assert update("--region", "Belgium (St. Ghislain)") == 2
    assert "is no region of Google Cloud" in capsys.readouterr().err


def test_missing_credentials_and_a_missing_sdk_are_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from google.auth.exceptions import DefaultCredentialsError

    def none(*_: object, **__: object) -> None:
        raise DefaultCredentialsError("none")  # type: ignore[no-untyped-call]

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("google.auth.default", none)
    assert main(["prices", "update", "gcp"]) == 2
    assert "gcloud auth application-default login" in capsys.readouterr().err
    for name in ("google.cloud.billing_v1", "google.cloud", "google.api_core", "google.auth.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["prices", "update", "google"]) == 2
    assert "pip install 'guard-iac[google]'" in capsys.readouterr().err
