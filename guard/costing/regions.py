"""Which region's prices apply: the written one, or a reference region where none is written at all."""

from __future__ import annotations

from typing import NamedTuple

from guard.model.value import Known, Unknown, Value, first

REFERENCE_REGIONS = {"aws": "us-east-1", "google": "us-central1", "azure": "eastus"}
"""Whose prices are taken where no region is written: the regions which the providers' own examples use."""


class Region(NamedTuple):
    """A region's name, "" where it is not known; then `reason` says why. `note` says what was taken for granted."""

    name: str
    note: str = ""
    reason: str = ""


def region_of(provider: str, *values: Value[str]) -> Region:
    """Return the first region that is written, the provider's reference region where there is none."""
    value = first(*values)
    if isinstance(value, Known) and value.value:
        return Region(value.value)
    if isinstance(value, Unknown):
        return Region("", reason=f"its region is not known: {value.reason}")
    reference = REFERENCE_REGIONS.get(provider, "")
    if not reference:
        return Region("", reason="no provider and no region is written")
    return Region(reference, note=f"no region is written: prices of {provider} {reference}")
