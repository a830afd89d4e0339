"""What rules on governance share: declared facts of records and served models, and how a missing one is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field

from guard.model.finding import Finding, UnknownFact
from guard.model.location import Location
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Project
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import fitting, label_word
from guard.rules._workloads import declared

Word: TypeAlias = Annotated[str, Field(min_length=1)]
Labels: TypeAlias = Annotated[tuple[Word, ...], Field(min_length=1)]
RECORDS = "records"
OWN_SPECS = ("ModelDeployment", "TrainingJob")
# What runs anything serves a model only where it names one or takes accelerators.
_GENERAL = ("kubernetes", "knative", "batch_sets", "dstack", "skypilot", "compose")


class NoOptions(BaseModel, extra="forbid", frozen=True):
    """There is nothing to choose."""


class Stages(BaseModel, extra="forbid", frozen=True):
    """Which use cases are judged."""

    stages: tuple[Word, ...] = ("pilot", "production")
    """Globs of the stages that are judged; a use case that declares none is judged always."""


def is_record(resource: Resource, *kinds: str) -> bool:
    """Tell whether the resource is a record of one of these kinds."""
    return resource.platform == RECORDS and resource.type in kinds


def staged(resource: Resource, stages: tuple[str, ...]) -> bool:
    """Tell whether the resource is a use case at one of these stages, or at one that is not declared."""
    if not is_record(resource, "UseCase"):
        return False
    stage = resource.body.text("stage")
    return not isinstance(stage, Known) or fitting(stages, stage.value) is not None


def lacking(context: Context[Any], *path: str, message: str) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where a record does not declare the fact at `path`, or what is unknown.

    The message goes on with what to declare where.
    """
    resource, attribute = context.resource, ".".join(path)
    text = f"{message}: declare `{attribute}` in this {resource.type}"
    match resource.body.find(*path):
        case Unknown() as unknown:
            yield context.undecided(unknown, attribute)
        case Absent(place):
            yield context.finding(told_at(resource, place), text, attribute=attribute)
        case Known(node, place) if node.value in ("", {}):
            yield context.finding(place, text, attribute=attribute)


def told_at(resource: Resource, place: Location) -> Location:
    """Return where a missing fact is told: at the kind of a record rather than over all of its document."""
    return resource.location if place == resource.body.location else place


def fact(resource: Resource, labels: tuple[str, ...], *path: str) -> Value[str]:
    """Return a declared fact: at `path` of a record or a deployment spec of our own, else in a label or annotation.

    Where it is absent, its location is where it would be declared.
    """
    own = resource.body.text(*path)
    if is_record(resource, "UseCase", "ModelCard", "VendorContract", "ModelInventory"):
        return Absent(told_at(resource, own.location)) if isinstance(own, Absent) else own
    said = declared(resource, labels)
    if resource.type not in OWN_SPECS or resource.platform != "model_deployment":
        return said
    place = Absent(told_at(resource, own.location)) if isinstance(own, Absent) else own
    return first(said, place)


def how_to_declare(resource: Resource, label: str, name: str) -> str:
    """Return what to do about a missing fact, for the end of a message."""
    if is_record(resource, resource.type) or resource.platform == "model_deployment":
        return f"declare `{'.'.join(own_path(resource, name))}` in this {resource.type}"
    return f"declare it in a {label_word(resource)} {label}"


def serves(resource: Resource) -> bool:
    """Tell whether a resource deploys a served model."""
    if resource.purpose is not Purpose.INFERENCE:
        return False
    if resource.platform in _GENERAL:
        named = resource.serving is not None and isinstance(resource.serving.model_name, Known)
        return named or any(isinstance(one.accelerator_count, Known) for one in resource.compute)
    return bool(resource.serving or resource.compute)


def records(project: Project, kind: str) -> Iterator[Resource]:
    """Yield the records of a kind."""
    return (one for one in project.resources if one.type == kind and one.platform == RECORDS)


def same_model(one: str, other: str) -> bool:
    """Tell whether two names mean one model: letter case, separators and what stands before the last `/` do not count.

    `example/Chat_Model` is `chat-model`; two names that each have an owner in front must have the same one.
    """
    if "/" in one and "/" in other:
        return _folded(one) == _folded(other)
    return _folded(one.rpartition("/")[2]) == _folded(other.rpartition("/")[2])


def card_of(project: Project, name: str, version: Value[str]) -> Resource | None:
    """Return the model card of the model of this name, None where there is none, or only one of another version."""
    for card in records(project, "ModelCard"):
        model, of = card.body.text("model"), card.body.text("version")
        other = isinstance(of, Known) and isinstance(version, Known) and of.value != version.value
        if isinstance(model, Known) and same_model(model.value, name) and not other:
            return card
    return None


def through_card(project: Project, resource: Resource, own: Value[str], *path: str) -> Value[str]:
    """Return a fact of a served model: its own, or where it is absent what the model's card says at `path`."""
    if not isinstance(own, Absent) or resource.serving is None:
        return own
    name = resource.serving.model_name
    if isinstance(name, Unknown):
        return name if any(records(project, "ModelCard")) else own
    card = card_of(project, name.value, resource.serving.model_version) if isinstance(name, Known) else None
    return first(card.body.text(*path), own) if card else own


def risk_class(resource: Resource, labels: tuple[str, ...]) -> Value[str]:
    """Return the class of risk that a record or a served model itself declares."""
    return fact(resource, labels, *own_path(resource, "risk_class"))


def own_path(resource: Resource, name: str) -> tuple[str, ...]:
    """Return where a record or a deployment spec declares what is written down about a model."""
    return (name,) if is_record(resource, resource.type) else ("documentation", name)


def data_fact(
    context: Context[Any], name: str, labels: tuple[str, ...], message: str
) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where a model card or a training run does not declare a fact on its data, or what is unknown."""
    resource = context.resource
    if is_record(resource, "ModelCard"):
        yield from lacking(context, "data", name, message=message)
        return
    if resource.purpose is not Purpose.TRAINING or not any(one.role == "data" for one in resource.data):
        return
    match declared(resource, labels):
        case Unknown() as unknown:
            yield context.undecided(unknown, f"labels.{labels[0]}")
        case Absent() as absent:
            text = f"{message}: declare it in a {label_word(resource)} {labels[0]}"
            yield context.finding(absent.location, text, attribute=f"labels.{labels[0]}")


def day(value: Value[str]) -> Value[date]:
    """Return the day that a text names (`2026-12-31`); what is none is unknown."""
    if not isinstance(value, Known):
        return value
    try:
        return Known(date.fromisoformat(value.value.strip()[:10]), value.location, value.trail)
    except ValueError:
        return Unknown(f'"{value.value[:40]}" is no date such as 2026-12-31', value.location)


def unknown_of(*values: Value[Any]) -> Unknown | None:
    """Return the first of the values that is unknown."""
    return next((one for one in values if isinstance(one, Unknown)), None)


def _folded(name: str) -> str:
    return re.sub(r"[-_. :]+", "-", name.casefold())
