"""Reading policies: what extends what, and each mistake told once at its place with the nearest spelling."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from guard.inputs.memory import MemoryTree
from guard.model.document import ReadError, Tree
from guard.model.finding import Problem, Severity
from guard.policy import packs
from guard.policy.loading import load
from guard.policy.model import Policy, PolicySource, Where
from tests.unit.policy._made import find_rule, rule_names

PLATFORMS = ("aws", "google", "kubernetes")


def read(text: str | None, *sources: str, **files: str) -> tuple[Policy, tuple[Problem, ...]]:
    tree = {name.replace("__", "/").replace("_yaml", ".yaml"): content for name, content in files.items()}
    if text is not None:
        tree["guard.yaml"] = text
    named = tuple(PolicySource(one) for one in sources)
    return load(named, MemoryTree(tree), find_rule, rule_names(), PLATFORMS, nowhere)


def nowhere(url: str, ref: str) -> Tree:
    raise ReadError(f"{url}@{ref} cannot be had here")


def sound(text: str | None, *sources: str, **files: str) -> Policy:
    policy, problems = read(text, *sources, **files)
    assert problems == ()
    return policy


def names(policy: Policy) -> Sequence[str]:
    return [one.rule for one in policy.rules]


MISTAKES = [
    ("rules: [{rule: mising-tag}]", 16, 'unknown rule "mising-tag"; did you mean "missing-tag"?'),
    ("rules: [{rule: missing-tag, sevrity: note}]", 29, 'unknown key "sevrity"; did you mean "severity"?'),
    (
        "rules: [{rule: missing-tag, severity: eror}]",
        39,
        'severity: "eror" is none of error, warning, note, off; did you mean "error"?',
    ),
    (
        "rules: [{rule: missing-tag, severity: true}]",
        39,
        "severity: true or false is none of error, warning, note, off",
    ),
    ("rules: [{rule: missing-tag, options: {requird: {}}}]", 39, 'unknown key "requird"; did you mean "required"?'),
    ("rules: [{rule: missing-tag, options: {zzz: 1}}]", 39, None),
    ("rules: [{rule: missing-tag, options: 3}]", 38, "expected a mapping, found a number"),
    (
        "rules: [{rule: missing-tag, options: {required: [a]}}]",
        49,
        "required: expected a mapping, found a list",
    ),
    (
        "rules: [{rule: missing-tag, options: {required: {a: 1}}}]",
        53,
        "required.a: expected text or a list, found a number",
    ),
    (
        "rules: [{rule: missing-tag, options: {required: {a: [1]}}}]",
        54,
        "required.a[0]: expected text, found a number",
    ),
    (
        "rules: [{rule: missing-tag, options: {required: {a: 'x('}}}]",
        53,
        'required.a: "x(" is no regular expression (RE2): missing ): x(',
    ),
    (
        "rules: [{rule: missing-tag, options: {every_taggable: 1}}]",
        55,
        "every_taggable: expected true or false, found a number",
    ),
    (
        "rules: [{rule: disallowed-instance-type, options: {max_accelerators: '1'}}]",
        70,
        'max_accelerators: expected a whole number, found "1"',
    ),
    (
        "rules: [{rule: disallowed-instance-type, options: {environments: {dev: {denny: [a]}}}}]",
        73,
        'unknown key "denny"; did you mean "deny"?',
    ),
    ("rules: {rule: missing-tag}", 8, "rules: expected a list, found a mapping"),
    ("rules: [missing-tag]", 9, 'expected a mapping, found "missing-tag"'),
    ("rules: [{severity: note}]", 9, '"rule" is missing'),
    ("rule: []", 1, 'unknown key "rule"; did you mean "rules"?'),
    ("extends: [ai-csot]", 11, 'no pack is called "ai-csot"; did you mean "ai-cost"?'),
    ("extends: 3", 10, "extends: expected text or a list of texts, found a number"),
    ("extends: other.yaml", 10, "other.yaml does not exist"),
    ("extends: [guard.yaml]", 11, "policies extend each other in a circle: guard.yaml -> guard.yaml"),
    (
        "extends: ['git+https://example.com/p']",
        11,
        '"git+https://example.com/p" names no version: write git+https://host/repository@v1#policy.yaml',
    ),
    ("rules: [{rule: missing-tag, where: {platfrm: aws}}]", 37, 'unknown key "platfrm"; did you mean "platform"?'),
    ("rules: [{rule: missing-tag, where: {platform: asw}}]", 47, 'unknown platform "asw"; did you mean "aws"?'),
    ("rules: [{rule: missing-tag, where: {purpose: traning}}]", 46, None),
    (
        "rules: [{rule: missing-tag, where: {paths: /infra}}]",
        44,
        'where.paths: "/infra" never fits: paths are relative to the root, such as "infra/**"',
    ),
    (
        "rules: [{rule: missing-tag, where: {labels: {team: 3}}}]",
        52,
        "where.labels.team: expected text or a list of texts, found a number",
    ),
    ("budgets: [{name: ml}]", 18, 'budget "ml" has neither `monthly` nor `increase`'),
    (
        "budgets: [{name: ml, monthly: 5}, {name: ml, monthly: 6}]",
        42,
        'there is a budget "ml" on line 1 already: give this one another name',
    ),
    (
        "budgets: [{name: ml, monthly: 5, yearly: 60}]",
        11,
        "write one of `monthly`, `quarterly` and `yearly`",
    ),
    ("budgets: [{name: ml, yearly: 5, fiscal_year_starts: 13}]", 53, None),
    ("budgets: [{name: ml, monthly: 5, warn_at: 100}]", 43, None),
    ("prices: [{provider: oracle, discount_percent: 5}]", 21, 'provider: "oracle" is none of aws, google, azure'),
    ("prices: [{provider: aws}]", 10, "write either `discount_percent` or `amount`"),
    ("clusters: [{provider: aws, pools: []}]", 35, "clusters[0].pools: should have at least 1 element"),
    ("budgets: [{monthly: 5}]", 11, '"name" is missing'),
    ("budgets: [{name: ml, monthly: lots}]", 31, 'monthly: expected a number, found "lots"'),
    ("budgets: [{name: ml, monthly: -1}]", 31, "monthly: should be greater than or equal to 0"),
    ("budgets: [{name: ml, monthly: 1e999999}]", 31, "monthly: expected a smaller number, found a number"),
    ("budgets: [{name: ml, monthly: .inf, increase: {amount: 1}}]", 31, None),
    ("budgets: [{name: ml, increase: {amout: 3}}]", 33, 'unknown key "amout"; did you mean "amount"?'),
    ("waivers: [{rule: missing-tag, owner: x}]", 11, '"reason" is missing'),
    ("waivers: [{rule: missing-tg, reason: x}]", 18, 'unknown rule "missing-tg"; did you mean "missing-tag"?'),
    (
        "waivers: [{rule: missing-tag, reason: x, expires: soon}]",
        51,
        'expires: expected a date (YYYY-MM-DD), found "soon"',
    ),
    (
        "waivers: [{rule: missing-tag, reason: x, expires: 2027-13-31}]",
        51,
        'expires: expected a date (YYYY-MM-DD), found "2027-13-31"',
    ),
    ("locality: {s3://a: 1}", 20, "locality.s3://a: expected text, found a number"),
    (
        "extends: ['git+http://example.com/p@v1']",
        11,
        "http://example.com/p@v1 cannot be had here",
    ),
    ("extends: ['https://example.com/p']", 11, None),
    ("budgets: [{name: ml, monthly: 5, undecided: wran}]", 45, None),
    ("budgets: [{name: ml, monthly: 5, undecided: no}]", 45, None),
    ("rules: [{rule: assert, that: 'true'}]", 9, '"name" is missing'),
    ("rules: [{rule: assert, name: a}]", 9, '"that" is missing'),
    ("rules: [{rule: assert, name: a, that: ''}]", 39, None),
    ("rules: [{rule: assert, name: a, that: 'true', mesage: x}]", 47, 'unknown key "mesage"; did you mean "message"?'),
    ("rules: [{rule: assert, name: a, that: true}]", 39, "that: expected text, found true or false"),
    ("rules: [{rule: assert, name: A b, that: 'true'}]", 24, None),
    (
        "rules: [{rule: assert, name: missing-tag, that: 'true'}]",
        24,
        '"missing-tag" is the name of one of guard\'s rules; take another',
    ),
    ("rules: [{rule: assert, name: a, that: 'true', at: 'x['}]", 51, None),
    ("rules: [{rule: assert, name: a, that: 'true', when: 'resource.typ == 1'}]", 63, None),
    (
        "rules: [{rule: missing-tag, options: {required: {a: [x]}, defaults: {a: z}}}]",
        38,
        'defaults.a is "z", not x',
    ),
    ("rules: [{rule: missing-tag, options: {required: {a: null}, defaults: {b: z}}}]", 38, None),
    ("", 1, "the policy is empty; write, for one, `extends: [ai-cost]`"),
    ("rules: []", 1, "the policy runs no rule, so nothing is judged; write, for one, `extends: [ai-cost]`"),
]


@pytest.mark.parametrize(("text", "column", "message"), MISTAKES)
def test_each_mistake_is_told_once_at_its_place(text: str, column: int, message: str | None) -> None:
    _, problems = read(text)
    assert len(problems) == 1
    assert problems[0].code == "policy"
    assert problems[0].blocking
    assert problems[0].location is not None
    assert (problems[0].location.path, problems[0].location.line) == ("guard.yaml", 1)
    assert problems[0].location.column == column
    assert message is None or problems[0].message == message


def test_what_has_a_mistake_is_left_out_and_the_rest_holds() -> None:
    rules = "rules: [{rule: missing-tag, a: b}, {rule: over-budget}]"
    text = f"extends: [ai-cost]\nbugdets: []\nlocality: {{s3://a: eu-west-1}}\n{rules}"
    policy, problems = read(text)
    assert len(problems) == 2
    assert policy.locality == {"s3://a": "eu-west-1"}
    assert "missing-tag" in names(policy)


def test_without_a_policy_the_default_pack_holds() -> None:
    policy = sound(None)
    assert policy.sources == (packs.DEFAULT,)
    assert "missing-tag" in names(policy)
    assert sound(None, "ai-cost") == policy


def test_every_entry_has_its_options_and_place() -> None:
    for entry in sound("extends: [ai-cost]\nrules: [{rule: spot-without-fallback}]").rules:
        rule = find_rule(entry.rule)
        assert rule is not None
        assert isinstance(entry.options, rule.options)
        assert entry.location.path in ("guard.yaml", "policies/ai-cost/policy.yaml")


def test_an_own_entry_replaces_the_extended_one_and_takes_over_what_it_does_not_write() -> None:
    base = "rules: [{rule: missing-tag, severity: note, where: {platform: aws}, options: {required: {team: null}}}]"
    policy = sound("extends: base.yaml\nrules: [{rule: missing-tag, severity: error}]", base_yaml=base)
    (entry,) = policy.rules
    assert entry.severity is Severity.ERROR
    assert entry.where == (Where(platforms=("aws",)),)
    assert entry.options.required == {"team": None}


def test_an_entry_with_a_name_stands_beside_the_extended_one() -> None:
    policy = sound("extends: [ai-cost]\nrules: [{rule: missing-tag, name: teams, options: {required: {team: null}}}]")
    assert [one.name for one in policy.rules if one.rule == "missing-tag"] == ["", "teams"]


def test_a_rule_can_be_turned_off_with_the_bare_word() -> None:
    policy = sound("extends: [ai-cost]\nrules: [{rule: missing-tag, severity: off}]")
    assert [one.severity for one in policy.rules if one.rule == "missing-tag"] == [Severity.OFF]


def test_the_scope_of_a_policy_holds_for_all_of_it() -> None:
    policy = sound(
        "extends: [ai-cost]\nwhere: {paths: infra/**, not: '**/examples/**'}\nbudgets: [{name: a, monthly: 1}]"
    )
    scope = Where(paths=("infra/**",), exclude=("**/examples/**",))
    assert {one.where[0] for one in policy.rules} == {one.where[0] for one in policy.budgets} == {scope}


def test_the_paths_of_a_guard_yaml_in_a_folder_are_relative_to_it() -> None:
    text = "extends: [ai-cost]\nwhere: {paths: [infra/**, '*.tf']}"
    policy = sound(None, "team/guard.yaml", team__guard_yaml=text)
    assert policy.rules[0].where[0].paths == ("team/infra/**", "team/**/*.tf")


def test_files_extend_each_other_relative_to_themselves() -> None:
    policy = sound("extends: ci/a.yaml", ci__a_yaml="extends: b.yaml", ci__b_yaml="rules: [{rule: over-budget}]")
    assert names(policy) == ["over-budget"]
    assert sorted(policy.texts) == ["ci/a.yaml", "ci/b.yaml", "guard.yaml"]


def test_budgets_bring_the_rule_that_judges_them() -> None:
    policy = sound("budgets: [{name: ml, monthly: 20000, increase: {amount: 2000, percent: 10}}]")
    assert names(policy) == ["over-budget"]
    (budget,) = policy.budgets
    amounts = (Decimal(20000), Decimal(2000), Decimal(10))
    assert (budget.monthly, budget.increase_amount, budget.increase_percent) == amounts


def test_a_text_that_was_read_elsewhere_is_taken_as_it_is() -> None:
    source = PolicySource("/etc/guard/policy.yaml", "rules: [{rule: over-budget}]")
    policy, problems = load((source,), MemoryTree({}), find_rule, rule_names())
    assert (names(policy), problems) == (["over-budget"], ())


def test_broken_yaml_is_a_problem_of_the_policy() -> None:
    _, problems = read("rules: [")
    assert [one.code for one in problems] == ["policy"]
