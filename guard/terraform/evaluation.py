"""A root and the modules below it, evaluated part by part: each part once, when something first asks for it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from guard.formats.hcl_syntax import Expression
from guard.model.finding import Problem
from guard.model.location import Location
from guard.model.value import Unknown
from guard.terraform import variables
from guard.terraform.bodies import EvaluatedBody
from guard.terraform.configuration import Module, Written, asks_for_short_circuits
from guard.terraform.context import BlockContext
from guard.terraform.expansion import SINGLE, Expansion, Key, Repetition, expand, key_text, unexpanded
from guard.terraform.expressions import SHORT_CIRCUIT, evaluate
from guard.terraform.files import TemplateRunner, TreeFiles
from guard.terraform.modules import Branch
from guard.terraform.recall import Kept, recalled
from guard.terraform.scope import Budget, EvaluationError, Failure, Scope, TooLarge
from guard.terraform.sources import Sources
from guard.terraform.statics import Statics
from guard.terraform.types import DYNAMIC
from guard.terraform.values import EPHEMERAL, SENSITIVE, Undecided, Value, marked, object_value, tuple_value, unknown
from guard.terraform.variables import Declaration, Deployment, EvaluationOptions

if TYPE_CHECKING:
    from guard.terraform.known_modules import ModuleCall
    from guard.terraform.resources import ResourceInstance

TOO_DEEP = "evaluation is too large: values or references are nested too deeply"


CERTAIN = frozenset({"cycle", "reference", "syntax", "too-large", "type"})
"""The codes of failures that do not depend on the values which variables are given."""


class Evaluation:
    """What all modules of one root share: options, problems, and how much work is left."""

    def __init__(
        self, sources: Sources, root: Branch, options: EvaluationOptions, deployment: Deployment | None = None
    ) -> None:
        self.sources = sources
        self.options = options
        self.directory = root.module.path
        self.name = deployment.name if deployment else self.directory
        self.budget = Budget()
        self.files = TreeFiles(sources.tree)
        self.templates = TemplateRunner(self.budget)
        self.strict = False
        self.short_circuits = any(asks_for_short_circuits(branch.module) for branch in root.walk())
        self.problems: dict[tuple[str, Location | None], Problem] = {}
        self.cycles: dict[tuple[tuple[str, ...], str], Unknown] = {}
        self.recalled: dict[Any, Kept] = {}
        self.known_calls: dict[tuple[str, str], tuple[ModuleCall, ...]] = {}
        self.given, problems = variables.collect(sources, self.directory, options, deployment)
        for problem in (*problems, *variables.undeclared(root.module, self.given)):
            self.tell(problem)
        self.assured = self._is_assured(root.module)
        self.root = ModuleInstance(self, root, None, None, SINGLE.instances[0][1])

    def _is_assured(self, module: Module) -> bool:
        """Tell whether failures are the root's own: it is deployed as it is and does not wait for a caller."""
        deployed = bool(
            self.given or module.has_backend or any(one.block.body.attributes for one in module.providers.values())
        )
        return deployed or not module.variables

    def tell(self, problem: Problem) -> None:
        """Keep a problem; the same one at the same place is kept once."""
        self.problems.setdefault((problem.message, problem.location), problem)

    def report(self, failure: Failure, what: str = "") -> Unknown:
        """Keep a failure as a problem, and return the reason for what depends on it."""
        sure = failure.code in CERTAIN or (self.assured and failure.code != SHORT_CIRCUIT)
        self.tell(Problem(failure.code, failure.message, failure.location, blocking=sure, advisory=not sure))
        name = f"{what} has no value" if what else "it has no value"
        return Unknown(f"{name}: {failure.message}", failure.location)

    def statics_of(self, module: Module) -> Statics:
        """Return what the parts of a module mention."""
        found = module.statics
        if found is None:
            found = module.statics = Statics(module)
        assert isinstance(found, Statics)
        return found


