"""`guard rules`: the rules that there are."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from itertools import groupby

from guard import engine
from guard.model.command import Command
from guard.policy.model import ASSERT
from guard.policy.pages import topic


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard rules`."""
    parser.add_argument("--format", choices=["text", "json"], default="text")


def run(options: Namespace) -> int:
    """Print every rule with its topic, its own severity and its title."""
    rules = [rule for name in (*engine.rule_names(), ASSERT) if (rule := engine.find_rule(name)) is not None]
    rules.sort(key=lambda rule: (topic(rule), rule.name))
    if options.format == "json":
        rows = [
            {"name": rule.name, "topic": topic(rule), "severity": rule.severity.value, "title": rule.title}
            for rule in rules
        ]
        print(json.dumps({"version": 1, "rules": rows}, indent=2, ensure_ascii=False))
        return 0
    for name, some in groupby(rules, key=topic):
        print(name)
        for rule in some:
            print(f"  {rule.name:<28} {rule.severity.value:<8} {rule.title}")
    print("\n`guard explain RULE` shows a rule's page.")
    return 0


COMMAND = Command("rules", "list the rules", arguments, run, order=70)
