"""What is wrong with references and module calls as they are written, whatever the values are."""

from __future__ import annotations

from guard.model.finding import Problem
from guard.model.location import Location, Span
from guard.terraform.configuration import Module, Written, unexpected
from guard.terraform.context import bare, missing, without
from guard.terraform.evaluation import Evaluation
from guard.terraform.modules import Branch
from guard.terraform.references import subject_of
from guard.terraform.statics import Mention, Statics

CALL_ARGUMENTS = frozenset({"source", "version", "providers", "count", "for_each", "depends_on", "lifecycle"})
TERRAFORM_DATA = frozenset({"input", "triggers_replace"})
META = frozenset({"count", "for_each", "provider", "depends_on"})


def check(evaluation: Evaluation, branch: Branch) -> None:
    """Tell the problems of one module as it is called: its own, its calls', and its references'."""
    for problem in (*branch.module.problems, *branch.problems):
        evaluation.tell(problem)
    for name, child in branch.children.items():
        _check_call(evaluation, branch.module.calls[name], child)
    for problem in _of_references(evaluation.statics_of(branch.module)):
        evaluation.tell(problem)
    for subject, written in branch.module.resources.items():
        if subject.startswith("terraform_data."):
            _check_arguments(evaluation, written)


def _of_references(statics: Statics) -> tuple[Problem, ...]:
    if statics.problems is None:
        every = ((subject, one) for subject, mentions in statics.mentions.items() for one in mentions)
        found = (problem_of(statics.module, subject, one) for subject, one in every)
        statics.problems = tuple(problem for problem in found if problem is not None)
    return statics.problems


def _check_call(evaluation: Evaluation, call: Written, child: Branch) -> None:
    body = call.block.body
    for name, attribute in body.attributes.items():
        if name not in child.module.variables and name not in CALL_ARGUMENTS:
            place = Location(call.path_of(name), attribute.name_span)
            evaluation.tell(Problem("argument", unexpected(name, child.module.variables), place))
    for block in body.blocks:
        message = f'blocks of type "{block.type}" are not expected in a module block'
        evaluation.tell(Problem("block", message, Location(call.path, block.type_span)))
    for name, written in child.module.variables.items():
        if name not in body.attributes and written.attribute("default") is None:
            message = f'module "{call.block.labels[0]}" must be given "{name}", which has no default'
            line, column = body.span[:2]
            place = call.header if body.from_json else Location(call.path, Span(line, column, line, column + 1))
            evaluation.tell(Problem("argument", message, place))


def _check_arguments(evaluation: Evaluation, written: Written) -> None:
    for name, attribute in written.block.body.attributes.items():
        if name not in TERRAFORM_DATA and name not in META and not written.block.body.from_json:
            place = Location(written.path_of(name), attribute.name_span)
            evaluation.tell(Problem("argument", unexpected(name, TERRAFORM_DATA | META), place))


def problem_of(module: Module, subject: str, mention: Mention) -> Problem | None:
    names = mention.reference.names
    if mention.dynamic and names[0] in ("each", "count"):
        return None
    message = _message(module, subject, names)
    if message is None:
        return None
    # A dynamic block may never be expanded, and then neither plan nor apply meets what is wrong within it.
    return Problem("reference", message, mention.location, blocking=not mention.dynamic, advisory=mention.dynamic)


def _message(module: Module, subject: str, names: tuple[str, ...]) -> str | None:
    root = names[0]
    if root in ("path", "terraform", "tofu", "self"):
        return None
    if root in ("each", "count"):
        return _repetition(module, subject, root)
    if len(names) == 1:
        return bare(root)
    target = subject_of(names[1:] if root == "resource" else names)
    if root == "var":
        return None if names[1] in module.variables else missing("var", names[1])
    if root == "local":
        return None if names[1] in module.locals else missing("local", names[1])
    if root == "module":
        return None if names[1] in module.calls else missing("module", names[1])
    if target in module.resources:
        return None
    return missing("data" if root in ("data", "ephemeral") else "resource", target) if target else bare(root)


def _repetition(module: Module, subject: str, root: str) -> str | None:
    written = module.resources.get(subject)
    if written is None and subject.startswith("module."):
        written = module.calls[subject.removeprefix("module.")]
    if subject.startswith("provider."):
        written = module.providers.get(subject.removeprefix("provider."))
    argument = "for_each" if root == "each" else "count"
    return None if written is not None and written.attribute(argument) else without(root)
