"""Kubernetes objects in Terraform whose manifest is not known or broken; the others are read by their kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guard.model.finding import Problem
from guard.model.instance import Instance
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Resource
from guard.platforms import terraform
from guard.platforms._terraform_manifests import declaration, declares


def _claims(source: Source) -> bool:
    return isinstance(source, Instance) and declares(source) and declaration(source).node is None


def _resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    if not isinstance(source, Instance):
        return
    found = declaration(source)
    yield from found.problems
    reason = found.missing.reason if found.missing else "its manifest cannot be read"
    for one in terraform.resources(source, around):
        yield replace(one, platform="kubernetes", unpriced=f"what it deploys is not known: {reason}")


PLATFORM = Platform("terraform_kubernetes", _claims, _resources, order=terraform.LAST - 1)
