"""Every pack is sound, and its cases find what their carets say."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.cli.main import main
from guard.engine import load_policy
from guard.inputs.memory import MemoryTree
from guard.policy import packs
from guard.policy.model import PolicySource

POLICIES = Path(__file__).resolve().parent.parent / "policies"


@pytest.mark.parametrize("name", packs.names())
def test_a_pack_is_sound(name: str) -> None:
    policy, problems = load_policy((PolicySource(name),), MemoryTree({}))
    assert problems == ()
    assert policy.rules


@pytest.mark.parametrize("name", packs.names())
def test_the_cases_of_a_pack_find_what_their_carets_say(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["test", str(POLICIES / name / "policy.yaml")])
    assert (status, capsys.readouterr().out.splitlines()[:-1]) == (0, [])


def test_every_pack_has_cases() -> None:
    assert packs.names()
    assert all((POLICIES / name / "tests").is_dir() for name in packs.names())
