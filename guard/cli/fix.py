"""`guard fix`: applies the fixes that are certain to the work tree, or shows them as a diff."""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from guard.cli import _checking, _inputs, _options
from guard.cli._usage import UsageError
from guard.inputs.memory import MemoryTree
from guard.inputs.selection import Selection
from guard.model.command import Command
from guard.model.document import ReadError
from guard.model.finding import Finding
from guard.policy.fixing import reads_as_well
from guard.policy.patching import Cut, PatchError, Text, cuts_of, overlapping, patched
from guard.reports._words import printable

MOST_PASSES = 10
FETCHED = ".terraform"


@dataclass(slots=True)
class _Work:
    """What was read, what has been made of it, and what was done and left."""

    chosen: Selection
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard fix`."""
    _checking.add_arguments(parser)
    parser.add_argument("--diff", action="store_true", help="print what would change as a unified diff, change nothing")
    parser.add_argument(
        "--rule", action="append", default=[], metavar="RULE", help="only what this rule finds; repeatable"
    )


def run(options: Namespace) -> int:
    """Apply every fix that can be applied, or print them, and say what was left; 2 if a file cannot be written."""
    if "-" in options.paths:
        raise UsageError("guard fix changes files: it does not read standard input")
    work = _fixed(options)
    if options.diff:
        for path in sorted(work.after):
            sys.stdout.writelines(_diff(path, work.before[path], work.after[path]))
    else:
        for path in sorted(work.after):
            _write(work.chosen.root, path, work.after[path])
        print("".join(f"{line}\n" for line in [*work.done, _summary(work)]), end="")
    for place, why in sorted(work.left.items()):
        print(f"guard: left as it is: {place}: {why}", file=sys.stderr)
    return 0


def _fixed(options: Namespace) -> _Work:
    """Check and fix until nothing more can be fixed: where two fixes meet, the second one waits for the next pass."""
    chosen = _inputs.selection(options)
    policy, problems = _options.policy(options, chosen)
    asked = _inputs.request(options, chosen)
    work = _Work(chosen)
    for _ in range(MOST_PASSES):
        tree = MemoryTree({path: text.encode() for path, text in work.after.items()}, chosen.tree)
        report = _checking.found(options, chosen, policy, problems, replace(asked, tree=tree))
        fixable = [one for one in report.findings if one.fix and (not options.rule or one.rule in options.rule)]
        if not _pass(work, fixable):
            break
    return work


def _pass(work: _Work, findings: Sequence[Finding]) -> bool:
    """Apply the fixes that do not meet, and tell whether there are others to come back to."""
    taken: dict[str, list[Cut]] = {}
    waiting = False
    for finding in findings:
        try:
            cuts = _cuts(work, finding)
        except _LeftError as error:
            work.left[_place(finding)] = str(error)
            continue
        if any(overlapping(sorted({*taken.get(path, ()), *some})) for path, some in cuts.items()):
            waiting = True
            continue
        for path, some in cuts.items():
            taken[path] = sorted({*taken.get(path, ()), *some})
        work.done.append(f"{_place(finding)}: {printable(finding.fix.message if finding.fix else '')} [{finding.rule}]")
    for path, some in taken.items():
        _apply(work, path, some)
    return waiting and bool(taken)


class _LeftError(Exception):
    """A fix is not applied; the message says why."""


def _cuts(work: _Work, finding: Finding) -> dict[str, list[Cut]]:
    edits = finding.fix.edits if finding.fix else ()
    found = {}
    for path in sorted({one.location.path for one in edits}):
        if not work.chosen.judges(path):
            raise _LeftError(f"{path} is outside of what was asked for")
        if FETCHED in path.split("/"):
            raise _LeftError(f"{path} belongs to a module that was fetched")
        try:
            text = _text(work, path)
            found[path] = cuts_of(Text(path, text), [one for one in edits if one.location.path == path])
        except (PatchError, ReadError, UnicodeDecodeError) as error:
            raise _LeftError(str(error)) from None
    return found


def _text(work: _Work, path: str) -> str:
    if path in work.after:
        return work.after[path]
    if path not in work.before:
        work.before[path] = work.chosen.tree.read(path).decode("utf-8")
    return work.before[path]


def _apply(work: _Work, path: str, cuts: Sequence[Cut]) -> None:
    before = _text(work, path)
    text = Text(path, before)
    after = patched(path, before, [text.edit(cut) for cut in cuts])
    if not reads_as_well(path, before, after):
        raise UsageError(f"the fixes of {path} do not fit together; apply them one rule at a time with --rule")
    work.after[path] = after


def _place(finding: Finding) -> str:
    return f"{printable(finding.location.path)}:{finding.location.line}"


def _summary(work: _Work) -> str:
    count, files = len(work.done), len(work.after)
    if not count:
        return "nothing to fix"
    return f"fixed {count} finding{'' if count == 1 else 's'} in {files} file{'' if files == 1 else 's'}"


def _diff(path: str, before: str, after: str) -> Iterator[str]:
    for line in difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], lines[-1][:-1]] if lines[-1] != "\n" else lines[:-1]


def _write(root: Path, path: str, text: str) -> None:
    """Put a file in place of the old one in one step; links are followed within the root only."""
    target = (root / path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise UsageError(f"{path} leads outside of what is checked; it is left as it is")
    try:
        mode = target.stat().st_mode
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


COMMAND = Command("fix", "apply the fixes that are certain (--diff shows them)", arguments, run, order=60)
