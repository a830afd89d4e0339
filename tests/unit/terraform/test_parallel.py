"""Work in several processes gives what one process gives, and none of it is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from guard.cli import dump
from guard.engine import understand
from guard.inputs.worktree import WorkTree
from guard.model.instance import Instance
from guard.platforms.reading import TEXTS
from guard.prices.book import open_book
from guard.request import Request
from guard.terraform import parallel, roots
from guard.terraform.evaluation import Evaluation
from guard.terraform.frozen import Freezer
from guard.terraform.parallel import Shared
from guard.terraform.roots import EvaluationOptions, Sharing, evaluate

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
    assert Shared(PIECES, jobs, squared, lambda one: one).finish() == [int(one) ** 2 for one in PIECES]


@pytest.mark.usefixtures("alone")
def test_what_a_process_loses_is_done_here() -> None:
    here = os.getpid()

    def work(piece: str) -> int:
        if os.getpid() != here:
            raise RuntimeError(piece)
        return squared(piece)

    assert Shared(PIECES, 3, work, lambda one: one).finish() == [int(one) ** 2 for one in PIECES]


@pytest.mark.usefixtures("alone")
def test_what_cannot_be_sent_is_done_here() -> None:
    assert len(Shared(PIECES, 2, squared, lambda one: lambda: one).finish()) == len(PIECES)  # type: ignore[arg-type, return-value]


@pytest.mark.usefixtures("alone")
def test_a_bug_in_the_work_is_raised_here_and_no_process_is_left() -> None:
    def broken(piece: str) -> int:
        raise ZeroDivisionError(piece)

    shared = Shared(PIECES, 3, broken, lambda one: one)
    with pytest.raises(ZeroDivisionError):
        shared.finish()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.usefixtures("alone")
def test_a_system_that_refuses_further_processes_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refused)
    assert Shared(PIECES, 3, squared, lambda one: one).finish() == [int(one) ** 2 for one in PIECES]


def test_a_process_with_threads_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert Shared(PIECES, 4, squared, lambda one: one)._helpers == []


def test_a_frozen_instance_is_understood_as_the_lazy_one(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(WorkTree(ROOT / "examples"))
    lazy = understand(request, open_book())

    lazy_instances = roots.instances_below

    def frozen(evaluation: Evaluation) -> tuple[Instance, ...]:
        freezer = Freezer(TEXTS)
        return tuple(freezer.instance(one) for one in lazy_instances(evaluation))

    monkeypatch.setattr(roots, "instances_below", frozen)
    whole = understand(request, open_book())
    assert [dump.resource(one) for one in whole.resources] == [dump.resource(one) for one in lazy.resources]
    assert whole.problems == lazy.problems


@pytest.mark.usefixtures("alone")
def test_roots_of_several_processes_are_those_of_one() -> None:
    tree = WorkTree(ROOT / "examples")
    one, many = (evaluate(tree, EvaluationOptions(), sharing=Sharing(jobs, lambda: TEXTS)) for jobs in (1, 3))
    assert [(each.root, each.problems, each.unknowns) for each in many] == [
        (each.root, each.problems, each.unknowns) for each in one
    ]
    assert [[i.address for i in each.instances] for each in many] == [
        [i.address for i in each.instances] for each in one
    ]


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
