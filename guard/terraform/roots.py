"""Root modules: which directories are roots, and what each of them would deploy."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from guard.model.document import Tree
from guard.model.finding import Problem, UnknownFact
from guard.model.instance import Instance
from guard.model.location import Location
from guard.terraform.checking import Walk
from guard.terraform.evaluation import Evaluation
from guard.terraform.frozen import Freezer
from guard.terraform.instances import instances_of, unknowns_of
from guard.terraform.known_calls import known_instances
from guard.terraform.modules import grow, is_local, local_directory, source_of
from guard.terraform.parallel import Shared, processors
from guard.terraform.sources import Sources
from guard.terraform.variables import EvaluationOptions

__all__ = ["Evaluated", "Evaluating", "EvaluationOptions", "Sharing", "evaluate", "evaluation_of", "find_roots"]

TERRAGRUNT = frozenset({"terragrunt.hcl", "terragrunt.hcl.json", "terragrunt.stack.hcl"})
WORTH_A_PROCESS = 300_000
"""Characters of configuration that take longer to evaluate than another process takes to begin and to report."""
DEEPEST_RECURSION = 6000
"""Python frames: expressions nest some hundred levels at most, references add theirs."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one root would deploy: its directory, instances, problems, and the facts that its text does not decide."""

    root: str
    instances: tuple[Instance, ...]
    problems: tuple[Problem, ...]
    unknowns: tuple[UnknownFact, ...]


