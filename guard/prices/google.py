"""Google's Cloud Billing Catalog, joined with the machine types that the price book knows.

https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from guard.model.price import Specs
from guard.prices._google_skus import CORE, DISK, GPU, RAM, SSD, TPU, WHOLE, Part, parts
from guard.prices._pages import StaleToken
from guard.prices._source import Asked, Listed, PriceSource, UpdateError, price_facts, usable
from guard.prices.accelerators import google_sku
from guard.prices.schema import STORAGE
from guard.prices.writing import Facts

COMPUTE_ENGINE = "services/6F81-5844-456A"
SOURCE = "google-billing-catalog"
PAGE = 5000
FIRST_WAIT, LONGEST_WAIT, PATIENCE = 1.0, 30.0, 240.0
"""Seconds: before the second attempt, between any two, and in all."""
_INSTALL = "guard needs google-cloud-billing to ask Google Cloud: pip install 'guard-iac[google]'"
_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_PURCHASES = ("on_demand", "spot", "commit_1y", "commit_3y")
# https://cloud.google.com/compute/docs/general-purpose-machines#e2-shared-core: what is billed of the two cores.
_SHARED_CORES = {"e2-micro": Decimal("0.25"), "e2-small": Decimal("0.5"), "e2-medium": Decimal(1)}
# https://cloud.google.com/compute/docs/disks/local-ssd: GiB that come with each GPU, and are billed.
_BUNDLED_SSD = {"a2-ultragpu": 375, "a3-highgpu": 750, "a3-megagpu": 750}
# Local SSD or an upgrade fee comes with these, and no SKU says how much: better no price than one too low.
_NOT_JOINED = re.compile(r"(z3|x4|m2|h4d|a3-edgegpu|a3-ultragpu|a4|a4x)\b.*|.*-lssd\b.*|ct\d.*|tpu.*")
_ATTACHED = ("K80", "P100", "P4", "T4", "V100")

Amounts: TypeAlias = Mapping[tuple[str, str, str, str], Decimal]
"""USD by kind, name, purchase and region."""


def _fetch(asked: Asked) -> Facts:
    for region in asked.regions:
        if not _REGION.fullmatch(region):
            raise UpdateError(f"{region} is no region of Google Cloud; write it as `europe-west4`")
    amounts = _amounts(_skus(asked), asked)
    regions = sorted({key[3] for key in amounts if not asked.regions or key[3] in asked.regions})
    day, sold = asked.day.isoformat(), asked.sold()
    rows = [
        row._replace(region=region, as_of=day)
        for region in regions
        for row in (*_machines(asked, sold, region, amounts), *_apart(region, amounts))
    ]
    prices, _ = price_facts("google", SOURCE, rows)
    return Facts(prices)


def _skus(asked: Asked) -> list[Part]:
    catalog = _catalog()
    from google.api_core import exceptions, retry

    again = retry.Retry(
        predicate=retry.if_exception_type(
            exceptions.ServiceUnavailable,
            exceptions.ResourceExhausted,
            exceptions.TooManyRequests,
            exceptions.DeadlineExceeded,
            exceptions.InternalServerError,
            exceptions.Aborted,
        ),
        initial=FIRST_WAIT,
        maximum=LONGEST_WAIT,
        timeout=PATIENCE,
    )

    def page(token: str) -> tuple[list[Any], str]:
        asked.tell("Compute Engine")
        request = {"parent": COMPUTE_ENGINE, "page_size": PAGE, "page_token": token, "currency_code": "USD"}
        try:
            answer = next(iter(catalog.list_skus(request=request, retry=again, timeout=60).pages))
        except exceptions.InvalidArgument as error:
            if token:
                raise StaleToken from error
            raise UpdateError(f"the Cloud Billing Catalog refuses: {error.message}") from error
        except (exceptions.GoogleAPIError, ValueError) as error:
            raise UpdateError(f"the Cloud Billing Catalog does not answer: {error}") from error
        return usable(answer.skus, parts), str(answer.next_page_token)

    return [Part(*row) for row in asked.pages.rows("google compute engine", page)]


def _catalog() -> Any:
    try:
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import billing_v1
    except ImportError as error:
        raise UpdateError(_INSTALL) from error
    key = os.environ.get("GOOGLE_API_KEY", "")
    try:
        return billing_v1.CloudCatalogClient(client_options={"api_key": key} if key else None)
    except GoogleAuthError as error:
        advice = "run `gcloud auth application-default login`, or set GOOGLE_API_KEY"
        raise UpdateError(f"the Cloud Billing Catalog cannot be asked without credentials: {advice}") from error


def _amounts(found: Iterable[Part], asked: Asked) -> Amounts:
    """Return each part's price; what has two prices in a region has none, because nothing tells which one is billed."""
    amounts: dict[tuple[str, str, str, str], Decimal] = {}
    torn = set()
    for part in found:
        amount = Decimal(part.amount)
        for region in part.regions:
            key = (part.kind, part.name, part.purchase, region)
            if amounts.setdefault(key, amount) != amount:
                torn.add(key)
    if torn:
        asked.tell(f"{len(torn)} parts left out: two prices for one thing")
    return {key: amount for key, amount in amounts.items() if key not in torn and _REGION.fullmatch(key[3])}


