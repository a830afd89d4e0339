"""The price book: prices and machine facts, embedded with guard or made by `guard prices update`, looked up offline."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from guard.model.accelerators import folded
from guard.model.price import TOKENS, Band, BookError, Price, Specs
from guard.prices._derived import (
    DERIVED,
    chips_band,
    chosen,
    only,
    sagemaker_band,
    seen_band,
    spot_band,
    sustained_use_band,
)
from guard.prices._layers import Layers
from guard.prices._store import Store, Tier
from guard.prices.accelerators import google_sku
from guard.prices.places import EMBEDDED, own_books
from guard.prices.schema import STORAGE, provider_name, region_name

__all__ = ["Book", "BookError", "ProviderStatus", "Shown", "Tier", "open_book"]

ONLY_EMBEDDED = "embedded"
"""What to give for a path where the user's own price books are not to count."""
CHOICE = "GUARD_PRICES"
"""The environment variable that says which book to open where no option does."""

# The same SageMaker type costs the same in each of these, to the rounding of the sources (checked in the US regions).
_SAGEMAKER = ("hosting", "training", "batch_transform", "studio_jupyterlab", "studio", "notebook")
_STORAGE_NAMES = {
    "s3:standard": "s3:standard:first_50tb",
    # The source of Google's prices spells it so.
    "gcs:archive": "gcs:archiv",
    "gcs:archive-dual": "gcs:archiv-dual",
    "gcs:archive-multi": "gcs:archiv-multi",
}
_CUSTOM = re.compile(r"(?:(?P<family>[a-z][a-z0-9]*)-)?custom-(?P<vcpu>\d{1,3})-(?P<mib>\d{1,8})(?:-ext)?")
_NO_REGION = ("internet", "same_", "nat_")
_WITH_ACCELERATOR = ("a2", "a3", "a4", "a4x", "g2", "g4")
_MANAGED_ORDER = ("on_demand", "no_commit", "commit_1m", "commit_6m", "commit_1y", "commit_3y")


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """How much a book knows of a provider; `oldest` and `newest` are the days that its prices state.

    `as_of` is the day of its newest on-demand price of an instance type, which is what tells how old it is.
    `book` is `embedded`, or the file.
    """

    provider: str
    prices: int
    regions: int
    oldest: str
    newest: str
    as_of: str
    book: str


class Shown(NamedTuple):
    """A price, and the managed service or `storage` that it is of; empty for instance types."""

    service: str
    price: Price


