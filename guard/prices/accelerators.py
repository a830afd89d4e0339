"""The SKUs of accelerators that Google Cloud sells apart from machines."""

from __future__ import annotations

import re

# Google Cloud's names of GPUs that are attached to a machine, where they are more than `nvidia-` and the short name.
_GOOGLE = {
    "a100": "nvidia-tesla-a100",
    "k80": "nvidia-tesla-k80",
    "p4": "nvidia-tesla-p4",
    "p100": "nvidia-tesla-p100",
    "t4": "nvidia-tesla-t4",
    "v100": "nvidia-tesla-v100",
}


def google_sku(name: str) -> str:
    """Return the SKU of one accelerator of Google Cloud: `T4` is `gpu:nvidia-tesla-t4`, `TPU v6e` is `tpu:v6e`."""
    plain = name.lower().removeprefix("gpu:").removeprefix("tpu:")
    tpu = re.fullmatch(r"(?:tpu[ -]?)?(v[2-7][a-z]{0,2})", plain)
    if tpu:
        return f"tpu:{tpu[1]}"
    short = plain.removeprefix("nvidia-").removeprefix("tesla-").replace(" ", "-")
    return "gpu:" + _GOOGLE.get(short, f"nvidia-{short}")
