"""`guard eval`: evaluate Terraform expressions in a configuration, offline, as `terraform console` does."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from guard.cli import _arguments, _inputs
from guard.cli._usage import UsageError
from guard.model.command import Command
from guard.model.finding import Problem
from guard.reports import _shapes
from guard.terraform import console
from guard.terraform.values import Value


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard eval`."""
    parser.add_argument("directory", nargs="?", default=".", metavar="DIR", help="the root module (default: .)")
    parser.add_argument("-e", "--expression", action="append", default=[], metavar="EXPR", help="what to evaluate")
    parser.add_argument("--stdin", action="store_true", help="read expressions from stdin, one JSON string a line")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    _arguments.add_variables(parser)


def run(options: Namespace) -> int:
    """Print the value of each expression; 2 where one has none."""
    options.paths, options.stdin_filename = [options.directory], None
    chosen = _inputs.selection(options)
    if not chosen.directories:
        raise UsageError(f"{options.directory} is not a directory")
    # JSON tells the type beside each value, as text does not.
    evaluation = replace(_inputs.evaluation(options, chosen), console=options.format == "text")
    opened = console.open_console(chosen.tree, chosen.directories[0], evaluation)
    if opened is None:
        raise UsageError(f"{options.directory} has no Terraform configuration")
    failed = False
    for text in _expressions(options):
        answer = opened.evaluate(text) if isinstance(text, str) else text
        failed = failed or isinstance(answer, Problem)
        if options.format == "json":
            sys.stdout.write(_shapes.line(_answer(answer)) + "\n")
        elif isinstance(answer, Problem):
            place = f"{answer.location.line}:{answer.location.column}: " if answer.location else ""
            sys.stderr.write(f"{place}{answer.message}\n")
        else:
            sys.stdout.write(console.value_text(answer) + "\n")
    return 2 if failed and options.format == "text" else 0


def _expressions(options: Namespace) -> Iterator[str | Problem]:
    yield from options.expression
    if not options.stdin:
        if not options.expression:
            raise UsageError("guard eval needs -e EXPR or --stdin")
        return
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        try:
            text = json.loads(line)
        except (ValueError, RecursionError):
            text = None
        yield text if isinstance(text, str) else Problem("usage", "each line of stdin must be one JSON string", None)


def _answer(answer: Value | Problem) -> dict[str, Any]:
    if isinstance(answer, Problem):
        return {"error": answer.message, "location": _shapes.location(answer.location)}
    found: dict[str, Any] = {"value": console.plain(answer), "type": console.type_text(answer.type)}
    hidden = list(console.sensitive_paths(answer))
    if hidden:
        found["sensitive"] = hidden
    return found


COMMAND = Command("eval", "evaluate Terraform expressions in a configuration", arguments, run, order=40)
