"""The tables of a price book: SQLite, money in whole billionths of a dollar, so that no digit is lost."""

from __future__ import annotations

from decimal import Decimal

SCHEMA_VERSION = "1"
NANO = Decimal(10**9)
"""Prices are kept as integers of USD / 10^9; the longest published price has 8 digits after the point."""
TEN_THOUSAND = Decimal(10**4)
"""Ratios, counts and GiB are kept as integers of 1 / 10^4."""

STORAGE = "storage"
"""The service under which storage SKUs stand; instance types stand under the empty one."""

TABLES = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source(id TEXT PRIMARY KEY, what TEXT, origin TEXT, version TEXT, licence TEXT, as_of TEXT) WITHOUT ROWID;
CREATE TABLE region(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(provider, name));
CREATE TABLE sku(
  id INTEGER PRIMARY KEY, provider TEXT NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
  UNIQUE(provider, folded, service));
CREATE TABLE offer(
  id INTEGER PRIMARY KEY, unit TEXT NOT NULL, purchase TEXT NOT NULL, payment TEXT NOT NULL,
  source TEXT NOT NULL, as_of TEXT NOT NULL, UNIQUE(unit, purchase, payment, source, as_of));
CREATE TABLE price(
  sku INTEGER NOT NULL, region INTEGER NOT NULL, offer INTEGER NOT NULL, nano_usd INTEGER NOT NULL,
  PRIMARY KEY(sku, region, offer)) WITHOUT ROWID;
CREATE TABLE transfer(
  region INTEGER NOT NULL, destination TEXT NOT NULL, from_unit INTEGER NOT NULL, to_unit INTEGER,
  offer INTEGER NOT NULL, nano_usd INTEGER NOT NULL, PRIMARY KEY(region, destination, from_unit)) WITHOUT ROWID;
CREATE TABLE spot_saving(
  sku INTEGER NOT NULL, region INTEGER NOT NULL, percent INTEGER NOT NULL, interruption TEXT NOT NULL,
  source TEXT NOT NULL, as_of TEXT NOT NULL, PRIMARY KEY(sku, region)) WITHOUT ROWID;
CREATE TABLE ratio(
  folded TEXT PRIMARY KEY, name TEXT NOT NULL, ten_thousandths INTEGER NOT NULL, observations INTEGER NOT NULL,
  regions TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sustained_use(
  family TEXT PRIMARY KEY, ten_thousandths INTEGER NOT NULL, source TEXT NOT NULL, as_of TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE specs(
  provider TEXT NOT NULL, folded TEXT NOT NULL, name TEXT NOT NULL, vcpu INTEGER, memory_gib INTEGER,
  accelerator TEXT NOT NULL, published TEXT NOT NULL, accelerator_count INTEGER, accelerator_memory_gib INTEGER,
  architecture TEXT NOT NULL, source TEXT NOT NULL, as_of TEXT NOT NULL, PRIMARY KEY(provider, folded)) WITHOUT ROWID;
"""
"""`folded` is the lower case of `name`. `vcpu`, `memory_gib` and the `accelerator_*` numbers count 1 / 10^4."""


def provider_name(name: str) -> str:
    """Return how guard calls a provider: `gcp` is `google`."""
    plain = name.strip().lower()
    return {"gcp": "google", "amazon": "aws", "azurerm": "azure"}.get(plain, plain)


def region_name(provider: str, name: str) -> str:
    """Return a region's name as the price lists write it; Azure's display name `West Europe` is `westeurope`."""
    plain = name.strip().lower()
    return plain.replace(" ", "") if provider == "azure" else plain


def scaled(value: Decimal, scale: Decimal) -> int:
    """Return `value` x `scale` as an integer. Raises ValueError where a digit would be lost."""
    product = value * scale
    whole = int(product)
    if whole != product:
        raise ValueError(f"{value} has more digits than the price book keeps")
    return whole