class Book:
    """A price book (`guard.model.price.PriceBook`). Providers, SKUs and regions are taken in any letter case."""

    def __init__(self, store: Store | Layers) -> None:
        self.store = store
        self._offers: dict[tuple[str, str, str], tuple[Specs, ...]] = {}

    def compute(self, provider: str, sku: str, region: str, purchase: str = "on_demand") -> Band | None:
        """Return USD an hour of an instance type, or of one accelerator (`gpu:T4`, `tpu:v6e`).

        `purchase`: on_demand, spot, commit_1y, commit_3y, capacity_block, or sustained_use: what an hour of a Google
        machine costs that runs on demand for a full month. Accelerators of Google's A2, A3, G2 and G4 are included.
        """
        provider, sku, region = _names(provider, sku, region)
        if provider == "aws" and sku.startswith("ml."):
            return self._sagemaker(sku, region, purchase)
        if provider == "google" and sku.startswith(("gpu:", "tpu:")):
            sku = google_sku(sku)
        prices = self.store.prices(provider, "", sku, region)
        price = chosen(prices, purchase)
        if purchase == "spot":
            seen = seen_band(prices)
            if seen and (price is None or seen.high.as_of >= price.as_of):
                return seen
        if price is not None:
            return only(price)
        return self._derived(provider, sku, region, purchase, chosen(prices, "on_demand"))

    def managed(self, provider: str, service: str, sku: str, region: str, purchase: str = "") -> Price | None:
        """Return the price of a managed service's SKU; without `purchase` the one that binds for the shortest time."""
        if service == TOKENS:
            # Its data takes long to import, and few repositories call hosted models.
            from guard.prices.tokens import token_price

            return token_price(provider, sku)
        provider, sku, region = _names(provider, sku, region)
        prices = [one for one in self.store.prices(provider, service, sku, region) if purchase in ("", one.purchase)]
        return min(prices, key=lambda one: _MANAGED_ORDER.index(one.purchase), default=None)

    def storage(self, provider: str, sku: str, region: str) -> tuple[Price, ...]:
        """Return the prices of a storage SKU. `s3:standard` is the price of the first 50 TB, the highest."""
        provider, sku, region = _names(provider, sku, region)
        return self.store.prices(provider, STORAGE, _STORAGE_NAMES.get(sku, sku), region)

    def transfer(self, provider: str, source: str, destination: str) -> Price | None:
        """Return USD a GB for data leaving region `source`: the first tier, which is the dearest."""
        tiers = self.transfer_tiers(provider, source, destination)
        return tiers[0].price if tiers else None

    def transfer_tiers(self, provider: str, source: str, destination: str) -> tuple[Tier, ...]:
        """Return USD a GB for data leaving region `source`, by monthly volume; none within one region."""
        provider, destination, source = _names(provider, destination, source)
        if provider == "azure":
            destination = region_name(provider, destination)
        if source == destination:
            return ()
        exact = self.store.tiers(provider, source, destination) or self.store.tiers(provider, "*", destination)
        if exact or destination.startswith(_NO_REGION):
            return exact
        return self.store.tiers(provider, source, "other_region")

    def specs(self, provider: str, instance_type: str) -> Specs | None:
        """Return what an instance type is; SageMaker types are as EC2's, Google's custom ones as their names say."""
        provider, name, _ = _names(provider, instance_type, "")
        if provider == "aws":
            name = name.removeprefix("ml.")
        found = self.store.specs(provider, name)
        return found if found or provider != "google" else _custom_specs(name)

    def offers(self, provider: str, region: str, accelerator: str) -> tuple[Specs, ...]:
        """Return the instance types with this accelerator that have an on-demand price in the region (in any: ""),
        cheapest first."""
        provider, wanted, region = provider_name(provider), folded(accelerator), region_name(provider, region)
        key = (provider, region, wanted)
        if key not in self._offers:
            self._offers[key] = self._find_offers(provider, region, wanted)
        return self._offers[key]

    def as_of(self, provider: str = "") -> str:
        """Return the day of the newest on-demand price of an instance type, of one provider or of all, as ISO 8601.

        "" where it has none."""
        return self.store.newest(provider_name(provider)) if provider else self.store.meta("as_of")

    def machines(self, provider: str) -> tuple[Specs, ...]:
        """Return every instance type of a provider that the book knows, by name."""
        return self.store.machines(provider_name(provider))

    def show(self, provider: str, sku: str, region: str = "") -> tuple[Shown, ...]:
        """Return every price of a SKU of any service, in one region or in all where it has any, sorted by service and
        region; then those that are derived from two others, a band as its two ends."""
        provider, sku, region = _names(provider, sku, region)
        if provider == "google" and sku.startswith(("gpu:", "tpu:")):
            sku = google_sku(sku)
        published = tuple(
            Shown(service, price)
            for service in self.store.services(provider, sku)
            for place in ((region,) if region else self.store.regions(provider, service, sku))
            for price in self.store.prices(provider, service, sku, place)
        )
        places = (region,) if region else self.store.regions(provider, "", sku)
        derived = (price for place in places for price in self._derived_prices(provider, sku, place))
        return published + tuple(Shown("", price) for price in derived)

    def status(self) -> tuple[ProviderStatus, ...]:
        """Return how much each book knows of each provider, the embedded one first, then by name."""
        if isinstance(self.store, Store):
            return _status(self.store)
        own = [one for name in sorted(self.store.own) for one in _status(self.store.own[name])]
        return (*_status(self.store.embedded), *own)

    def _derived_prices(self, provider: str, sku: str, region: str) -> tuple[Price, ...]:
        bands = (self.compute(provider, sku, region, way) for way in ("on_demand", "spot", "sustained_use"))
        ends = (price for band in bands if band for price in dict.fromkeys((band.low, band.high)))
        return tuple(price for price in ends if price.source.startswith(DERIVED))

    def _derived(self, provider: str, sku: str, region: str, purchase: str, on_demand: Price | None) -> Band | None:
        if provider == "google":
            return self._google_derived(sku, region, purchase, on_demand)
        if provider != "aws" or purchase != "spot" or on_demand is None:
            return None
        saving = self.store.saving(provider, sku, region)
        return spot_band(on_demand, saving) if saving else None

    def _google_derived(self, sku: str, region: str, purchase: str, on_demand: Price | None) -> Band | None:
        if purchase == "sustained_use":
            # GPUs that are attached are attached to N1, whose discount they share.
            family = "n1" if sku.startswith("gpu:") else sku.partition("-")[0]
            factor = self.store.sustained_use(family)
            return sustained_use_band(on_demand, factor) if on_demand and factor and factor < 1 else None
        specs = self.store.specs("google", sku)
        if on_demand or specs is None or not specs.accelerator.startswith("TPU ") or not specs.accelerator_count:
            return None
        chip = chosen(self.store.prices("google", "", google_sku(specs.accelerator), region), purchase)
        return chips_band(specs.instance_type, chip, specs.accelerator_count) if chip else None

    def _sagemaker(self, sku: str, region: str, purchase: str) -> Band | None:
        for use in _SAGEMAKER:
            price = chosen(self.store.prices("aws", f"sagemaker:{use}", sku, region), purchase)
            if price is not None:
                return only(price)
        ratio = self.store.ratio(sku)
        ec2 = chosen(self.store.prices("aws", "", sku.removeprefix("ml."), region), purchase)
        return sagemaker_band(sku, ec2, ratio) if ratio and ec2 and purchase == "on_demand" else None

    def _find_offers(self, provider: str, region: str, wanted: str) -> tuple[Specs, ...]:
        priced = []
        for specs in self.store.specs_with_accelerator(provider):
            if folded(specs.accelerator) != wanted or not specs.accelerator_count:
                continue
            places = (region,) if region else self.store.regions(provider, "", specs.instance_type)
            amounts = [
                band.low.amount for place in places if (band := self.compute(provider, specs.instance_type, place))
            ]
            if amounts:
                priced.append((min(amounts), specs.instance_type, specs))
        return tuple(specs for _, _, specs in sorted(priced, key=lambda one: one[:2]))


