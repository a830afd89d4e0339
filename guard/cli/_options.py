"""Options that several commands share, and the run that they describe."""

from __future__ import annotations

import atexit
import os
import sys
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from guard.cli._usage import UsageError
from guard.costing.usage import Usage, read_usage
from guard.engine import Request, load_policy, load_usage
from guard.inputs.gittree import GitError, GitTree
from guard.inputs.remote import LOCK, Fetching, Remotes, read_lock, written_lock
from guard.inputs.selection import Selection, SelectionError, select
from guard.model.document import ReadError, Tree
from guard.model.finding import Problem
from guard.model.spend import SpendError
from guard.policy import packs
from guard.policy.baseline import Baseline, BaselineError
from guard.policy.baseline import read as read_baseline
from guard.policy.loading import STANDARD
from guard.policy.model import Policy, PolicySource
from guard.policy.spending import with_spent
from guard.prices.book import Book, open_book
from guard.terraform.roots import EvaluationOptions
from guard.terraform.sources import ModuleStore


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


def selection(options: Namespace) -> Selection:
    """Return what the paths select. Raises UsageError for one that cannot be checked."""
    stdin: tuple[str, bytes] | None = None
    if "-" in options.paths:
        if not options.stdin_filename:
            raise UsageError("- needs --stdin-filename NAME, which tells the format and the place of what is read")
        stdin = (options.stdin_filename, sys.stdin.buffer.read())
    try:
        return select(options.paths, stdin)
    except SelectionError as error:
        raise UsageError(str(error)) from None


def variables(options: Namespace) -> tuple[tuple[str, str], ...]:
    """Return `--var` as names and values. Raises UsageError where there is no `=`."""
    pairs = []
    for written in options.var:
        name, equals, value = written.partition("=")
        if not equals:
            raise UsageError(f"--var {written!r} has no value; write --var {written}=VALUE")
        pairs.append((name.strip(), value))
    return tuple(pairs)


def variable_files(options: Namespace, chosen: Selection) -> tuple[str, ...]:
    """Return `--var-file` relative to the root. Raises UsageError for one that is missing or outside the root."""
    files = []
    for written in options.var_file:
        path = Path(written).resolve()
        if not path.is_file():
            raise UsageError(f"--var-file {written} does not exist")
        if not path.is_relative_to(chosen.root.resolve()):
            raise UsageError(f"--var-file {written} is outside the root that is checked")
        files.append(path.relative_to(chosen.root.resolve()).as_posix())
    return tuple(files)


def terraform_environment() -> Mapping[str, str]:
    """Return the environment's Terraform variables, and nothing else of the environment."""
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith("TF_VAR_")}


def policy(options: Namespace, chosen: Selection) -> tuple[Policy, tuple[Problem, ...]]:
    """Return the policy that judges, with the mistakes in it.

    Without `--policy` it is the `guard.yaml` in the deepest directory that holds everything judged, or in the nearest
    one above it, else the default pack. Raises UsageError for a file or a commit that is not there.
    """
    if options.policy_from and chosen.repository is None:
        raise UsageError("--policy-from needs a git repository around what is checked")
    with _commit(chosen, options.policy_from) as tree:
        source = tree or chosen.tree
        named = [_policy_source(written, chosen, tree) for written in options.policy]
        sources = named or _nearest_policy(source, chosen.home)
        with _remotes(options, chosen, source, sources) as remotes:
            return load_policy(sources, source, remotes.tree)


def written_policy(options: Namespace, chosen: Selection) -> tuple[Policy, tuple[Problem, ...]]:
    """Return the policy that is written, for the facts in it; nothing where there is none. Raises UsageError."""
    if not options.policy and not _nearest_policy(chosen.tree, chosen.home):
        return Policy(), ()
    return policy(options, chosen)


def prices(options: Namespace, judged_by: Policy) -> Book:
    """Return the price book, with what the policy says was negotiated."""
    book = open_book(options.prices)
    if not judged_by.prices:
        return book
    from guard.prices.overrides import with_overrides

    return with_overrides(book, judged_by.prices)


def usage(options: Namespace, chosen: Selection, judged_by: Policy) -> tuple[Usage | None, tuple[Problem, ...]]:
    """Return what is declared about use, by `--usage` or else by the policy, with the mistakes in it.

    What the policy names is read where the policy was, so that a change cannot declare its own use away. Raises
    UsageError for a file that is not there.
    """
    if options.usage:
        return _usage_file(options.usage, Path(options.usage))
    declared = judged_by.usage
    if declared is None:
        return None, ()
    if not isinstance(declared.value, str):
        return read_usage(declared, declared.location.path, versioned=False)
    with _commit(chosen, options.policy_from) as tree:
        try:
            text = (tree or chosen.tree).read(declared.value).decode("utf-8", "surrogateescape")
        except ReadError as error:
            return None, (Problem("usage", f"the usage file of the policy: {error}", declared.location),)
    return load_usage(declared.value, text)


def _usage_file(written: str, path: Path) -> tuple[Usage, tuple[Problem, ...]]:
    try:
        return load_usage(written, path.read_bytes().decode("utf-8", "surrogateescape"))
    except OSError as error:
        raise UsageError(f"--usage {written}: {error.strerror}") from None


