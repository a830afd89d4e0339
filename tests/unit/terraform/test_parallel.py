"""Work in several processes gives what one process gives, and none of it is lost."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, overload

import pytest

from guard.cli import dump
from guard.cli.main import main
from guard.engine import understand
from guard.inputs.worktree import WorkTree
from guard.model.command import LostError
from guard.prices.book import open_book
from guard.request import Request
from guard.terraform import parallel, roots
from guard.terraform.parallel import Shared
from guard.terraform.remote import Connection

ROOT = Path(__file__).resolve().parents[3]
PIECES = [str(number) for number in range(20)]


def squared(piece: str) -> int:
    return int(piece) ** 2


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be copied although a test runner has threads of its own, which do nothing meanwhile."""
    for module in (parallel, roots):
        monkeypatch.setattr(module, "can_share", lambda: hasattr(os, "fork"))


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("jobs", [1, 2, 5, 100])
def test_results_come_in_the_order_of_the_pieces(jobs: int) -> None:
    assert Shared(PIECES, jobs, squared).finish() == [int(one) ** 2 for one in PIECES]


@pytest.mark.usefixtures("alone")
def test_what_a_process_loses_is_done_here() -> None:
    here = os.getpid()

    def work(piece: str) -> int:
        if os.getpid() != here:
            raise RuntimeError(piece)
        return squared(piece)

    assert Shared(PIECES, 3, work).finish() == [int(one) ** 2 for one in PIECES]


@pytest.mark.usefixtures("alone")
def test_what_cannot_be_sent_is_done_here() -> None:
    assert len(Shared(PIECES, 2, lambda piece: lambda: piece).finish()) == len(PIECES)


@pytest.mark.usefixtures("alone")
def test_a_bug_in_the_work_is_raised_here_and_no_process_is_left() -> None:
    def broken(piece: str) -> int:
        raise ZeroDivisionError(piece)

    shared = Shared(PIECES, 3, broken)
    with pytest.raises(ZeroDivisionError):
        shared.finish()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.usefixtures("alone")
def test_a_system_that_refuses_further_processes_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refused)
    assert Shared(PIECES, 3, squared).finish() == [int(one) ** 2 for one in PIECES]


def test_a_process_with_threads_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert Shared(PIECES, 4, squared)._helpers == []


class Lazy(Mapping[str, Any]):
    """A mapping that makes its items when they are asked for, and notes in which process."""

    def __init__(self, names: Sequence[str], depth: int = 2) -> None:
        self.names = names
        self.depth = depth

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        return {"process": os.getpid(), "below": Lazy(self.names, self.depth - 1) if self.depth else None}

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Items(Sequence[int]):
    """A sequence that pickle would not send as what it is."""

    def __init__(self) -> None:
        self.refuses = lambda: None

    @overload
    def __getitem__(self, position: int) -> int: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[int]: ...
    def __getitem__(self, position: int | slice) -> int | Sequence[int]:
        return range(10)[position]

    def __len__(self) -> int:
        return 10


def lazily(piece: str) -> tuple[int, Any, Any, Any]:
    time.sleep(0.01)
    return os.getpid(), Lazy(("a", "b")), Items(), partial(pow, int(piece))


def begun() -> Shared[tuple[int, Any, Any, Any]]:
    """Return work of which another process has taken the first piece."""
    shared = Shared(PIECES, 2, lazily)
    until = time.monotonic() + 30
    while not shared._taken[0]:
        assert time.monotonic() < until
        time.sleep(0.001)
    return shared


@pytest.fixture
def kept() -> tuple[int, Any, Any, Any]:
    """Return what another process keeps: of piece 0, which it takes first."""
    shared = begun()
    return shared.finish()[0]


@pytest.mark.usefixtures("alone")
def test_what_is_lazy_stays_in_its_process_and_is_asked_for(kept: tuple[int, Any, Any, Any]) -> None:
    process, mapping, items, call = kept
    assert process != os.getpid()
    assert (len(mapping), list(mapping), "a" in mapping, "c" in mapping) == (2, ["a", "b"], True, False)
    assert mapping["a"]["process"] == process
    assert mapping["a"] is mapping["a"]
    assert mapping["a"]["below"]["b"]["below"]["a"]["below"] is None
    assert {name: one["process"] for name, one in mapping.items()} == {"a": process, "b": process}
    with pytest.raises(KeyError):
        mapping["c"]
    assert (len(items), items[3], list(items[7:])) == (10, 3, [7, 8, 9])
    assert call(2) == 0


@pytest.mark.usefixtures("alone")
def test_a_process_ends_when_nothing_of_it_can_be_asked_for() -> None:
    shared = begun()
    found = shared.finish()
    process = found[0][0]
    os.kill(process, 0)
    del shared, found
    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.usefixtures("alone")
def test_a_question_to_a_process_that_was_killed_is_told(kept: tuple[int, Any, Any, Any]) -> None:
    process, mapping, _, _ = kept
    os.kill(process, signal.SIGKILL)
    with pytest.raises(LostError):
        mapping["a"]


@pytest.mark.usefixtures("alone")
def test_roots_of_several_processes_are_those_of_one() -> None:
    tree = WorkTree(ROOT / "examples")
    one, many = (understand(Request(tree, jobs=jobs), open_book()) for jobs in (1, 3))
    assert [dump.resource(each) for each in many.resources] == [dump.resource(each) for each in one.resources]
    assert (many.problems, many.unknowns) == (one.problems, one.unknowns)


@pytest.mark.usefixtures("alone")
def test_a_command_that_lost_a_process_runs_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT / "examples")
    arguments = ["check", ".", "--format", "json", "--fail-on", "never"]
    assert main(arguments) == 0
    expected = capsys.readouterr().out
    asked = Connection.ask

    def lost(connection: Connection, number: int, operation: str, what: object) -> Any:
        connection.close()
        return asked(connection, number, operation, what)

    monkeypatch.setattr(Connection, "ask", lost)
    assert main([*arguments, "--jobs", "3"]) == 0
    assert capsys.readouterr().out == expected


def test_the_number_of_processes_changes_no_byte() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "guard", "check", ".", "--format", "json", "--fail-on", "never", "--jobs", jobs],
            cwd=ROOT / "examples",
            capture_output=True,
            check=True,
        ).stdout
        for jobs in ("1", "2", "4")
    }
    assert len(outputs) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes here")
def test_a_process_whose_owner_was_killed_does_no_more(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from guard.terraform.parallel import Shared
def work(piece):
    time.sleep(0.05)
    with Path(sys.argv[1]).open("a") as out:
        out.write(piece)
shared = Shared(["x"] * 400, 2, work)
print("begun", flush=True)
time.sleep(60)
"""
    done = tmp_path / "done"
    with subprocess.Popen([sys.executable, "-c", script, str(done)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "begun\n"
        owner.kill()
    time.sleep(0.3)
    before = done.read_text() if done.exists() else ""
    time.sleep(0.3)
    assert (done.read_text() if done.exists() else "") == before
