"""`guard packs`: the policy packs that come with guard."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from guard import engine
from guard.cli._usage import UsageError
from guard.inputs.memory import MemoryTree
from guard.model.command import Command
from guard.policy import packs
from guard.policy.model import PolicySource


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard packs`."""
    parser.add_argument("name", nargs="?", metavar="PACK", help="print this pack's policy file")


def run(options: Namespace) -> int:
    """Print every pack with the rules that it runs, or one pack's text."""
    if options.name:
        if options.name not in packs.names():
            raise UsageError(f"there is no pack {options.name}; there are {', '.join(packs.names())}")
        print(packs.read(options.name), end="")
        return 0
    for name in packs.names():
        policy, _ = engine.load_policy((PolicySource(name),), MemoryTree({}))
        default = "  (the default)" if name == packs.DEFAULT else ""
        print(f"{name}{default}")
        for entry in policy.rules:
            rule = engine.find_rule(entry.rule)
            severity = entry.severity or (rule.severity if rule else None)
            print(f"  {entry.name or entry.rule:<28} {severity.value if severity else ''}")
    print("\nA policy takes a pack as its base with `extends: [PACK]`; `guard packs PACK` prints it.")
    return 0


COMMAND = Command("packs", "list the policy packs", arguments, run, order=71)
