"""Every file in examples/formats is read as its expected dump says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.format_examples import EXAMPLES, dump, examples, expected_path


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_an_example_is_understood_as_written_down(path: Path) -> None:
    """`python tools/format_examples.py` writes what guard understands now; read the difference before committing it."""
    assert dump(path) == expected_path(path).read_text(encoding="utf-8")
