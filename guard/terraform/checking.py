"""The walk over a whole root: every part in the order of its needs, every problem told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise

from guard.formats.hcl_syntax import Body, Expression
from guard.model.finding import Problem
from guard.model.location import Location, Span, Step
from guard.model.value import Unknown
from guard.terraform import static_checks
from guard.terraform.configuration import blocks_of
from guard.terraform.context import BlockContext
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.evaluation import Evaluation, ModuleInstance
from guard.terraform.expressions import evaluate
from guard.terraform.modules import Branch
from guard.terraform.providers import bodies_of
from guard.terraform.recall import recalled
from guard.terraform.scope import Failure, Scope
from guard.terraform.statics import Graph, cycle_in, name_of
from guard.terraform.types import BOOL
from guard.terraform.values import Value, is_sensitive

WORK_OF_ONE_PART = 300_000


class Walk:
    """One walk over the parts of a root."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self._instances: dict[tuple[str, ...], list[ModuleInstance]] = {(): [evaluation.root]}

    def instances(self, branch: Branch) -> list[ModuleInstance]:
        """Return the instances of a module as it is reached by one chain of calls."""
        found = self._instances.get(branch.names)
        if found is None:
            assert branch.parent is not None
            found = [one for parent in self.instances(branch.parent) for one in parent.children(branch.names[-1])]
            self._instances[branch.names] = found
        return found

    def run(self) -> None:
        """Find the cycles, then evaluate every part."""
        root = self.evaluation.root.branch
        for branch in root.walk():
            static_checks.check(self.evaluation, branch)
        graph = Graph(root, self.evaluation.statics_of)
        for group in graph.groups():
            if len(group) > 1 or group[0] in graph.needs(group[0]):
                self._cycle(graph, group)
            for number in group:
                self._visit(*graph.parts[number])

    def _cycle(self, graph: Graph, group: list[int]) -> None:
        members = cycle_in(graph, group)
        names = [name_of(graph.parts[number]) for number in members]
        message = "cycle: " + " -> ".join(names)
        steps = [_mention(graph, one, other) for one, other in pairwise(members)]
        places = [place for place in steps if place is not None]
        place = places[0] if places else None
        related = tuple(Step(f"{name} needs what follows", at) for name, at in zip(names, steps, strict=False) if at)
        self.evaluation.tell(
            Problem("cycle", f"{message}: nothing in it can be evaluated first", place, True, related[1:])
        )
        for number in group:
            branch, subject = graph.parts[number]
            self.evaluation.cycles[branch.names, subject] = Unknown(message, place or Location("", Span(1, 1, 1, 1)))

    def _visit(self, branch: Branch, subject: str) -> None:
        for module in self.instances(branch):
            self.evaluation.budget.refill(WORK_OF_ONE_PART)
            kind, _, name = subject.partition(".")
            if kind == "var":
                module.variable(name)
                self._validate(module, name)
            elif kind == "local":
                module.local(name)
            elif kind == "output":
                self._output(module, name)
            elif kind == "module":
                module.children(name)
            elif kind == "provider":
                self._provider(module, name)
            elif kind == "check":
                self._assertions(
                    module.scope(module.module.checks[name].path),
                    blocks_of(module.module.checks[name].block.body, "assert"),
                    f"check.{name}",
                )
            else:
                self._resource(module, subject)

    def _provider(self, module: ModuleInstance, name: str) -> None:
        written = module.module.providers[name]
        if written.attribute("for_each") is not None:
            for one in bodies_of(module, name, written).values():
                one.settle()
            return
        body = module.provider(name)
        if body is not None:
            body.settle()

    def _output(self, module: ModuleInstance, name: str) -> None:
        value = module.output(name)
        written = module.module.outputs[name]
        scope = module.scope(written.path)
        self._assertions(scope, blocks_of(written.block.body, "precondition"), f"output.{name}")
        if value is not None and module.parent is None and is_sensitive(value) and not written.attribute("sensitive"):
            message = f'output "{name}" holds a sensitive value: add sensitive = true'
            self.evaluation.tell(Problem("sensitive", message, written.header, blocking=False))

    def _resource(self, module: ModuleInstance, subject: str) -> None:
        module.resource(subject)
        for instance in module.resources(subject):
            instance.body.settle()
            for kind, body in instance.conditions():
                itself = instance.whole if kind == "postcondition" else None
                context = BlockContext(module, instance.repetition, itself)
                self._assertions(module.scope(instance.written.path, context), (body,), instance.address)

    def _validate(self, module: ModuleInstance, name: str) -> None:
        written = module.module.variables[name]
        bodies = blocks_of(written.block.body, "validation")
        # Most calls of a module leave most variables at their defaults.
        self._assertions(module.scope(written.path), bodies, f"var.{name}", partial(recalled, module))

    def _assertions(
        self,
        scope: Scope,
        bodies: Iterable[Body],
        name: str,
        value_of: Callable[[Expression, Scope], Value] = evaluate,
    ) -> None:
        for body in bodies:
            condition = body.attributes.get("condition")
            if condition is None:
                continue
            try:
                value = value_of(condition.expression, scope)
                failed = value.is_known and convert(value, BOOL).content is False
            except ConversionError:
                continue
            except Failure as failure:
                self.evaluation.report(failure, name)
                continue
            if failed:
                message = f"{name} does not hold its condition: {_message(body, scope)}"
                place = scope.at(condition.expression.span)
                advisory = not self.evaluation.assured
                self.evaluation.tell(Problem("condition", message, place, blocking=False, advisory=advisory))


def _message(body: Body, scope: Scope) -> str:
    attribute = body.attributes.get("error_message")
    if attribute is None:
        return "it gives no message"
    try:
        value: Value = evaluate(attribute.expression, scope)
    except Failure:
        return "its message cannot be evaluated"
    return value.content if isinstance(value.content, str) and not is_sensitive(value) else "its message is not known"


def _mention(graph: Graph, one: int, other: int) -> Location | None:
    """Return where one part mentions another, None where only the order of calls ties them."""
    branch, subject = graph.parts[one]
    if subject.startswith("var.") and branch.parent is not None:
        branch, subject = branch.parent, f"module.{branch.names[-1]}"
    for mention in graph.statics(branch.module).of(subject):
        if other in graph.targets(branch, mention.reference):
            return mention.location
    return None
