"""Reads a price book's tables: each question is asked of the file once and remembered."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from guard.model.price import BookError, Price, Specs
from guard.prices.places import EMBEDDED, own_books
from guard.prices.schema import NANO, SCHEMA_VERSION, TEN_THOUSAND
from guard.prices.writing import PriceFact, SpecsFact

T = TypeVar("T")

_MACHINES = (
    "SELECT name, vcpu, memory_gib, accelerator, accelerator_count, accelerator_memory_gib, source, as_of"
    " FROM specs WHERE provider = ?"
)
_ONE_TYPE = _MACHINES + " AND folded = ?"
_ALL_TYPES = _MACHINES + " ORDER BY folded"
_WITH_ACCELERATOR = _MACHINES + " AND accelerator != '' ORDER BY folded"


class Saving(NamedTuple):
    """What spot saves off on-demand, in percent."""

    percent: int
    source: str
    as_of: str


class Tier(NamedTuple):
    """The price of data from `start` to `end` units a month (None: without end)."""

    start: int
    end: int | None
    price: Price


class Store:
    """The facts of one price book file, as published; it is opened when first asked, and only to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database: sqlite3.Connection | None = None
        self._known: dict[tuple[str, ...], object] = {}

    def meta(self, name: str) -> str:
        """Return a fact about the book itself (`as_of`), "" where it says nothing."""
        rows = self._rows("SELECT value FROM meta WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def prices(self, provider: str, service: str, sku: str, region: str) -> tuple[Price, ...]:
        """Return the prices of a SKU in a region, in the order of unit, purchase and payment."""
        return self._once(
            ("prices", provider, service, sku, region), lambda: self._prices(provider, service, sku, region)
        )

    def services(self, provider: str, sku: str) -> tuple[str, ...]:
        """Return the services under which a SKU of this name has a price, sorted."""
        rows = self._rows(
            "SELECT DISTINCT service FROM sku JOIN price ON price.sku = sku.id WHERE provider = ? AND folded = ?",
            provider,
            sku.lower(),
        )
        return tuple(sorted(str(row[0]) for row in rows))

    def regions(self, provider: str, service: str, sku: str) -> tuple[str, ...]:
        """Return the regions in which a SKU has a price, sorted."""
        rows = self._rows(
            "SELECT DISTINCT region.name FROM sku"
            " JOIN price ON price.sku = sku.id JOIN region ON region.id = price.region"
            " WHERE sku.provider = ? AND sku.folded = ? AND sku.service = ?",
            provider,
            sku.lower(),
            service,
        )
        return tuple(sorted(str(row[0]) for row in rows))

    def saving(self, provider: str, sku: str, region: str) -> Saving | None:
        """Return what spot saves off on-demand."""
        rows = self._rows(
            "SELECT percent, source, as_of FROM spot_saving WHERE sku ="
            " (SELECT id FROM sku WHERE provider = ? AND folded = ? AND service = '')"
            " AND region = (SELECT id FROM region WHERE provider = ? AND name = ?)",
            provider,
            sku.lower(),
            provider,
            region,
        )
        return Saving(*rows[0]) if rows else None

    def ratio(self, sku: str) -> Decimal | None:
        """Return how many times the price of the EC2 type a SageMaker type costs, as measured where both are known."""
        rows = self._rows("SELECT ten_thousandths FROM ratio WHERE folded = ?", sku.lower())
        return Decimal(rows[0][0]) / TEN_THOUSAND if rows else None

    def sustained_use(self, family: str) -> Decimal | None:
        """Return what a full month costs as a share of its on-demand hours, for a Google machine family."""
        rows = self._rows("SELECT ten_thousandths FROM sustained_use WHERE family = ?", family)
        return Decimal(rows[0][0]) / TEN_THOUSAND if rows else None

    def tiers(self, provider: str, region: str, destination: str) -> tuple[Tier, ...]:
        """Return the prices of data that leaves a region, by monthly volume, from the first unit on."""
        rows = self._rows(
            "SELECT from_unit, to_unit, unit, source, as_of, nano_usd FROM transfer JOIN offer ON offer.id = offer"
            " WHERE region = (SELECT id FROM region WHERE provider = ? AND name = ?) AND destination = ?"
            " ORDER BY from_unit",
            provider,
            region,
            destination,
        )
        return tuple(
            Tier(
                start, end, Price(provider, destination, region, unit, Decimal(nano) / NANO, "on_demand", source, as_of)
            )
            for start, end, unit, source, as_of, nano in rows
        )

    def specs(self, provider: str, instance_type: str) -> Specs | None:
        """Return what an instance type is."""
        key = ("specs", provider, instance_type.lower())
        return self._once(key, lambda: next(iter(self._specs(_ONE_TYPE, provider, key[2])), None))

    def specs_with_accelerator(self, provider: str) -> tuple[Specs, ...]:
        """Return a provider's instance types that have accelerators, by name."""
        return self._once(("accelerators", provider), lambda: self._specs(_WITH_ACCELERATOR, provider))

    def provider_rows(self) -> tuple[tuple[str, str, int, int, str, str], ...]:
        """Return for each provider and service: prices, regions, and the oldest and newest day that is stated."""
        rows = self._rows(
            "SELECT sku.provider, sku.service, COUNT(*), COUNT(DISTINCT price.region),"
            " COALESCE(MIN(NULLIF(offer.as_of, '')), ''), MAX(offer.as_of)"
            " FROM price JOIN sku ON sku.id = price.sku JOIN offer ON offer.id = price.offer"
            " GROUP BY sku.provider, sku.service ORDER BY sku.provider, sku.service"
        )
        return tuple((row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows)

    def newest(self, provider: str) -> str:
        """Return the day of a provider's newest on-demand price of an instance type, "" where it has none."""
        rows = self._rows(
            "SELECT COALESCE(MAX(offer.as_of), '') FROM offer WHERE purchase = 'on_demand' AND LENGTH(offer.as_of) = 10"
            " AND EXISTS (SELECT 1 FROM price JOIN sku ON sku.id = price.sku"
            " WHERE price.offer = offer.id AND sku.provider = ? AND sku.service = '')",
            provider,
        )
        return str(rows[0][0])

    def sold(self, provider: str) -> frozenset[tuple[str, str]]:
        """Return the instance types (in lower case) and regions of a provider that have a price on demand."""
        rows = self._rows(
            "SELECT DISTINCT sku.folded, region.name FROM price JOIN sku ON sku.id = price.sku"
            " JOIN region ON region.id = price.region JOIN offer ON offer.id = price.offer"
            " WHERE sku.provider = ? AND service = '' AND purchase = 'on_demand'",
            provider,
        )
        return frozenset((row[0], row[1]) for row in rows)

    def price_facts(self, provider: str, regions: tuple[str, ...] = ()) -> Iterator[PriceFact]:
        """Return every price of a provider (in these regions, or in all) as it was written."""
        rows = (
            row
            for region in regions or ("",)
            for row in self._rows(
                "SELECT sku.service, sku.name, region.name, unit, purchase, payment, source, as_of, nano_usd FROM price"
                " JOIN sku ON sku.id = price.sku JOIN region ON region.id = price.region"
                " JOIN offer ON offer.id = price.offer WHERE sku.provider = ? AND ? IN ('', region.name)",
                provider,
                region,
            )
        )
        return (PriceFact._make((provider, *row[:8], Decimal(row[8]) / NANO)) for row in rows)

    def specs_facts(self, provider: str) -> Iterator[SpecsFact]:
        """Return every machine type of a provider as it was written."""
        rows = self._rows(
            "SELECT name, vcpu, memory_gib, published, accelerator_count, accelerator_memory_gib, architecture, source,"
            " as_of FROM specs WHERE provider = ? ORDER BY folded",
            provider,
        )
        return (
            SpecsFact(
                provider,
                row[0],
                _number(row[1]),
                _number(row[2]),
                row[3],
                _number(row[4]),
                _number(row[5]),
                row[6],
                row[7],
                row[8],
            )
            for row in rows
        )

    def machines(self, provider: str) -> tuple[Specs, ...]:
        """Return all of a provider's instance types, by name."""
        return self._specs(_ALL_TYPES, provider)

    def count_regions(self, provider: str) -> int:
        """Return in how many regions a provider has any price."""
        query = (
            "SELECT COUNT(DISTINCT price.region) FROM price JOIN region ON region.id = price.region WHERE provider = ?"
        )
        return int(self._rows(query, provider)[0][0])

    def _prices(self, provider: str, service: str, sku: str, region: str) -> tuple[Price, ...]:
        rows = self._rows(
            "SELECT sku.name, unit, nano_usd, purchase, source, as_of, payment"
            " FROM sku JOIN price ON price.sku = sku.id JOIN offer ON offer.id = price.offer"
            " WHERE sku.provider = ? AND sku.folded = ? AND sku.service = ?"
            " AND price.region = (SELECT id FROM region WHERE provider = ? AND name = ?) ORDER BY offer.id",
            provider,
            sku.lower(),
            service,
            provider,
            region,
        )
        return tuple(
            Price(provider, name, region, unit, Decimal(nano) / NANO, purchase, source, as_of, payment)
            for name, unit, nano, purchase, source, as_of, payment in rows
        )

    def _specs(self, query: str, *values: str) -> tuple[Specs, ...]:
        rows = self._rows(query, *values)
        return tuple(
            Specs(
                provider=values[0],
                instance_type=row[0],
                vcpu=_number(row[1]),
                memory_gib=_number(row[2]),
                accelerator=row[3],
                accelerator_count=_number(row[4]) if row[3] else Decimal(0),
                accelerator_memory_gib=_number(row[5]),
                source=row[6],
                as_of=row[7],
            )
            for row in rows
        )

    def _once(self, key: tuple[str, ...], find: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]  # type: ignore[return-value]

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._open().execute(query, values).fetchall()
        except sqlite3.Error as error:
            message = f"the price book {self.path.name} cannot be read: {error}; {_advice(self.path)}"
            raise BookError(message) from error

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = _connect(self.path)
            weakref.finalize(self, self._database.close)
        return self._database


def _connect(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise BookError(f"there is no price book {path.name}; {_advice(path)}")
    # Immutable: no lock and no journal is looked for, so that the file may lie where nothing can be written.
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        _check(database, path)
    except BookError:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection, path: Path) -> None:
    try:
        row = database.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    except sqlite3.Error as error:
        raise BookError(f"{path.name} is not a price book of guard: {error}; {_advice(path)}") from error
    if row is None or row[0] != SCHEMA_VERSION:
        raise BookError(f"{path.name} was written by another version of guard; {_advice(path)}")


def _advice(path: Path) -> str:
    if path == EMBEDDED:
        return "install guard anew, or give another book by --prices"
    if path in own_books().values():
        again = f"make it anew by `guard prices update {path.stem}`"
        return f"{again}, delete it ({path}), or leave it out by `--prices embedded`"
    return "give another book by --prices, or none to use the one that comes with guard"


def _number(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value) / TEN_THOUSAND
