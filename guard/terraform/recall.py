"""Values that a module's instances have in common: what is made of the same values is evaluated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from guard.formats.hcl_syntax import Expression
from guard.terraform.content import Value
from guard.terraform.expressions import evaluate
from guard.terraform.references import FunctionCall, Reference, mentions
from guard.terraform.scope import Scope

if TYPE_CHECKING:
    from guard.terraform.evaluation import ModuleInstance

# What these give depends on the root, and so do path.module and terraform.workspace.
_OF_THE_ROOT: Final = ("file", "template", "timestamp", "plantimestamp", "pathexpand", "abspath")
_TREE_WIDE: Final = frozenset({"var", "local"})
_ROOT_WIDE: Final = frozenset({"path", "terraform", "tofu"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an expression is made of: the parts of its module that it mentions, and whether its root counts too."""

    parts: tuple[str, ...]
    of_root: bool


class Kept(NamedTuple):
    """A result, the work it took, and the values that it was made of, which must live as long as their identity."""

    result: Value
    work: int
    made_of: tuple[Value, ...]


def recalled(module: ModuleInstance, expression: Expression, scope: Scope) -> Value:
    """Return the value of an expression of a module, that of an earlier instance where it is made of the very same
    values.

    Nothing is kept of an evaluation that had something to tell: it must be told for each root. Raises Failure.
    """
    evaluation = module.evaluation
    recipe = _recipe(module, expression)
    made_of = None if recipe is None else module.settled(recipe.parts)
    if recipe is None or made_of is None:
        return evaluate(expression, scope)
    store: dict[Any, Kept] = evaluation.recalled if recipe.of_root else module.module.recalled
    key = (id(expression), evaluation.short_circuits, evaluation.strict, *map(_identity, made_of))
    budget = evaluation.budget
    kept = store.get(key)
    if kept is not None and kept.work <= budget.left:
        budget.spend(kept.work, scope.at(expression.span))
        return kept.result
    before, told = budget.left, len(evaluation.problems)
    result = evaluate(expression, scope)
    if not budget.tries and len(evaluation.problems) == told and kept is None:
        store[key] = Kept(result, before - budget.left, made_of)
    return result


def _recipe(module: ModuleInstance, expression: Expression) -> Recipe | None:
    # Syntax trees live as long as their module.
    recipes = module.module.recipes
    if id(expression) not in recipes:
        recipes[id(expression)] = _found(expression)
    found = recipes[id(expression)]
    assert found is None or isinstance(found, Recipe)
    return found


def _found(expression: Expression) -> Recipe | None:
    parts: dict[str, None] = {}
    of_root = False
    for one in mentions(expression):
        if isinstance(one, FunctionCall):
            of_root = of_root or one.name.removeprefix("core::").startswith(_OF_THE_ROOT)
        elif one.names[0] in _ROOT_WIDE:
            of_root = True
        elif not _is_part(one):
            return None
        else:
            parts[".".join(one.names[:2])] = None
    return Recipe(tuple(parts), of_root)


def _is_part(one: Reference) -> bool:
    return one.names[0] in _TREE_WIDE and len(one.names) > 1


def _identity(value: Value) -> object:
    # Short contents are told apart by themselves, so that what callers write anew each time is known again.
    content = value.content
    if content is None or isinstance(content, (str, bool)):
        return id(value.type), content, value.marks
    return id(value.type), id(content), value.marks
