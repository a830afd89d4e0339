"""Writes what is generated from the code (rule pages, command pages, JSON Schemas); `--check` only compares."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from guard import engine  # noqa: E402  the checkout comes first on the path
from guard.cli.main import main as guard  # noqa: E402
from guard.discover import offered  # noqa: E402
from guard.model.command import Command  # noqa: E402
from guard.model.rule import Rule  # noqa: E402
from guard.platforms._model_deployment_schema import schemas  # noqa: E402
from guard.platforms._records_schema import schemas as record_schemas  # noqa: E402
from guard.policy.pages import pages  # noqa: E402
from guard.policy.schema import policy_schema  # noqa: E402


def generated() -> dict[str, str]:
    """Return every generated file's text by its path relative to the checkout."""
    rules: list[Rule[Any]] = [rule for name in engine.rule_names() if (rule := engine.find_rule(name))]
    files = {f"docs/rules/{name}": text for name, text in pages(rules).items()}
    files["docs/commands.md"] = _commands()
    files["guard/schemas/guard.schema.json"] = _json(policy_schema(rules))
    files |= {f"guard/schemas/{name}": _json(schema) for name, schema in (schemas() | record_schemas()).items()}
    return files


def _json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _commands() -> str:
    # argparse wraps to the terminal's width, which must not decide what a file says.
    os.environ["COLUMNS"] = "100"
    lines = ["# Commands", "", "Generated from the command line itself by `python tools/generate.py`.", ""]
    commands = sorted(offered("guard.cli", "COMMAND", Command).values(), key=lambda each: (each.order, each.name))
    for command in commands:
        lines += [f"## guard {command.name}", "", "```text", _help(command.name), "```", ""]
    return "\n".join(lines)


def _help(name: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        try:
            guard([name, "--help"])
        except SystemExit:
            return out.getvalue().rstrip()
    raise RuntimeError(f"guard {name} --help did not print its help")


def main() -> int:
    """Write the generated files, or with --check tell which are stale (status 1)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 where a file is stale")
    check = parser.parse_args().check
    files = generated()
    present = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/rules").glob("*.md")}
    stale = sorted(present - {path for path in files if path.startswith("docs/rules/")})
    stale += [path for path, text in files.items() if not _same(ROOT / path, text)]
    if check:
        print("".join(f"stale: {path}\n" for path in stale), end="")
        return int(bool(stale))
    for path in stale:
        if path in files:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(files[path], encoding="utf-8")
        else:
            (ROOT / path).unlink()
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
