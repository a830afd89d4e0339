"""Writes what guard understands of each file in examples/formats to its expected dump; `--check` only compares."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from guard.cli.dump import resource  # noqa: E402  the checkout comes first on the path
from guard.discover import offered  # noqa: E402
from guard.model.document import Format  # noqa: E402
from guard.model.instance import Item  # noqa: E402
from guard.platforms.reading import read  # noqa: E402
from guard.prices.book import open_book  # noqa: E402

EXAMPLES = ROOT / "examples" / "formats"


def examples() -> list[Path]:
    """Return the example files, sorted."""
    return sorted(path for path in EXAMPLES.rglob("*") if path.is_file() and not path.name.endswith(".expected.json"))


def expected_path(path: Path) -> Path:
    """Return where the expected dump of an example stands."""
    return path.with_name(path.name + ".expected.json")


def items(path: Path) -> list[Item]:
    """Return the documents of an example. Raises ValueError for a file that no format reads without problems."""
    for form in offered("guard.formats", "FORMAT", Format).values():
        if path.name.endswith(form.suffixes):
            document = form.parse(path.relative_to(EXAMPLES).as_posix(), path.read_text(encoding="utf-8"))
            if not document.problems and document.roots:
                return [Item(document.path, root, number) for number, root in enumerate(document.roots)]
    raise ValueError(f"no format reads {path.name}")


def dump(path: Path) -> str:
    """Return the expected dump of an example, without the values that stand in the file itself."""
    resources, problems = read([], items(path), open_book(), {})
    if problems:
        raise ValueError(f"{path.name}: {problems[0].message}")
    return (
        json.dumps([_facts(resource(one)) for one in resources], indent=1, ensure_ascii=False, default=_number) + "\n"
    )


def _number(value: object) -> int | float:
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else float(number)


def _facts(value: Any) -> Any:
    """Return a dump without what is null, empty or only a repetition of the file."""
    if isinstance(value, list):
        return [_facts(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _facts(one) for key, one in value.items() if key not in {"values", "platform", "origin", "sensitive"}}
    if "line" in kept:
        return f"{kept['line']}:{kept['column']}"
    return {key: one for key, one in kept.items() if one not in (None, [], {}, "")}


def main() -> int:
    """Write the expected dumps, or with --check tell which differ (status 1)."""
    texts = {expected_path(path): dump(path) for path in examples()}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" not in sys.argv:
            path.write_text(texts[path], encoding="utf-8")
        print(f"stale: {path.relative_to(ROOT)}")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
