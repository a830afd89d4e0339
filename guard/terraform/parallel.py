"""Work shared out to processes that are copies of this one; what they find comes back through pipes, but for what is
lazy, which they keep for as long as it may be asked for.

A copy has everything that was read before it was made, and costs next to nothing to make. Where the system has no such
copies, or several threads run, this process does all of the work itself, with the same result.
"""

from __future__ import annotations

import mmap
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Generic, TypeVar

from guard.model.command import LostError
from guard.terraform.remote import Connection, Keeper

T = TypeVar("T")


class Shared(Generic[T]):
    """Pieces of work of which `jobs` processes each take the next one until none is left.

    `work` does a piece. Begins at once, in the other processes.
    """

    def __init__(self, pieces: Sequence[str], jobs: int, work: Callable[[str], T]) -> None:
        self._pieces = pieces
        self._work = work
        self._helpers: list[Connection] = []
        if min(jobs, len(pieces)) > 1 and can_share():
            # Processes that take a piece in the same moment both do it, which is seldom and does no harm.
            self._taken = mmap.mmap(-1, len(pieces))
            for _ in range(min(jobs, len(pieces)) - 1):
                helper = self._helper()
                if helper is not None:
                    self._helpers.append(helper)

    def finish(self) -> list[T]:
        """Return the results in the order of the pieces, taking part in the work; done once."""
        found: dict[int, T] = {}
        try:
            if self._helpers:
                # From the other end, so that pieces which have something in common are done by one process.
                found = dict(self._take(range(len(self._pieces) - 1, -1, -1)))
            for helper in self._helpers:
                # A process that was killed or met a bug sends nothing.
                with suppress(LostError):
                    found |= helper.results()
        except BaseException:
            self.stop()
            raise
        self._helpers = []
        # What a process lost is done here, where a bug is told as one.
        return [found[i] if i in found else self._work(piece) for i, piece in enumerate(self._pieces)]

    def stop(self) -> None:
        """End the other processes, where they were not waited for."""
        for helper in self._helpers:
            helper.close()
        self._helpers = []

    def _take(self, order: Iterable[int]) -> Iterator[tuple[int, T]]:
        for number in order:
            if not self._taken[number]:
                self._taken[number] = 1
                yield number, self._work(self._pieces[number])

    def _helper(self) -> Connection | None:
        """Return the way to another process, None where the system refuses one."""
        questions, ask = os.pipe()
        answers, answer = os.pipe()
        here = os.getpid()
        try:
            process = os.fork()
        except OSError:
            for end in (questions, ask, answers, answer):
                os.close(end)
            return None
        if process:
            os.close(questions)
            os.close(answer)
            return Connection(process, ask, answers)
        # No exception may leave the copy: it would go on with what this process has begun.
        try:
            os.close(ask)
            os.close(answers)
            keeper = Keeper(questions, answer)
            # Whoever was killed needs no more of it.
            order = takewhile(lambda _: os.getppid() == here, range(len(self._pieces)))
            keeper.serve([keeper.packed(one) for one in self._take(order)])
        finally:
            os._exit(0)


def can_share() -> bool:
    """Tell whether this process can be copied: only where the system can, and one thread alone runs.

    On macOS the system's own libraries may run threads that nobody here knows of, which a copy does not survive.
    """
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
