"""The files that functions may read, and the templates that they evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from guard.formats.hcl_syntax import Expression, GetAttribute, Index, Variable
from guard.model.document import ReadError, Tree
from guard.model.location import FIRST_CHARACTER, Location, Span
from guard.terraform.expressions import evaluate
from guard.terraform.functions.framework import Environment, FunctionError
from guard.terraform.references import Reference, mentions
from guard.terraform.scope import Budget, EvaluationError, Scope
from guard.terraform.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence


class TreeFiles:
    """A tree's files as functions read them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises OSError where there is none that may be read."""
        try:
            return self.tree.read(path)
        except ReadError as error:
            raise FileNotFoundError(str(error)) from None

    def paths(self) -> tuple[str, ...]:
        """Return every file's path."""
        return self.tree.paths()


class TemplateContext:
    """What a template sees: its variables only."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @property
    def short_circuits(self) -> bool:
        """Whether the right operand of `&&` and `||` is left alone where the left one decides."""
        return False

    def overlooks(self, error: EvaluationError) -> bool:
        """Tell whether evaluation goes on after an error that newer versions of Terraform do not have."""
        return False

    def resolve(self, root: Variable, steps: Sequence[GetAttribute | Index], scope: Scope) -> tuple[Value, int]:
        """Raise EvaluationError: every variable of a template is bound already."""
        raise scope.error(f'the template has no variable "{root.name}"', root.span)

    def environment(self, scope: Scope, span: Span) -> Environment:
        """Return what functions see within the template: no further template may be read."""
        return self._environment


class TemplateRunner:
    """Evaluates templates for `templatefile` and `templatestring`; each text is parsed once."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._parsed: dict[tuple[str, str], Expression] = {}

    def __call__(self, name: str, text: str, variables: Mapping[str, Value], environment: Environment) -> Value:
        """Return the evaluated template. Raises FunctionError where it is broken, lacks a variable or fails."""
        expression = self._expression(name, text)
        for found in mentions(expression):
            if isinstance(found, Reference) and found.names[0] not in variables:
                place = f"{name}:{found.root.line},{found.root.column}"
                raise FunctionError(f'the variables lack "{found.names[0]}", which the template uses at {place}', 1)
        inner = environment._replace(depth=environment.depth + 1)
        scope = Scope(name, TemplateContext(inner), self.budget, variables)
        try:
            return evaluate(expression, scope)
        except EvaluationError as error:
            line, column = error.location.span[:2]
            raise FunctionError(f"{name}:{line},{column}: {error.message}") from None

    def _expression(self, name: str, text: str) -> Expression:
        found = self._parsed.get((name, text))
        if found is None:
            from guard.formats.hcl import parse_template

            found, problems = parse_template(name, text)
            if found is None:
                place = problems[0].location or Location(name, FIRST_CHARACTER)
                raise FunctionError(f"{name}:{place.line},{place.column}: {problems[0].message}")
            self._parsed[name, text] = found
        return found
