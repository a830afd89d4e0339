"""Every file in examples/formats is read as its expected dump says."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from guard.discover import offered
from guard.model.platform import Platform
from guard.platforms._kubernetes_objects import kind_of_object
from tools.format_examples import EXAMPLES, dump, examples, expected_path, items

# Names of a kind that has another one now.
FORMER = {("serving.kubeflow.org", "InferenceService"), ("extensions", "Deployment"), ("karpenter.sh", "Provisioner")}


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_an_example_is_understood_as_written_down(path: Path) -> None:
    """`python tools/format_examples.py` writes what guard understands now; read the difference before committing it."""
    assert dump(path) == expected_path(path).read_text(encoding="utf-8")


def test_every_kind_of_kubernetes_that_is_read_has_an_example() -> None:
    shown = {kind_of_object(item.node) for path in examples() for item in items(path)}
    read: set[tuple[str, str]] = set()
    for one in offered("guard.platforms", "PLATFORM", Platform).values():
        seen = inspect.getclosurevars(one.claims)
        read |= set(seen.nonlocals.get("readers") or seen.globals.get("_READERS") or ())
    assert len(read) > 50
    assert read - shown - FORMER == set()
