"""Expressions evaluated in the scope of a root module, as `terraform console` does without providers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from guard.formats.hcl import parse_expression
from guard.model.document import Tree
from guard.model.finding import Problem
from guard.model.location import whole_file
from guard.model.value import Unknown
from guard.terraform import numbers
from guard.terraform.evaluation import Evaluation
from guard.terraform.expressions import evaluate
from guard.terraform.functions.paths import CHECKOUT
from guard.terraform.notation import type_text, value_text
from guard.terraform.numbers import Number, NumberTooLarge
from guard.terraform.references import references
from guard.terraform.roots import deep_recursion, evaluation_of
from guard.terraform.scope import Failure
from guard.terraform.sources import Sources
from guard.terraform.static_checks import problem_of
from guard.terraform.statics import Mention
from guard.terraform.values import Undecided, Value, is_sensitive, unknown
from guard.terraform.variables import EvaluationOptions

NAME = "expression"
"""What stands for a file's path in the location of an error within an expression."""

WORK = 300_000


class Console:
    """An evaluated root module that answers expressions."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        # What is asked here is answered as the version of Terraform does whose functions these are.
        evaluation.strict = True

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of the configuration itself."""
        return tuple(self._evaluation.problems.values())

    def evaluate(self, text: str) -> Value | Problem:
        """Return the value of an expression, or the problem that keeps it from having one."""
        expression, problems = parse_expression(NAME, text, by_line=True)
        if expression is None:
            return problems[0]
        root = self._evaluation.root
        for reference in references(expression):
            problem = problem_of(root.module, "", Mention(reference, NAME, ""))
            if problem is not None:
                return problem
        self._evaluation.budget.total = WORK
        self._evaluation.budget.refill(WORK)
        try:
            with deep_recursion():
                return _shown(evaluate(expression, root.scope(NAME)))
        except Failure as failure:
            return Problem(failure.code, failure.message, failure.location)
        except RecursionError:
            return Problem("too-large", "evaluation is too large: values are nested too deeply", None)


def open_console(tree: Tree, directory: str, options: EvaluationOptions) -> Console | None:
    """Return the console of a root directory, None where it has no configuration."""
    evaluation = evaluation_of(Sources(tree, options.modules), directory, options)
    return None if evaluation is None else Console(evaluation)


def _shown(value: Value) -> Value:
    """Return a value whose texts that hold the place of the checkout are unknown: nobody has told that place."""
    content = value.content
    if isinstance(content, str) and CHECKOUT in content:
        cause = Unknown("it depends on where the repository is checked out", whole_file(NAME))
        return unknown(value.type, cause, not_null=True)
    if isinstance(content, Mapping):
        return value._replace(content={name: _shown(each) for name, each in content.items()})
    if isinstance(content, tuple) and not isinstance(content, Number):
        return value._replace(content=tuple(_shown(each) for each in content))
    return value


def plain(value: Value) -> Any:
    """Return a value as JSON knows it, numbers as Decimal with all digits, unknown parts as {"__unknown__": reason}."""
    content = value.content
    if isinstance(content, Undecided):
        return {"__unknown__": content.cause.reason}
    if isinstance(content, Number):
        return _plain_number(content)
    if isinstance(content, Mapping):
        return {name: plain(each) for name, each in content.items()}
    if isinstance(content, tuple):
        return [plain(each) for each in content]
    return content


def _plain_number(number: Number) -> Decimal | str:
    try:
        return str(numbers.text(number)) if number.is_infinite else numbers.decimal(number)
    except NumberTooLarge:
        return str(float("inf"))


def sensitive_paths(value: Value, path: str = "") -> Iterator[str]:
    """Yield the paths of the parts that Terraform would not show, `.` for the whole."""
    if is_sensitive(value):
        yield path or "."
        return
    if isinstance(value.content, Mapping):
        for name, each in value.content.items():
            yield from sensitive_paths(each, f"{path}.{name}" if path else name)
        return
    for position, each in enumerate(value.items):
        yield from sensitive_paths(each, f"{path}[{position}]")


__all__ = ["Console", "open_console", "plain", "sensitive_paths", "type_text", "value_text"]
