"""Whatever stands in a policy or in a comment, guard answers with problems and never with an exception."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guard.inputs.memory import MemoryTree
from guard.policy.cases import parsed
from guard.policy.loading import load
from guard.policy.waivers import inline
from tests.unit.policy._made import find_rule, rule_names

WORDS = """extends where rules rule options severity required budgets name monthly increase waivers reason expires up_to
labels paths purpose missing-tag environments allow x"""
KEYS = st.sampled_from(WORDS.split())
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), KEYS, st.just("ai-cost")
)
DATA: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
ENTRIES = st.fixed_dictionaries(
    {"rule": st.sampled_from(["missing-tag", "over-budget", "disallowed-instance-type", "other"])},
    optional={"options": DATA, "where": DATA, "severity": DATA, "name": DATA, "reason": DATA, "monthly": DATA},
)
LISTS = st.lists(ENTRIES, max_size=2) | DATA
POLICIES = DATA | st.fixed_dictionaries(
    {}, optional={"rules": LISTS, "budgets": LISTS, "waivers": LISTS, "where": DATA}
)


def held(text: str) -> None:
    policy, problems = load((), MemoryTree({"guard.yaml": text}), find_rule, rule_names(), ("aws",))
    assert all(one.location is not None and one.message for one in problems)
    lines = text.split("\n")
    assert all(1 <= one.location.line <= len(lines) + 1 for one in problems if one.location)
    assert all(entry.options is not None for entry in policy.rules)
    assert policy.rules or problems


@settings(max_examples=150, deadline=None)
@given(POLICIES)
def test_any_data_is_a_policy_or_a_problem(data: Any) -> None:
    held(json.dumps(data))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_policy_or_a_problem(text: str) -> None:
    held(text)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="# /guard:alow-mistg,\n\r\tx^", max_size=60))
def test_any_comment_is_a_waiver_a_problem_or_neither(text: str) -> None:
    waivers, problems = inline({"main.tf": text})
    assert all(one.reason and 1 <= one.line <= text.count("\n") + 1 for one in waivers)
    assert all(one.location is not None for one in problems)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="# /^ab\n", max_size=60))
def test_a_case_without_caret_lines_is_its_text(text: str) -> None:
    case = parsed("main.tf", text)
    assert parsed("main.tf", case.text) == (case.text, ())
    assert len(case.expected) == text.count("\n") - case.text.count("\n") or not case.text
