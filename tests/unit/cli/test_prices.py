"""`guard prices`."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from guard.cli.main import main
from guard.prices import azure
from guard.prices._source import Asked, PriceSource, UpdateError
from guard.prices.writing import Facts, PriceFact, write_book


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


def test_old_prices_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old.sqlite"
    fact = PriceFact("aws", "", "p9.large", "us-east-1", "hour", "on_demand", "", "x", "2020-01-02", Decimal(1))
    write_book(path, Facts([fact]))
    assert main(["prices", "status", "--prices", str(path)]) == 0
    told = capsys.readouterr()
    assert "newest on-demand prices 2020-01-02" in told.out
    assert f"[{path}]" in told.out
    assert "guard: the prices of aws are" in told.err
    assert "`guard prices update aws` asks for new ones" in told.err


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fetch(asked: Asked) -> Facts:
        asked.tell("eu-west-1: spot \x1b[2J")
        raise UpdateError("no answer")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(azure, "PRICES", PriceSource("A list", "azure", fetch))
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["prices", "update", "azure"]) == 2
    shown = terminal.getvalue()
    assert shown.startswith("\r\x1b[Keu-west-1: spot \\x1b[2J (0 pages)\r\x1b[K")
    assert shown.endswith("guard: no answer\n")


def test_an_unknown_source_is_told_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "update", "oracle"]) == 2
    assert "no source of prices is called oracle; known are aws, azure, google" in capsys.readouterr().err


def test_a_bad_book_is_the_users_to_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.sqlite"
    path.write_text("provider,sku\n", encoding="utf-8")
    assert main(["prices", "status", "--prices", str(path)]) == 2
    assert "own.sqlite is not a price book of guard" in capsys.readouterr().err
