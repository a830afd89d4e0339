"""Usage histories: CSV, Parquet and what Prometheus answers to a query, each to samples by resource and metric.

CSV and Parquet have a row for each sample: `address` (as `guard dump` writes it) and any of `cpu_percent`,
`memory_percent`, `accelerator_percent` and `accelerator_memory_percent`, each from 0 to 100; others do not count.
Prometheus JSON is the answer of its API to `query_range` or `query`: a label `address` tells the resource, or else
`exported_pod` or `pod` with its namespace; the metric is named as above or is one of NVIDIA's DCGM exporter.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from importlib import import_module
from typing import Any

from guard.model.usage import METRICS, POD, UsageHistory, UsageHistoryError

_MOST_SAMPLES = 20_000_000
_HUNDRED = Decimal(100)
# What rounding and sampling may add to the whole.
_MOST_PERCENT = Decimal(101)
# Metrics of the DCGM exporter, with what makes them percent.
_DCGM = {
    "DCGM_FI_DEV_GPU_UTIL": ("accelerator_percent", Decimal(1)),
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE": ("accelerator_percent", _HUNDRED),
    "DCGM_FI_DEV_FB_USED_PERCENT": ("accelerator_memory_percent", _HUNDRED),
}

Sample = tuple[str, str, Decimal]


def parse(name: str, data: bytes) -> UsageHistory:
    """Return the history in a file of this name. Raises UsageHistoryError for what is none."""
    lowered = name.casefold()
    if lowered.endswith(".parquet"):
        samples = _parquet(name, data)
    elif lowered.endswith(".json"):
        samples = _prometheus(name, data)
    else:
        samples = _csv(name, data)
    return _collected(name, samples)


def _collected(name: str, samples: Iterator[Sample]) -> UsageHistory:
    found: dict[str, dict[str, list[Decimal]]] = {}
    for number, (address, metric, value) in enumerate(samples):
        if number >= _MOST_SAMPLES:
            raise UsageHistoryError(
                f"{name} has more than {_MOST_SAMPLES} samples: export fewer, say one each five minutes"
            )
        found.setdefault(address, {}).setdefault(metric, []).append(value)
    if not found:
        raise UsageHistoryError(f"{name} has no samples")
    frozen = {
        address: {metric: tuple(sorted(values)) for metric, values in sorted(metrics.items())}
        for address, metrics in sorted(found.items())
    }
    return UsageHistory(frozen, name)


def _csv(name: str, data: bytes) -> Iterator[Sample]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageHistoryError(f"{name} is not UTF-8") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        _checked(name, rows.fieldnames or ())
        for row in rows:
            yield from _row(f"{name}:{rows.line_num}", row)
    except csv.Error as error:
        raise UsageHistoryError(f"{name}:{rows.line_num}: {error}") from None


def _checked(name: str, columns: Iterable[str]) -> None:
    present = {column.strip() for column in columns if column}
    if "address" not in present or not present & set(METRICS):
        wanted = f"a column address and one of {', '.join(METRICS)}"
        raise UsageHistoryError(f"{name} needs {wanted}; it has {', '.join(sorted(present)) or 'none'}")


def _row(place: str, row: Mapping[str | None, Any]) -> Iterator[Sample]:
    cells = {key.strip(): value for key, value in row.items() if key}
    address = str(cells.get("address") or "").strip()
    if not address:
        raise UsageHistoryError(f"{place}: the address is empty")
    for metric in METRICS:
        text = cells.get(metric)
        if text is not None and str(text).strip():
            value = _percent(place, metric, str(text).strip(), Decimal(1))
            if value is not None:
                yield address, metric, value


def _percent(place: str, metric: str, text: str, factor: Decimal) -> Decimal | None:
    """Return a sample in percent, None for one that was not measured. Raises UsageHistoryError for what is none."""
    try:
        number = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        raise UsageHistoryError(f'{place}: {metric} is "{text[:40]}", not a number') from None
    if number.is_nan():
        return None
    number = number * factor if number.is_finite() else number
    if not 0 <= number <= _MOST_PERCENT:
        raise UsageHistoryError(f"{place}: {metric} is {text[:40]}, not a percentage of the whole machine (0 to 100)")
    return min(number, _HUNDRED)


def _parquet(name: str, data: bytes) -> Iterator[Sample]:
    try:
        reader = import_module("pyarrow.parquet")
        buffer = import_module("pyarrow").BufferReader(data)
    except ImportError:
        raise UsageHistoryError(f"reading {name} needs pyarrow: install it beside guard, or export CSV") from None
    try:
        table = reader.read_table(buffer)
        _checked(name, table.column_names)
        columns = [one for one in ("address", *METRICS) if one in table.column_names]
        rows = table.select(columns).to_pylist()
    except (ValueError, OSError) as error:
        raise UsageHistoryError(f"{name} is no Parquet file that can be read: {error}") from None
    for number, row in enumerate(rows, 1):
        yield from _row(f"{name}, row {number}", row)


def _prometheus(name: str, data: bytes) -> Iterator[Sample]:
    try:
        answer = json.loads(data, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise UsageHistoryError(f"{name} is not JSON") from None
    content = answer.get("data") if isinstance(answer, dict) else None
    series = content.get("result") if isinstance(content, dict) else None
    if not isinstance(series, list):
        raise UsageHistoryError(f"{name} is no answer of Prometheus: there is no data.result in it")
    for number, one in enumerate(series):
        if isinstance(one, dict) and isinstance(one.get("metric"), dict):
            yield from _series(f"{name}, series {number}", one)


def _series(place: str, one: Mapping[str, Any]) -> Iterator[Sample]:
    labels = one["metric"]
    called = str(labels.get("__name__") or labels.get("metric") or "")
    metric, factor = _DCGM.get(called, (called, Decimal(1)))
    address = _address(labels)
    if metric not in METRICS or not address:
        return
    values = one.get("values") or ([one["value"]] if "value" in one else [])
    for pair in values if isinstance(values, list) else ():
        if isinstance(pair, list) and len(pair) == 2:
            value = _percent(place, metric, str(pair[1]), factor)
            if value is not None:
                yield address, metric, value


def _address(labels: Mapping[str, Any]) -> str:
    if labels.get("address"):
        return str(labels["address"])
    pod = labels.get("exported_pod") or labels.get("pod")
    namespace = labels.get("exported_namespace") or labels.get("namespace") or ""
    return f"{POD}{namespace}/{pod}" if pod else ""
