"""The error of a command line that asks for what cannot be."""

from __future__ import annotations

from guard.model.command import RefusedError


class UsageError(RefusedError):
    """The command line asks for something that cannot be; the message says what to write instead."""
