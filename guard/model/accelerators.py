"""The maker's short name of an accelerator, from the many ways in which clouds, drivers and launchers write it."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

# Patterns are compiled when a name is first asked for: most runs start without one.
_SEPARATORS = r"[\s_/,.:-]+"
_TPU = r"(?:^| )(?:tpu )?(?:tpu)?v?(\d)(x|p|e| ?lite(?: ?pod(?:slice)?)?|litepod)?(?: |$)"
_AWS = r"\b(trainium|trn|inferentia|inf)(\d?)n?\b"
_RTX = r"\brtx ?(pro|ada|a)? ?(?:server )?(\d{4})( ?ti)?\b"
_GAUDI = r"\bgaudi ?(\d?)\b"
_CHIPS = (
    r"\b(gb300|gb200|gh200|b300|b200|b100|h800|h200|h100|h20|a800|a100|a10g|a10|a16|a2|a30|a40|l40s|l40|l4|l20|t4g|t4"
    r"|v100s?|p100|p40|p4|k80|m60|mi\d{2,3}[ax]?|v520|v620|v710)(?:xm)?\b"
)
_VENDORS = r"(?i)^(?:(?:nvidia|amd|intel|google|aws|habana|xilinx|qualcomm|tesla|geforce|radeon(?: pro)?|grid) +)+"
_FIELD_PROGRAMMABLE = r"(?i)^virtex ultrascale\+ \((\w+)\)$"
_TPU_SUFFIX = {"x": "x", "p": "p", "e": "e"}


_SLICE = r"(?i)(?:tpu-)?v(\d)(x|p|e|litepod)?-(\d{1,5})"
# The number in the name counts chips in these generations and TensorCores, two a chip, in the others.
_COUNTED_BY_CHIP = {"5litepod", "5e", "6e", "7x"}


def tpu_slice(text: str) -> tuple[str, int] | None:
    """Return name and chips of a TPU slice (`tpu-v6e-8`, `v5litepod-4`, `v5p-16`), None where it is none.

    Source: the pages on TPU versions of Google Cloud's documentation.
    """
    match = re.fullmatch(_SLICE, text.strip())
    if not match:
        return None
    generation = f"{match.group(1)}{(match.group(2) or '').lower()}"
    size = int(match.group(3))
    name = "TPU v5e" if generation == "5litepod" else f"TPU v{generation}"
    return name, size if generation in _COUNTED_BY_CHIP else max(size // 2, 1)


@cache
def accelerator_name(text: str) -> str:
    """Return the maker's short name (`A100`, `A100-80GB`, `TPU v5e`, `Trainium1`) of an accelerator as written.

    Understands the names of GKE and Vertex (`nvidia-tesla-t4`, `NVIDIA_H100_80GB`, `tpu-v5-lite-podslice`), of the
    drivers (`NVIDIA-A100-SXM4-80GB`), of SkyPilot and dstack (`A100-80GB`, `tpu-v6e-8`) and of the instance catalogues
    (`NVIDIA A100 80GB`, `AWS Trainium2`). What it does not know comes back without the vendor's name; `gpu` is `GPU`.
    """
    return known_accelerator(text) or _other(text.strip())


def accelerator_with_memory(text: str, memory_gib: Decimal | None) -> str:
    """Return the short name where the memory of one (in GiB) is told apart from the name: an A100 with 80 GiB."""
    name = accelerator_name(text) if text.strip() else ""
    return "A100-80GB" if name == "A100" and memory_gib == 80 else name


def folded(name: str) -> str:
    """Return the form in which names are compared: `nvidia-tesla-t4`, `T4` and `t4` are one."""
    plain = re.sub(r"[^a-z0-9]+", "", name.lower())
    return re.sub(r"^(nvidia|google|aws|amd|tesla)+", "", plain)


def known_accelerator(text: str) -> str:
    """Return the maker's short name of the accelerator that the text names, "" where it names none that is known."""
    words = " ".join(re.split(_SEPARATORS, text.strip().lower()))
    return _tpu(words) or _aws(words) or _gpu(words)


def _tpu(words: str) -> str:
    if "tpu" not in words:
        return ""
    match = re.search(_TPU, words.replace("tpu7x", "tpu 7x"))
    if not match:
        return "TPU"
    suffix = match.group(2) or ""
    return f"TPU v{match.group(1)}{_TPU_SUFFIX.get(suffix, 'e' if 'lite' in suffix else '')}"


def _aws(words: str) -> str:
    match = re.search(_AWS, words)
    if not match:
        return ""
    name = "Trainium" if match.group(1).startswith("tr") else "Inferentia"
    return name + (match.group(2) or "1")


def _gpu(words: str) -> str:
    match = re.search(_RTX, words)
    if match:
        series = {"pro": "PRO ", "a": "A", "ada": "Ada "}.get(match.group(1) or "", "")
        return f"RTX {series}{match.group(2)}{' Ti' if match.group(3) else ''}"
    match = re.search(_GAUDI, words)
    if match:
        return "Gaudi" + (match.group(1) if match.group(1) not in {"", "1"} else "")
    match = re.search(_CHIPS, words)
    if not match:
        return ""
    chip = match.group(1).upper()
    # The two A100s differ in price; other chips are sold in one size by each cloud.
    if chip == "A100" and ("80gb" in words or "80 gb" in words):
        return "A100-80GB"
    return "T4g" if chip == "T4G" else chip


def _other(text: str) -> str:
    name = re.sub(_VENDORS, "", text.replace("_", " "))
    name = re.sub(_FIELD_PROGRAMMABLE, r"\1", name)
    return "GPU" if name.lower() in {"gpu", "gpus", "nvidia", ""} else name