class ModuleInstance:
    """One instance of a module. `address` is empty for the root, else such as `module.train["eu"]`."""

    def __init__(
        self, evaluation: Evaluation, branch: Branch, parent: ModuleInstance | None, key: Key, repetition: Repetition
    ) -> None:
        self.evaluation = evaluation
        self.branch = branch
        self.module = branch.module
        self.parent = parent
        self.key = key
        self.address = ""
        if parent is not None:
            own = f"module.{branch.names[-1]}{key_text(key)}"
            self.address = f"{parent.address}.{own}" if parent.address else own
        self.context = BlockContext(self)
        self.call_context = BlockContext(parent, repetition, block=branch.call) if parent is not None else None
        self._values: dict[str, Value | None] = {}
        self._expansions: dict[str, Expansion] = {}
        self._children: dict[str, tuple[ModuleInstance, ...]] = {}
        self._resources: dict[str, tuple[ResourceInstance, ...]] = {}
        self._providers: dict[str, EvaluatedBody | None] = {}
        self._declarations: dict[str, Declaration] = {}

    def scope(self, path: str, context: BlockContext | None = None) -> Scope:
        """Return the scope of an expression of this module which stands in the file `path`."""
        return Scope(path, context or self.context, self.evaluation.budget)

    def part(self, subject: str, compute: Callable[[], Value], place: Location) -> Value:
        """Return a part's value, computed once. A failure is reported and makes it unknown; so does a cycle."""
        if subject in self._values:
            found = self._values[subject]
            return unknown(DYNAMIC, Unknown(f"{subject} depends on itself", place)) if found is None else found
        cycle = self.evaluation.cycles.get((self.branch.names, subject))
        if cycle is not None:
            return unknown(DYNAMIC, cycle)
        self._values[subject] = None
        result: Value | None = None
        try:
            result = compute()
        except Failure as failure:
            result = unknown(DYNAMIC, self.evaluation.report(failure, subject))
        except RecursionError:
            result = unknown(DYNAMIC, self.evaluation.report(TooLarge(TOO_DEEP, place, "too-large"), subject))
        finally:
            if result is None:
                del self._values[subject]
        self._values[subject] = result
        return result

    # Variables

    def variable(self, name: str) -> Value | None:
        """Return an input variable's value, None where it is not declared."""
        found = self._values.get(f"var.{name}")
        if found is not None:
            return found
        written = self.module.variables.get(name)
        if written is None:
            return None
        return self.part(f"var.{name}", lambda: self._variable(name, written), written.header)

    def declaration(self, name: str) -> Declaration:
        """Return what the block of a declared variable says."""
        found = self._declarations.get(name)
        if found is None:
            found, failures = self._declared(name)
            for failure in failures:
                self.evaluation.report(failure)
            self._declarations[name] = found
        return found

    def _declared(self, name: str) -> tuple[Declaration, tuple[Failure, ...]]:
        """Return what a variable declares and what is wrong with that, found once for all calls of the module."""
        found = self.module.declarations.get(name)
        if found is None:
            written = self.module.variables[name]
            failures: list[Failure] = []
            declaration = variables.declare(name, written, self.scope(written.path), evaluate, failures.append)
            found = self.module.declarations[name] = (declaration, tuple(failures))
        return found

    def argument(self, name: str) -> tuple[Expression, Scope] | None:
        """Return the expression that gives a variable of this module its value, None where only its default does."""
        if self.parent is None or self.branch.call is None:
            given = self.evaluation.given.get(name)
            if given is None or given.expression is None:
                return None
            return given.expression, given.scope or self.scope(given.location.path)
        attribute = self.branch.call.attribute(name)
        if attribute is None:
            return None
        scope = self.parent.scope(self.branch.call.path_of(name), self.call_context)
        return attribute.expression, scope

    def _variable(self, name: str, written: Written) -> Value:
        declaration = self.declaration(name)
        given = self.argument(name)
        text = self.evaluation.given.get(name) if self.parent is None else None
        if text is not None and text.value is not None:
            return self._accepted(declaration, text.value, text.location)
        if given is not None:
            expression, scope = given
            free = self.parent is not None or (text is not None and text.scope is not None)
            value = evaluate(expression, scope) if free else variables.constant(expression, scope, evaluate)
            return self._accepted(declaration, value, scope.at(expression.span))
        if text is not None:
            value = variables.from_text(declaration, text, self.scope(written.path), evaluate)
            return self._accepted(declaration, value, written.header)
        if declaration.default is not None:
            default = declaration.default
            return marked(default, *declaration.marks) if declaration.marks else default
        return unknown(declaration.type, Unknown(f"{self.named(f'var.{name}')} has no value", written.header))

    def _accepted(self, declaration: Declaration, value: Value, place: Location) -> Value:
        try:
            return variables.accept(declaration, value, place)
        except EvaluationError as error:
            return unknown(declaration.type, self.evaluation.report(error, f"var.{declaration.name}"))

    def named(self, subject: str) -> str:
        """Return a part's name from the root."""
        return f"{self.address}.{subject}" if self.address else subject

    # Locals and outputs

    def local(self, name: str) -> Value | None:
        """Return a local value, None where it is not defined."""
        found = self._values.get(f"local.{name}")
        if found is not None:
            return found
        local = self.module.locals.get(name)
        if local is None:
            return None
        place = Location(local.path, local.attribute.name_span)
        expression, scope = local.attribute.expression, self.scope(local.path)
        return self.part(f"local.{name}", lambda: recalled(self, expression, scope), place)

    def settled(self, subjects: Iterable[str]) -> tuple[Value, ...] | None:
        """Return the values of variables and locals that are evaluated already; None where one is not."""
        found = tuple(map(self._values.get, subjects))
        return None if None in found else found  # type: ignore[return-value]

    def output(self, name: str) -> Value | None:
        """Return an output's value, None where it is not declared."""
        found = self._values.get(f"output.{name}")
        if found is not None:
            return found
        written = self.module.outputs.get(name)
        if written is None:
            return None
        return self.part(f"output.{name}", lambda: self._output(written), written.header)

    def _output(self, written: Written) -> Value:
        attribute = written.attribute("value")
        if attribute is None:
            return unknown(DYNAMIC, Unknown("the output has no value", written.header))
        value = evaluate(attribute.expression, self.scope(written.path_of("value")))
        for name, mark in (("sensitive", SENSITIVE), ("ephemeral", EPHEMERAL)):
            flag = written.attribute(name)
            if flag is not None and evaluate(flag.expression, self.scope(written.path_of(name))).content is True:
                value = marked(value, mark)
        return value

    # Module calls

    def expansion(self, subject: str, written: Written) -> Expansion:
        """Return the instances of a resource (`aws_instance.a`) or module call (`module.m`) of this module."""
        found = self._expansions.get(subject)
        if found is not None:
            return found
        kind = "for_each" if written.attribute("for_each") else "count"
        cycle = self.evaluation.cycles.get((self.branch.names, subject))
        if cycle is not None:
            found = unexpanded(kind, cycle) if written.attribute(kind) else SINGLE
        else:
            # Set before evaluating, so that a block whose count asks for itself comes to an end.
            self._expansions[subject] = unexpanded(kind, Unknown(f"{subject} depends on itself", written.header))
            context = BlockContext(self, block=written)
            try:
                found = expand(written, self.scope(written.path, context))
                self._tell_undecided(kind, written, found.undecided)
            except Failure as failure:
                found = unexpanded(kind, self.evaluation.report(failure, f"{kind} of {self.named(subject)}"))
        self._expansions[subject] = found
        return found

    def _tell_undecided(self, kind: str, written: Written, cause: Unknown | None) -> None:
        # What Terraform always makes up at apply: the plan fails, unless the resource exists already.
        if cause is None or not cause.reason.endswith((".id", ".output")) or ": " not in cause.reason:
            return
        attribute = written.attribute(kind)
        if attribute is not None and cause.reference and not cause.reference.startswith("data."):
            message = f"{kind} depends on what is known only after apply ({cause.reason.partition(': ')[2]})"
            place = Location(written.path_of(kind), attribute.expression.span)
            self.evaluation.tell(Problem("expansion", message, place, blocking=False))

    def children(self, name: str) -> tuple[ModuleInstance, ...]:
        """Return the instances of a module that this one calls, none where the call leads nowhere."""
        found = self._children.get(name)
        if found is None:
            branch = self.branch.children.get(name)
            found = ()
            if branch is not None:
                expansion = self.expansion(f"module.{name}", self.module.calls[name])
                found = tuple(
                    ModuleInstance(self.evaluation, branch, self, key, repetition)
                    for key, repetition in expansion.instances
                )
            self._children[name] = found
        return found

    def outputs(self) -> Value:
        """Return all outputs as one object."""
        values = {name: self.output(name) for name in self.module.outputs}
        return object_value({name: value for name, value in values.items() if value is not None})

    def call(self, name: str) -> Value | None:
        """Return a called module as its caller sees it: an object of outputs, or a tuple or object of such."""
        written = self.module.calls.get(name)
        if written is None:
            return None
        missing = self.branch.missing.get(name)
        if missing is not None:
            from guard.terraform.known_calls import value

            return value(self, name) or unknown(DYNAMIC, missing)
        expansion = self.expansion(f"module.{name}", written)
        children = self.children(name)
        if expansion.undecided is not None:
            held = Undecided(expansion.undecided, part=lambda step: children[0].outputs())
            return Value(DYNAMIC, held)
        if expansion.kind == "single":
            return children[0].outputs()
        if expansion.kind == "count":
            return tuple_value([child.outputs() for child in children])
        return object_value({str(child.key): child.outputs() for child in children})

    # Resources

    def resources(self, subject: str) -> tuple[ResourceInstance, ...]:
        """Return the instances of a resource or data source of this module."""
        found = self._resources.get(subject)
        if found is None:
            from guard.terraform.resources import ResourceInstance

            written = self.module.resources[subject]
            expansion = self.expansion(subject, written)
            found = tuple(
                ResourceInstance(self, subject, written, key, repetition, expansion.undecided)
                for key, repetition in expansion.instances
            )
            self._resources[subject] = found
        return found

    def resource(self, subject: str) -> Value | None:
        """Return a resource as references see it: one object, or a tuple or object of them; None if not declared."""
        found = self._values.get(f"resource {subject}")
        if found is not None:
            return found
        written = self.module.resources.get(subject)
        if written is None:
            return None
        return self.part(f"resource {subject}", lambda: self._resource(subject, written), written.header)

    def _resource(self, subject: str, written: Written) -> Value:
        cycle = self.evaluation.cycles.get((self.branch.names, subject))
        if cycle is not None:
            return unknown(DYNAMIC, cycle)
        expansion = self.expansion(subject, written)
        instances = self.resources(subject)
        if expansion.undecided is not None:
            return instances[0].whole_of_any(expansion.undecided)
        if expansion.kind == "single":
            return instances[0].whole()
        if expansion.kind == "count":
            return tuple_value([one.whole() for one in instances])
        return object_value({str(one.key): one.whole() for one in instances})

    def provider(self, label: str) -> EvaluatedBody | None:
        """Return the body of a provider configuration that this module itself has, None where it has none."""
        from guard.terraform.providers import ProviderOwner

        if label not in self._providers:
            written = self.module.providers.get(label)
            self._providers[label] = None
            if written is not None:
                owner, scope = ProviderOwner(self, label), self.scope(written.path)
                body = EvaluatedBody(owner, written.block.body, scope, written.header, "", written.elsewhere)
                self._providers[label] = body
        return self._providers[label]

    @property
    def relative_path(self) -> str:
        """Return the module's directory as `path.module` gives it: relative to the root module."""
        root = self.evaluation.directory
        return posixpath.relpath("/" + self.module.path, "/" + root)