def open_book(path: str | None = None) -> Book:
    """Return the price book to use. Raises BookError for a file that is no price book.

    `path`, or else the environment variable GUARD_PRICES, names one book that is used in place of all others, or is
    `embedded` for the one that comes with guard. Without either, the user's own books (`guard prices update`) lie over
    the embedded one, and row by row the newest price counts.
    """
    wanted = path or os.environ.get(CHOICE, "")
    embedded = Store(EMBEDDED)
    if wanted and wanted != ONLY_EMBEDDED:
        store = Store(Path(wanted))
        store.meta("schema")
        return Book(store)
    own = {} if wanted else {provider: Store(file) for provider, file in own_books().items()}
    for store in own.values():
        store.meta("schema")
    return Book(Layers(embedded, own) if own else embedded)


def _status(store: Store) -> tuple[ProviderStatus, ...]:
    rows = store.provider_rows()
    return tuple(
        ProviderStatus(
            provider=name,
            prices=sum(row[2] for row in rows if row[0] == name),
            regions=store.count_regions(name),
            oldest=min((row[4] for row in rows if row[0] == name and row[4]), default=""),
            newest=max(row[5] for row in rows if row[0] == name),
            as_of=store.newest(name),
            book=ONLY_EMBEDDED if store.path == EMBEDDED else str(store.path),
        )
        for name in sorted({row[0] for row in rows})
    )


def _names(provider: str, sku: str, region: str) -> tuple[str, str, str]:
    name = provider_name(provider)
    return name, sku.strip().lower(), region_name(name, region)


def _custom_specs(name: str) -> Specs | None:
    match = _CUSTOM.fullmatch(name)
    if match is None or (match["family"] or "n1") in _WITH_ACCELERATOR:
        return None
    return Specs(
        provider="google",
        instance_type=name,
        vcpu=Decimal(match["vcpu"]),
        memory_gib=Decimal(match["mib"]) / 1024,
        accelerator="",
        accelerator_count=Decimal(0),
        accelerator_memory_gib=None,
        source="the machine type's name",
        as_of="",
    )
