"""Files of Terragrunt: their locals, includes, dependencies and inputs, each evaluated when something asks for it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from guard.formats.hcl_syntax import (
    Attribute,
    Block,
    Body,
    Expression,
    GetAttribute,
    Literal,
    ObjectConstructor,
    Parentheses,
)
from guard.model.finding import Problem
from guard.model.location import Location, Span
from guard.model.value import Unknown
from guard.terraform import terragrunt_functions
from guard.terraform.expressions import evaluate
from guard.terraform.files import TemplateRunner, TreeFiles
from guard.terraform.functions.framework import Function
from guard.terraform.functions.paths import CHECKOUT, clean
from guard.terraform.scope import Budget, Failure, Scope
from guard.terraform.sources import NOTHING, Sources
from guard.terraform.terragrunt_context import Steps, TerragruntContext, step_name
from guard.terraform.types import DYNAMIC
from guard.terraform.values import Value, first_unknown, object_value, unknown

MOST_FILES: Final = 200
"""How many files one unit may read: real ones read less than ten."""
MERGES: Final = ("no_merge", "shallow", "deep")


class Reading:
    """What the files of one unit share: the tree, how much work is left, and what is wrong with them.

    `outputs` gives the outputs of the unit in a directory as far as the text decides them, by name.
    """

    def __init__(
        self, sources: Sources, moment: str, outputs: Callable[[str], Mapping[str, Callable[[], Value]] | None]
    ) -> None:
        self.sources = sources
        self.moment = moment
        self.outputs = outputs
        self.budget = Budget()
        self.files = TreeFiles(sources.tree)
        self.templates = TemplateRunner(self.budget)
        self.problems: dict[tuple[str, Location | None], Problem] = {}
        self._configs: dict[tuple[str, str], Config] = {}

    def tell(self, code: str, message: str, place: Location, blocking: bool = False) -> None:
        """Keep a problem; the same one at the same place is kept once."""
        self.problems.setdefault((message, place), Problem(code, message, place, blocking))

    def report(self, failure: Failure, what: str) -> Unknown:
        """Tell of an expression that got no value, and return the reason for what depends on it."""
        self.tell("terragrunt", failure.message, failure.location)
        return Unknown(f"{what} has no value: {failure.message}", failure.location)

    def config(self, path: str, home: str, original: str, child: Config | None = None) -> Config | None:
        """Return a file as read for the unit in `home`, None where there is no such file or too many were read."""
        key = (path, home)
        found = self._configs.get(key)
        if found is None and self.sources.tree.exists(path) and len(self._configs) < MOST_FILES:
            found = self._configs[key] = Config(self, path, home, original, child)
            for problem in self.sources.document(path).problems:
                self.problems.setdefault((problem.message, problem.location), problem)
        return found


@dataclass(frozen=True, slots=True)
class Include:
    """An `include` block and the file that it leads to."""

    label: str
    config: Config
    exposed: bool
    merge: str


@dataclass(frozen=True, slots=True)
class Input:
    """One entry of `inputs`: where it is written, and its value where that was made of several."""

    expression: Expression
    scope: Scope
    value: Value | None = None

    @property
    def location(self) -> Location:
        """Return where it is written."""
        return self.scope.at(self.expression.span)


class Config:
    """One file of Terragrunt. `home` is the directory of the unit that it is read for, `child` what includes it."""

    def __init__(self, reading: Reading, path: str, home: str, original: str, child: Config | None) -> None:
        self.reading = reading
        self.path = path
        self.directory = posixpath.dirname(path)
        self.home = home
        self.original = original
        self.child = child
        syntax = reading.sources.document(path).syntax
        self.body = syntax if isinstance(syntax, Body) else NOTHING
        self.functions: Mapping[str, Function] = terragrunt_functions.functions(self)
        self.scope = Scope(path, TerragruntContext(self), reading.budget)
        self._locals: dict[str, tuple[Expression, Span]] = {
            name: (one.expression, one.name_span)
            for block in self.blocks("locals")
            for name, one in block.body.attributes.items()
        }
        self._values: dict[str, Value | None] = {}
        self._includes: dict[str, Include] | None = None

    def blocks(self, kind: str) -> list[Block]:
        """Return the top-level blocks of a type."""
        return [block for block in self.body.blocks if block.type == kind]

    def value(self, attribute: Attribute | None, what: str) -> Value | None:
        """Return an attribute's value, None where it is not written; a failure is told and makes it unknown."""
        if attribute is None:
            return None
        try:
            return evaluate(attribute.expression, self.scope)
        except Failure as failure:
            return unknown(DYNAMIC, self.reading.report(failure, what))

    def local(self, name: str) -> Value | None:
        """Return a local value, None where it is not defined."""
        if name not in self._locals:
            return None
        expression, span = self._locals[name]
        return self._once(f"local.{name}", lambda: evaluate(expression, self.scope), self.scope.at(span))

    def local_expression(self, name: str) -> Expression | None:
        """Return how a local value is written, None where it is not defined."""
        return self._locals[name][0] if name in self._locals else None

    def _once(self, subject: str, compute: Callable[[], Value], place: Location) -> Value:
        if subject in self._values:
            found = self._values[subject]
            return unknown(DYNAMIC, Unknown(f"{subject} depends on itself", place)) if found is None else found
        self._values[subject] = None
        try:
            result = compute()
        except Failure as failure:
            result = unknown(DYNAMIC, self.reading.report(failure, subject))
        self._values[subject] = result
        return result

    # Includes

    def includes(self) -> dict[str, Include]:
        """Return what the file includes, by label ("" for the block without one), in the order of the text."""
        if self._includes is None:
            self._includes = {}
            for block in self.blocks("include"):
                found = self._included(block)
                if found is not None:
                    self._includes[found.label] = found
        return self._includes

    def _included(self, block: Block) -> Include | None:
        place = self.scope.at(block.header)
        if self.child is not None:
            self.reading.tell("terragrunt", "a file that is included cannot include another one", place)
            return None
        path = self.value(block.body.attributes.get("path"), "the path of an include")
        located = None if path is None else self.located(path)
        if located is None:
            cause = path.undecided.cause.reason if path is not None and path.undecided else "it has no such path"
            self.reading.tell("terragrunt", f"what is included here cannot be read: {cause}", place)
            return None
        config = self.reading.config(located, self.home, self.original, self)
        if config is None:
            self.reading.tell("terragrunt", f"the file that is included here does not exist: {located}", place)
            return None
        merge = self.value(block.body.attributes.get("merge_strategy"), "merge_strategy")
        chosen = merge.content if merge is not None and isinstance(merge.content, str) else "shallow"
        if chosen not in MERGES:
            self.reading.tell("terragrunt", f'merge_strategy is "no_merge", "shallow" or "deep", not "{chosen}"', place)
            chosen = "shallow"
        exposed = self.value(block.body.attributes.get("expose"), "expose")
        label = block.labels[0] if block.labels else ""
        return Include(label, config, exposed is not None and exposed.content is True, chosen)

    def located(self, path: Value) -> str | None:
        """Return the place in the tree that a path leads to from this file, None where it is unknown or outside."""
        if not isinstance(path.content, str) or "\0" in path.content:
            return None
        joined = clean(posixpath.join(f"{CHECKOUT}/{self.directory}", path.content))
        if joined == CHECKOUT:
            return ""
        return joined.removeprefix(f"{CHECKOUT}/") if joined.startswith(f"{CHECKOUT}/") else None

    def layers(self) -> list[tuple[Config, str]]:
        """Return the files whose settings count, each with how it is merged; later ones override earlier ones."""
        included = [(one.config, one.merge) for one in self.includes().values() if one.merge != "no_merge"]
        return [*included, (self, "shallow")]

    # Inputs

    def inputs(self) -> tuple[dict[str, Input], Unknown | None]:
        """Return the entries of `inputs` of this file alone, and why there may be more than these."""
        attribute = self.body.attributes.get("inputs")
        if attribute is None:
            return {}, None
        expression = attribute.expression
        while isinstance(expression, Parentheses):
            expression = expression.inner
        if isinstance(expression, ObjectConstructor):
            return self._entries(expression)
        value = self._once("inputs", lambda: evaluate(expression, self.scope), self.scope.at(attribute.name_span))
        if value.undecided is not None:
            return {}, value.undecided.cause
        return {name: Input(GetAttribute(expression, name, expression.span), self.scope) for name in value.fields}, None

    def _entries(self, node: ObjectConstructor) -> tuple[dict[str, Input], Unknown | None]:
        found: dict[str, Input] = {}
        rest: Unknown | None = None
        for key, expression in node.items:
            name: object = key.value if isinstance(key, Literal) else None
            if not isinstance(key, Literal):
                value = self.value(Attribute("", key, key.span, key.span), "the name of an input")
                name = value.content if value is not None else None
                rest = rest or (value.undecided.cause if value is not None and value.undecided else None)
            if isinstance(name, str):
                found[name] = Input(expression, self.scope)
        return found, rest

    def input_value(self, name: str) -> Value | None:
        """Return the value of one of this file's own inputs, None where it is not written."""
        found = self.inputs()[0].get(name)
        if found is None:
            return None
        return self._once(f"inputs.{name}", lambda: evaluate(found.expression, found.scope), found.location)

    # As others see it

    def part(self, steps: Steps) -> tuple[Value, int] | None:
        """Return `locals.x`, `inputs.x` or the like of this file, and how many steps that is; None if it lacks it."""
        kind = step_name(steps, 0)
        name = step_name(steps, 1)
        if kind == "locals" and name is not None:
            found = self.local(name)
            return None if found is None else (found, 2)
        if kind == "inputs" and name is not None:
            found = self.input_value(name)
            return None if found is None else (found, 2)
        return None

    def whole(self) -> Value:
        """Return the file as `include` and `read_terragrunt_config` show it."""
        values = {name: self.local(name) for name in self._locals}
        inputs, rest = self.inputs()
        given = {name: self.input_value(name) for name in inputs}
        told = object_value({name: one for name, one in given.items() if one is not None})
        return object_value(
            {
                "locals": object_value({name: one for name, one in values.items() if one is not None}),
                "inputs": told if rest is None else unknown(DYNAMIC, rest),
                "dependency": object_value(
                    {one.labels[0]: self.dependency(one.labels[0]) for one in self.blocks("dependency") if one.labels}
                ),
            }
        )

    # Dependencies

    def block(self, kind: str, name: str) -> tuple[Config, Block] | None:
        """Return a labelled block of this file or of one that it includes, with that file; None where there is none."""
        own = [block for block in self.blocks(kind) if block.labels == (name,)]
        if own:
            return self, own[0]
        for include in reversed(self.includes().values() if self.child is None else ()):
            if include.merge != "no_merge":
                found = include.config.block(kind, name)
                if found is not None:
                    return found
        return None

    def dependency(self, name: str) -> Value:
        """Return a dependency: an object with the outputs that the text decides, mock ones in place of others."""
        found = self.block("dependency", name)
        if found is None:
            return unknown(DYNAMIC, Unknown(f'there is no block dependency "{name}"', self.scope.at(self.body.span)))
        config, block = found
        return config._once(f"dependency.{name}", lambda: config._dependency(name, block), self.scope.at(block.header))

    def _dependency(self, name: str, block: Block) -> Value:
        place = self.scope.at(block.header)
        mocks = self.value(block.body.attributes.get("mock_outputs"), f"mock_outputs of dependency.{name}")
        skipped = self.value(block.body.attributes.get("skip_outputs"), "skip_outputs")
        outputs = None if skipped is not None and skipped.content is True else self._outputs(block)
        mocked = dict(mocks.fields) if mocks is not None else {}
        cause = Unknown(f"dependency.{name}.outputs are known only after apply", place)
        if outputs is None and mocks is None:
            return object_value({"outputs": unknown(DYNAMIC, cause)})
        decided = {key: _decided(output, mocked.get(key)) for key, output in (outputs or {}).items()}
        values = {**mocked, **decided}
        if outputs is not None or mocks is None or mocks.is_known:
            return object_value({"outputs": object_value(values)})
        return object_value({"outputs": mocks})

    def _outputs(self, block: Block) -> Mapping[str, Callable[[], Value]] | None:
        path = self.value(block.body.attributes.get("config_path"), "config_path")
        if path is None or not isinstance(path.content, str):
            return None
        for start in dict.fromkeys((self.home, self.directory)):
            joined = clean(posixpath.join(f"{CHECKOUT}/{start}", path.content))
            if joined.startswith(f"{CHECKOUT}/"):
                found = self.reading.outputs(joined.removeprefix(f"{CHECKOUT}/").removesuffix("/terragrunt.hcl"))
                if found is not None:
                    return found
        return None

    def mock(self, name: str) -> tuple[Expression, Scope] | None:
        """Return how the mock outputs of a dependency are written, None where it has none."""
        found = self.block("dependency", name)
        attribute = found[1].body.attributes.get("mock_outputs") if found else None
        return (attribute.expression, found[0].scope) if found and attribute is not None else None


def _decided(output: Callable[[], Value], mock: Value | None) -> Value:
    value = output()
    return value if mock is None or first_unknown(value) is None else mock
