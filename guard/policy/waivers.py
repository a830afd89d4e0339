"""Findings that are accepted: by a comment beside them, or by the policy for a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from guard.model.finding import Finding, Problem, Severity
from guard.model.location import Location, Span
from guard.model.price import total
from guard.model.report import Waiver
from guard.model.rule import Project
from guard.policy.checking import nearest
from guard.policy.model import PolicyWaiver
from guard.policy.scope import lets_through

UNUSED = "unused-waiver"
EXPIRED = "expired-waiver"
EXCEEDED = "exceeded-waiver"
COMPLAINTS = frozenset({UNUSED, EXPIRED, EXCEEDED})

HOW = "write `# guard: allow <rule> -- <reason>`"

_COMMENT = re.compile(r"(?:#|//)[ \t]*guard:[ \t]*(?P<verb>\S*)(?P<rest>.*)")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(slots=True)
class Inline:
    """A comment that waives a rule on one line; `used` is set once it hides a finding or stands where one may be."""

    rule: str
    reason: str
    location: Location
    line: int
    used: bool = field(default=False)


def inline(texts: Mapping[str, str]) -> tuple[tuple[Inline, ...], tuple[Problem, ...]]:
    """Return the waivers that comments in `texts` make, and a problem for each that is not written as it must be."""
    waivers: list[Inline] = []
    problems: list[Problem] = []
    for path in sorted(texts):
        # JSON has no comments; the test for the word keeps large files cheap.
        if "guard:" not in texts[path] or path.endswith(".json"):
            continue
        for one in _comments(path, texts[path].split("\n")):
            (problems if isinstance(one, Problem) else waivers).append(one)  # type: ignore[arg-type]
    return tuple(waivers), tuple(problems)


def _comments(path: str, lines: Sequence[str]) -> Iterator[Inline | Problem]:
    for index, line in enumerate(lines):
        found = _COMMENT.search(line)
        if found is None:
            continue
        start = found.start()
        place = Location(path, Span(index + 1, start + 1, index + 1, len(line.rstrip()) + 1))
        target = index if line[:start].strip() else _next_line(lines, index)
        yield from _parsed(found, place, target + 1)


def _next_line(lines: Sequence[str], index: int) -> int:
    for below in range(index + 1, len(lines)):
        text = lines[below].strip()
        if text and not text.startswith(("#", "//")):
            return below
    return index


def _parsed(found: re.Match[str], place: Location, line: int) -> Iterator[Inline | Problem]:
    names, dashes, reason = found["rest"].partition("--")
    rules = [name.strip() for name in names.split(",") if name.strip()]
    if found["verb"] != "allow":
        yield Problem("waiver", f'"guard: {found["verb"]}" is not understood: {HOW}', place, blocking=False)
        return
    if not rules or not all(_NAME.fullmatch(name) for name in rules):
        yield Problem("waiver", f"this waiver names no rule: {HOW}", place, blocking=False)
        return
    if not dashes or not reason.strip():
        yield Problem("waiver", f"this waiver gives no reason, so it does not hold: {HOW}", place, blocking=False)
        return
    for rule in rules:
        yield Inline(rule, reason.strip(), place, line)


def hidden_by(finding: Finding, waivers: Mapping[tuple[str, str, int], Inline]) -> Waiver | None:
    """Return the comment that waives a finding, and mark it as used."""
    one = waivers.get((finding.rule, finding.location.path, finding.location.line))
    if one is None:
        return None
    one.used = True
    return Waiver(one.reason, one.location)


def unused(waivers: Iterable[Inline], ran: frozenset[str], rule_names: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each comment that hides nothing although its rule ran, or that names no rule at all."""
    for one in waivers:
        if one.rule not in rule_names:
            message = f'no rule is called "{one.rule}"{nearest(one.rule, rule_names)}'
            yield Finding(UNUSED, Severity.WARNING, message, one.location, attribute=one.rule)
        elif not one.used and one.rule in ran:
            message = f"this waiver hides nothing: {one.rule} finds nothing on line {one.line}; remove it"
            yield Finding(UNUSED, Severity.NOTE, message, one.location, attribute=one.rule)


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiver of the policy and the findings that it covers; it holds unless a `complaint` says why not."""

    waiver: PolicyWaiver
    covered: tuple[Finding, ...]
    complaint: Finding | None = None


def standing(waiver: PolicyWaiver, findings: Sequence[Finding], project: Project, today: date, ran: bool) -> Standing:
    """Return what a waiver of the policy covers, and whether it still holds on that day and at that cost.

    `ran` tells whether its rule ran, without which a waiver that covers nothing is no matter.
    """
    covered = tuple(one for one in findings if one.rule == waiver.rule and _covers(waiver, one, project))
    place, rule = waiver.location, waiver.rule
    if waiver.expires is not None and today > waiver.expires:
        message = f"this waiver of {rule} expired on {waiver.expires}: {_then(covered)}; renew or remove it"
        return Standing(waiver, covered, Finding(EXPIRED, Severity.WARNING, message, place, attribute=rule))
    if not covered and ran:
        message = f"this waiver of {rule} hides nothing; remove it"
        return Standing(waiver, covered, Finding(UNUSED, Severity.NOTE, message, place, attribute=rule))
    excess = _excess(waiver, covered, project)
    if excess:
        message = f"this waiver of {rule} holds up to {_usd(waiver.up_to)} a month, but {excess}: {_then(covered)}"
        return Standing(waiver, covered, Finding(EXCEEDED, Severity.WARNING, message, place, attribute=rule))
    return Standing(waiver, covered)


def _covers(waiver: PolicyWaiver, finding: Finding, project: Project) -> bool:
    if not waiver.where:
        return True
    resource = project.resource(finding.address)
    return resource is not None and lets_through(waiver.where, resource) is True


def _excess(waiver: PolicyWaiver, covered: Sequence[Finding], project: Project) -> str:
    if waiver.up_to is None:
        return ""
    cost = total(project.estimates, {one.address for one in covered})
    if cost.high > waiver.up_to:
        return f"what it covers costs up to {_usd(cost.high)}"
    return "not all that it covers has a known cost" if cost.open_ended else ""


def _then(covered: Sequence[Finding]) -> str:
    count = len({(one.location, one.message) for one in covered})
    return f"{count} finding{'' if count == 1 else 's'} below it no longer waived" if count else "it covers nothing"


def _usd(amount: Decimal | None) -> str:
    return f"${amount:,.0f}" if amount is not None else ""
