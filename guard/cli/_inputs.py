"""What is read, as the command line describes it, and the evaluation of it that begins before anything else."""

from __future__ import annotations

import atexit
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from guard.cli._usage import UsageError
from guard.inputs.selection import Selection, SelectionError, select
from guard.request import Request
from guard.terraform.sources import ModuleStore
from guard.terraform.variables import EvaluationOptions


def selection(options: Namespace) -> Selection:
    """Return what the paths select. Raises UsageError for one that cannot be checked."""
    stdin: tuple[str, bytes] | None = None
    if "-" in options.paths:
        if not options.stdin_filename:
            raise UsageError("- needs --stdin-filename NAME, which tells the format and the place of what is read")
        if not hasattr(options, "standard_input"):
            # Kept, because a run that lost another process begins anew, and this can be read only once.
            options.standard_input = sys.stdin.buffer.read()
        stdin = (options.stdin_filename, options.standard_input)
    try:
        return select(options.paths, stdin)
    except SelectionError as error:
        raise UsageError(str(error)) from None


def variables(options: Namespace) -> tuple[tuple[str, str], ...]:
    """Return `--var` as names and values. Raises UsageError where there is no `=`."""
    pairs = []
    for written in options.var:
        name, equals, value = written.partition("=")
        if not equals:
            raise UsageError(f"--var {written!r} has no value; write --var {written}=VALUE")
        pairs.append((name.strip(), value))
    return tuple(pairs)


def variable_files(options: Namespace, chosen: Selection) -> tuple[str, ...]:
    """Return `--var-file` relative to the root. Raises UsageError for one that is missing or outside the root."""
    files = []
    for written in options.var_file:
        path = Path(written).resolve()
        if not path.is_file():
            raise UsageError(f"--var-file {written} does not exist")
        if not path.is_relative_to(chosen.root.resolve()):
            raise UsageError(f"--var-file {written} is outside the root that is checked")
        files.append(path.relative_to(chosen.root.resolve()).as_posix())
    return tuple(files)


def terraform_environment() -> Mapping[str, str]:
    """Return the environment's Terraform variables, and nothing else of the environment."""
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith("TF_VAR_")}


def evaluation(options: Namespace, chosen: Selection) -> EvaluationOptions:
    """Return with which values Terraform is evaluated."""
    return EvaluationOptions(
        variables=variables(options),
        var_files=variable_files(options, chosen),
        workspace=options.workspace or "default",
        environment=terraform_environment(),
        sequence=getattr(options, "sequence", ""),
        # The day is enough for what configurations make of it, and two runs of one day stay the same.
        modules=_modules() if getattr(options, "download_modules", False) else None,
        moment=f"{datetime.now(UTC).date().isoformat()}T00:00:00Z",
    )


def _modules() -> ModuleStore:
    from guard.inputs.modules import Modules

    modules = Modules()
    atexit.register(modules.close)
    return modules


def request(options: Namespace, chosen: Selection) -> Request:
    """Return what to read. Files that are named one by one are judged in the context of everything around them."""
    return Request(
        tree=chosen.tree,
        directories=chosen.directories,
        files=chosen.files,
        context=("",) if chosen.files else (),
        terraform=evaluation(options, chosen),
        render=not getattr(options, "no_render", True),
        jobs=getattr(options, "jobs", None),
    )


def begun(options: Namespace, chosen: Selection) -> Request:
    """Return what to read; other processes begin to evaluate it where that is worth it."""
    asked = request(options, chosen)
    return replace(asked, begun=asked.evaluating())
