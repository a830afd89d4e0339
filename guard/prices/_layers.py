"""The user's own price books over the embedded one: row by row the newest counts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from guard.model.price import Price, Specs
from guard.prices._store import Saving, Store, Tier


class Layers:
    """Answers what a `Store` answers, from the embedded book and from the one that the user has of that provider.

    Of two prices for one thing the newer counts, the user's where both are of the same day. What a machine is, is told
    by the embedded book where it knows the type: its facts are corrected where an API is known to be wrong.
    """

    def __init__(self, embedded: Store, own: Mapping[str, Store]) -> None:
        self.embedded = embedded
        self.own = dict(own)

    def meta(self, name: str) -> str:
        """Return a fact about the books: the newest of all, for `as_of`."""
        return max(store.meta(name) for store in (self.embedded, *self.own.values()))

    def prices(self, provider: str, service: str, sku: str, region: str) -> tuple[Price, ...]:
        """Return the prices of a SKU in a region, in the order of unit, purchase and payment."""
        newest: dict[tuple[str, ...], Price] = {}
        for store in self._of(provider):
            for price in store.prices(provider, service, sku, region):
                key = (price.unit, price.purchase, price.payment)
                if key not in newest or price.as_of >= newest[key].as_of:
                    newest[key] = price
        return tuple(newest[key] for key in sorted(newest))

    def services(self, provider: str, sku: str) -> tuple[str, ...]:
        """Return the services under which a SKU of this name has a price, sorted."""
        return tuple(sorted({name for store in self._of(provider) for name in store.services(provider, sku)}))

    def regions(self, provider: str, service: str, sku: str) -> tuple[str, ...]:
        """Return the regions in which a SKU has a price, sorted."""
        return tuple(sorted({name for store in self._of(provider) for name in store.regions(provider, service, sku)}))

    def saving(self, provider: str, sku: str, region: str) -> Saving | None:
        """Return what spot saves off on-demand; only the embedded book holds savings."""
        return self.embedded.saving(provider, sku, region)

    def ratio(self, sku: str) -> Decimal | None:
        """Return the ratio of a SageMaker type to EC2; only the embedded book holds ratios."""
        return self.embedded.ratio(sku)

    def sustained_use(self, family: str) -> Decimal | None:
        """Return the factor of a full month; only the embedded book holds it."""
        return self.embedded.sustained_use(family)

    def tiers(self, provider: str, region: str, destination: str) -> tuple[Tier, ...]:
        """Return the prices of data that leaves a region; only the embedded book holds them."""
        return self.embedded.tiers(provider, region, destination)

    def specs(self, provider: str, instance_type: str) -> Specs | None:
        """Return what an instance type is."""
        found = (store.specs(provider, instance_type) for store in self._of(provider))
        return next((one for one in found if one is not None), None)

    def specs_with_accelerator(self, provider: str) -> tuple[Specs, ...]:
        """Return a provider's instance types that have accelerators, by name."""
        known = {
            one.instance_type.lower(): one
            for store in reversed(self._of(provider))
            for one in store.specs_with_accelerator(provider)
        }
        return tuple(known[name] for name in sorted(known))

    def machines(self, provider: str) -> tuple[Specs, ...]:
        """Return all of a provider's instance types, by name."""
        known = {
            one.instance_type.lower(): one for store in reversed(self._of(provider)) for one in store.machines(provider)
        }
        return tuple(known[name] for name in sorted(known))

    def newest(self, provider: str) -> str:
        """Return the day of a provider's newest on-demand price of an instance type."""
        return max(store.newest(provider) for store in self._of(provider))

    def _of(self, provider: str) -> tuple[Store, ...]:
        own = self.own.get(provider)
        return (self.embedded, own) if own else (self.embedded,)
