"""Every example of every rule goes through the whole engine and must find exactly what its carets say."""

from __future__ import annotations

from typing import Any

import pytest

from guard.cli._cases import run_example
from guard.engine import find_rule, rule_names
from guard.model.rule import Example, Rule
from guard.policy.cases import parsed
from guard.prices.book import open_book

RULES = [rule for name in rule_names() if (rule := find_rule(name)) is not None]
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.name}-{kind}-{index}")
    for rule in RULES
    for kind in ("bad", "good")
    for index, example in enumerate(getattr(rule, kind))
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_an_example_finds_what_its_carets_say(rule: Rule[Any], example: Example) -> None:
    assert "\n".join(run_example(rule, example, open_book())) == ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_bad_examples_expect_findings_and_good_ones_none(rule: Rule[Any]) -> None:
    assert rule.bad
    assert rule.good
    assert all(expected(one) for one in rule.bad)
    assert not any(expected(one) for one in rule.good)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_called_as_its_file_and_waived_by_a_name_of_words(rule: Rule[Any]) -> None:
    assert rule.check.__module__.rpartition(".")[2].replace("_", "-") == rule.name
    assert rule.title.endswith(".")


def expected(example: Example) -> int:
    texts = {example.path: example.text, **example.files}
    return sum(len(parsed(path, text).expected) for path, text in texts.items())
