"""A baseline: the findings of one day, by an identity that outlives edits, which later runs subtract."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guard.model.finding import Finding
from guard.model.location import whole_file
from guard.model.report import Waived, Waiver
from guard.policy.merging import identity, order
from guard.policy.waivers import COMPLAINTS

VERSION = 1
REASON = "baseline"


class BaselineError(Exception):
    """A baseline file cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Equal findings: how many there were, and what they said."""

    count: int
    rule: str
    path: str
    address: str
    message: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings of a file, by their identity."""

    path: str
    entries: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subtracted:
    """What is left of findings, what the baseline takes away, and what of the baseline is no longer found."""

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    gone: tuple[Entry, ...]


def written(findings: Iterable[Finding]) -> str:
    """Return the text of a baseline with these findings, sorted; equal runs write equal bytes.

    What is said of waivers is left out: that one has expired must stay in sight.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in sorted((one for one in findings if one.rule not in COMPLAINTS), key=order):
        groups.setdefault(identity(finding), []).append(finding)
    rows = [
        {
            "rule": some[0].rule,
            "path": some[0].location.path,
            "address": some[0].address,
            "attribute": some[0].attribute,
            "message": some[0].message,
            "count": len(some),
            "fingerprint": key,
        }
        for key, some in groups.items()
    ]
    rows.sort(key=lambda row: [str(row[name]) for name in ("path", "rule", "address", "attribute", "fingerprint")])
    return json.dumps({"version": VERSION, "findings": rows}, indent=2, ensure_ascii=False) + "\n"


def read(path: str, text: str) -> Baseline:
    """Return the baseline that `text` is. Raises BaselineError where it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BaselineError(f"{path} is no baseline: it is not JSON; write it with `guard baseline`") from None
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("findings"), list):
        raise BaselineError(f"{path} is no baseline of version {VERSION}; write it anew with `guard baseline`")
    entries = {}
    for number, row in enumerate(data["findings"], start=1):
        entry = _entry(row)
        if entry is None:
            raise BaselineError(f"{path}: finding {number} is not as `guard baseline` writes it; write it anew")
        entries[row["fingerprint"]] = entry
    return Baseline(path, entries)


def _entry(row: Any) -> Entry | None:
    names = ("rule", "path", "address", "message", "fingerprint")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in names):
        return None
    count = row.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        return None
    return Entry(count, row["rule"], row["path"], row["address"], row["message"])


def subtracted(findings: Sequence[Finding], baseline: Baseline, judges: Callable[[str], bool]) -> Subtracted:
    """Return the findings without those of the baseline.

    Of more equal findings than the baseline counts, the last ones are new. What is gone is told of paths that `judges`
    takes in: the rest was not looked at.
    """
    seen: Counter[str] = Counter()
    kept, waived = [], []
    waiver = Waiver(REASON, whole_file(baseline.path))
    for finding in findings:
        key = identity(finding)
        entry = baseline.entries.get(key)
        seen[key] += 1
        if entry is not None and seen[key] <= entry.count:
            waived.append(Waived(finding, waiver))
        else:
            kept.append(finding)
    missing = ((key, one) for key, one in baseline.entries.items() if seen[key] < one.count and judges(one.path))
    gone = [Entry(one.count - seen[key], one.rule, one.path, one.address, one.message) for key, one in missing]
    return Subtracted(tuple(kept), tuple(waived), tuple(gone))
