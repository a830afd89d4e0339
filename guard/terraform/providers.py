"""Which provider configuration serves a resource: by alias, by the `providers` of module calls, by inheritance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from guard.formats.hcl_syntax import Expression, GetAttribute, Index, Literal, ObjectConstructor, Variable
from guard.model.location import Location
from guard.model.value import Unknown
from guard.terraform.bodies import EvaluatedBody
from guard.terraform.configuration import Written
from guard.terraform.context import BlockContext
from guard.terraform.expansion import expand, unexpanded
from guard.terraform.expressions import evaluate
from guard.terraform.modules import plain_text
from guard.terraform.scope import Failure, Scope

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
    if attribute is None or label is None:
        return find(instance.module, instance.kind.partition("_")[0])
    scope = instance.module.scope(instance.written.path_of("provider"), instance.context)
    return find(instance.module, label, _key(attribute.expression, scope))


def label_of(expression: Expression) -> str | None:
    """Return the label that a provider reference writes (`aws`, `aws.eu`), None where it is none."""
    if isinstance(expression, Index):
        expression = expression.source
    if isinstance(expression, Variable):
        return expression.name
    if isinstance(expression, GetAttribute) and isinstance(expression.source, Variable):
        return f"{expression.source.name}.{expression.name}"
    return plain_text(expression)


def _key(expression: Expression, scope: Scope) -> str | None:
    """Return which instance of a provider configuration is meant (OpenTofu: `aws.by_region[each.key]`), None for all
    others and where that is unknown."""
    if not isinstance(expression, Index):
        return None
    try:
        content = evaluate(expression.key, scope).content
    except Failure:
        return None
    return content if isinstance(content, str) else None


def find(module: ModuleInstance, label: str, key: str | None = None) -> Served:
    """Return the configuration that a module means by `label`, that of `key` where there is one for each."""
    name, _, alias = label.partition(".")
    found = _of_key(module, label, key)
    if found is not None:
        return Served(name, alias, found)
    if module.parent is None or module.branch.call is None:
        return Served(name, alias, None)
    passed = _passed(module, label)
    if passed is not None:
        scope = module.parent.scope(module.branch.call.path_of("providers"), module.call_context)
        return find(module.parent, label_of(passed) or name, _key(passed, scope))
    # Only configurations without an alias are inherited.
    return Served(name, alias, None) if alias else find(module.parent, name)


def _of_key(module: ModuleInstance, label: str, key: str | None) -> EvaluatedBody | None:
    written = module.module.providers.get(label)
    if written is None or written.attribute("for_each") is None:
        return module.provider(label)
    return bodies_of(module, label, written).get(key or "")


def bodies_of(module: ModuleInstance, label: str, written: Written) -> dict[str, EvaluatedBody]:
    """Return the configurations of a provider block with `for_each` by key; "" is any of them."""
    known = _KEYED.setdefault(module, {})
    if label not in known:
        known[label] = _expanded(module, label, written)
    return known[label]


_KEYED: WeakKeyDictionary[ModuleInstance, dict[str, dict[str, EvaluatedBody]]] = WeakKeyDictionary()


def _expanded(module: ModuleInstance, label: str, written: Written) -> dict[str, EvaluatedBody]:
    context = BlockContext(module, block=written)
    try:
        expansion = expand(written, module.scope(written.path, context))
    except Failure as failure:
        expansion = unexpanded("for_each", module.evaluation.report(failure, module.named(f"provider.{label}")))
    found = {
        str(key): EvaluatedBody(
            ProviderOwner(module, label),
            written.block.body,
            module.scope(written.path, BlockContext(module, repetition, block=written)),
            written.header,
            "",
            written.elsewhere,
        )
        for key, repetition in expansion.instances
    }
    if expansion.undecided is not None or len(found) == 1:
        found[""] = next(iter(found.values()))
    return found


def _passed(module: ModuleInstance, label: str) -> Expression | None:
    assert module.branch.call is not None
    providers = module.branch.call.attribute("providers")
    if providers is None or not isinstance(providers.expression, ObjectConstructor):
        return None
    for key, value in providers.expression.items:
        text = key.value if isinstance(key, Literal) else label_of(key)
        if text == label:
            return value
    return None