def _everywhere(directory: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Sharing:
    """How work is shared out: over how many processes at most, None for as many as are worth it.

    `texts` tells, by type of resource, which attribute's text is asked for as it is written.
    """

    jobs: int | None = 1
    texts: Mapping[str, str] = field(default_factory=dict)


class Evaluating:
    """The roots of a tree while they are evaluated: begun in other processes where that is worth it.

    Roots are looked for in the directories that `within` lets through; the modules that they call may stand elsewhere.
    A module that a unit of Terragrunt deploys is judged as the unit deploys it. Nothing in the tree makes this raise.
    """

    def __init__(self, tree: Tree, options: EvaluationOptions, within: Callable[[str], bool], sharing: Sharing) -> None:
        sources = Sources(tree, options.modules)
        self._deployed, taken = _units(sources, options, within)
        roots = find_roots(sources, within, taken)
        weights = {root: _weight(sources, root) for root in roots}
        # The largest first, so that no process is left with one when the others are done.
        ordered = sorted(roots, key=lambda root: (-weights[root], root))
        self._shared: Shared[Evaluated] = Shared(
            ordered,
            _jobs(sharing, options, sum(weights.values())),
            lambda root: _evaluated(sources, root, options),
            lambda one: _frozen(one, sharing.texts),
        )

    def finish(self) -> tuple[Evaluated, ...]:
        """Return every root, evaluated, sorted by directory."""
        return tuple(sorted((*self._deployed, *self._shared.finish()), key=lambda one: one.root))

    def stop(self) -> None:
        """End what was begun in other processes."""
        self._shared.stop()


def evaluate(
    tree: Tree, options: EvaluationOptions, within: Callable[[str], bool] = _everywhere, sharing: Sharing = Sharing()
) -> tuple[Evaluated, ...]:
    """Return every root of a tree, evaluated, sorted by directory."""
    return Evaluating(tree, options, within, sharing).finish()


def _units(
    sources: Sources, options: EvaluationOptions, within: Callable[[str], bool]
) -> tuple[tuple[Evaluated, ...], frozenset[str]]:
    """Return what the units of Terragrunt deploy, and the directories of the modules that they do."""
    if all(TERRAGRUNT.isdisjoint(names) for names in sources.files.values()):
        return (), frozenset()
    from guard.terraform.terragrunt_roots import evaluate_units

    with deep_recursion():
        found, taken = evaluate_units(sources, options, within)
    deployed = tuple(
        Evaluated(
            one.root,
            () if one.evaluation is None else instances_below(one.evaluation),
            tuple(sorted(one.problems, key=_place)),
            (*one.unknowns, *(() if one.evaluation is None else unknowns_of(one.evaluation))),
        )
        for one in found
    )
    return deployed, taken


def _jobs(sharing: Sharing, options: EvaluationOptions, weight: int) -> int:
    """Return how many processes are worth it: each costs some milliseconds; a download is not shared."""
    if options.modules is not None:
        return 1
    if sharing.jobs is not None:
        return sharing.jobs
    return min(processors(), 1 + weight // WORTH_A_PROCESS)


def _weight(sources: Sources, root: str) -> int:
    """Return about how much there is to evaluate below a root, in characters."""
    found: set[str] = set()
    pending = [root]
    while pending:
        directory = pending.pop()
        if directory not in found:
            found.add(directory)
            pending += _called(sources, directory)
    return sum(len(sources.text(path)) for directory in found for path in sources.configuration(directory))


def _frozen(one: Evaluated, texts: Mapping[str, str]) -> Evaluated:
    freezer = Freezer(texts)
    with deep_recursion():
        return replace(one, instances=tuple(freezer.instance(instance) for instance in one.instances))


def _evaluated(sources: Sources, directory: str, options: EvaluationOptions) -> Evaluated:
    evaluation = evaluation_of(sources, directory, options)
    if evaluation is None:
        return Evaluated(directory, (), (), ())
    found = instances_below(evaluation)
    problems = tuple(sorted(evaluation.problems.values(), key=_place))
    return Evaluated(directory, found, problems, unknowns_of(evaluation))


def instances_below(evaluation: Evaluation) -> tuple[Instance, ...]:
    """Return every instance below a root, those that known modules would make among them, by place and address."""
    with deep_recursion():
        inferred = known_instances(evaluation)
    found = (*instances_of(evaluation), *inferred)
    return tuple(sorted(found, key=lambda one: (one.location, one.module, one.address)))


def _place(problem: Problem) -> tuple[bool, Location | None, str]:
    return problem.location is None, problem.location, problem.message


def evaluation_of(sources: Sources, directory: str, options: EvaluationOptions) -> Evaluation | None:
    """Return a root with every part evaluated, None where the directory has no configuration."""
    branch = grow(sources, directory)
    if branch is None:
        return None
    with deep_recursion():
        evaluation = Evaluation(sources, branch, options)
        Walk(evaluation).run()
    return evaluation


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Allow the recursion that expressions at the parser's bounds of nesting need."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST_RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def find_roots(
    sources: Sources, within: Callable[[str], bool] = _everywhere, deployed: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the directories that are roots: they have a backend or variable values, or no other module calls them.

    Directories that only call each other in a circle have no root, so the first of them counts as one. Those that
    another tool deploys are none of them, and those that only lend their files to others by links.
    """
    directories = sorted(
        one for one in sources.directories if within(one) and not (_downloaded(one) or sources.is_downloaded(one))
    )
    calls = {directory: _called(sources, directory) for directory in directories}
    called = {target for directory, targets in calls.items() for target in targets if target != directory}
    roots = [one for one in directories if one not in called or _has_root_signs(sources, one)]
    shared = _shared(sources)
    roots = [one for one in roots if one not in deployed and (one not in shared or _has_root_signs(sources, one))]
    reached = _reached([*roots, *sorted(deployed)], calls)
    for directory in directories:
        if directory not in reached and directory not in shared:
            roots.append(directory)
            reached |= _reached([directory], calls)
    return tuple(sorted(roots))


def _shared(sources: Sources) -> frozenset[str]:
    """Return the directories whose every file of configuration is linked into others: there it is deployed."""
    elsewhere: defaultdict[str, set[str]] = defaultdict(set)
    for link, target in sources.tree.links().items():
        directory, _, name = target.rpartition("/")
        if link.rpartition("/")[0] != directory:
            elsewhere[directory].add(name)
    names = {directory: set(sources.directories.get(directory, ())) for directory in elsewhere}
    return frozenset(one for one, linked in elsewhere.items() if names[one] and names[one] <= linked)


def _downloaded(directory: str) -> bool:
    return not {".terraform", ".terragrunt-cache"}.isdisjoint(directory.split("/"))


def _called(sources: Sources, directory: str) -> set[str]:
    module = sources.module(directory)
    found: set[str] = set()
    for call in module.calls.values() if module else ():
        source = source_of(call)[0]
        target = local_directory(directory, source) if source is not None and is_local(source) else None
        if target is not None and target in sources.directories:
            found.add(target)
    return found


def _has_root_signs(sources: Sources, directory: str) -> bool:
    module = sources.module(directory)
    names = sources.files.get(directory, [])
    values = any(name in ("terraform.tfvars", "terraform.tfvars.json") or ".auto.tfvars" in name for name in names)
    return values or (module is not None and module.has_backend)


def _reached(roots: list[str], calls: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = list(roots)
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += calls.get(one, set())
    return found
