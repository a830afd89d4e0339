"""What the evaluator's tests share: a root from texts, and the plain value of an expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.inputs.memory import MemoryTree
from guard.model.finding import Problem
from guard.model.instance import Instance
from guard.terraform import console
from guard.terraform.roots import Evaluated, EvaluationOptions, evaluate
from guard.terraform.values import Value

DEFAULT = EvaluationOptions()


def answer(expression: str, prelude: str = "") -> Value | Problem:
    """Return what the console says to an expression in a root of one file."""
    opened = console.open_console(MemoryTree({"main.tf": prelude + "\n"}), "", DEFAULT)
    assert opened is not None
    return opened.evaluate(expression)


def plain(expression: str, prelude: str = "") -> Any:
    """Return an expression's value as JSON has it."""
    found = answer(expression, prelude)
    assert isinstance(found, Value), found
    return console.plain(found)


def error(expression: str, prelude: str = "") -> Problem:
    """Return the problem that an expression has."""
    found = answer(expression, prelude)
    assert isinstance(found, Problem), found
    return found


def type_of(expression: str, prelude: str = "") -> str:
    """Return the type of an expression's value."""
    found = answer(expression, prelude)
    assert isinstance(found, Value), found
    return console.type_text(found.type)


def roots(files: Mapping[str, str | bytes], options: EvaluationOptions = DEFAULT) -> dict[str, Evaluated]:
    """Return the roots of a tree by directory."""
    return {one.root: one for one in evaluate(MemoryTree(files), options)}


def root(files: Mapping[str, str | bytes], options: EvaluationOptions = DEFAULT) -> Evaluated:
    """Return the one root of a tree."""
    found = roots(files, options)
    assert len(found) == 1, list(found)
    return next(iter(found.values()))


def instances(files: Mapping[str, str | bytes], options: EvaluationOptions = DEFAULT) -> dict[str, Instance]:
    """Return the instances of the one root of a tree by address."""
    return {one.address: one for one in root(files, options).instances}


def messages(evaluated: Evaluated) -> list[tuple[str, str]]:
    """Return the problems of a root as place and message."""
    return [
        (f"{one.location.path}:{one.location.line}:{one.location.column}" if one.location else "", one.message)
        for one in evaluated.problems
    ]