@contextmanager
def _remotes(options: Namespace, chosen: Selection, tree: Tree, sources: Sequence[PolicySource]) -> Iterator[Remotes]:
    """Give the repositories that policies extend, as the lock file beside the first policy pins them."""
    mode = Fetching.ANEW if options.update_policies else Fetching.PINNED if options.fetch_policies else Fetching.NEVER
    folder = Path(sources[0].name).parent if sources and sources[0].name not in packs.names() else Path()
    lock = folder / LOCK
    remotes = Remotes(_pins(lock, tree), mode)
    try:
        yield remotes
        if mode is Fetching.ANEW and remotes.used:
            (chosen.root / lock).write_text(written_lock(remotes.used), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{lock} cannot be written: {error.strerror}") from None
    finally:
        remotes.close()


def _pins(lock: Path, tree: Tree) -> dict[str, str]:
    try:
        if lock.is_absolute():
            return read_lock(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
        return read_lock(tree.read(lock.as_posix()).decode("utf-8")) if tree.exists(lock.as_posix()) else {}
    except (OSError, UnicodeDecodeError, ReadError) as error:
        raise UsageError(str(error)) from None


def baseline(options: Namespace) -> Baseline | None:
    """Return the findings to subtract, None without `--baseline`. Raises UsageError for a file that is none."""
    if not options.baseline:
        return None
    path = Path(options.baseline)
    try:
        return read_baseline(options.baseline, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"--baseline {options.baseline} cannot be read: {reason}") from None
    except BaselineError as error:
        raise UsageError(str(error)) from None


def spending(options: Namespace, judged_by: Policy, today: date) -> Policy:
    """Return the policy with what was spent on each budget, as `--spend` asks. Raises UsageError where nobody tells."""
    if not options.spend or not judged_by.budgets:
        return judged_by
    try:
        if options.spend == "aws":
            from guard.prices import spend_aws

            return with_spent(judged_by, spend_aws.source(today), today)
        from guard.prices import spend_focus

        return with_spent(judged_by, spend_focus.source(options.spend, today), today)
    except SpendError as error:
        raise UsageError(f"--spend: {error}") from None


def evaluation(options: Namespace, chosen: Selection) -> EvaluationOptions:
    """Return with which values Terraform is evaluated."""
    return EvaluationOptions(
        variables=variables(options),
        var_files=variable_files(options, chosen),
        workspace=options.workspace or "default",
        environment=terraform_environment(),
        sequence=getattr(options, "sequence", ""),
        # The day is enough for what configurations make of it, and two runs of one day stay the same.
        modules=_modules() if getattr(options, "download_modules", False) else None,
        moment=f"{datetime.now(UTC).date().isoformat()}T00:00:00Z",
    )


def _modules() -> ModuleStore:
    from guard.inputs.modules import Modules

    modules = Modules()
    atexit.register(modules.close)
    return modules


def request(
    options: Namespace, chosen: Selection, judged_by: Policy | None = None, used: Usage | None = None
) -> Request:
    """Return what to read. Files that are named one by one are judged in the context of everything around them."""
    return Request(
        tree=chosen.tree,
        directories=chosen.directories,
        files=chosen.files,
        context=("",) if chosen.files else (),
        terraform=evaluation(options, chosen),
        render=not getattr(options, "no_render", True),
        locality=judged_by.locality if judged_by else {},
        clusters=judged_by.clusters if judged_by else (),
        usage=used,
        jobs=getattr(options, "jobs", None),
    )


@contextmanager
def base(options: Namespace, chosen: Selection, head: Request) -> Iterator[Request | None]:
    """Give the request as of `--base`, None without it. Raises UsageError for a commit that is not there."""
    if options.base and chosen.repository is None:
        raise UsageError("--base needs a git repository around what is checked")
    with _commit(chosen, options.base) as tree:
        # Git's reader answers one process.
        yield None if tree is None else replace(head, tree=tree, jobs=1)


@contextmanager
def _commit(chosen: Selection, ref: str | None) -> Iterator[GitTree | None]:
    if not ref or chosen.repository is None:
        yield None
        return
    try:
        tree = GitTree(chosen.repository, ref)
    except GitError as error:
        raise UsageError(str(error)) from None
    try:
        yield tree
    finally:
        tree.close()


def _policy_source(written: str, chosen: Selection, commit: GitTree | None) -> PolicySource:
    if written in packs.names():
        return PolicySource(written)
    path = Path(written).resolve()
    root = chosen.root.resolve()
    if path.is_relative_to(root):
        name = path.relative_to(root).as_posix()
        if (commit or chosen.tree).exists(name):
            return PolicySource(name)
    # A policy outside the root is the user's own choice, unlike anything that the root's files name.
    if commit is None and path.is_file():
        return PolicySource(written, path.read_text(encoding="utf-8"))
    raise UsageError(f"--policy {written}: no such file or pack; the packs are {', '.join(packs.names())}")


def _nearest_policy(tree: Tree, home: str) -> tuple[PolicySource, ...]:
    folder = home
    while True:
        for name in STANDARD:
            path = f"{folder}/{name}" if folder else name
            if tree.exists(path):
                return (PolicySource(path),)
        if not folder:
            return ()
        folder = folder.rpartition("/")[0]


def colored(options: Namespace) -> bool:
    """Tell whether to colour what goes to standard output: `auto` means a terminal, and NO_COLOR is honoured."""
    if options.color != "auto":
        return bool(options.color == "always")
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
