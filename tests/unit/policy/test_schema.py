"""The JSON Schema of policy files, and the pages made from rule files."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from guard.model.rule import Rule
from guard.policy import packs
from guard.policy.pages import page, pages
from guard.policy.schema import policy_schema
from tests.unit.policy._made import find_rule, rule_names


def rules() -> list[Rule[Any]]:
    return [rule for name in rule_names() if (rule := find_rule(name)) is not None]


def errors(text: str) -> list[str]:
    schema = policy_schema(rules())
    validator = jsonschema.Draft202012Validator(schema)
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def test_the_schema_is_one_and_takes_every_pack() -> None:
    jsonschema.Draft202012Validator.check_schema(policy_schema(rules()))
    for name in packs.names():
        assert errors(packs.read(name)) == []


@pytest.mark.parametrize(
    "text",
    [
        "rules: [{rule: mising-tag}]",
        "rules: [{rule: missing-tag, options: {requird: {}}}]",
        "rules: [{rule: missing-tag, where: {purpose: traning}}]",
        "budgets: [{monthly: 1}]",
        "extends: 3",
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(text: str) -> None:
    assert errors(text)


@pytest.mark.parametrize(
    "text",
    [
        "extends: ai-cost",
        "rules: [{rule: missing-tag, severity: 'off', where: {platform: aws, not: [a], labels: {a: [b, c]}}}]",
        "rules: [{rule: missing-tag, options: {required: {a: null, b: [x], c: '^y$'}}}]",
        "waivers: [{rule: missing-tag, reason: x, expires: '2027-01-31', up_to: 5000}]",
    ],
)
def test_the_schema_takes_what_the_loader_takes(text: str) -> None:
    assert errors(text) == []


def test_options_carry_their_docs_and_entries_their_rule() -> None:
    definitions = policy_schema(rules())["$defs"]
    assert definitions["MissingTagOptions"]["properties"]["every_taggable"]["description"].startswith("Whether to look")
    assert definitions["MissingTagEntry"]["properties"]["rule"]["const"] == "missing-tag"


def test_every_rule_has_a_page_with_the_usual_headings_and_its_examples() -> None:
    made = pages(rules())
    assert sorted(made) == sorted([f"{name}.md" for name in (*rule_names(), "assert")] + ["README.md"])
    for rule in rules():
        text = page(rule)
        assert text.startswith(f"# {rule.name}\n\n{rule.title}\n")
        headings = [line for line in text.split("\n") if line.startswith("## ")]
        assert headings == [
            *("## Why this matters", "## What to do", "## When to leave it", "## Source"),
            *("## Options", "## Examples"),
        ]
        assert all(example.text.rstrip() in text for example in (*rule.bad, *rule.good))
        assert f"({rule.name}.md)" in made["README.md"]
