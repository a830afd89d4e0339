"""Which provider configuration serves a resource: by alias, by the `providers` of module calls, by inheritance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from guard.formats.hcl_syntax import Expression, GetAttribute, Index, Literal, ObjectConstructor, Variable
from guard.model.location import Location
from guard.model.value import Unknown
from guard.terraform.bodies import EvaluatedBody
from guard.terraform.modules import plain_text
from guard.terraform.scope import Failure

if TYPE_CHECKING:
    from guard.terraform.evaluation import ModuleInstance
    from guard.terraform.resources import ResourceInstance


class Served(NamedTuple):
    """A provider configuration: the label of its block where it has one, else the label that was asked for."""

    name: str
    alias: str
    body: EvaluatedBody | None


class ProviderOwner:
    """Reports for the body of a provider configuration."""

    def __init__(self, module: ModuleInstance, label: str) -> None:
        self.module = module
        self.label = label

    def report(self, failure: Failure) -> Unknown:
        """Tell of an expression that got no value."""
        return self.module.evaluation.report(failure, self.module.named(f"provider.{self.label}"))

    def computed(self, name: str, location: Location) -> Unknown:
        """Return why an attribute that is not written is unknown."""
        return Unknown(f"provider {self.label} does not say its {name}", location)


def provider_of(instance: ResourceInstance) -> Served:
    """Return the provider configuration that serves a resource instance."""
    attribute = instance.written.attribute("provider")
    label = label_of(attribute.expression) if attribute is not None else None
    return find(instance.module, label or instance.kind.partition("_")[0])


def label_of(expression: Expression) -> str | None:
    """Return the label that a provider reference writes (`aws`, `aws.eu`), None where it is none."""
    if isinstance(expression, Index):
        expression = expression.source
    if isinstance(expression, Variable):
        return expression.name
    if isinstance(expression, GetAttribute) and isinstance(expression.source, Variable):
        return f"{expression.source.name}.{expression.name}"
    return plain_text(expression)


def find(module: ModuleInstance, label: str) -> Served:
    """Return the configuration that a module means by `label`."""
    name, _, alias = label.partition(".")
    found = module.provider(label)
    if found is not None:
        return Served(name, alias, found)
    if module.parent is None or module.branch.call is None:
        return Served(name, alias, None)
    passed = _passed(module, label)
    if passed is not None:
        return find(module.parent, passed)
    # Only configurations without an alias are inherited.
    return Served(name, alias, None) if alias else find(module.parent, name)


def _passed(module: ModuleInstance, label: str) -> str | None:
    assert module.branch.call is not None
    providers = module.branch.call.attribute("providers")
    if providers is None or not isinstance(providers.expression, ObjectConstructor):
        return None
    for key, value in providers.expression.items:
        text = key.value if isinstance(key, Literal) else label_of(key)
        if text == label:
            return label_of(value)
    return None
