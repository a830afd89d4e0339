"""Writes a price book: the same facts give the same bytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from guard.model.accelerators import accelerator_with_memory
from guard.prices.schema import NANO, SCHEMA_VERSION, TABLES, TEN_THOUSAND, scaled


class PriceFact(NamedTuple):
    """A published price, in USD a unit; `service` is empty for instance types."""

    provider: str
    service: str
    sku: str
    region: str
    unit: str
    purchase: str
    payment: str
    source: str
    as_of: str
    amount: Decimal


class TransferFact(NamedTuple):
    """USD a unit for data that leaves a region, from `from_unit` to `to_unit` units a month."""

    provider: str
    region: str
    destination: str
    from_unit: int
    to_unit: int | None
    unit: str
    source: str
    as_of: str
    amount: Decimal


class SavingFact(NamedTuple):
    """What spot saves off on-demand, in percent, and how often it is interrupted."""

    provider: str
    sku: str
    region: str
    percent: int
    interruption: str
    source: str
    as_of: str


class SpecsFact(NamedTuple):
    """What an instance type is; None where not known."""

    provider: str
    instance_type: str
    vcpu: Decimal | None
    memory_gib: Decimal | None
    accelerator: str
    accelerator_count: Decimal | None
    accelerator_memory_gib: Decimal | None
    architecture: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a price book holds. `ratios` are (SKU, ratio to EC2, observations, regions), `sustained_use` is
    (family, factor, source, as_of), `sources` are (id, what, origin, version, licence, as_of)."""

    prices: Sequence[PriceFact]
    transfers: Sequence[TransferFact] = ()
    savings: Sequence[SavingFact] = ()
    specs: Sequence[SpecsFact] = ()
    ratios: Sequence[tuple[str, Decimal, int, str]] = ()
    sustained_use: Sequence[tuple[str, Decimal, str, str]] = ()
    sources: Sequence[tuple[str, str, str, str, str, str]] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


def write_book(path: Path, facts: Facts) -> None:
    """Write a price book to `path`, over what is there. Raises ValueError for facts that contradict each other."""
    newest = max((one.as_of for one in facts.prices if _newest_counts(one)), default="")
    meta = {**facts.meta, "schema": SCHEMA_VERSION, "as_of": newest}
    path.unlink(missing_ok=True)
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(TABLES)
        _fill(database, facts, meta)
        database.commit()
        # A copy made by VACUUM has its pages in one order, whatever the order of the inserts was.
        database.execute("VACUUM INTO ?", (str(path),))
    except sqlite3.IntegrityError as error:
        raise ValueError(f"two facts contradict each other: {error}") from error
    finally:
        database.close()
    _drop_version(path)


def _newest_counts(fact: PriceFact) -> bool:
    """Tell whether a price says how new the book is: of instance types, on demand, dated to the day."""
    return not fact.service and fact.purchase == "on_demand" and len(fact.as_of) == len("2026-01-31")


def _fill(database: sqlite3.Connection, facts: Facts, meta: Mapping[str, str]) -> None:
    _check_single(facts.prices)
    database.executemany("INSERT INTO meta VALUES(?, ?)", sorted(meta.items()))
    database.executemany("INSERT INTO source VALUES(?, ?, ?, ?, ?, ?)", sorted(facts.sources))
    regions = _numbered(
        {(one.provider, one.region) for one in facts.prices}
        | {(one.provider, one.region) for one in facts.transfers}
        | {(one.provider, one.region) for one in facts.savings}
    )
    skus = _numbered(
        {(one.provider, one.service, one.sku) for one in facts.prices}
        | {(one.provider, "", one.sku) for one in facts.savings}
    )
    offers = _numbered({_offer(one) for one in facts.prices} | {_transfer_offer(one) for one in facts.transfers})
    database.executemany("INSERT INTO region VALUES(?, ?, ?)", ((n, *key) for key, n in regions.items()))
    database.executemany(
        "INSERT INTO sku VALUES(?, ?, ?, ?, ?)", ((n, *key, key[2].lower()) for key, n in skus.items())
    )
    database.executemany("INSERT INTO offer VALUES(?, ?, ?, ?, ?, ?)", ((n, *key) for key, n in offers.items()))
    database.executemany(
        "INSERT INTO price VALUES(?, ?, ?, ?)",
        sorted(
            (
                skus[one.provider, one.service, one.sku],
                regions[one.provider, one.region],
                offers[_offer(one)],
                scaled(one.amount, NANO),
            )
            for one in facts.prices
        ),
    )
    database.executemany(
        "INSERT INTO transfer VALUES(?, ?, ?, ?, ?, ?)",
        (
            (
                regions[one.provider, one.region],
                one.destination,
                one.from_unit,
                one.to_unit,
                offers[_transfer_offer(one)],
                scaled(one.amount, NANO),
            )
            for one in facts.transfers
        ),
    )
    database.executemany(
        "INSERT INTO spot_saving VALUES(?, ?, ?, ?, ?, ?)",
        ((skus[one.provider, "", one.sku], regions[one.provider, one.region], *one[3:]) for one in facts.savings),
    )
    _fill_machines(database, facts)


def _fill_machines(database: sqlite3.Connection, facts: Facts) -> None:
    database.executemany("INSERT INTO specs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_specs_row, facts.specs))
    database.executemany(
        "INSERT INTO ratio VALUES(?, ?, ?, ?, ?)",
        (
            (name.lower(), name, scaled(ratio, TEN_THOUSAND), observations, regions)
            for name, ratio, observations, regions in facts.ratios
        ),
    )
    database.executemany(
        "INSERT INTO sustained_use VALUES(?, ?, ?, ?)",
        ((family, scaled(factor, TEN_THOUSAND), *rest) for family, factor, *rest in facts.sustained_use),
    )


def _specs_row(one: SpecsFact) -> tuple[str | int | None, ...]:
    return (
        one.provider,
        one.instance_type.lower(),
        one.instance_type,
        _ten_thousandths(one.vcpu),
        _ten_thousandths(one.memory_gib),
        accelerator_with_memory(one.accelerator, one.accelerator_memory_gib),
        one.accelerator,
        _ten_thousandths(one.accelerator_count),
        _ten_thousandths(one.accelerator_memory_gib),
        one.architecture,
        one.source,
        one.as_of,
    )


def _ten_thousandths(value: Decimal | None) -> int | None:
    return None if value is None else scaled(value, TEN_THOUSAND)


def _numbered(keys: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    return {key: number for number, key in enumerate(sorted(keys), start=1)}


def _offer(one: PriceFact) -> tuple[str, ...]:
    return (one.unit, one.purchase, one.payment, one.source, one.as_of)


def _transfer_offer(one: TransferFact) -> tuple[str, ...]:
    return (one.unit, "on_demand", "", one.source, one.as_of)


def _check_single(prices: Iterable[PriceFact]) -> None:
    """Raise ValueError where one thing has two prices: which one is right is not for a look-up to choose."""
    seen: set[tuple[str, ...]] = set()
    for one in prices:
        key = (*one[:2], one.sku.lower(), one.region, one.unit, one.purchase, one.payment)
        if key in seen:
            raise ValueError(f"two prices for {' '.join(filter(None, key))}")
        seen.add(key)


def _drop_version(path: Path) -> None:
    """Blank the field of the file header that holds the version of the SQLite library that wrote the file.

    It is informational (https://www.sqlite.org/fileformat2.html, offset 96) and would make equal books differ.
    """
    with path.open("r+b") as file:
        file.seek(96)
        file.write(bytes(4))
