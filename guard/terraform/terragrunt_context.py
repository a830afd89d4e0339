"""What the expressions in a file of Terragrunt see, and where that is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from guard.formats.hcl_syntax import Call, GetAttribute, Index, Literal, Variable
from guard.model.location import Location, Span
from guard.model.value import Unknown
from guard.terraform.expressions import evaluate
from guard.terraform.functions.framework import Environment
from guard.terraform.scope import EvaluationError, Failure, Lead, Scope
from guard.terraform.terragrunt_functions import read_config
from guard.terraform.types import DYNAMIC
from guard.terraform.values import Value, object_value, string, unknown

if TYPE_CHECKING:
    from guard.terraform.terragrunt_config import Config, Include

Steps = Sequence["GetAttribute | Index"]
_PARTS: Final = ("locals", "inputs", "dependency")


def step_name(steps: Steps, position: int) -> str | None:
    """Return the name that a step of a reference asks for, None where it asks for something else."""
    step = steps[position] if len(steps) > position else None
    if isinstance(step, GetAttribute):
        return step.name
    if isinstance(step, Index) and isinstance(step.key, Literal) and isinstance(step.key.value, str):
        return step.key.value
    return None


class TerragruntContext:
    """What the expressions of a file of Terragrunt see."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @property
    def short_circuits(self) -> bool:
        """Whether the right operand of `&&` and `||` is left alone where the left one decides."""
        return False

    def overlooks(self, error: EvaluationError) -> bool:
        """Tell whether evaluation goes on after an error that newer versions of Terraform do not have."""
        return False

    def environment(self, scope: Scope, span: Span) -> Environment:
        """Return what functions see: Terragrunt's own functions, and files relative to the file that is read."""
        config, reading = self.config, self.config.reading
        return Environment(
            Location(scope.path, span),
            config.directory,
            reading.files,
            reading.templates,
            moment=reading.moment,
            functions=config.functions,
        )

    def resolve(self, root: Variable, steps: Steps, scope: Scope) -> tuple[Value, int]:
        """Return the value of the beginning of a reference. Raises EvaluationError where there is none such."""
        name = step_name(steps, 0)
        found: tuple[Value, int] | None = None
        if root.name == "local" and name is not None:
            value = self.config.local(name)
            found = None if value is None else (value, 1)
        elif root.name == "include":
            found = self._include(name, steps)
        elif root.name == "dependency" and name is not None and self.config.block("dependency", name):
            found = self.config.dependency(name), 1
        elif root.name == "feature" and name is not None:
            found = self._feature(name)
        elif root.name == "values":
            reason = "values are given by a terragrunt.stack.hcl, which guard does not read"
            found = unknown(DYNAMIC, Unknown(reason, scope.at(root.span))), 0
        if found is None:
            shown = f"{root.name}.{name}" if name else root.name
            raise scope.error(f"{shown} is not defined in this file", root.span)
        return found

    def _include(self, name: str | None, steps: Steps) -> tuple[Value, int] | None:
        included, used = self._chosen(name)
        if included is None or not included.exposed:
            return None
        part = included.config.part(steps[used:])
        return (part[0], part[1] + used) if part is not None else (included.config.whole(), used)

    def _chosen(self, name: str | None) -> tuple[Include | None, int]:
        includes = self.config.includes()
        if "" in includes and name in (*_PARTS, None):
            return includes[""], 0
        return includes.get(name or ""), 1

    def _feature(self, name: str) -> tuple[Value, int] | None:
        found = self.config.block("feature", name)
        if found is None:
            return None
        value = found[0].value(found[1].body.attributes.get("default"), f"feature.{name}")
        return (object_value({"value": value}), 1) if value is not None else None

    def lead(self, root: Variable, steps: Steps, scope: Scope) -> Lead | None:
        """Return where the beginning of a reference is written, None where that is not told."""
        name = step_name(steps, 0)
        if root.name == "include":
            included, used = self._chosen(name)
            return None if included is None else _lead_into(included.config, steps, used)
        if root.name == "dependency" and name is not None and step_name(steps, 1) == "outputs":
            mock = self.config.mock(name)
            return Lead(*mock, f"dependency.{name} has its mock outputs here", 2) if mock is not None else None
        if root.name != "local" or name is None:
            return None
        expression = self.config.local_expression(name)
        if expression is None:
            return None
        if isinstance(expression, Call) and expression.name == "read_terragrunt_config" and len(steps) > 1:
            read = self._read(expression)
            return None if read is None else _lead_into(read, steps, 1)
        return Lead(expression, self.config.scope, f"local.{name} is defined here", 1)

    def _read(self, node: Call) -> Config | None:
        try:
            path = evaluate(node.arguments[0], self.config.scope) if node.arguments else string("")
        except Failure:
            return None
        return read_config(self.config, path)


def _lead_into(config: Config, steps: Steps, used: int) -> Lead | None:
    kind, name = step_name(steps, used), step_name(steps, used + 1)
    if name is None:
        return None
    if kind == "locals":
        expression = config.local_expression(name)
        return None if expression is None else Lead(expression, config.scope, f"local.{name} is defined here", used + 2)
    found = config.inputs()[0].get(name) if kind == "inputs" else None
    return Lead(found.expression, found.scope, f"{name} is an input here", used + 2) if found else None
