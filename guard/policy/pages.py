"""The page of a rule, made from its file: what it says, its options, and its examples as they are tested."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from guard.model.rule import Example, Rule
from guard.policy.descriptions import described
from guard.policy.model import ASSERT

LANGUAGES = {".tf": "hcl", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
PER = {
    "resource": "each resource",
    "project": "everything that is checked together",
    "change": "a change against its base",
}
CARETS = "A line of carets says what the rule finds on the line above."


def pages(rules: Iterable[Rule[Any]]) -> dict[str, str]:
    """Return the page of every rule and an index of them, as Markdown by file name."""
    from guard.policy.assertions import RULE

    ordered = sorted((*rules, RULE), key=lambda rule: (topic(rule), rule.name))
    return {f"{rule.name}.md": page(rule) for rule in ordered} | {"README.md": _index(ordered)}


def page(rule: Rule[Any]) -> str:
    """Return a rule's page as Markdown."""
    body = rule.docs.strip().partition("\n")[2].strip()
    lines = [f"# {rule.name}", "", rule.title, "", *_facts(rule), "", body, "", "## Options", "", *_options(rule), ""]
    lines += ["## Examples", "", CARETS, "", "### What it finds", "", *_examples(rule, rule.bad)]
    lines += ["### What it leaves alone", "", *_examples(rule, rule.good)]
    return "\n".join(lines).rstrip() + "\n"


def topic(rule: Rule[Any]) -> str:
    """Return the rule's topic, which is the folder that its file is in."""
    return rule.check.__module__.split(".")[-2]


def _facts(rule: Rule[Any]) -> Iterator[str]:
    yield f"- Topic: {topic(rule)}"
    yield f"- Severity: {rule.severity.value}, unless the policy says otherwise"
    yield f"- Looks at: {PER[rule.per]}"
    if rule.formerly:
        yield f"- Formerly: {', '.join(rule.formerly)}"
    name = "<its name>" if rule.name == ASSERT else rule.name
    yield f"- Accept one place: `# guard: allow {name} -- <reason>`"


def _options(rule: Rule[Any]) -> Iterator[str]:
    schema = described(rule.options).model_json_schema()
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        yield "It has none."
        return
    defaults = json.loads(rule.options().model_dump_json())
    for name, one in properties.items():
        text = str(one.get("description", "")).replace("\n", " ")
        yield f"- `{name}` (default `{json.dumps(defaults[name], ensure_ascii=False)}`): {text}"


def _examples(rule: Rule[Any], examples: Iterable[Example]) -> Iterator[str]:
    for example in examples:
        if example.options or example.policy:
            yield from ("With this in the policy:", "", "```yaml", *_policy(example, rule), "```", "")
        for path, text in (example.files or {}).items():
            yield from _file(path, text)
        yield from _file(example.path, example.text)
        for path, text in (example.base or {}).items():
            yield from ("Compared with:", "")
            yield from _file(path, text)


def _policy(example: Example, rule: Rule[Any]) -> Iterator[str]:
    if example.options and rule.name == ASSERT:
        # The keys of an assertion stand beside its name, not below `options`.
        yield "rules:"
        yield f"  - rule: {ASSERT}"
        yield from (f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in example.options.items())
    elif example.options:
        yield f"options: {json.dumps(dict(example.options), ensure_ascii=False)}"
    if example.policy:
        yield example.policy.strip()


def _file(path: str, text: str) -> Iterator[str]:
    language = next((language for suffix, language in LANGUAGES.items() if path.endswith(suffix)), "text")
    # A fence longer than any in the text cannot be closed by it.
    fence = "`" * max(3, 1 + max((len(list(run)) for char, run in groupby(text) if char == "`"), default=0))
    yield from (f"`{path}`", "", f"{fence}{language}", text.rstrip("\n"), fence, "")


def _index(rules: Iterable[Rule[Any]]) -> str:
    lines = ["# Rules", "", "Generated from the rule files by `python tools/generate.py`.", ""]
    for name, some in groupby(rules, key=topic):
        lines += [f"## {name.capitalize()}", ""]
        lines += [f"- [{rule.name}]({rule.name}.md): {rule.title}" for rule in some] + [""]
    return "\n".join(lines).rstrip() + "\n"
