"""Where references get their values: variables, locals, resources, module calls, and what a block repeats over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from guard.formats.hcl_syntax import GetAttribute, Index, Variable
from guard.model.location import Location, Span
from guard.model.value import Unknown
from guard.terraform.configuration import Written
from guard.terraform.expansion import ONCE, Repetition
from guard.terraform.expressions import evaluate as evaluate_key
from guard.terraform.functions.framework import Environment
from guard.terraform.functions.paths import CHECKOUT
from guard.terraform.scope import EvaluationError, Scope
from guard.terraform.types import BOOL, DYNAMIC, STRING
from guard.terraform.values import Value, string, unknown

if TYPE_CHECKING:
    from guard.terraform.evaluation import ModuleInstance

Steps = Sequence["GetAttribute | Index"]
Found = tuple[Value, int]


class BlockContext:
    """What the expressions of one block see: its module, its own instance key, and `self` where that is allowed."""

    __slots__ = ("block", "itself", "module", "repetition")

    def __init__(
        self,
        module: ModuleInstance,
        repetition: Repetition = ONCE,
        itself: Callable[[], Value] | None = None,
        block: Written | None = None,
    ) -> None:
        self.module = module
        self.repetition = repetition
        self.itself = itself
        self.block = block

    @property
    def short_circuits(self) -> bool:
        """Whether the root asks for a Terraform in which `&&` and `||` leave the right operand alone."""
        return self.module.evaluation.short_circuits

    def overlooks(self, error: EvaluationError) -> bool:
        """Tell whether evaluation goes on after an error that newer versions of Terraform do not have: it is told."""
        evaluation = self.module.evaluation
        if evaluation.strict:
            return False
        if not evaluation.budget.tries:
            evaluation.report(error)
        return True

    def environment(self, scope: Scope, span: Span) -> Environment:
        """Return what functions may see: the files below the tree's root, relative to the root module."""
        evaluation = self.module.evaluation
        return Environment(
            Location(scope.path, span),
            evaluation.directory,
            evaluation.files,
            evaluation.templates,
            0,
            evaluation.options.moment,
            evaluation.options.console,
        )

    def resolve(self, root: Variable, steps: Steps, scope: Scope) -> Found:
        """Return the value of the beginning of a reference, and how many steps it took."""
        return _ROOTS.get(root.name, _resource)(self, root, steps, scope)


def whole(root: Variable, steps: Steps, count: int) -> Span:
    """Return the span of a reference up to a number of steps."""
    start, end = root.span, (steps[count - 1] if count else root).span
    return Span(start.line, start.column, end.end_line, end.end_column)


def undeclared(message: str, root: Variable, steps: Steps, scope: Scope) -> NoReturn:
    """Raise the error for a reference to something that does not exist; the static check tells of it too."""
    raise EvaluationError(message, scope.at(whole(root, steps, len(steps))), "reference")


def _name(root: Variable, steps: Steps, scope: Scope, position: int = 0) -> str:
    step = steps[position] if len(steps) > position else None
    if isinstance(step, GetAttribute):
        return step.name
    if isinstance(step, Index):
        # JSON and old configurations write var["name"] at times; Terraform refuses it.
        raise scope.error(f"after {root.name} a name is expected, with a dot before it", step.key.span)
    undeclared(bare(root.name), root, steps, scope)


def bare(name: str) -> str:
    """Return the message for a name that stands alone."""
    if name in _ROOTS:
        return f'"{name}" must be followed by a dot and a name'
    return f'there is no "{name}": text is written in quotes, a variable as var.{name}, a resource as type.name'


