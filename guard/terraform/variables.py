"""Input variables: where their values come from, by Terraform's precedence, and how they fit their declarations."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from guard.formats.hcl_syntax import Body, Expression, Literal, Variable
from guard.model.finding import Problem
from guard.model.location import Location, whole_file
from guard.terraform.configuration import Module, Written
from guard.terraform.constraints import constraint
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.defaults import Defaults, apply_defaults
from guard.terraform.references import Reference, mentions
from guard.terraform.scope import EvaluationError, Failure, Scope
from guard.terraform.sources import ModuleStore, Sources
from guard.terraform.types import DYNAMIC, Type, friendly_name
from guard.terraform.values import EPHEMERAL, SENSITIVE, Value, marked, string


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What the caller sets: `--var` and `--var-file` (relative to the tree), the workspace, and `TF_VAR_` variables.

    `sequence` has a `v` for each variable and an `f` for each file in the order of the command line, in which later
    ones win; where it is empty the files come first. `moment` is what `plantimestamp()` returns (RFC 3339).
    `console` allows `type()`, which only Terraform's console has. `modules` downloads modules of elsewhere, where that
    is wanted.
    """

    variables: tuple[tuple[str, str], ...] = ()
    var_files: tuple[str, ...] = ()
    workspace: str = "default"
    environment: Mapping[str, str] = field(default_factory=dict)
    sequence: str = ""
    moment: str = ""
    console: bool = False
    modules: ModuleStore | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A value given to a variable of a root: an expression of a file, or the text of an option.

    `scope` is set for an expression that may refer to what is around it, `value` where it was evaluated already.
    """

    location: Location
    expression: Expression | None = None
    text: str = ""
    scope: Scope | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """How another tool (Terragrunt) deploys a module: the root's name in place of the module's directory, the values
    that its variables are given unless a file or an option says otherwise, and the directory of more such files."""

    name: str
    given: Mapping[str, Given] = field(default_factory=dict)
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a variable block says of the values that it takes."""

    name: str
    written: Written
    type: Type
    defaults: Defaults
    default: Value | None
    nullable: bool
    marks: tuple[str, ...]


Evaluate = Callable[[Expression, Scope], Value]


def collect(
    sources: Sources, directory: str, options: EvaluationOptions, deployment: Deployment | None = None
) -> tuple[dict[str, Given], list[Problem]]:
    """Return the values that a root's variables are given, the last of each name, and the problems with their files."""
    given: dict[str, Given] = dict(deployment.given) if deployment else {}
    problems: list[Problem] = []
    for name, text in sorted(options.environment.items()):
        if name.startswith("TF_VAR_"):
            given[name.removeprefix("TF_VAR_")] = Given(whole_file(name), None, text)
    for name in ("terraform.tfvars", "terraform.tfvars.json"):
        path = posixpath.join(directory, name)
        if path in sources.files:
            message = "this is a directory, and Terraform expects a file of variables here"
            problems.append(Problem("unreadable", message, whole_file(path)))
    for path in _automatic(sources, directory, *((deployment.beside,) if deployment else ())):
        _read(sources, path, given, problems)
    files, variables = list(options.var_files), list(options.variables)
    for kind in options.sequence or "f" * len(files) + "v" * len(variables):
        if kind == "f" and files:
            _read_chosen(sources, directory, files.pop(0), given, problems)
        elif kind == "v" and variables:
            name, text = variables.pop(0)
            given[name] = Given(whole_file("--var"), None, text)
    return given, problems


def _automatic(sources: Sources, *directories: str) -> list[str]:
    """Return the files of values that Terraform reads by itself; of one name, that of the last directory."""
    paths = {name: posixpath.join(one, name) for one in directories for name in sources.files.get(one, [])}
    fixed = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in paths]
    automatic = sorted(
        (name for name in paths if name.endswith((".auto.tfvars", ".auto.tfvars.json"))), key=lambda name: name.encode()
    )
    return [paths[name] for name in (*fixed, *automatic)]


def _read_chosen(sources: Sources, directory: str, name: str, given: dict[str, Given], problems: list[Problem]) -> None:
    below = posixpath.normpath(posixpath.join(directory, name))
    path = next((path for path in (posixpath.normpath(name), below) if sources.tree.exists(path)), None)
    if path is None:
        problems.append(Problem("unreadable", f"the file of variables {name} does not exist", whole_file(name)))
        return
    _read(sources, path, given, problems)


def _read(sources: Sources, path: str, given: dict[str, Given], problems: list[Problem]) -> None:
    document = sources.document(path)
    problems.extend(document.problems)
    if isinstance(document.syntax, Body):
        for name, attribute in document.syntax.attributes.items():
            given[name] = Given(Location(path, attribute.expression.span), attribute.expression)


