"""What the GitHub action runs: its inputs, as environment variables, become the arguments of `guard check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from guard.cli.main import main
from guard.hosts.github import append_summary, base_commit, summary_file
from guard.inputs.gittree import GitError, commit_of


def arguments(environment: Mapping[str, str]) -> list[str]:
    """Return the arguments of `guard check` for these inputs."""
    base, policy_from = environment.get("GUARD_BASE", ""), environment.get("GUARD_POLICY_FROM", "")
    known = base_commit(environment)
    given = ["check", "--format", "github", "--fail-on", environment.get("GUARD_FAIL_ON") or "error"]
    if commit := _there(known) if base == "auto" else base:
        given += ["--base", commit]
    if policy_from:
        # Without a known base this stays a name that no commit has: a change must not come to judge itself unnoticed.
        given += ["--policy-from", known or policy_from if policy_from == "base" else policy_from]
    if sarif := environment.get("GUARD_SARIF"):
        given += ["--format", f"sarif={sarif}"]
    if environment.get("GITHUB_STEP_SUMMARY"):
        given += ["--format", f"markdown={summary_file(environment)}"]
    given += [f"--policy={policy}" for policy in environment.get("GUARD_POLICY", "").splitlines() if policy]
    given += [argument for argument in environment.get("GUARD_ARGUMENTS", "").splitlines() if argument]
    return [*given, "--", *(path for path in environment.get("GUARD_PATHS", ".").splitlines() if path)]


def _there(commit: str) -> str:
    """Return the commit where the checkout has it; say so and return "" where it has not."""
    try:
        return commit_of(Path.cwd(), commit) if commit else ""
    except GitError:
        print(f"::warning title=guard::the checkout has not got {commit}, so nothing is compared (fetch-depth: 0)")
        return ""


if __name__ == "__main__":
    summary_file(os.environ).unlink(missing_ok=True)
    status = main(arguments(os.environ))
    append_summary(os.environ)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"sarif={os.environ.get('GUARD_SARIF', '')}\nstatus={status}\n")
    sys.exit(status)
