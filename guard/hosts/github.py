"""What GitHub tells about a run: the commit that a pull request is compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def base_commit(environment: Mapping[str, str]) -> str:
    """Return the commit that the event's change starts from, "" where the event names none.

    That is the pull request's base, the merge queue's base, or what a push found there.
    """
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path or not Path(path).is_file():
        return ""
    event = json.loads(Path(path).read_text(encoding="utf-8"))
    for names in (("pull_request", "base", "sha"), ("merge_group", "base_sha"), ("before",)):
        value = event
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and value.strip("0"):
            return value
    return ""
