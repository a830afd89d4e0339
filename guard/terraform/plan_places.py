"""Where what a plan plans is written: the root directory, and each resource and call in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from guard.model.instance import Instance, Provider
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.value import Unknown
from guard.terraform.evaluation import ModuleInstance
from guard.terraform.instances import value_node
from guard.terraform.plan_configuration import Configuration, place_of
from guard.terraform.sources import Sources
from guard.terraform.values import Value

_KEY = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')
DEEPEST = 60


def directory_of(path: str) -> str:
    """Return the directory that a path lies in."""
    return path.rpartition("/")[0]


def find_root(path: str, configuration: Configuration, sources: Sources) -> str | None:
    """Return the directory whose root module declares everything that the plan's does, None where there is none.

    The plan's own directory and those above it come first; another one counts where it alone fits.
    """
    for directory in _upwards(directory_of(path)):
        if _fits(directory, configuration, sources):
            return directory
    resources, calls = configuration.names()
    if not resources and not calls:
        return None
    found = [one for one in sorted(sources.directories) if _fits(one, configuration, sources)]
    return found[0] if len(found) == 1 else None


def _upwards(directory: str) -> Iterator[str]:
    while directory:
        yield directory
        directory = directory_of(directory)
    yield ""


def _fits(directory: str, configuration: Configuration, sources: Sources) -> bool:
    module = sources.module(directory) if directory in sources.directories else None
    if module is None or ".terraform" in directory.split("/"):
        return False
    resources, calls = configuration.names()
    return resources <= module.resources.keys() and calls <= module.calls.keys()


class Places:
    """The instances of the configuration by address, evaluated with the values that the plan was made with."""

    def __init__(self, sources: Sources, directory: str | None, plan: Node) -> None:
        self._instances: dict[str, Instance] = {}
        self._bare: dict[str, Instance | None] = {}
        self._calls: dict[str, Location] = {}
        self._providers: dict[str, Provider] = {}
        if directory is not None:
            self._read(sources, directory, plan)

    def _read(self, sources: Sources, directory: str, plan: Node) -> None:
        from guard.terraform.roots import EvaluationOptions, evaluation_of, instances_below

        evaluation = evaluation_of(sources, directory, EvaluationOptions())
        if evaluation is None:
            return
        options = EvaluationOptions(variables=tuple(_variables(plan, evaluation.root)))
        if options.variables:
            evaluation = evaluation_of(sources, directory, options) or evaluation
        for one in instances_below(evaluation):
            self._instances[one.address] = one
            address = _KEY.sub("", one.address)
            self._bare[address] = None if address in self._bare else one
            if one.provider is not None:
                self._providers.setdefault(one.provider.label, one.provider)
        for branch in evaluation.root.branch.walk():
            prefix = "".join(f"module.{name}." for name in branch.names)
            for name, written in branch.module.calls.items():
                self._calls[f"{prefix}module.{name}"] = written.header

    def instance(self, address: str) -> Instance | None:
        """Return the instance at an address; where its key is not known, the only one of its resource."""
        return self._instances.get(address) or self._bare.get(_KEY.sub("", address))

    def found(self, module: str) -> bool:
        """Tell whether the call that leads to a module is in the tree; the root itself is where any resource is."""
        first = module.split(".module.")[0]
        return bool(self._instances) if not module else _KEY.sub("", first) in self._calls

    def call(self, module: str, otherwise: Location) -> Location:
        """Return where a module is called, or the nearest call around it that is in the tree."""
        address = _KEY.sub("", module)
        while address:
            if address in self._calls:
                return self._calls[address]
            address = address.rpartition(".module.")[0]
        return otherwise

    def of(self, address: str, module: str, node: Node) -> Location:
        """Return where a resource is written, or the call that brings it, or the plan itself."""
        written = self.instance(address)
        if written is not None:
            return written.location
        return self.call(module, place_of(None, node.location))

    def provider(self, planned: Provider) -> Provider | None:
        """Return the configuration's own provider of the same label."""
        return self._providers.get(planned.label)


def _variables(plan: Node, root: ModuleInstance) -> Iterator[tuple[str, str]]:
    """Yield the plan's variables as options write them, but for those that the text gives the same value: these stay,
    for they know their place."""
    for name, variable in sorted(plan.fields("variables").items()):
        value, own = variable.get("value"), root.variable(name)
        if value is None or own is None or _same(value, own):
            continue
        text = _as_text(value)
        if text is not None:
            yield name, text


def _same(value: Node, own: Value) -> bool:
    try:
        return _plain(value, 0) == _plain(value_node(own, None, value.location), 0)
    except (ValueError, RecursionError):
        return False


def _as_text(value: Node) -> str | None:
    content = value.value
    if isinstance(content, str):
        return content
    try:
        # An expression in HCL takes JSON as it is, but for the marks of templates.
        return json.dumps(_plain(value, 0)).replace("${", "$${").replace("%{", "%%{")
    except (ValueError, RecursionError):
        return None


def _plain(node: Node, depth: int) -> object:
    content = node.value
    if depth > DEEPEST or isinstance(content, Unknown):
        raise ValueError("too deep")
    if isinstance(content, Decimal):
        return float(content)
    if isinstance(content, Mapping):
        return {name: _plain(one, depth + 1) for name, one in content.items()}
    if is_sequence(content):
        return [_plain(one, depth + 1) for one in content]
    return content
