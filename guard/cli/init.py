"""`guard init`: looks at the repository and writes a policy to start from."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from guard import engine
from guard.cli import _arguments, _inputs
from guard.cli._starter import starter
from guard.cli._usage import UsageError
from guard.inputs.selection import Selection
from guard.model.command import Command
from guard.policy.loading import STANDARD
from guard.prices.book import open_book


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard init`."""
    _arguments.add_inputs(parser)
    _arguments.add_prices(parser)
    parser.add_argument("--print", action="store_true", help="print the policy, write nothing")


def run(options: Namespace) -> int:
    """Write guard.yaml at the root, or print it. Raises UsageError where there is one: nothing is overwritten."""
    chosen = _inputs.selection(options)
    target = chosen.root / STANDARD[0]
    if not options.print:
        _refuse_existing(chosen)
    prices = open_book(options.prices)
    request = _inputs.request(options, chosen)
    understood = engine.understand(request, prices)
    text = starter(request, engine.price(understood, prices))
    if options.print:
        sys.stdout.write(text)
        return 0
    _write(target, text)
    print(f"{target.name} is written; read it, then run: guard check")
    return 0


def _refuse_existing(chosen: Selection) -> None:
    for name in STANDARD:
        if (chosen.root / name).exists() or (chosen.root / name).is_symlink():
            raise UsageError(f"there is a {name} already, and it is left as it is; --print shows what would be written")


def _write(target: Path, text: str) -> None:
    try:
        # Exclusive: a file that came up meanwhile is not overwritten either.
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{target.name} cannot be written: {error.strerror}") from None


COMMAND = Command("init", "look at the repository and write a policy to start from", arguments, run, order=5)