def _variable(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    name = _name(root, steps, scope)
    value = context.module.variable(name)
    if value is None:
        undeclared(missing("var", name), root, steps, scope)
    return value, 1


def _local(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    name = _name(root, steps, scope)
    value = context.module.local(name)
    if value is None:
        undeclared(missing("local", name), root, steps, scope)
    return value, 1


def missing(kind: str, name: str) -> str:
    """Return the message for a reference to a part that is not declared."""
    return {
        "var": f'var.{name} is not declared: add a block variable "{name}" {{}}',
        "local": f"local.{name} is not defined: add {name} = ... to a locals block",
        "module": f'module.{name} is not declared: there is no block module "{name}"',
    }.get(kind) or f"{name} is not declared: there is no such {kind} block in this module"


def _module(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    name = _name(root, steps, scope)
    module = context.module
    written = module.module.calls.get(name)
    if written is None:
        undeclared(missing("module", name), root, steps, scope)
    if name in module.branch.missing:
        return module.call(name) or unknown(DYNAMIC, module.branch.missing[name]), 1
    found = _one_output(context, name, steps, scope)
    if found is not None:
        return found
    value = module.call(name)
    assert value is not None
    return value, 1


def _one_output(context: BlockContext, name: str, steps: Steps, scope: Scope) -> Found | None:
    """Return a single output where a reference asks for one: the others need not be evaluated then."""
    module = context.module
    expansion = module.expansion(f"module.{name}", module.module.calls[name])
    children = module.children(name)
    if expansion.undecided is not None:
        return None
    at, chosen = 1, children[0] if expansion.kind == "single" else None
    if expansion.kind != "single" and len(steps) > 1 and isinstance(steps[1], Index):
        key = evaluate_key(steps[1].key, scope)
        chosen = next((one for one in children if _same_key(one.key, key)), None) if not key.marks else None
        at = 2
    if chosen is None or len(steps) <= at:
        return None
    step = steps[at]
    value = chosen.output(step.name) if isinstance(step, GetAttribute) else None
    return None if value is None else (value, at + 1)


def _same_key(key: object, value: Value) -> bool:
    from guard.terraform.access import plain_key

    return value.is_known and plain_key(value) == key


def _resource(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    if root.name == "resource":
        return _of_mode(context, root, steps, scope, "", 1)
    return _of_mode(context, root, steps, scope, "", 0)


def _data(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    return _of_mode(context, root, steps, scope, "data.", 1)


def _ephemeral(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    return _of_mode(context, root, steps, scope, "ephemeral.", 1)


def _of_mode(context: BlockContext, root: Variable, steps: Steps, scope: Scope, mode: str, start: int) -> Found:
    kind = _name(root, steps, scope) if start else root.name
    name = _name(root, steps, scope, start)
    subject = f"{mode}{kind}.{name}"
    value = context.module.resource(subject)
    if value is None:
        undeclared(missing("data" if mode else "resource", subject), root, steps, scope)
    used = start + 1
    following = steps[used] if len(steps) > used else None
    if isinstance(following, GetAttribute) and value.is_known and value.type.kind in ("tuple", "object"):
        written = context.module.module.resources[subject]
        for argument, example in (("count", "count.index"), ("for_each", "each.key")):
            if written.attribute(argument):
                wanted = f"{subject}[{example}].{following.name}"
                message = f"{subject} has {argument} set, so an instance must be chosen: {wanted}"
                raise scope.error(message, whole(root, steps, used + 1))
    return value, used


def _each(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    name = _name(root, steps, scope)
    if context.repetition.each is None:
        undeclared(without("each"), root, steps, scope)
    if name not in ("key", "value"):
        undeclared(f"each has key and value, and no {name}", root, steps, scope)
    return context.repetition.each[0 if name == "key" else 1], 1


def without(name: str) -> str:
    """Return the message for `each` or `count` in a block that does not repeat."""
    argument = "for_each" if name == "each" else "count"
    return f"{name} can be used only in a resource, data or module block that has {argument} set"


def _count(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    name = _name(root, steps, scope)
    if context.repetition.index is None:
        undeclared(without("count"), root, steps, scope)
    if name != "index":
        undeclared(f"count has index, and no {name}", root, steps, scope)
    return context.repetition.index, 1


def _self(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    if context.itself is None:
        undeclared("self can be used only in provisioners, connections and postconditions", root, steps, scope)
    return context.itself(), 0


def _path(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    name = _name(root, steps, scope)
    if name == "module":
        return string(context.module.relative_path), 1
    if name == "root":
        return string("."), 1
    if name == "cwd":
        return _working_directory(context, scope.at(whole(root, steps, 1))), 1
    undeclared(f"path has module, root and cwd, and no {name}", root, steps, scope)


def _working_directory(context: BlockContext, place: Location) -> Value:
    """Return where Terraform runs: in the root's directory unless `-chdir` or another tool says otherwise.

    Its last parts are known (`basename(path.cwd)` makes many a name), and its beginning never is.
    """
    evaluation = context.module.evaluation
    if not evaluation.directory or evaluation.name != evaluation.directory:
        return unknown(STRING, Unknown("path.cwd depends on where Terraform runs", place), not_null=True)
    return string(f"{CHECKOUT}/{evaluation.directory}")


def _terraform(context: BlockContext, root: Variable, steps: Steps, scope: Scope) -> Found:
    name = _name(root, steps, scope)
    if name == "workspace":
        return string(context.module.evaluation.options.workspace), 1
    if name == "applying":
        place = scope.at(whole(root, steps, 1))
        return unknown(BOOL, Unknown("terraform.applying is known only while Terraform runs", place)), 1
    undeclared(f"terraform has workspace, and no {name}", root, steps, scope)


_ROOTS: Final[Mapping[str, Callable[[BlockContext, Variable, Steps, Scope], Found]]] = {
    "var": _variable,
    "local": _local,
    "module": _module,
    "data": _data,
    "ephemeral": _ephemeral,
    "each": _each,
    "count": _count,
    "self": _self,
    "path": _path,
    "terraform": _terraform,
    "tofu": _terraform,
}
