"""What an expression is evaluated in: the names bound around it, its module, and how much work is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from guard.formats.hcl_syntax import Expression, GetAttribute, Index, Variable
from guard.model.location import Location, Span
from guard.terraform.functions.framework import Environment
from guard.terraform.values import Value

WORK = 1_000_000
"""How many loop rounds, template parts and results of functions one root may cost: seconds, never minutes."""

NO_BINDINGS: Mapping[str, Value] = {}
NO_LOOPS: Mapping[str, Loop] = {}


class Failure(Exception):  # noqa: N818 - the base of the two below
    """An expression got no value."""

    def __init__(self, message: str, location: Location, code: str = "evaluation") -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.code = code


class EvaluationError(Failure):
    """An expression has no value, and would have none in Terraform either; `try` goes on after it."""


class TooLarge(Failure):
    """The evaluation was given up because it takes too much work."""


class Budget:
    """The work that is left: for the part that is evaluated now, and for the whole root.

    `tries` counts the calls of `try` and `can` around what is evaluated now.
    """

    __slots__ = ("left", "total", "tries")

    def __init__(self, work: int = WORK) -> None:
        self.tries = 0
        self.total = work
        self.left = work

    def refill(self, work: int) -> None:
        """Allow the next part `work`, as far as the root has any left."""
        self.left = min(work, self.total)

    def spend(self, work: int, location: Location) -> None:
        """Take `work` from what is left. Raises TooLarge where that is not enough."""
        self.left -= work
        self.total -= work
        if self.left < 0:
            message = "evaluation is too large: it takes more loop rounds or makes larger values than guard allows"
            raise TooLarge(message, location, "too-large")


class Context(Protocol):
    """Where the first names of a reference get their value, and functions what they need of their surroundings."""

    @property
    def short_circuits(self) -> bool:
        """Whether the right operand of `&&` and `||` is left alone where the left one decides."""
        ...

    def overlooks(self, error: EvaluationError) -> bool:
        """Tell whether evaluation goes on after an error that newer versions of Terraform do not have."""
        ...

    def resolve(self, root: Variable, steps: Sequence[GetAttribute | Index], scope: Scope) -> tuple[Value, int]:
        """Return the value of the longest beginning of a reference that is known here, and how many steps it took."""
        ...

    def environment(self, scope: Scope, span: Span) -> Environment:
        """Return what a function that is called here may see beside its arguments."""
        ...


class Lead(NamedTuple):
    """Where the beginning of a reference is written: an expression, and how many steps of the reference led to it."""

    expression: Expression
    scope: Scope
    message: str
    used: int


@runtime_checkable
class Tracing(Protocol):
    """A context that tells where what it resolves is written."""

    def lead(self, root: Variable, steps: Sequence[GetAttribute | Index], scope: Scope) -> Lead | None:
        """Return where the beginning of a reference is written, None where that is not told."""
        ...


class Loop(NamedTuple):
    """What a bound name goes over, so that a value can be traced to the element that is written."""

    collection: Expression
    scope: Scope
    key: Value


class Scope:
    """One level of names; loops make a new one for each round. `loops` tells of some bound names what they go over."""

    __slots__ = ("bound", "budget", "context", "item", "loops", "path")

    def __init__(
        self,
        path: str,
        context: Context,
        budget: Budget,
        bound: Mapping[str, Value] = NO_BINDINGS,
        item: Value | None = None,
        loops: Mapping[str, Loop] = NO_LOOPS,
    ) -> None:
        self.path = path
        self.context = context
        self.budget = budget
        self.bound = bound
        self.item = item
        self.loops = loops

    def at(self, span: Span) -> Location:
        """Return a span as a place in this scope's file."""
        return Location(self.path, span)

    def spend(self, work: int, span: Span) -> None:
        """Take work from what is left. Raises TooLarge, at `span`, where that is not enough."""
        budget = self.budget
        if work <= budget.left:
            budget.left -= work
            budget.total -= work
        else:
            budget.spend(work, Location(self.path, span))

    def binding(self, names: Mapping[str, Value], loop: Loop | None = None) -> Scope:
        """Return this scope with more names bound."""
        loops = self.loops if loop is None else {**self.loops, **dict.fromkeys(names, loop)}
        return Scope(self.path, self.context, self.budget, {**self.bound, **names}, self.item, loops)

    def over(self, item: Value) -> Scope:
        """Return this scope with another current element of a splat."""
        return Scope(self.path, self.context, self.budget, self.bound, item, self.loops)

    def elsewhere(self, path: str) -> Scope:
        """Return this scope for an expression of another file."""
        if path == self.path:
            return self
        return Scope(path, self.context, self.budget, self.bound, self.item, self.loops)

    def error(self, message: str, span: Span) -> EvaluationError:
        """Return an error at `span`, to be raised."""
        return EvaluationError(message, Location(self.path, span))
