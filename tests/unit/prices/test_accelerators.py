"""The names of accelerators."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.accelerators import accelerator_name, accelerator_with_memory, folded
from guard.prices.accelerators import google_sku
from guard.prices.book import open_book


@pytest.mark.parametrize(
    ("published", "memory", "short"),
    [
        ("NVIDIA A100", "40", "A100"),
        ("NVIDIA A100", "80", "A100-80GB"),
        ("NVIDIA A100 80GB", "80", "A100-80GB"),
        ("NVIDIA H100 NVL", "94", "H100"),
        ("NVIDIA T4g", "16", "T4g"),
        ("AWS Trainium", "32", "Trainium1"),
        ("AWS Trainium2", "96", "Trainium2"),
        ("AWS Inferentia", "8", "Inferentia1"),
        ("Google TPU v6e", None, "TPU v6e"),
        ("NVIDIA RTX PRO Server 6000", "96", "RTX PRO 6000"),
        ("Qualcomm Qualcomm AI100", "15.625", "AI100"),
        ("AMD MI300X", "192", "MI300X"),
        ("AMD Radeon Pro V520", "8", "V520"),
        ("", None, ""),
    ],
)
def test_short_names(published: str, memory: str | None, short: str) -> None:
    assert accelerator_with_memory(published, None if memory is None else Decimal(memory)) == short


def test_the_book_keeps_names_of_the_vocabulary() -> None:
    names = {one.accelerator for provider in ("aws", "azure", "google") for one in open_book().machines(provider)}
    assert {"A100", "A100-80GB", "T4g", "Trainium1", "TPU v6e"} <= names
    assert {name: accelerator_name(name) for name in names if name} == {name: name for name in names if name}


def test_spellings_are_one() -> None:
    assert folded("nvidia-tesla-t4") == folded("T4") == folded("NVIDIA T4")
    assert folded("a100-80gb") == folded("A100-80GB") != folded("A100")


@pytest.mark.parametrize(
    ("name", "sku"),
    [
        ("T4", "gpu:nvidia-tesla-t4"),
        ("gpu:nvidia-tesla-t4", "gpu:nvidia-tesla-t4"),
        ("gpu:l4", "gpu:nvidia-l4"),
        ("TPU v6e", "tpu:v6e"),
        ("tpu:v5p", "tpu:v5p"),
    ],
)
def test_google_skus(name: str, sku: str) -> None:
    assert google_sku(name) == sku
