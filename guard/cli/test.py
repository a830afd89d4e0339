"""`guard test`: runs the caret cases beside policies."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from guard import engine
from guard.cli._cases import Files, Outcome, run_case
from guard.cli._usage import UsageError
from guard.inputs.memory import MemoryTree
from guard.inputs.worktree import WorkTree
from guard.model.command import Command
from guard.model.document import ReadError, Tree
from guard.model.finding import Severity
from guard.policy.model import Policy, PolicySource
from guard.prices.book import open_book

# The folder of cases beside each kind of policy file.
FOLDERS = {"policy.yaml": "tests", "policy.yml": "tests", "guard.yaml": "guard-tests", "guard.yml": "guard-tests"}
BASE = "base"
OWN = "guard.yaml"

CLEAN, DIFFERENT, UNREADABLE = 0, 1, 2


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard test`."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="policy files, or directories to look for them in; the current directory if none. Cases stand in tests/ "
        "beside a policy.yaml and in guard-tests/ beside a guard.yaml: a file is a case, and so is a folder, whose "
        "base/ is what it is compared with and whose own guard.yaml, if any, is the policy of the case",
    )
    parser.add_argument("--prices", metavar="FILE", help="a price book in place of the one that comes with guard")


def run(options: Namespace) -> int:
    """Run every case, say what differs, and return 0, 1 where something differs, 2 where a policy cannot be read."""
    prices = open_book(options.prices)
    worst, ran = CLEAN, 0
    for path in _policies(options.paths or ["."]):
        tree = WorkTree(path.parent)
        policy = _policy(path.name, tree, path.parent)
        if policy is None:
            worst = UNREADABLE
            continue
        outcomes = []
        for case in _cases(tree, FOLDERS[path.name]):
            own = _policy(OWN, MemoryTree(case.texts), path.parent / case.name) if OWN in case.texts else policy
            if own is None:
                worst = UNREADABLE
                continue
            outcomes.append(run_case(case, own, prices))
        ran += len(outcomes)
        worst = max(worst, _told(path, policy, outcomes))
    if not ran and worst == CLEAN:
        raise UsageError(
            "no cases found: they stand in tests/ beside a policy.yaml, in guard-tests/ beside a guard.yaml"
        )
    return worst


def _policy(name: str, tree: Tree, folder: Path) -> Policy | None:
    """Return the policy, or None after its mistakes are printed."""
    policy, problems = engine.load_policy((PolicySource(name),), tree)
    for problem in problems:
        place = problem.location
        print(f"{folder / (place.path if place else name)}:{place.line if place else 1}: {problem.message}")
    return None if problems else policy


def _policies(paths: Sequence[str]) -> Iterator[Path]:
    """Yield the policy files at `paths` that have cases beside them."""
    for written in paths:
        path = Path(written)
        if path.is_file():
            if path.name not in FOLDERS:
                raise UsageError(f"{written} is not called {', '.join(FOLDERS)}")
            yield path
        elif path.is_dir():
            found = (path / one for one in WorkTree(path).paths() if one.rpartition("/")[2] in FOLDERS)
            yield from (one for one in found if (one.parent / FOLDERS[one.name]).is_dir())
        else:
            raise UsageError(f"{written} does not exist")


def _cases(tree: WorkTree, folder: str) -> Iterator[Files]:
    """Yield the cases of a folder in order: each file by itself, and each folder with all files in it."""
    grouped: dict[str, dict[str, str]] = {}
    for path in tree.paths():
        if path.startswith(folder + "/"):
            inner = path.removeprefix(folder + "/")
            name, slash, rest = inner.partition("/")
            grouped.setdefault(name, {})[rest if slash else inner] = _text(tree, path)
    for name, texts in sorted(grouped.items()):
        base = {path.removeprefix(BASE + "/"): text for path, text in texts.items() if path.startswith(BASE + "/")}
        here = {path: text for path, text in texts.items() if not path.startswith(BASE + "/")}
        yield Files(f"{folder}/{name}", here, base or None)


def _text(tree: WorkTree, path: str) -> str:
    try:
        return tree.read(path).decode("utf-8")
    except (ReadError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _told(path: Path, policy: Policy, outcomes: Sequence[Outcome]) -> int:
    """Print what differs and what no case shows, and return the status."""
    failed = [one for one in outcomes if one.wrong]
    for one in failed:
        print(f"{path.parent / one.name}: differs")
        print("".join(f"  {line}\n" for line in one.wrong), end="")
    for name in _untried(policy, outcomes):
        print(f"{path}: no case shows what {name} finds")
    print(f"{path}: {len(outcomes)} cases, {len(failed)} of them differ")
    return DIFFERENT if failed else CLEAN


def _untried(policy: Policy, outcomes: Sequence[Outcome]) -> list[str]:
    tripped = {name for one in outcomes for name in one.tripped}
    running: Mapping[str, None] = {one.rule: None for one in policy.rules if one.severity is not Severity.OFF}
    return [name for name in running if name not in tripped]


COMMAND = Command("test", "run the caret cases beside policies", arguments, run, order=60)
