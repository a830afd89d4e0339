"""Places of data that are more than one region, and which regions are within them."""

from __future__ import annotations

import re

# Google's multi-regions and predefined dual regions (https://cloud.google.com/storage/docs/locations);
# BigQuery and Artifact Registry use the same names of multi-regions.
_MULTI = {
    "us": ("us-",),
    "eu": ("europe-",),
    "europe": ("europe-",),
    "asia": ("asia-",),
}
_DUAL = {
    "nam4": ("us-central1", "us-east1"),
    "eur4": ("europe-north1", "europe-west4"),
    "eur5": ("europe-west1", "europe-west2"),
    "eur7": ("europe-west2", "europe-west3"),
    "eur8": ("europe-west3", "europe-west6"),
    "asia1": ("asia-northeast1", "asia-northeast2"),
}
_SEVERAL = re.compile(r"[+,/]")


def together(here: str, there: str) -> bool:
    """Tell whether a machine in region `here` has data in place `there` near it, in whatever letter case.

    `there` may be a region, a multi-region (`us`, `us-multi`, `multi-eu`), a predefined dual region (`nam4`) or several
    regions written together (`us-central1+us-east1`). `here` may be one of these too.
    """
    near, far = here.casefold().strip(), there.casefold().strip()
    if near == far:
        return True
    return any(_within(near, one.strip()) for one in _SEVERAL.split(far))


def _within(region: str, place: str) -> bool:
    if region == place or region in _DUAL.get(place, ()):
        return True
    name = place.removesuffix("-multi").removeprefix("multi-").removesuffix("-multiregion")
    return region.startswith(_MULTI.get(name, "\0"))
