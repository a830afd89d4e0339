"""Calls of modules that are not downloaded but known: their inputs as evaluated, and what adapters make of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from guard.formats.hcl_syntax import Literal, ObjectConstructor
from guard.model.instance import Call, Instance, Provider
from guard.model.location import Location
from guard.model.node import Node
from guard.model.value import Unknown
from guard.terraform import instances, known_modules, providers
from guard.terraform.bodies import EvaluatedBody
from guard.terraform.configuration import Written
from guard.terraform.context import BlockContext
from guard.terraform.evaluation import Evaluation, ModuleInstance
from guard.terraform.expansion import Key, key_text
from guard.terraform.known_modules import KnownModule, ModuleCall, Source
from guard.terraform.modules import plain_text, source_of
from guard.terraform.scope import Failure
from guard.terraform.types import DYNAMIC
from guard.terraform.values import (
    SENSITIVE,
    Undecided,
    Value,
    boolean,
    marked,
    null,
    number,
    object_value,
    string,
    tuple_value,
    unknown,
)

_PROVIDERS = {"google": ("google", "google-beta")}
"""Local names under which a provider may be configured: some modules for Google Cloud use the beta one only."""
DEEPEST = 100


class CallOwner:
    """Reports for the arguments of a module call."""

    def __init__(self, module: ModuleInstance, address: str) -> None:
        self.module = module
        self.address = address

    def report(self, failure: Failure) -> Unknown:
        """Tell of an expression that got no value."""
        return self.module.evaluation.report(failure, self.address)

    def computed(self, name: str, location: Location) -> Unknown:
        """Return why an argument that is not written is unknown."""
        return Unknown(f"{self.address} does not say its {name}", location)


def found(module: ModuleInstance, name: str) -> KnownModule | None:
    """Return the adapter for a call that leads nowhere, None where it leads to a module or no adapter knows it."""
    if name not in module.branch.missing:
        return None
    return known_modules.find(source_of(module.module.calls[name])[0] or "")


def known_instances(evaluation: Evaluation) -> tuple[Instance, ...]:
    """Return the resources of all calls of known modules below a root."""
    made: list[Instance] = []
    pending = [evaluation.root]
    while pending:
        module = pending.pop()
        for name in module.module.calls:
            pending += module.children(name)
            adapter = found(module, name)
            if adapter is not None:
                made += [one for call in calls(module, name) for one in adapter.instances(call)]
    return tuple(made)


def value(module: ModuleInstance, name: str) -> Value | None:
    """Return a called module as its caller sees it, None where no adapter knows it."""
    adapter = found(module, name)
    if adapter is None:
        return None
    expansion = module.expansion(f"module.{name}", module.module.calls[name])
    every = [_whole(adapter, call) for call in calls(module, name)]
    if expansion.undecided is not None:
        return Value(DYNAMIC, Undecided(expansion.undecided, part=lambda step: every[0]))
    if expansion.kind == "single":
        return every[0]
    if expansion.kind == "count":
        return tuple_value(every)
    return object_value({str(key): one for (key, _), one in zip(expansion.instances, every, strict=True)})


def _whole(adapter: KnownModule, call: ModuleCall) -> Value:
    """Return one instance of a module: unknown as a whole, and its outputs known as far as the inputs decide them."""

    def part(step: str | int) -> Value:
        name = str(step)
        node = adapter.output(call, name)
        if node is None:
            reason = f"known only after apply: {call.address}.{name}"
            return unknown(DYNAMIC, Unknown(reason, call.location))
        return value_of(node)

    cause = Unknown(f"known only after apply: {call.address}", call.location)
    return Value(DYNAMIC, Undecided(cause, not_null=True, part=part))


def calls(module: ModuleInstance, name: str) -> tuple[ModuleCall, ...]:
    """Return the instances of a call of a known module; each is made once."""
    kept = module.evaluation.known_calls.get((module.address, name))
    if kept is None:
        written = module.module.calls[name]
        expansion = module.expansion(f"module.{name}", written)
        kept = tuple(
            _call(module, name, key, BlockContext(module, repetition, block=written), expansion.undecided)
            for key, repetition in expansion.instances
        )
        module.evaluation.known_calls[module.address, name] = kept
    return kept


def _call(module: ModuleInstance, name: str, key: Key, context: BlockContext, undecided: Unknown | None) -> ModuleCall:
    written = module.module.calls[name]
    address = module.named(f"module.{name}{key_text(key)}")
    scope = module.scope(written.path, context)
    owner = CallOwner(module, address)
    body = EvaluatedBody(owner, written.block.body, scope, written.header, "", written.elsewhere)
    source = source_of(written)[0]
    parsed = known_modules.parse_source(source or "") or Source("")
    attribute = written.attribute("version")
    constraint = plain_text(attribute.expression) if attribute is not None else None
    return ModuleCall(
        address=address,
        submodule=parsed.submodule,
        major=known_modules.major_version(constraint or parsed.version),
        inputs=instances.body_node(body),
        location=written.header,
        extent=Location(written.path, written.block.span),
        root=module.evaluation.name,
        calls=(*instances.calls_of(module), Call(address, written.header)),
        provider=lambda local: _provider(module, written, local),
        repeated=undecided,
    )


def _provider(module: ModuleInstance, written: Written, local: str) -> Provider:
    """Return the provider configuration that a call hands down: the one it passes, or the one of its own module."""
    for label in _PROVIDERS.get(local, (local,)):
        served = providers.find(module, _passed(written, label) or label)
        if served.body is not None:
            return Provider(served.name, served.alias, instances.body_node(served.body))
    return Provider(local)


def _passed(written: Written, label: str) -> str | None:
    attribute = written.attribute("providers")
    if attribute is None or not isinstance(attribute.expression, ObjectConstructor):
        return None
    for key, expression in attribute.expression.items:
        text = key.value if isinstance(key, Literal) else providers.label_of(key)
        if text == label:
            return providers.label_of(expression)
    return None


def value_of(node: Node, depth: int = 0) -> Value:
    """Return a node as a value of the expression language."""
    content = node.value
    if isinstance(content, Unknown):
        result = unknown(DYNAMIC, content)
    elif depth > DEEPEST:
        result = unknown(DYNAMIC, Unknown("the value is nested too deeply", node.location))
    elif content is None:
        result = null()
    elif isinstance(content, str):
        result = string(content)
    elif isinstance(content, bool):
        result = boolean(content)
    elif isinstance(content, int | Decimal):
        result = number(Decimal(content))
    elif isinstance(content, Mapping):
        result = object_value({name: value_of(one, depth + 1) for name, one in content.items()})
    else:
        result = tuple_value([value_of(one, depth + 1) for one in node.items()])
    return marked(result, SENSITIVE) if node.sensitive else result
