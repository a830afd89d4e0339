"""What a plan keeps of the configuration: which provider serves a resource, and which resources it mentions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guard.model.instance import Provider
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.value import Unknown
from guard.terraform.references import subject_of

DEEPEST = 40
_META = frozenset({"each", "count", "self", "path", "terraform", "local"})
NO_REFERENCES: Mapping[str, tuple[str, ...]] = {}


class Configuration:
    """The `configuration` of a plan with the variables of its root."""

    def __init__(self, root: Node) -> None:
        self._providers = root.fields("configuration", "provider_config")
        self._variables = root.fields("variables")
        self.module = root.get("configuration", "root_module") or Node({}, root.location)
        self._served: dict[str, Provider] = {}

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the resources (`aws_instance.a`, `data.aws_ami.b`) and the module calls of the root module."""
        resources = (one.get("address") for one in self.module.items("resources"))
        texts = frozenset(one.value for one in resources if one is not None and isinstance(one.value, str))
        return texts, frozenset(self.module.fields("module_calls"))

    def resource(self, modules: tuple[str, ...], address: str) -> Node | None:
        """Return what is kept of a resource: `modules` are the calls from the root, `address` has no instance key."""
        module = self._module(modules)
        for one in module.items("resources") if module is not None else ():
            found = one.get("address")
            if found is not None and found.value == address:
                return one
        return None

    def _module(self, modules: tuple[str, ...]) -> Node | None:
        module: Node | None = self.module
        for name in modules[:DEEPEST]:
            module = module.get("module_calls", name, "module") if module is not None else None
        return module

    def provider(self, resource: Node | None, kind: str) -> Provider:
        """Return the provider configuration that serves a resource, as far as its expressions are plain."""
        key = resource.get("provider_config_key") if resource is not None else None
        label = key.value if key is not None and isinstance(key.value, str) else kind.partition("_")[0]
        found = self._served.get(label)
        if found is None:
            found = self._served[label] = self._provider(label)
        return found

    def _provider(self, label: str) -> Provider:
        written = self._providers.get(label)
        name, _, alias = label.rpartition(":")[2].partition(".")
        if written is None:
            return Provider(name, alias)
        expressions = written.get("expressions")
        return Provider(
            name, alias, Node({}, written.location) if expressions is None else self._evaluated(expressions)
        )

    def _evaluated(self, node: Node, depth: int = 0) -> Node:
        """Return an expression of the configuration as far as the plan tells its value."""
        if is_sequence(node.value):
            return Node(tuple(self._evaluated(one, depth + 1) for one in node.value), node.location, node.key)
        fields = node.fields()
        if "constant_value" in fields:
            constant = fields["constant_value"]
            return Node(constant.value, constant.location, node.key)
        if "references" in fields or depth > DEEPEST:
            return self._variable(node)
        return Node({name: self._evaluated(one, depth + 1) for name, one in fields.items()}, node.location, node.key)

    def _variable(self, node: Node) -> Node:
        names = [one.value for one in node.items("references") if isinstance(one.value, str)]
        if len(names) == 1 and names[0].startswith("var."):
            found = self._variables.get(names[0].removeprefix("var."))
            value = found.get("value") if found is not None else None
            if value is not None:
                return Node(value.value, value.location, node.key)
        mentioned = ", ".join(names) or "nothing"
        reason = f"the plan does not keep the value of an expression of {mentioned}"
        return Node(Unknown(reason, node.location), node.location, node.key)

    def references(self, modules: tuple[str, ...], resource: Node | None) -> Mapping[str, tuple[str, ...]]:
        """Return the resources that each attribute mentions, through variables and outputs, without instance keys."""
        found = {}
        for name, expression in (resource.fields("expressions") if resource is not None else {}).items():
            reached = tuple(dict.fromkeys(self._reached(modules, expression, resource, 0)))
            if reached:
                found[name] = reached
        return found

    def _reached(self, modules: tuple[str, ...], expression: Node, resource: Node | None, depth: int) -> Iterator[str]:
        if depth > DEEPEST:
            return
        for _, node in expression.walk():
            for reference in node.items("references") if isinstance(node.value, Mapping) else ():
                if isinstance(reference.value, str):
                    yield from self._target(modules, reference.value, resource, depth)

    def _target(self, modules: tuple[str, ...], reference: str, resource: Node | None, depth: int) -> Iterator[str]:
        names = tuple(part.partition("[")[0] for part in reference.split("."))
        if names[0] in ("each", "count"):
            expression = (
                resource.get("for_each_expression" if names[0] == "each" else "count_expression") if resource else None
            )
            if expression is not None:
                yield from self._reached(modules, expression, None, depth + 1)
        elif names[0] == "var" and len(names) > 1 and modules:
            outer = self._module(modules[:-1])
            given = outer.get("module_calls", modules[-1], "expressions", names[1]) if outer is not None else None
            if given is not None:
                yield from self._reached(modules[:-1], given, None, depth + 1)
        elif names[0] == "module" and len(names) > 2:
            inner = self._module((*modules, names[1]))
            output = inner.get("outputs", names[2], "expression") if inner is not None else None
            if output is not None:
                yield from self._reached((*modules, names[1]), output, None, depth + 1)
        elif names[0] not in _META and len(names) > 1 and names[0] != "var":
            yield "".join(f"module.{name}." for name in modules) + subject_of(names)


def place_of(node: Node | None, otherwise: Location) -> Location:
    """Return where a node stands, `otherwise` where there is none."""
    return otherwise if node is None else node.key or node.location
