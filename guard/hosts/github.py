"""What GitHub tells about a run (the commit that a pull request is compared with), and the summary of its job."""

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


def summary_file(environment: Mapping[str, str]) -> Path:
    """Return where a report for the job's summary is written first, for other steps write into the summary too."""
    return Path(environment.get("RUNNER_TEMP", ".")) / "guard-summary.md"


def append_summary(environment: Mapping[str, str]) -> None:
    """Add the report to the job's summary, where there are both."""
    written, summary = summary_file(environment), environment.get("GITHUB_STEP_SUMMARY")
    if summary and written.is_file():
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write(written.read_text(encoding="utf-8"))
