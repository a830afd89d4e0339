"""Runs caret cases: the files of a case go through the whole engine, and what it finds is held against the carets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from guard import engine
from guard.formats import usage_history
from guard.inputs.memory import MemoryTree
from guard.model.price import PriceBook
from guard.model.rule import Example, Rule
from guard.policy.cases import Expectation, differences, found, read
from guard.policy.model import ASSERT, Policy, PolicySource
from guard.request import Request

TODAY = date(2026, 1, 1)
HISTORY = "usage-history.csv"
"""A file of this name in a case holds what its machines were seen to use."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one case, caret lines included; `base` is what they are compared with."""

    name: str
    texts: Mapping[str, str]
    base: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went: `wrong` holds a line for each difference, `tripped` the rules that it expects findings of."""

    name: str
    wrong: tuple[str, ...]
    tripped: frozenset[str] = field(default=frozenset())


def run_example(rule: Rule[Any], example: Example, prices: PriceBook) -> tuple[str, ...]:
    """Return what differs between what the carets of a rule's example say and what the rule finds."""
    # The keys of an assertion stand beside its name, not below `options`.
    options = dict(example.options)
    entry = {"rule": rule.name, **(options if rule.name == ASSERT else {"options": options})}
    source = PolicySource("policy.yaml", f"rules: [{json.dumps(entry)}]\n{example.policy}\n")
    policy, problems = engine.load_policy((source,), MemoryTree({}))
    if problems:
        return tuple(f"policy: {one.message}" for one in problems)
    files = Files(rule.name, {example.path: example.text, **example.files}, example.base)
    return run_case(files, policy, prices, str(options.get("name", rule.name))).wrong


def run_case(case: Files, policy: Policy, prices: PriceBook, only: str = "") -> Outcome:
    """Return how a case went under a policy: what one rule says (`only`), or all, each named before its message."""
    texts, expected, mistakes = read(case.texts)
    base = (
        Request(MemoryTree(case.base), locality=policy.locality, clusters=policy.clusters)
        if case.base is not None
        else None
    )
    request = Request(MemoryTree(texts), locality=policy.locality, clusters=policy.clusters)
    history = next((usage_history.parse(HISTORY, texts[path].encode()) for path in texts if path == HISTORY), None)
    report = engine.check(request, policy, (), prices, TODAY, base, history=history)
    findings = [one for one in report.findings if not only or one.rule == only]
    wrong = list(mistakes)
    wrong += [f"problem:    {one.message}" for one in report.problems if one.blocking]
    wrong += differences(expected, found(findings, texts, named=not only))
    return Outcome(case.name, tuple(wrong), frozenset(_rule(one) for one in expected))


def _rule(expectation: Expectation) -> str:
    return expectation.message.partition(":")[0]
