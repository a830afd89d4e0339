"""What the units of Terragrunt in a tree would deploy, each as a root of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from guard.model.finding import Problem, UnknownFact
from guard.model.location import whole_file
from guard.terraform.checking import Walk
from guard.terraform.evaluation import Evaluation
from guard.terraform.scope import Failure
from guard.terraform.sources import Sources
from guard.terraform.terragrunt import Unit, Units
from guard.terraform.variables import EvaluationOptions


@dataclass(frozen=True, slots=True)
class DeployedUnit:
    """A unit by its directory: its root (None where its module is not there), and what is wrong or not known."""

    root: str
    evaluation: Evaluation | None
    problems: tuple[Problem, ...]
    unknowns: tuple[UnknownFact, ...]


def evaluate_units(
    sources: Sources, options: EvaluationOptions, within: Callable[[str], bool]
) -> tuple[list[DeployedUnit], frozenset[str]]:
    """Return the units in the directories that `within` lets through, and the directories that are theirs."""
    units = Units(sources, options)
    found: list[DeployedUnit] = []
    taken: set[str] = set()
    for directory, problem in (*units.unsupported(within), *units.broken(within)):
        found.append(DeployedUnit(directory, None, (problem,), ()))
    for unit in units.deploying(within):
        one = _deployed(unit)
        found.append(one)
        taken |= {unit.directory} | ({unit.module} if unit.module is not None else set())
    return found, frozenset(taken)


def _deployed(unit: Unit) -> DeployedUnit:
    evaluation: Evaluation | None = None
    try:
        evaluation = unit.evaluation()
        if evaluation is not None:
            Walk(evaluation).run()
    except Failure as failure:
        unit.reading.report(failure, unit.path)
    except RecursionError:
        unit.reading.tell("too-large", "the unit's values are nested too deeply", whole_file(unit.path), blocking=True)
    problems = dict(unit.reading.problems)
    if evaluation is not None:
        problems = {**problems, **evaluation.problems}
    return DeployedUnit(unit.directory, evaluation, tuple(problems.values()), unit.unknowns())
