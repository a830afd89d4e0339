"""Builds the embedded price book from a directory of CSV files: `build_prices.py DIRECTORY_OF_CSV OUTPUT`."""

from __future__ import annotations

import csv
import hashlib
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from guard.prices.schema import STORAGE, provider_name
from guard.prices.writing import Facts, PriceFact, SavingFact, SpecsFact, TransferFact, write_book

COMPUTE = ("compute_aws.csv", "compute_azure.csv", "compute_azure_derived.csv", "compute_gcp.csv")
OTHERS = (
    "gcp_sustained_use.csv",
    "managed.csv",
    "network.csv",
    "sagemaker_multiplier.csv",
    "sources.csv",
    "specs.csv",
    "spot_discount_aws.csv",
    "storage.csv",
)


def main(arguments: list[str]) -> int:
    """Build the book. Returns the exit status: 2 for wrong usage or files that cannot be used."""
    if len(arguments) != 2:
        print("usage: build_prices.py DIRECTORY_OF_CSV OUTPUT", file=sys.stderr)
        return 2
    directory, output = Path(arguments[0]), Path(arguments[1])
    try:
        write_book(output, read_facts(directory))
    except (OSError, ValueError, KeyError, ArithmeticError) as error:
        print(f"build_prices.py: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(f"{output}: {output.stat().st_size} bytes, sha256 {hashlib.sha256(output.read_bytes()).hexdigest()}")
    return 0


def read_facts(directory: Path) -> Facts:
    """Return the facts of every CSV file in `directory`. Raises OSError or ValueError for a bad one."""
    return Facts(
        prices=[*_compute(directory), *_storage(directory), *_managed(directory)],
        transfers=list(_transfers(directory)),
        savings=list(_savings(directory)),
        specs=list(_specs(directory)),
        ratios=[
            (row["sku"], Decimal(row["ratio_to_ec2_on_demand"]), int(row["observations"]), row["regions"])
            for row in _rows(directory, "sagemaker_multiplier.csv")
        ],
        sustained_use=[
            (row["family"], Decimal(row["full_month_factor"]), row["source"], row["as_of"])
            for row in _rows(directory, "gcp_sustained_use.csv")
        ],
        sources=[
            (row["id"], row["what"], _origin(row["origin"]), row["version"], row["licence"], row["as_of"])
            for row in _rows(directory, "sources.csv")
        ],
        meta={f"sha256 {name}": _digest(directory / name) for name in (*COMPUTE, *OTHERS)},
    )


def _compute(directory: Path) -> Iterator[PriceFact]:
    for name in COMPUTE:
        for row in _rows(directory, name):
            yield _price(row, service="", purchase=row["purchase_option"], payment=row["payment"])


def _storage(directory: Path) -> Iterator[PriceFact]:
    for row in _rows(directory, "storage.csv"):
        yield _price(row, service=STORAGE, purchase="on_demand", payment="")


def _managed(directory: Path) -> Iterator[PriceFact]:
    for row in _rows(directory, "managed.csv"):
        yield _price(row, service=row["service"], purchase=row["purchase_option"], payment="")


def _price(row: dict[str, str], service: str, purchase: str, payment: str) -> PriceFact:
    amount = Decimal(row["price_usd"])
    if not amount > 0:
        raise ValueError(f"{row['sku']} in {row['region']}: the price {amount} is not above zero")
    return PriceFact(
        provider=provider_name(row["provider"]),
        service=service,
        sku=row["sku"],
        region=row["region"],
        unit=row["unit"],
        purchase=purchase,
        payment=payment,
        source=row["source"],
        as_of=row["as_of"],
        amount=amount,
    )


def _transfers(directory: Path) -> Iterator[TransferFact]:
    for row in _rows(directory, "network.csv"):
        yield TransferFact(
            provider=provider_name(row["provider"]),
            region=row["src_region"],
            destination=row["dst"],
            from_unit=int(row["from_gb"]),
            to_unit=int(row["to_gb"]) if row["to_gb"] else None,
            unit=row["unit"],
            source=row["source"],
            as_of=row["as_of"],
            amount=Decimal(row["price_usd"]),
        )


def _savings(directory: Path) -> Iterator[SavingFact]:
    for row in _rows(directory, "spot_discount_aws.csv"):
        yield SavingFact(
            provider_name(row["provider"]),
            row["sku"],
            row["region"],
            int(row["saving_pct"]),
            row["interruption_month"],
            row["source"],
            row["as_of"],
        )


def _specs(directory: Path) -> Iterator[SpecsFact]:
    for row in _rows(directory, "specs.csv"):
        yield SpecsFact(
            provider_name(row["provider"]),
            row["instance_type"],
            _number(row["vcpu"]),
            _number(row["memory_gib"]),
            row["accelerator"],
            _number(row["accelerator_count"]),
            _number(row["accelerator_memory_gib"]),
            row["architecture"],
            row["source"],
            row["as_of"],
        )


def _origin(text: str) -> str:
    """Return where a source was found; a number in somebody's archive means nothing to a reader."""
    return "a public repository that was not recorded" if text.startswith("stored file") else text


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _rows(directory: Path, name: str) -> Iterator[dict[str, str]]:
    with (directory / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
