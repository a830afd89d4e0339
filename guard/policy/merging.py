"""Makes one finding of those that say the same about several instances, gives each its fingerprint, and sorts."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import TypeAlias

from guard.model.finding import Finding, UnknownFact
from guard.model.location import Location, Step
from guard.model.resource import Resource

LISTED = 5

_KEYS = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|-?\d+)\]')

Order: TypeAlias = "tuple[Location, str, str, str, str]"


def merged(findings: Iterable[Finding], resources: Mapping[str, Resource]) -> list[Finding]:
    """Return one finding for each rule, place and message, sorted; `related` tells what else it is about."""
    groups: dict[tuple[str, Location, str], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=order):
        groups[finding.rule, finding.location, finding.message].append(finding)
    return sorted((_one(group, resources) for group in groups.values()), key=order)


def merged_unknowns(unknowns: Iterable[UnknownFact]) -> tuple[UnknownFact, ...]:
    """Return one statement for each rule, attribute, reason and place, sorted."""
    found: dict[tuple[str, str, str, Location], UnknownFact] = {}
    for one in sorted(unknowns, key=lambda fact: (fact.location, fact.rule, fact.attribute, fact.reason, fact.address)):
        found.setdefault((one.rule, one.attribute, one.reason, one.location), one)
    return tuple(found.values())


def order(finding: Finding) -> Order:
    """Return the sort key of a finding: by place, rule, address, attribute and message."""
    return finding.location, finding.rule, finding.address, finding.attribute, finding.message


def fingerprinted(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, each with an identity that edits elsewhere in the file do not change.

    Instance keys do not count, so that one more instance leaves the fingerprints of the others alone; equal
    findings are told apart by their ordinal.
    """
    seen: dict[tuple[str, str, str, str], int] = defaultdict(int)
    result = []
    for finding in findings:
        key = _key(finding)
        written = json.dumps([*key, seen[key]], ensure_ascii=True)
        seen[key] += 1
        result.append(replace(finding, fingerprint=sha256(written.encode()).hexdigest()))
    return result


def identity(finding: Finding) -> str:
    """Return what equal findings have in common: their fingerprint without the ordinal."""
    return sha256(json.dumps(_key(finding), ensure_ascii=True).encode()).hexdigest()


def _key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.rule, finding.location.path, _KEYS.sub("", finding.address), finding.attribute


def _one(group: Sequence[Finding], resources: Mapping[str, Resource]) -> Finding:
    first = group[0]
    gravest = min((one.severity for one in group), key=lambda severity: severity.rank)
    others = sorted({one.address for one in group} - {first.address})
    if not others:
        return replace(first, severity=gravest)
    savings = {one.address: one.saving for one in group if one.saving is not None}
    also = tuple(Step(f"the same holds for {name}", _place(resources.get(name), first)) for name in others[:LISTED])
    return replace(
        first,
        severity=gravest,
        message=f"{first.message} (in {len(others) + 1} resources)",
        related=(*first.related, *also),
        saving=sum(savings.values(), Decimal(0)) if savings else None,
    )


def _place(resource: Resource | None, finding: Finding) -> Location:
    if resource is None:
        return finding.location
    return resource.calls[0].location if resource.calls else resource.location
