"""Runs the rules of a policy over a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from guard.model.finding import Finding, Problem, Severity, UnknownFact
from guard.model.report import Waived, Waiver
from guard.model.resource import Resource
from guard.model.rule import Context, Project, Rule
from guard.policy.loading import BUDGET_RULE
from guard.policy.merging import fingerprinted, merged, merged_unknowns, order
from guard.policy.model import ASSERT, Policy, RuleEntry
from guard.policy.scope import budget, chosen
from guard.policy.waivers import Inline, hidden_by, inline, standing, unused


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a policy says about a project, sorted. `passed` counts for each rule that ran the resources that it had
    nothing against and could decide."""

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    problems: tuple[Problem, ...]
    unknowns: tuple[UnknownFact, ...]
    passed: Mapping[str, int]


@dataclass(slots=True)
class _Said:
    """What the rules have said so far."""

    findings: list[Finding] = field(default_factory=list)
    unknowns: list[UnknownFact] = field(default_factory=list)
    looked_at: dict[str, set[str]] = field(default_factory=dict)


def judge(
    policy: Policy,
    project: Project,
    rules: Mapping[str, Rule[Any]],
    *,
    rule_names: Sequence[str],
    texts: Mapping[str, str],
    today: date,
    base: Project | None = None,
) -> Judgement:
    """Return what the rules of `policy` say about `project`.

    `rules` holds every rule that the policy names, `rule_names` all there are; `texts` the files that may hold inline
    waivers, by path; `today` decides what has expired. `project` needs no budgets: they
    are the policy's.
    """
    said = _Said()
    project = replace(_with_budgets(policy, project, base, said), today=today)
    for entry in policy.rules:
        if (entry.severity or rules[entry.rule].severity) is not Severity.OFF:
            _run(entry, rules[entry.rule], project, base, said)
    return _settled(policy, project, said, rule_names, texts, today)


def _with_budgets(policy: Policy, project: Project, base: Project | None, said: _Said) -> Project:
    scoped = [budget(entry, project, base, BUDGET_RULE) for entry in policy.budgets]
    said.unknowns += [fact for _, undecided in scoped for fact in undecided]
    return replace(project, budgets=tuple(one for one, _ in scoped))


def _run(entry: RuleEntry, rule: Rule[Any], project: Project, base: Project | None, said: _Said) -> None:
    scope, undecided = chosen(entry.where, project.resources, entry.name if rule.name == ASSERT else rule.name)
    said.unknowns += undecided
    # An assertion goes by the name that the policy gives it: so it is reported, and so it is waived.
    name = entry.name if rule.name == ASSERT else rule.name
    said.looked_at.setdefault(name, set()).update(one.address for one in scope)
    severity = entry.severity or rule.severity
    subjects: Sequence[Resource | None] = scope
    if rule.per != "resource":
        subjects = (None,) if rule.per == "project" or base is not None else ()
    for subject in subjects:
        _hear(rule, Context(name, severity, entry.options, project, scope, subject, base), said)


def _hear(rule: Rule[Any], context: Context[Any], said: _Said) -> None:
    for one in rule.check(context):
        if isinstance(one, Finding):
            said.findings.append(one)
        else:
            said.unknowns.append(one)


def _settled(
    policy: Policy, project: Project, said: _Said, rule_names: Sequence[str], texts: Mapping[str, str], today: date
) -> Judgement:
    """Take out what is waived, then merge, number and sort."""
    ran = frozenset(said.looked_at)
    comments, problems = inline(texts)
    _keep_undecided(comments, said.unknowns)
    waivers, complaints = _waivers(policy, project, said.findings, today, ran)
    by_line = {(one.rule, one.location.path, one.line): one for one in comments}
    waived = [
        (one, waiver)
        for one in said.findings
        if (waiver := hidden_by(one, by_line) or waivers.get(id(one))) is not None
    ]
    covered = {id(one) for one, _ in waived}
    resources = {one.address: one for one in project.resources}
    own = [entry.name for entry in policy.rules if entry.rule == ASSERT]
    complaints += unused(comments, ran, [*rule_names, *own])
    findings = merged([*(one for one in said.findings if id(one) not in covered), *complaints], resources)
    hidden = _merged_waived(waived, resources)
    # Numbered together, so that a new waiver leaves the other fingerprints alone.
    prints = _fingerprints([*findings, *(one.finding for one in hidden)])
    return Judgement(
        findings=tuple(replace(one, fingerprint=prints[id(one)]) for one in findings),
        waived=tuple(replace(one, finding=replace(one.finding, fingerprint=prints[id(one.finding)])) for one in hidden),
        problems=problems,
        unknowns=merged_unknowns(said.unknowns),
        passed=_passed(said),
    )


def _keep_undecided(comments: Iterable[Inline], unknowns: Iterable[UnknownFact]) -> None:
    """Count a comment as used where its rule could not decide, because the finding may yet come."""
    places = {(one.rule, one.location.path) for one in unknowns}
    for one in comments:
        one.used = one.used or (one.rule, one.location.path) in places


def _waivers(
    policy: Policy, project: Project, findings: Sequence[Finding], today: date, ran: frozenset[str]
) -> tuple[dict[int, Waiver], list[Finding]]:
    """Return the waiver that holds for each finding, by identity, and what is to be said about waivers that do not."""
    found: dict[int, Waiver] = {}
    complaints = []
    for entry in policy.waivers:
        stands = standing(entry, findings, project, today, entry.rule in ran)
        if stands.complaint is not None:
            complaints.append(stands.complaint)
            continue
        expires = entry.expires.isoformat() if entry.expires else ""
        waiver = Waiver(entry.reason, entry.location, entry.owner, expires)
        for finding in stands.covered:
            found.setdefault(id(finding), waiver)
    return found, complaints


def _merged_waived(waived: Iterable[tuple[Finding, Waiver]], resources: Mapping[str, Resource]) -> list[Waived]:
    by_waiver: dict[Waiver, list[Finding]] = {}
    for finding, waiver in waived:
        by_waiver.setdefault(waiver, []).append(finding)
    whole = [
        Waived(one, waiver, _addresses(one, some))
        for waiver, some in by_waiver.items()
        for one in merged(some, resources)
    ]
    return sorted(whole, key=lambda one: (order(one.finding), one.waiver.location))


def _addresses(whole: Finding, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the addresses of the findings that were made one."""
    key = whole.rule, whole.location
    same = (one for one in findings if (one.rule, one.location) == key and whole.message.startswith(one.message))
    return tuple(sorted({one.address for one in same if one.address}))


def _fingerprints(findings: Sequence[Finding]) -> dict[int, str]:
    ordered = sorted(findings, key=order)
    return {id(one): numbered.fingerprint for one, numbered in zip(ordered, fingerprinted(ordered), strict=True)}


def _passed(said: _Said) -> dict[str, int]:
    spoken = {(one.rule, one.address) for one in said.findings} | {(one.rule, one.address) for one in said.unknowns}
    return {rule: sum((rule, one) not in spoken for one in seen) for rule, seen in sorted(said.looked_at.items())}
