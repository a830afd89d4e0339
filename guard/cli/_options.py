"""Options that several commands share, and the run that they describe."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from guard.cli._usage import UsageError
from guard.costing.usage import Usage, read_usage
from guard.engine import load_policy, load_usage
from guard.inputs.gittree import GitError, GitTree
from guard.inputs.remote import LOCK, Fetching, Remotes, read_lock, written_lock
from guard.inputs.selection import Selection
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
from guard.request import Request


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


def with_facts(request: Request, judged_by: Policy, used: Usage | None = None) -> Request:
    """Return the request with what the policy tells of places, clusters and use."""
    return replace(request, locality=judged_by.locality, clusters=judged_by.clusters, usage=used)


@contextmanager
def base(options: Namespace, chosen: Selection, head: Request) -> Iterator[Request | None]:
    """Give the request as of `--base`, None without it. Raises UsageError for a commit that is not there."""
    if options.base and chosen.repository is None:
        raise UsageError("--base needs a git repository around what is checked")
    with _commit(chosen, options.base) as tree:
        yield None if tree is None else replace(head, tree=tree, begun=None)


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
