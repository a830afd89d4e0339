"""Work shared out to processes that are copies of this one; what they find comes back through pipes.

A copy has everything that was read before it was made, and costs next to nothing to make. Where the system has no such
copies, or several threads run, this process does all of the work itself, with the same result.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
_TOKEN = struct.Struct("<H")
# A pipe holds at least so much without a reader: one token for each piece of work.
_MOST_PIECES = 4096 // _TOKEN.size


class Shared(Generic[T]):
    """Pieces of work of which `jobs` processes each take the next one until none is left.

    `work` does a piece; `packed` makes its result fit to leave a process. Begins at once, in the other processes.
    """

    def __init__(self, pieces: Sequence[str], jobs: int, work: Callable[[str], T], packed: Callable[[T], T]) -> None:
        self._pieces = pieces
        self._work = work
        self._packed = packed
        self._helpers: list[tuple[int, int]] = []
        self._tokens = -1
        if min(jobs, len(pieces)) > 1 and len(pieces) <= _MOST_PIECES and can_share():
            self._tokens, end = os.pipe()
            os.write(end, b"".join(_TOKEN.pack(number) for number in range(len(pieces))))
            os.close(end)
            for _ in range(min(jobs, len(pieces)) - 1):
                helper = self._helper()
                if helper is not None:
                    self._helpers.append(helper)

    def finish(self) -> list[T]:
        """Return the results in the order of the pieces, taking part in the work; done once."""
        found: dict[int, T] = {}
        try:
            if self._tokens >= 0:
                found = self._take(self._work)
            for process, pipe in self._helpers:
                found.update(_received(pipe))
                os.waitpid(process, 0)
            self._helpers = []
        finally:
            self.stop()
        # What a process lost, because it was killed or met a bug, is done here, where a bug is told as one.
        return [found[i] if i in found else self._work(piece) for i, piece in enumerate(self._pieces)]

    def stop(self) -> None:
        """End the other processes, where they were not waited for."""
        for process, pipe in self._helpers:
            os.close(pipe)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        self._helpers = []
        if self._tokens >= 0:
            os.close(self._tokens)
            self._tokens = -1

    def _take(self, work: Callable[[str], T]) -> dict[int, T]:
        found: dict[int, T] = {}
        while token := os.read(self._tokens, _TOKEN.size):
            (number,) = _TOKEN.unpack(token)
            found[number] = work(self._pieces[number])
        return found

    def _helper(self) -> tuple[int, int] | None:
        """Return another process and the pipe that its results come through, None where the system refuses one."""
        result, end = os.pipe()
        try:
            process = os.fork()
        except OSError:
            os.close(result)
            os.close(end)
            return None
        if process:
            os.close(end)
            return process, result
        # No exception may leave the copy: it would go on with what this process has begun.
        status = 1
        try:
            os.close(result)
            text = pickle.dumps(self._take(lambda piece: self._packed(self._work(piece))), -1)
            with os.fdopen(end, "wb") as out:
                out.write(text)
            status = 0
        finally:
            os._exit(status)


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


def _received(pipe: int) -> dict[int, T]:
    with os.fdopen(pipe, "rb") as found:
        text = found.read()
    try:
        # It comes from a copy of this process, through a pipe that nobody else has.
        return dict(pickle.loads(text))  # noqa: S301
    except Exception:  # noqa: BLE001  a copy that was killed leaves half of its results, or none
        return {}
