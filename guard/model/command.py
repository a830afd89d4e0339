"""What a command of the command line is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


class RefusedError(Exception):
    """What was asked for cannot be done; the message says why, to the one who asked."""


class LostError(Exception):
    """Another process that held a part of what was understood has ended: the command is to run again in one process."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: `arguments` declares its options, `run` does it and returns the exit status."""

    name: str
    summary: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    order: int = 50