def constant(expression: Expression, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the value of an expression that may hold no reference and no call. Raises EvaluationError otherwise."""
    if type(expression) is not Literal:
        for found in mentions(expression):
            if isinstance(found, Reference):
                raise scope.error("no references are allowed here: write the value itself", found.span)
            raise scope.error(f"no functions may be called here, so not {found.name}() either", found.span)
    return evaluate(expression, scope)


def declare(
    name: str, written: Written, scope: Scope, evaluate: Evaluate, report: Callable[[Failure], None]
) -> Declaration:
    """Return what a variable's block declares; what is wrong with it goes to `report`."""

    def fixed(expression: Expression) -> Value:
        return constant(expression, scope, evaluate)

    kind, defaults = DYNAMIC, Defaults(DYNAMIC)
    type_ = written.attribute("type")
    if type_ is not None:
        try:
            kind, defaults = constraint(type_.expression, scope.elsewhere(written.path_of("type")), fixed)
        except Failure as failure:
            report(failure)
    marks = tuple(
        mark
        for attribute, mark in (("sensitive", SENSITIVE), ("ephemeral", EPHEMERAL))
        if _flag(written, attribute, fixed, report, default=False)
    )
    nullable = _flag(written, "nullable", fixed, report, default=True)
    found = Declaration(name, written, kind, defaults, None, nullable, marks)
    default = written.attribute("default")
    if default is None:
        return found
    place = Location(written.path_of("default"), default.expression.span)
    try:
        value = fitted(found, constant(default.expression, scope.elsewhere(place.path), evaluate))
    except ConversionError as error:
        report(EvaluationError(f"the default does not fit the type of var.{name}: {error}", place, "type"))
        return found
    except Failure as failure:
        report(failure)
        return found
    if value.is_null and not nullable:
        report(
            EvaluationError(f"the default of var.{name} is null, which nullable = false does not allow", place, "type")
        )
    return Declaration(name, written, kind, defaults, value, nullable, marks)


def _flag(
    written: Written,
    name: str,
    fixed: Callable[[Expression], Value],
    report: Callable[[Failure], None],
    *,
    default: bool,
) -> bool:
    attribute = written.attribute(name)
    if attribute is None:
        return default
    try:
        content = fixed(attribute.expression).content
    except Failure as failure:
        report(failure)
        return default
    if isinstance(content, bool):
        return content
    return content == "true" if isinstance(content, str) else default


def fitted(declaration: Declaration, value: Value) -> Value:
    """Return a value with the type's defaults in it and converted to the type. Raises ConversionError."""
    if value.is_null:
        return convert(value, declaration.type) if declaration.type.kind != "dynamic" else value
    return convert(apply_defaults(value, declaration.defaults), declaration.type)


def accept(declaration: Declaration, value: Value, place: Location) -> Value:
    """Return what a variable makes of a value that it is given at `place`. Raises EvaluationError where it is unfit."""
    if value.is_null and not declaration.nullable and declaration.default is not None:
        value = declaration.default
    try:
        result = fitted(declaration, value)
    except ConversionError as error:
        message = f"this value does not fit var.{declaration.name}, which takes {_wanted(declaration.type)}: {error}"
        raise EvaluationError(message, place, "type") from None
    if result.is_null and not declaration.nullable:
        raise EvaluationError(f"var.{declaration.name} must not be null", place, "type")
    return marked(result, *declaration.marks) if declaration.marks else result


def _wanted(kind: Type) -> str:
    name = friendly_name(kind, constraint=True)
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def from_text(declaration: Declaration, given: Given, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the value that the text of an option or of the environment stands for, which depends on the type.

    Raises EvaluationError where the text is not an expression.
    """
    if declaration.type.is_primitive or declaration.written.attribute("type") is None:
        return string(given.text)
    from guard.formats.hcl import parse_expression

    expression, problems = parse_expression(given.location.path, given.text)
    place = Location(declaration.written.path, declaration.written.block.header)
    if expression is None:
        # A bare word is a frequent slip: --var 'list=a' for a list of text.
        reason = problems[0].message if problems else "it is no expression"
        raise EvaluationError(f"the value given to var.{declaration.name} is not valid: {reason}", place, "type")
    if isinstance(expression, Variable):
        message = f"the value given to var.{declaration.name} is a bare word: write it in quotes"
        raise EvaluationError(message, place, "type")
    return constant(expression, scope, evaluate)


def undeclared(module: Module, given: Mapping[str, Given]) -> list[Problem]:
    """Return a problem for each option that sets a variable which the root does not declare; files may set more."""
    return [
        Problem("variable", f'--var sets "{name}", which this configuration does not declare', None, blocking=False)
        for name, one in sorted(given.items())
        if one.location.path == "--var" and name not in module.variables
    ]
