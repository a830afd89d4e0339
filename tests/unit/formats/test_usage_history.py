"""Usage histories, from CSV and from Prometheus, and what is wrong with bad ones."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from guard.formats.usage_history import parse
from guard.model.usage import UsageHistoryError


def test_csv_gives_sorted_samples_by_address_and_metric() -> None:
    text = "address,time,cpu_percent,memory_percent,note\na,1,30,\na,2,10.5%,50\nb,1,nan,7\n"
    found = parse("h.csv", b"\xef\xbb\xbf" + text.encode())
    assert found.samples == {
        "a": {"cpu_percent": (Decimal("10.5"), Decimal(30)), "memory_percent": (Decimal(50),)},
        "b": {"memory_percent": (Decimal(7),)},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "h.csv needs a column address and one of"),
        ("address,cpu\na,1\n", "it has address, cpu"),
        ("address,cpu_percent\na,250\n", "h.csv:2: cpu_percent is 250, not a percentage"),
        ("address,cpu_percent\na,-1\n", "h.csv:2: cpu_percent is -1, not a percentage"),
        ("address,cpu_percent\na,inf\n", "h.csv:2: cpu_percent is inf, not a percentage"),
        ("address,cpu_percent\na,lots\n", 'h.csv:2: cpu_percent is "lots", not a number'),
        ("address,cpu_percent\n,1\n", "h.csv:2: the address is empty"),
        ("address,cpu_percent\na,\n", "h.csv has no samples"),
        ("address,cpu_percent\na,\0\n", "h.csv"),
    ],
)
def test_a_bad_csv_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UsageHistoryError, match=message):
        parse("h.csv", text.encode())


def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(UsageHistoryError, match="not UTF-8"):
        parse("h.csv", b"address,cpu_percent\n\xff,1\n")


def test_prometheus_gives_samples_by_address_or_pod() -> None:
    answer = {
        "status": "success",
        "data": {
            "resultType": "matrix",
            "result": [
                {
                    "metric": {
                        "__name__": "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
                        "exported_pod": "chat-1",
                        "namespace": "ml",
                    },
                    "values": [[1, "0.5"], [2, "0.25"], [3, "NaN"]],
                },
                {"metric": {"__name__": "cpu_percent", "address": "aws_instance.a"}, "value": [1, "12"]},
                {"metric": {"__name__": "up"}, "values": [[1, "1"]]},
            ],
        },
    }
    assert parse("h.json", json.dumps(answer).encode()).samples == {
        "aws_instance.a": {"cpu_percent": (Decimal(12),)},
        "pod:ml/chat-1": {"accelerator_percent": (Decimal(25), Decimal(50))},
    }


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"data": {"result": 3}}', b"[" * 100_000])
def test_json_that_is_no_answer_is_told(data: bytes) -> None:
    with pytest.raises(UsageHistoryError, match=r"h\.json"):
        parse("h.json", data)


def test_parquet_without_its_reader_or_content_is_told() -> None:
    with pytest.raises(UsageHistoryError, match=r"h\.parquet"):
        parse("h.parquet", b"PAR1")
