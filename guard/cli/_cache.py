"""A run without the user's cache: `--no-cache`."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile


def leave_out() -> None:
    """Let this run and the programs that it starts have an empty cache of their own, which ends with it.

    Price books, policies and modules that were downloaded before are not read, and none is kept.
    """
    directory = tempfile.mkdtemp(prefix="guard-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    os.environ["XDG_CACHE_HOME"] = directory
