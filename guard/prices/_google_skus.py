"""What the SKUs of the Cloud Billing Catalog say: parts of machines, which are told apart by their descriptions only.

https://cloud.google.com/skus lists them; the wording of the descriptions was compared with the mapping of
https://github.com/Cyclenerd/google-cloud-pricing-cost-calculator (Apache-2.0) and SkyPilot's catalog fetcher.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from guard.model.price import HOURS_PER_MONTH
from guard.prices._source import UpdateError, money

WHOLE, CORE, RAM, GPU, TPU, SSD, DISK = "whole", "core", "ram", "gpu", "tpu", "ssd", "disk"


class Part(NamedTuple):
    """USD for an hour of one part (a core, a GiB, an accelerator; a month of a GiB of disk) in each of `regions`.

    `name` is the machine family (`n2`), the accelerator or the disk. Text only, so that it survives JSON.
    """

    kind: str
    name: str
    purchase: str
    regions: list[str]
    amount: str


_PURCHASES = {"OnDemand": "on_demand", "Preemptible": "spot", "Commit1Yr": "commit_1y", "Commit3Yr": "commit_3y"}
# Sold beside or on top of plain machines: custom shapes, single tenants, reservations, Dynamic Workload Scheduler.
_OTHER = re.compile(
    r"custom|sole tenancy|\breserved\b|premium|upgrade|\bdws\b|calendar|defined duration|confidential|dollar based|"
    r"extended|cmek|management fee",
    re.IGNORECASE,
)
_SPOT = re.compile(r"^(?:Spot )?Preemptible |(?: attached to (?:Spot )?Preemptible VMs)", re.IGNORECASE)
_MACHINE = re.compile(r"(?:(?P<what>.+?) )?(?:Instance )?(?:Core|Ram) running in .+", re.IGNORECASE)
_COMMITTED = re.compile(r"Commitment(?: v1)?: (?:(?P<what>.+?) )?(?:Cpu|Core|Ram) in .+ for [13] Years?", re.IGNORECASE)
_WHOLE = re.compile(
    r"(?P<what>Micro Instance with burstable CPU|Small Instance with 1 VCPU) running in .+", re.IGNORECASE
)
_GPU = re.compile(r"(?:Commitment v1: )?(?P<what>.+?)(?: GPU)? running in .+", re.IGNORECASE)
_TPU = re.compile(r"\bTpu(?P<version>V5e|V5p|V6e)\b", re.IGNORECASE)
_FAMILIES = {"": "n1", "compute optimized": "c2", "memory-optimized": "m1"}
_WHOLES = {"micro instance with burstable cpu": "f1-micro", "small instance with 1 vcpu": "g1-small"}
_GPUS = {
    "nvidia tesla a100": "A100",
    "nvidia tesla a100 80gb": "A100-80GB",
    "nvidia tesla k80": "K80",
    "nvidia tesla p100": "P100",
    "nvidia tesla p4": "P4",
    "nvidia tesla t4": "T4",
    "nvidia tesla v100": "V100",
    "nvidia l4": "L4",
    "nvidia h100 80gb": "H100",
    "nvidia h100 80gb mega": "H100 Mega",
    "rtx 6000 96gb": "RTX PRO 6000",
}
_DISKS = {
    "storage pd capacity": "pd-standard",
    "ssd backed pd capacity": "pd-ssd",
    "balanced pd capacity": "pd-balanced",
    "extreme pd capacity": "pd-extreme",
    "regional storage pd capacity": "pd-standard:regional",
    "regional ssd backed pd capacity": "pd-ssd:regional",
    "regional balanced pd capacity": "pd-balanced:regional",
    "hyperdisk extreme capacity": "hyperdisk-extreme",
}
_UNITS = {CORE: "h", WHOLE: "h", GPU: "h", TPU: "h", RAM: "GiBy.h"}


def parts(sku: Any) -> Iterator[list[Any]]:
    """Yield the part of a machine, the accelerator or the disk that a SKU prices, as the fields of `Part`."""
    category, description = sku.category, str(sku.description)
    purchase = _PURCHASES.get(str(category.usage_type))
    if purchase is None or _OTHER.search(description) or not sku.service_regions:
        return
    # Preemptible TPUs are filed under on-demand; their description alone tells.
    if purchase == "on_demand" and "preemptible" in description.lower():
        purchase = "spot"
    kind, name = _part(str(category.resource_family), str(category.resource_group), _SPOT.sub("", description))
    if kind:
        unit, amount = _rate(sku.pricing_info)
        hourly = _hourly(kind, unit, amount)
        if hourly is not None:
            yield list(Part(kind, name, purchase, sorted(str(one) for one in sku.service_regions), str(hourly)))


def _part(family: str, group: str, description: str) -> tuple[str, str]:
    """Return the kind and the name of what a description speaks of, "" for what is not the guard's business."""
    tpu = _TPU.search(description)
    if tpu:
        return TPU, tpu["version"].lower()
    if group == "LocalSSD":
        return (
            (SSD, "")
            if re.match(r"(SSD backed Local Storage|Commitment v1: Local SSD) in\b", description, re.I)
            else ("", "")
        )
    if family == "Storage":
        name = _DISKS.get(re.split(r" in\b", description.lower(), maxsplit=1)[0], "")
        return (DISK, name) if name else ("", "")
    if family != "Compute":
        return "", ""
    if group == "GPU":
        match = _GPU.fullmatch(description)
        name = _GPUS.get(match["what"].lower(), "") if match else ""
        return (GPU, name) if name else ("", "")
    return _of_machine(group, description)


def _of_machine(group: str, description: str) -> tuple[str, str]:
    whole = _WHOLE.fullmatch(description)
    if whole:
        return WHOLE, _WHOLES[whole["what"].lower()]
    match = _COMMITTED.fullmatch(description) or _MACHINE.fullmatch(description)
    # The group N1Standard holds cores and memory of N1 alike.
    is_ram = group == "RAM" or (group == "N1Standard" and re.search(r"\bRam\b", description) is not None)
    if match is None or group not in ("CPU", "RAM", "N1Standard"):
        return "", ""
    what = (match["what"] or "").lower().removesuffix(" predefined").strip()
    return (RAM if is_ram else CORE), _FAMILIES.get(what, what.partition(" ")[0])


def _rate(infos: Sequence[Any]) -> tuple[str, Decimal | None]:
    """Return the unit and the USD of the newest rate; a free tier comes first and is not the price."""
    newest = max(infos, key=lambda one: str(one.effective_time or ""))
    expression = newest.pricing_expression
    for tier in sorted(expression.tiered_rates, key=lambda one: float(one.start_usage_amount)):
        price = tier.unit_price
        if price.currency_code != "USD":
            raise UpdateError(f"the prices are in {price.currency_code or 'no currency'} and not in USD")
        amount = money(Decimal(int(price.units)) + Decimal(int(price.nanos)) / 10**9)
        if amount is not None:
            return str(expression.usage_unit), amount
    return str(expression.usage_unit), None


def _hourly(kind: str, unit: str, amount: Decimal | None) -> Decimal | None:
    if amount is None:
        return None
    if kind == DISK:
        return amount if unit == "GiBy.mo" else None
    if kind == SSD:
        return {"GiBy.mo": amount / HOURS_PER_MONTH, "GiBy.h": amount}.get(unit)
    return amount if _UNITS[kind] == unit else None
