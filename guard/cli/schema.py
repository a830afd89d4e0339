"""`guard schema`: the JSON Schemas of what users write for guard."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from importlib.resources import files

from guard import engine
from guard.model.command import Command


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard schema`."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=["policy", "deployment"],
        default="policy",
        help="guard.yaml and other policy files, or our own deployment spec (default: policy)",
    )


def run(options: Namespace) -> int:
    """Print a JSON Schema."""
    if options.what == "deployment":
        print((files("guard") / "schemas" / "model-deployment.schema.json").read_text("utf-8"), end="")
        return 0
    from guard.policy.schema import policy_schema

    rules = [rule for name in engine.rule_names() if (rule := engine.find_rule(name)) is not None]
    print(json.dumps(policy_schema(rules), indent=2, ensure_ascii=False))
    return 0


COMMAND = Command("schema", "print a JSON Schema for your editor", arguments, run, order=72)
