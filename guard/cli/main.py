"""The `guard` command: finds the subcommand, runs it, and turns whatever happens into an exit status."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from guard import __version__
from guard.discover import modules, offered, one
from guard.model.command import Command, LostError, RefusedError

CLEAN, FINDINGS, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130
ISSUES = "please report it with that file"


def run() -> NoReturn:
    """Run `guard` and end the process with the exit status, without freeing what it made value by value."""
    status = main()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = INTERRUPTED
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `guard` with these arguments (those of the process by default) and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _tune()
        options = _parser(given).parse_args(given)
        if getattr(options, "no_cache", False):
            from guard.cli import _cache

            _cache.leave_out()
        status = _status(options)
        sys.stdout.flush()
        return status
    except RefusedError as error:
        print(f"guard: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; what is left must not be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except Exception:  # noqa: BLE001  the one place where a bug becomes a line for the user and a file for us
        print(f"guard: this is a bug in guard; the details are in {_log()}: {ISSUES}", file=sys.stderr)
        return BUG


def _status(options: argparse.Namespace) -> int:
    """Return the exit status of the command, which runs anew in one process where another one was lost."""
    try:
        return int(options.run(options))
    except LostError:
        options.jobs = 1
        return int(options.run(options))


def _tune() -> None:
    # A run makes many small values that live until its end; looking for cycles among them would cost half its time.
    gc.freeze()
    gc.set_threshold(3_000_000, 20, 100)
    # Looking for plug-ins of pydantic reads the metadata of every installed distribution.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="guard",
        description="Policy-as-code for the cost of AI infrastructure.",
    )
    parser.add_argument("--version", action="version", version=f"guard {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _wanted(given):
        child = commands.add_parser(
            command.name, help=command.summary, description=command.summary, formatter_class=_Help
        )
        command.arguments(child)
        child.set_defaults(run=command.run)
    return parser


class _Help(argparse.HelpFormatter):
    """Help with the value of an option once behind all of its names, as Python 3.13 and newer write it."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


def _wanted(given: Sequence[str]) -> list[Command]:
    # Only the module of the command that was asked for is imported, because start-up time is a feature.
    name = given[0] if given and given[0] in modules("guard.cli") else ""
    command = one("guard.cli", name, "COMMAND", Command) if name else None
    if command is not None:
        return [command]
    return sorted(offered("guard.cli", "COMMAND", Command).values(), key=lambda each: (each.order, each.name))


def _log() -> Path:
    import tempfile
    import traceback

    handle, name = tempfile.mkstemp(prefix="guard-bug-", suffix=".log", text=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"guard {__version__}, Python {sys.version}\narguments: {sys.argv[1:]}\n\n{traceback.format_exc()}")
    return Path(name)


if __name__ == "__main__":
    sys.exit(main())
