"""Variables of a Databricks bundle: `${var.name}` replaced by the default that the bundle declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from guard.model.location import Step
from guard.model.node import Node, is_sequence
from guard.model.platform import Surroundings
from guard.model.value import Unknown
from guard.platforms._specs import root_of

_WHOLE = re.compile(r"\$\{var\.([\w-]+)\}")
_ANY = re.compile(r"\$\{[\w.-]+\}")
_DEEPEST: Final = 40


class Variables:
    """The variables that a bundle declares, in this file or in the repository's `databricks.yml`."""

    def __init__(self, node: Node, around: Surroundings) -> None:
        self._declared: dict[str, Node] = {}
        for item in around.items:
            other = root_of(item)
            if other is not None and item.path.rpartition("/")[2] in {"databricks.yml", "databricks.yaml"}:
                self._declared |= other.fields("variables")
        self._declared |= node.fields("variables")

    def plain(self, node: Node, depth: int = 0) -> Node:
        """Return `node` with its variables replaced; what no default decides is Unknown and says which variable."""
        if depth > _DEEPEST:
            return Node(Unknown("nested too deeply", node.location), node.location, node.key)
        value = node.value
        if isinstance(value, Mapping):
            fields = {name: self.plain(one, depth + 1) for name, one in value.items()}
            return Node(fields, node.location, node.key, node.trail)
        if is_sequence(value):
            return Node(tuple(self.plain(one, depth + 1) for one in value), node.location, node.key, node.trail)
        return self._text(node, value) if isinstance(value, str) else node

    def _text(self, node: Node, text: str) -> Node:
        whole = _WHOLE.fullmatch(text)
        if whole:
            declared = self._declared.get(whole.group(1))
            default = declared.get("default") if declared else None
            if default is None:
                unknown = Unknown(f"the variable {whole.group(1)} has no default", node.location)
                return Node(unknown, node.location, node.key)
            step = Step(f"the variable {whole.group(1)} is used here", node.location)
            return Node(default.value, default.location, node.key, (step,))
        inner = _ANY.search(text)
        if inner is None:
            return node
        unknown = Unknown(f"{inner.group()} is known only at deployment", node.location, prefix=text[: inner.start()])
        return Node(unknown, node.location, node.key)
