"""Options that several commands share, as the command line declares them."""

from __future__ import annotations

from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from typing import Any

from guard.model.usage import METRICS

COLUMNS = f"CSV, Parquet or Prometheus JSON; columns address, {', '.join(METRICS)}"


class _InOrder(Action):
    """Appends, and notes in `sequence` which of `--var` and `--var-file` it was, because the later of them wins."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), values])
        mark = "f" if self.dest == "var_file" else "v"
        namespace.sequence = getattr(namespace, "sequence", "") + mark


def add_inputs(parser: ArgumentParser) -> None:
    """Declare what is read and with which values."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and directories; the current directory if none")
    parser.add_argument("--stdin-filename", metavar="NAME", help="the name of what is read from standard input as -")
    parser.add_argument(
        "--no-render", action="store_true", help="render no charts and kustomizations with the helm and kustomize here"
    )
    parser.add_argument(
        "--jobs", type=_count, metavar="N", help="processes that evaluate at most (default: as many as are worth it)"
    )
    parser.add_argument("--no-cache", action="store_true", help="use and keep nothing in the user's cache")
    add_variables(parser)


def _count(written: str) -> int:
    if not (written.isascii() and written.isdecimal() and 0 < int(written[:9]) <= 1024):
        raise ArgumentTypeError(f"{written!r} is no number of processes: write one from 1 to 1024")
    return int(written)


def add_variables(parser: ArgumentParser) -> None:
    """Declare the Terraform variables and the workspace."""
    parser.add_argument("--var", "-var", action=_InOrder, default=[], metavar="K=V", help="set a Terraform variable")
    parser.add_argument(
        "--var-file", "-var-file", action=_InOrder, default=[], metavar="FILE", help="read Terraform variables"
    )
    parser.add_argument("--workspace", default="", metavar="NAME", help="the Terraform workspace (default: default)")
    parser.add_argument(
        "--download-modules", action="store_true", help="download modules from registries and git; nothing of them runs"
    )


def add_prices(parser: ArgumentParser) -> None:
    """Declare which price book is used."""
    parser.add_argument("--prices", metavar="FILE", help="a price book in place of the one that comes with guard")


def add_usage(parser: ArgumentParser) -> None:
    """Declare where it is told how things are used."""
    parser.add_argument("--usage", metavar="FILE", help="how much is used, as Infracost's usage file tells it")


def add_policy_file(parser: ArgumentParser) -> None:
    """Declare which policies count."""
    parser.add_argument("--policy", action="append", default=[], metavar="FILE|PACK", help="judge by this policy")
    parser.set_defaults(policy_from=None, update_policies=False, fetch_policies=False)


def add_policy(parser: ArgumentParser) -> None:
    """Declare which policies judge, and compared with what."""
    add_policy_file(parser)
    parser.add_argument("--policy-from", metavar="REF", help="read the policy from this commit, not from the change")
    parser.add_argument(
        "--update-policies",
        action="store_true",
        help="fetch the policies extended from git and pin them anew",
    )
    parser.add_argument(
        "--fetch-policies",
        action="store_true",
        help="fetch policies pinned in guard.lock that are not here",
    )
    parser.add_argument("--base", metavar="REF", help="compare with this commit, read from git's object store")


def add_spend(parser: ArgumentParser) -> None:
    """Declare where it is told what was really spent."""
    parser.add_argument(
        "--spend", metavar="FILE|aws", help="hold budgets against the bill: a FOCUS cost export, or AWS Cost Explorer"
    )


def add_baseline(parser: ArgumentParser) -> None:
    """Declare which findings are subtracted."""
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings of this file; see guard baseline")


def add_output(parser: ArgumentParser) -> None:
    """Declare colour and how much is said."""
    parser.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    parser.add_argument("-q", "--quiet", action="store_true", help="findings and problems only")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more: unknown facts, files left alone")


def add_history(parser: ArgumentParser) -> None:
    """Declare the file with what machines were seen to use."""
    parser.add_argument("--usage-history", metavar="FILE", help=f"what machines were seen to use ({COLUMNS})")