def _machines(asked: Asked, sold: frozenset[tuple[str, str]], region: str, amounts: Amounts) -> Iterator[Listed]:
    """Yield the prices of machine types: all parts must be priced, or the machine is not."""
    types, places = {name for name, _ in sold}, {place for _, place in sold}
    for specs in asked.machines:
        name = specs.instance_type
        if _NOT_JOINED.fullmatch(name):
            continue
        # Parts are priced where a machine with a GPU is not offered; the book knows where it is.
        offered = (name, region) in sold or name not in types or region not in places
        if specs.accelerator and not offered:
            continue
        for purchase in _PURCHASES:
            amount = _machine(specs, purchase, region, amounts)
            if amount is not None:
                yield Listed("", name, "", "hour", purchase, "", "", str(amount))


def _machine(specs: Specs, purchase: str, region: str, amounts: Amounts) -> Decimal | None:
    total = Decimal(0)
    for kind, name, quantity in _bill(specs):
        each = amounts.get((kind, name, purchase, region))
        if each is None or quantity is None:
            return None
        total += each * quantity
    return total


def _bill(specs: Specs) -> Iterator[tuple[str, str, Decimal | None]]:
    """Yield what a machine type is billed for: kind, name and quantity."""
    name = specs.instance_type
    if name in ("f1-micro", "g1-small"):
        yield WHOLE, name, Decimal(1)
        return
    family = _family(name)
    yield CORE, family, _SHARED_CORES.get(name, specs.vcpu)
    yield RAM, family, specs.memory_gib
    if specs.accelerator:
        mega = " Mega" if name.startswith("a3-megagpu") else ""
        yield GPU, specs.accelerator + mega, specs.accelerator_count
    ssd = _BUNDLED_SSD.get(name.rpartition("-")[0])
    if ssd is not None:
        yield SSD, "", specs.accelerator_count and specs.accelerator_count * ssd


def _family(name: str) -> str:
    if name.startswith(("n1-megamem", "n1-ultramem")):
        return "m1"
    return "m4ultramem224" if name == "m4-ultramem-224" else name.partition("-")[0]


def _apart(region: str, amounts: Amounts) -> Iterator[Listed]:
    """Yield the prices of what is sold apart: accelerators for N1, chips of TPUs, disks."""
    for (kind, name, purchase, place), amount in sorted(amounts.items()):
        if place != region:
            continue
        if kind == GPU and name in _ATTACHED:
            yield Listed("", google_sku(name), "", "accelerator-hour", purchase, "", "", str(amount))
        elif kind == TPU:
            yield Listed("", google_sku(name), "", "chip-hour", purchase, "", "", str(amount))
        elif kind == DISK and purchase == "on_demand":
            yield Listed(STORAGE, name, "", "GiB-month", purchase, "", "", str(amount))


PRICES = PriceSource("Cloud Billing Catalog", "google", _fetch)
