"""Accelerator names in all their spellings."""

from __future__ import annotations

import pytest

from guard.model.accelerators import accelerator_name, tpu_slice
from guard.platforms._kubernetes_accelerators import RESOURCES


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("A100", "A100"),
        ("nvidia-tesla-a100", "A100"),
        ("NVIDIA-A100-SXM4-40GB", "A100"),
        ("NVIDIA-A100-SXM4-80GB", "A100-80GB"),
        ("nvidia-a100-80gb", "A100-80GB"),
        ("NVIDIA A100 80GB", "A100-80GB"),
        ("A100-80GB", "A100-80GB"),
        ("nvidia-h100-mega-80gb", "H100"),
        ("NVIDIA_H100_80GB", "H100"),
        ("NVIDIA H100 NVL", "H100"),
        ("NVIDIA-H200-141GB", "H200"),
        ("nvidia-tesla-t4", "T4"),
        ("NVIDIA T4g", "T4g"),
        ("t4g", "T4g"),
        ("Qualcomm Qualcomm AI100", "AI100"),
        ("AMD Radeon Pro V520", "V520"),
        ("Xilinx Virtex UltraScale+ (VU47P)", "VU47P"),
        ("Xilinx U30", "U30"),
        ("NVIDIA GRID K520", "K520"),
        ("Tesla-V100-SXM2-16GB", "V100"),
        ("nvidia-l4", "L4"),
        ("l40s", "L40S"),
        ("a10g", "A10G"),
        ("NVIDIA RTX PRO Server 6000", "RTX PRO 6000"),
        ("RTX4090", "RTX 4090"),
        ("RTXA6000", "RTX A6000"),
        ("AMD MI300X", "MI300X"),
        ("AMD Instinct MI300X OAM", "MI300X"),
        ("Habana Gaudi HL-205", "Gaudi"),
        ("gaudi2", "Gaudi2"),
        ("tpu-v5-lite-podslice", "TPU v5e"),
        ("tpu-v5p-slice", "TPU v5p"),
        ("tpu-v5litepod-8", "TPU v5e"),
        ("tpu-v6e-8", "TPU v6e"),
        ("Google TPU v7x", "TPU v7x"),
        ("tpu7x", "TPU v7x"),
        ("tpu-v4-podslice", "TPU v4"),
        ("AWS Trainium", "Trainium1"),
        ("Trainium2", "Trainium2"),
        ("AWS Inferentia2", "Inferentia2"),
        ("inferentia", "Inferentia1"),
        ("gpu", "GPU"),
    ],
)
def test_every_spelling_has_one_short_name(written: str, name: str) -> None:
    assert accelerator_name(written) == name


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("tpu-v6e-8", ("TPU v6e", 8)),
        ("v5litepod-4", ("TPU v5e", 4)),
        ("tpu-v5p-16", ("TPU v5p", 8)),
        ("tpu-v2-8", ("TPU v2", 4)),
        ("tpu-v4-podslice", None),
        ("H100", None),
    ],
)
def test_a_tpu_slice_tells_its_chips(written: str, found: tuple[str, int] | None) -> None:
    assert tpu_slice(written) == found


def test_extended_resources_have_names_of_the_vocabulary() -> None:
    assert {name: accelerator_name(name) for name in RESOURCES.values()} == {name: name for name in RESOURCES.values()}
