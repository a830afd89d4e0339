"""Which resources a policy's `where` lets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from guard.model.finding import UnknownFact
from guard.model.glob import matches, matches_path
from guard.model.resource import Resource
from guard.model.rule import Budget, Project
from guard.model.value import Absent, Known, Unknown, Value
from guard.policy.model import BudgetEntry, Where

Answer: TypeAlias = "bool | Unknown"


def lets_through(where: Sequence[Where], resource: Resource) -> Answer:
    """Tell whether every scope takes the resource in; unknown where that hangs on a fact that is unknown."""
    undecided: Unknown | None = None
    for answer in (answer for one in where for answer in _answers(one, resource)):
        if answer is False:
            return False
        if isinstance(answer, Unknown):
            undecided = undecided or answer
    return undecided or True


def chosen(
    where: Sequence[Where], resources: Iterable[Resource], rule: str
) -> tuple[tuple[Resource, ...], tuple[UnknownFact, ...]]:
    """Return the resources that are let through, and a statement for each that cannot be decided."""
    if not where:
        return tuple(resources), ()
    taken, undecided = [], []
    for resource in resources:
        answer = lets_through(where, resource)
        if answer is True:
            taken.append(resource)
        elif isinstance(answer, Unknown):
            undecided.append(UnknownFact(resource.address, "where", answer.reason, answer.location, rule))
    return tuple(taken), tuple(undecided)


def budget(
    entry: BudgetEntry, project: Project, base: Project | None, rule: str
) -> tuple[Budget, tuple[UnknownFact, ...]]:
    """Return the budget with the resources of its scope, and a statement for each that cannot be decided."""
    taken, undecided = chosen(entry.where, project.resources, rule)
    before, _ = chosen(entry.where, base.resources if base else (), rule)
    scoped = Budget(
        name=entry.name,
        location=entry.location,
        addresses=frozenset(one.address for one in taken),
        base_addresses=frozenset(one.address for one in before),
        monthly=entry.monthly,
        increase_amount=entry.increase_amount,
        increase_percent=entry.increase_percent,
        undecided=entry.undecided,
        months=entry.months,
        first_month=entry.first_month,
        warn_at=entry.warn_at,
        spent=entry.spent,
    )
    return scoped, undecided


def _answers(where: Where, resource: Resource) -> Iterator[Answer]:
    """Yield the answer of each written key, the cheap and certain ones first."""
    for globs, text in (
        (where.platforms, resource.platform),
        (where.origins, resource.origin),
        (where.purposes, resource.purpose.value),
        (where.types, resource.type),
        (where.addresses, resource.address),
    ):
        if globs:
            yield _fits(globs, text)
    paths = {resource.location.path, *(call.location.path for call in resource.calls)}
    if where.paths:
        yield any(matches_path(glob, path) for glob in where.paths for path in paths)
    if where.exclude:
        yield not any(matches_path(glob, path) for glob in where.exclude for path in paths)
    yield from _facts(where, resource)


def _facts(where: Where, resource: Resource) -> Iterator[Answer]:
    if where.regions:
        yield _value_fits(where.regions, resource.region)
    if where.environments:
        yield _value_fits(where.environments, resource.labels.environment())
    for key, globs in where.labels:
        yield _value_fits(globs, resource.labels.find(key))


def _fits(globs: Sequence[str], text: str) -> bool:
    return any(matches(glob, text) for glob in globs)


def _value_fits(globs: Sequence[str], value: Value[str]) -> Answer:
    match value:
        case Known(text):
            return _fits(globs, text)
        case Unknown():
            return value
        case Absent():
            return False
