"""Root modules: what each of them would deploy."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

from guard.model.document import Tree
from guard.model.finding import Problem, UnknownFact
from guard.model.instance import Instance
from guard.model.location import Location
from guard.terraform.checking import Walk
from guard.terraform.evaluation import Evaluation
from guard.terraform.instances import instances_of, unknowns_of
from guard.terraform.known_calls import known_instances
from guard.terraform.layout import Ties, everywhere, find_roots, likely_ties, reachable, ties_of
from guard.terraform.modules import grow
from guard.terraform.parallel import Shared, can_share, processors
from guard.terraform.sources import Sources
from guard.terraform.variables import EvaluationOptions

__all__ = ["Evaluated", "Evaluating", "EvaluationOptions", "evaluate", "evaluation_of"]

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


class _Done(NamedTuple):
    """A root that was evaluated, and what the directories that it reaches say."""

    evaluated: Evaluated
    ties: dict[str, Ties]


class Evaluating:
    """The roots of a tree while they are evaluated: begun in other processes where that is worth it.

    Roots are looked for in the directories that `within` lets through; the modules that they call may stand elsewhere.
    A module that a unit of Terragrunt deploys is judged as the unit deploys it. `jobs` is how many processes
    evaluate at most, None for as many as are worth it. Nothing in the tree makes this raise.
    """

    def __init__(
        self,
        tree: Tree,
        options: EvaluationOptions,
        within: Callable[[str], bool] = everywhere,
        jobs: int | None = 1,
    ) -> None:
        self._sources = Sources(tree, options.modules)
        self._options = options
        self._within = within
        self._shared: Shared[_Done] | None = None
        self._likely: tuple[str, ...] = ()
        self._deployed, self._taken = _units(self._sources, options, within)
        # A download is not shared.
        if jobs != 1 and options.modules is None and can_share():
            self._share(jobs)

    def _share(self, jobs: int | None) -> None:
        """Begin with the roots that the text seems to have, so that each process parses what it needs by itself."""
        sources = self._sources
        ties = cache(partial(likely_ties, sources))
        likely = find_roots(sources, self._within, self._taken, ties)
        weights = {root: _weight(sources, root, ties) for root in likely}
        # The largest first, so that no process is left with one when the others are done.
        self._likely = tuple(sorted(likely, key=lambda root: (-weights[root], root)))
        worth = min(processors(), 1 + sum(weights.values()) // WORTH_A_PROCESS)
        self._shared = Shared(self._likely, jobs or worth, lambda root: _done(sources, root, self._options))

    def finish(self) -> tuple[Evaluated, ...]:
        """Return every root, evaluated, sorted by directory."""
        done = dict(zip(self._likely, self._shared.finish() if self._shared else (), strict=True))
        told = {directory: ties for one in done.values() for directory, ties in one.ties.items()}
        roots = find_roots(
            self._sources, self._within, self._taken, lambda one: told.get(one) or ties_of(self._sources, one)
        )
        found = [
            done[root].evaluated if root in done else _evaluated(self._sources, root, self._options) for root in roots
        ]
        return tuple(sorted((*self._deployed, *found), key=lambda one: one.root))

    def stop(self) -> None:
        """End what was begun in other processes."""
        if self._shared is not None:
            self._shared.stop()


def evaluate(
    tree: Tree, options: EvaluationOptions, within: Callable[[str], bool] = everywhere, jobs: int | None = 1
) -> tuple[Evaluated, ...]:
    """Return every root of a tree, evaluated, sorted by directory."""
    return Evaluating(tree, options, within, jobs).finish()


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


def _weight(sources: Sources, root: str, ties: Callable[[str], Ties]) -> int:
    """Return about how much there is to parse and to evaluate below a root, in characters."""
    found = reachable([root], lambda one: ties(one).calls)
    return sum(len(sources.text(path)) for directory in found for path in sources.configuration(directory))


def _done(sources: Sources, root: str, options: EvaluationOptions) -> _Done:
    evaluated = _evaluated(sources, root, options)
    ties = cache(partial(ties_of, sources))
    reached = reachable([root], lambda one: ties(one).calls)
    return _Done(evaluated, {directory: ties(directory) for directory in reached})


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
