"""The history of use that `--usage-history` names."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from guard.cli._usage import UsageError
from guard.formats.usage_history import parse
from guard.inputs.limits import MAXIMUM_BYTES
from guard.model.usage import UsageHistory, UsageHistoryError


def history(options: Namespace) -> UsageHistory | None:
    """Return the history that was given, None for none. Raises UsageError for a file that is none."""
    return read(options.usage_history) if options.usage_history else None


def read(written: str) -> UsageHistory:
    """Return the history in a file. Raises UsageError for one that is missing, too large or no history."""
    path = Path(written)
    try:
        if path.stat().st_size > MAXIMUM_BYTES * 4:
            raise UsageError(f"{written} is larger than {MAXIMUM_BYTES * 4 >> 20} MiB: export fewer samples")
        return parse(path.name, path.read_bytes())
    except OSError as error:
        raise UsageError(f"{written}: {error.strerror}") from None
    except UsageHistoryError as error:
        raise UsageError(str(error)) from None
