"""CloudFormation's intrinsic functions, as far as the template alone decides them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from guard.model.location import Step
from guard.model.node import Content, Node, is_sequence
from guard.model.value import Absent, Known, Unknown, Value

_DEEPEST: Final = 20
_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")


class Template:
    """A template: looks up parameters and resources for the expressions in it."""

    def __init__(self, node: Node) -> None:
        self._parameters = node.fields("Parameters")
        self._resources = node.fields("Resources")

    def plain(self, node: Node, depth: int = 0) -> Node:
        """Return `node` with what can be decided decided; what depends on the stack becomes Unknown with the reason."""
        if depth > _DEEPEST:
            return _unknown(node, "expressions nested too deeply")
        if isinstance(node.value, Mapping):
            return self._mapping(node, depth)
        if is_sequence(node.value):
            return _with(node, tuple(self.plain(one, depth + 1) for one in node.value))
        return node

    def _mapping(self, node: Node, depth: int) -> Node:
        fields = node.fields()
        if len(fields) == 1:
            name, argument = next(iter(fields.items()))
            if name == "Ref":
                return self._ref(node, argument)
            if name == "Fn::Sub":
                return self._sub(node, argument)
            if name == "Fn::GetAtt":
                return self._attribute(node, argument)
            if name == "Fn::Join":
                return self._join(node, argument, depth)
            if name.startswith("Fn::"):
                return _unknown(node, f"{name} is decided by the stack")
        return _with(node, {name: self.plain(one, depth + 1) for name, one in fields.items()})

    def _ref(self, node: Node, argument: Node) -> Node:
        name = argument.text()
        if not isinstance(name, Known):
            return _unknown(node, "a Ref without a name")
        parameter = self._parameters.get(name.value)
        if parameter is None:
            return self._other(node, name.value)
        default = parameter.get("Default")
        if default is None:
            return _unknown(node, f"the parameter {name.value} has no default")
        step = Step(f"the parameter {name.value} is used here", node.location)
        return Node(default.value, default.location, node.key, (step,))

    def _other(self, node: Node, name: str) -> Node:
        if name in self._resources:
            unknown = Unknown(f"known only once {name} is made", node.location, reference=f"CloudFormation/{name}")
            return _with(node, unknown)
        return _unknown(node, f"{name} is decided by the stack")

    def _attribute(self, node: Node, argument: Node) -> Node:
        first = argument.items()
        name = first[0].text() if first else Absent(node.location)
        return self._other(node, name.value.partition(".")[0]) if isinstance(name, Known) else _unknown(node, "?")

    def _join(self, node: Node, argument: Node, depth: int) -> Node:
        separator = argument.text(0)
        parts = [self.plain(one, depth + 1).text() for one in argument.items(1)]
        known = [one.value for one in parts if isinstance(one, Known)]
        if not isinstance(separator, Known) or not parts:
            return _unknown(node, "Fn::Join is decided by the stack")
        if len(known) == len(parts):
            return _with(node, separator.value.join(known))
        unknown = next((one for one in parts if isinstance(one, Unknown)), None)
        return _with(node, unknown) if unknown else _unknown(node, "Fn::Join of parts that are not written")

    def _sub(self, node: Node, argument: Node) -> Node:
        text = argument.items()[0].text() if argument.items() else Absent(node.location)
        if not isinstance(text, Known) or is_sequence(argument.value):
            return _unknown(node, "Fn::Sub with a mapping is decided by the stack")
        missing: list[Node] = []

        def replaced(match: re.Match[str]) -> str:
            found = self._ref(node, Node(match.group(1), node.location))
            value: Value[str] = found.text()
            if isinstance(value, Known):
                return value.value
            missing.append(found)
            return ""

        made = _VARIABLE.sub(replaced, text.value)
        if not missing:
            return Node(made, argument.location, node.key)
        unknown = missing[0].value
        if isinstance(unknown, Unknown):
            prefix = text.value.partition("${")[0]
            return _with(node, Unknown(unknown.reason, node.location, unknown.reference, prefix))
        return _unknown(node, "Fn::Sub is decided by the stack")


def _with(node: Node, value: Content) -> Node:
    return Node(value, node.location, node.key, node.trail)


def _unknown(node: Node, reason: str) -> Node:
    return _with(node, Unknown(reason, node.location))
