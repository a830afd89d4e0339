"""What the GitHub action runs: its inputs, as environment variables, become the arguments of `guard check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from guard.cli.main import main
from guard.hosts.github import append_summary, base_commit, summary_file


def arguments(environment: Mapping[str, str]) -> list[str]:
    """Return the arguments of `guard check` for these inputs."""
    base = environment.get("GUARD_BASE", "")
    known = base_commit(environment) if "auto" in base or environment.get("GUARD_POLICY_FROM") == "base" else ""
    named = {"auto": known, "base": known}
    given = ["check", "--format", "github", "--fail-on", environment.get("GUARD_FAIL_ON") or "error"]
    for option, name in (("--base", "GUARD_BASE"), ("--policy-from", "GUARD_POLICY_FROM")):
        value = environment.get(name, "")
        if commit := named.get(value, value):
            given += [option, commit]
    if sarif := environment.get("GUARD_SARIF"):
        given += ["--format", f"sarif={sarif}"]
    if environment.get("GITHUB_STEP_SUMMARY"):
        given += ["--format", f"markdown={summary_file(environment)}"]
    given += [f"--policy={policy}" for policy in environment.get("GUARD_POLICY", "").splitlines() if policy]
    given += [argument for argument in environment.get("GUARD_ARGUMENTS", "").splitlines() if argument]
    return [*given, "--", *(path for path in environment.get("GUARD_PATHS", ".").splitlines() if path)]


if __name__ == "__main__":
    summary_file(os.environ).unlink(missing_ok=True)
    status = main(arguments(os.environ))
    append_summary(os.environ)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"sarif={os.environ.get('GUARD_SARIF', '')}\nstatus={status}\n")
    sys.exit(status)
