"""Files of Terragrunt that anybody may write: whatever stands in them, units are read without a traceback."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.terraform.evaluating import roots
from tests.unit.terraform.test_terragrunt import DEPENDENT, LIVE, ROOT, UNIT

PIECES = st.sampled_from(["{", "}", '"', "${", "(", "[", "=", "\n", "<<EOF", "\0", "é", "include", "local.", ""])
EDITS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), PIECES), max_size=4)


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    for at, length, piece in edits:
        start = at % (len(text) + 1)
        text = text[:start] + piece + text[start + length :]
    return text


@settings(max_examples=60, deadline=None)
@given(EDITS, EDITS, EDITS)
def test_broken_units_are_told_or_read(
    unit: list[tuple[int, int, str]], root: list[tuple[int, int, str]], other: list[tuple[int, int, str]]
) -> None:
    files = {
        **LIVE,
        "live/root.hcl": _edited(ROOT, root),
        "live/gpu/terragrunt.hcl": _edited(UNIT, unit),
        "live/other/terragrunt.hcl": _edited(DEPENDENT, other),
    }
    for one in roots(files).values():
        assert all(problem.message for problem in one.problems)
        for instance in one.instances:
            assert instance.location.path in files
            instance.body.text("instance_type")
