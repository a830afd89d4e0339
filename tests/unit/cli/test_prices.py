"""`guard prices`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.cli.main import main


def test_show_prints_what_the_contract_promises(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "show", "gcp", "GPU:T4", "us-central1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "service": "",
            "provider": "google",
            "sku": "gpu:nvidia-tesla-t4",
            "region": "us-central1",
            "unit": "accelerator-hour",
            "amount": "0.35",
            "currency": "USD",
            "purchase": "on_demand",
            "payment": "",
            "source": "skypilot-catalog-v8",
            "as_of": "",
        },
        {
            "service": "",
            "provider": "google",
            "sku": "gpu:nvidia-tesla-t4",
            "region": "us-central1",
            "unit": "accelerator-hour",
            "amount": "0.245",
            "currency": "USD",
            "purchase": "sustained_use",
            "payment": "",
            "source": "derived: skypilot-catalog-v8 on-demand x 0.7 (sustained use of a full month)",
            "as_of": "",
        },
    ]


def test_show_as_text_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "show", "aws", "p4d.24xlarge", "us-east-1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[2].split() == [
        "p4d.24xlarge", "us-east-1", "21.957642", "USD", "hour", "on_demand", "karpenter-aws", "2026-07-20",
    ]  # fmt: skip


def test_show_without_a_region_tells_all_regions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "show", "aws", "ebs:gp3", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert len({one["region"] for one in shown}) == 36
    assert {one["service"] for one in shown} == {"storage"}


def test_what_is_not_in_the_book_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "show", "aws", "p4d.23xlarge", "--format", "json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out) == []
    assert told.err == "guard: the price book has no price of aws p4d.23xlarge\n"


def test_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "status"]) == 0
    assert "aws: 36,076 prices in 105 regions" in capsys.readouterr().out
    assert main(["prices", "status", "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["as_of"] == "2026-08-22"
    assert [one["provider"] for one in made["providers"]] == ["aws", "azure", "google"]


def test_a_bad_book_is_the_users_to_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.sqlite"
    path.write_text("provider,sku\n", encoding="utf-8")
    assert main(["prices", "status", "--prices", str(path)]) == 2
    assert "own.sqlite is not a price book of guard" in capsys.readouterr().err
