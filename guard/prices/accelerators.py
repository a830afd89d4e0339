"""The names of accelerators: whatever a price list or an API calls them, in the maker's short form."""

from __future__ import annotations

import re
from decimal import Decimal

_MAKERS = ("nvidia ", "tesla ", "aws ", "amd ", "google ", "xilinx ", "habana ", "qualcomm ", "radeon pro ", "grid ")

_SHORT = {
    "inferentia": "Inferentia1",
    "trainium": "Trainium1",
    "gaudi hl-205": "Gaudi",
    "h100 nvl": "H100",
    "rtx pro server 6000": "RTX PRO 6000",
    "virtex ultrascale+ (vu47p)": "VU47P",
    "ai100": "AI100",
}

# Google Cloud's names of GPUs that are attached to a machine, where they are more than `nvidia-` and the short name.
_GOOGLE = {
    "a100": "nvidia-tesla-a100",
    "k80": "nvidia-tesla-k80",
    "p4": "nvidia-tesla-p4",
    "p100": "nvidia-tesla-p100",
    "t4": "nvidia-tesla-t4",
    "v100": "nvidia-tesla-v100",
}


def short_name(published: str, memory_gib: Decimal | None = None) -> str:
    """Return the maker's short name: `NVIDIA A100` with 80 GiB is `A100-80GB`, `AWS Trainium` is `Trainium1`."""
    rest = published.strip()
    while True:
        maker = next((one for one in _MAKERS if rest.lower().startswith(one)), "")
        if not maker:
            break
        rest = rest[len(maker) :]
    known = _SHORT.get(rest.lower())
    if known:
        return known
    if rest == "A100 80GB" or (rest == "A100" and memory_gib == 80):
        return "A100-80GB"
    return rest


def folded(name: str) -> str:
    """Return the form in which names of accelerators are compared: `nvidia-tesla-t4`, `T4` and `t4` are one."""
    plain = re.sub(r"[^a-z0-9]+", "", name.lower())
    return re.sub(r"^(nvidia|google|aws|amd|tesla)+", "", plain)


def google_sku(name: str) -> str:
    """Return the SKU of one accelerator of Google Cloud: `T4` is `gpu:nvidia-tesla-t4`, `TPU v6e` is `tpu:v6e`."""
    plain = name.lower().removeprefix("gpu:").removeprefix("tpu:")
    tpu = re.fullmatch(r"(?:tpu[ -]?)?(v[2-7][a-z]{0,2})", plain)
    if tpu:
        return f"tpu:{tpu[1]}"
    short = plain.removeprefix("nvidia-").removeprefix("tesla-").replace(" ", "-")
    return "gpu:" + _GOOGLE.get(short, f"nvidia-{short}")
