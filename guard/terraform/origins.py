"""Where a value is written: plain references are followed from their use to the text that must change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from guard.formats.hcl_syntax import (
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    GetAttribute,
    Index,
    Literal,
    ObjectConstructor,
    Parentheses,
    Template,
    TemplateFor,
    TemplateIf,
    TupleConstructor,
    Variable,
)
from guard.model.location import Location, Step
from guard.terraform.access import plain_key
from guard.terraform.context import BlockContext
from guard.terraform.evaluation import ModuleInstance
from guard.terraform.resources import ResourceInstance
from guard.terraform.scope import Lead, Loop, Scope, Tracing
from guard.terraform.taken import taken_argument, value_of
from guard.terraform.values import pairs

MOST_STEPS: Final = 40
Key = str | int


class Origin(NamedTuple):
    """An expression that is written, and the steps that led to it. `key` is where the name of the value stands."""

    expression: Expression
    scope: Scope
    trail: tuple[Step, ...] = ()
    place: Location | None = None

    @property
    def location(self) -> Location:
        """Return the text that must change."""
        return self.place or self.scope.at(self.expression.span)

    def step(self, message: str, location: Location) -> tuple[Step, ...]:
        """Return the trail with one more step."""
        return (*self.trail, Step(message, location))


def follow(origin: Origin) -> Origin:
    """Return where the value of an expression is written, as far as plain references lead there."""
    for _ in range(MOST_STEPS):
        if origin.place is not None:
            return origin
        following = _next(origin)
        if following is None:
            return origin
        origin = following
    return origin


def _next(origin: Origin) -> Origin | None:
    node = origin.expression
    if isinstance(node, Parentheses):
        return origin._replace(expression=node.inner)
    if isinstance(node, Template) and len(node.parts) == 1:
        part = node.parts[0]
        return None if isinstance(part, (Literal, TemplateIf, TemplateFor)) else origin._replace(expression=part)
    if isinstance(node, Conditional):
        condition = value_of(node.condition, origin.scope)
        if condition is None or condition.content not in (True, False, "true", "false"):
            return None
        return origin._replace(expression=node.then if condition.content in (True, "true") else node.otherwise)
    if isinstance(node, (Variable, GetAttribute, Index)):
        return _reference(origin)
    if isinstance(node, Call) and node.arguments and not node.expand:
        taken = taken_argument(node, origin.scope)
        return None if taken is None else origin._replace(expression=taken)
    return None


# References


def _reference(origin: Origin) -> Origin | None:
    steps: list[GetAttribute | Index] = []
    inner = origin.expression
    while isinstance(inner, (GetAttribute, Index)):
        steps.append(inner)
        inner = inner.source
    steps.reverse()
    if type(inner) is not Variable:
        base: Origin | None = origin._replace(expression=inner)
        return _descend(base, steps, origin.scope)
    if inner.name in origin.scope.bound:
        return _bound(origin, inner.name, steps)
    context = origin.scope.context
    if not isinstance(context, BlockContext):
        lead = context.lead(inner, steps, origin.scope) if isinstance(context, Tracing) else None
        return None if lead is None else _descend(_led(origin, lead), steps[lead.used :], origin.scope)
    found = _ROOTS.get(inner.name, _resource)(origin, context, inner, steps)
    if found is None:
        return None
    base, used = found
    return _descend(base, steps[used:], origin.scope)


def _led(origin: Origin, lead: Lead) -> Origin:
    place = lead.scope.at(lead.expression.span)
    return Origin(lead.expression, lead.scope, origin.step(lead.message, place))


def _descend(base: Origin | None, steps: Sequence[GetAttribute | Index], scope: Scope) -> Origin | None:
    for step in steps:
        if base is None:
            return None
        key: Key | None
        if isinstance(step, GetAttribute):
            key = step.name
        else:
            value = value_of(step.key, scope)
            key = None if value is None else plain_key(value)
        base = None if key is None else child(follow(base), key)
    return base


def _name(steps: Sequence[GetAttribute | Index], position: int = 0) -> str | None:
    step = steps[position] if len(steps) > position else None
    return step.name if isinstance(step, GetAttribute) else None


Based = tuple[Origin, int] | None
Steps = Sequence["GetAttribute | Index"]


def _variable(origin: Origin, context: BlockContext, root: Variable, steps: Steps) -> Based:
    name = _name(steps)
    module = context.module
    if name is None or name not in module.module.variables:
        return None
    written = module.module.variables[name]
    given = module.argument(name)
    if given is not None and not _defaulted(module, name, given):
        expression, scope = given
        place = scope.at(expression.span)
        return Origin(expression, scope, origin.step(f"var.{name} gets its value here", place)), 1
    default = written.attribute("default")
    if module.parent is None and name in module.evaluation.given and given is None:
        outside = module.evaluation.given[name]
        place = written.header if outside.value is None else outside.location
        return Origin(origin.expression, origin.scope, origin.step(f"var.{name} is set from outside", place), place), 1
    if default is None:
        return None
    scope = module.scope(written.path_of("default"))
    place = scope.at(default.expression.span)
    return Origin(default.expression, scope, origin.step(f"var.{name} has its default here", place)), 1


def _defaulted(module: ModuleInstance, name: str, given: tuple[Expression, Scope]) -> bool:
    """Tell whether null is given to a variable that takes its default then."""
    declaration = module.declaration(name)
    if declaration.nullable or declaration.default is None:
        return False
    value = value_of(*given)
    return value is not None and value.content is None


def _local(origin: Origin, context: BlockContext, root: Variable, steps: Steps) -> Based:
    name = _name(steps)
    local = context.module.module.locals.get(name) if name else None
    if local is None:
        return None
    scope = context.module.scope(local.path)
    expression = local.attribute.expression
    return Origin(expression, scope, origin.step(f"local.{name} is defined here", scope.at(expression.span))), 1


def _module(origin: Origin, context: BlockContext, root: Variable, steps: Steps) -> Based:
    name = _name(steps)
    call = context.module.module.calls.get(name) if name else None
    if name is None or call is None:
        return None
    children = context.module.children(name)
    used = 1
    if len(steps) > 1 and isinstance(steps[1], Index):
        key = value_of(steps[1].key, origin.scope)
        children = tuple(one for one in children if key is not None and one.key == plain_key(key))
        used = 2
    output = _name(steps, used)
    if len(children) != 1 or output is None or output not in children[0].module.outputs:
        return None
    written = children[0].module.outputs[output]
    attribute = written.attribute("value")
    if attribute is None:
        return None
    scope = children[0].scope(written.path_of("value"))
    message = f"{children[0].address}.{output} gets its value here"
    return Origin(attribute.expression, scope, origin.step(message, scope.at(attribute.expression.span))), used + 1


def _resource(origin: Origin, context: BlockContext, root: Variable, steps: Steps) -> Based:
    mode = root.name in ("data", "ephemeral", "resource")
    first = _name(steps) if mode else root.name
    second = _name(steps, 1 if mode else 0)
    if first is None or second is None:
        return None
    prefix = f"{root.name}." if root.name in ("data", "ephemeral") else ""
    subject = f"{prefix}{first}.{second}"
    if subject not in context.module.module.resources:
        return None
    used = 2 if mode else 1
    instances = context.module.resources(subject)
    if len(steps) > used and isinstance(steps[used], Index):
        key = value_of(steps[used].key, origin.scope)  # type: ignore[union-attr]
        instances = tuple(one for one in instances if key is not None and one.key == plain_key(key))
        used += 1
    name = _name(steps, used)
    if len(instances) != 1 or name is None:
        return None
    return _attribute_of(origin, instances[0], name, used)


def _attribute_of(origin: Origin, instance: ResourceInstance, name: str, used: int) -> Based:
    attribute = instance.body.body.attributes.get(name)
    if attribute is None:
        return None
    scope = instance.body.scope_of(name)
    message = f"{instance.address}.{name} is written here"
    return Origin(attribute.expression, scope, origin.step(message, scope.at(attribute.expression.span))), used + 1


def _each(origin: Origin, context: BlockContext, root: Variable, steps: Steps) -> Based:
    name, each = _name(steps), context.repetition.each
    written = context.block.attribute("for_each") if context.block is not None else None
    if each is None or written is None or context.block is None or name not in ("key", "value"):
        return None
    scope = context.module.scope(context.block.path_of("for_each"))
    base = _element(Loop(written.expression, scope, each[0]), name == "key", origin, f"each.{name}")
    return None if base is None else (base, 1)


_ROOTS: Final[Mapping[str, Callable[[Origin, BlockContext, Variable, Steps], Based]]] = {
    "var": _variable,
    "local": _local,
    "module": _module,
    "each": _each,
    **dict.fromkeys(("count", "self", "path", "terraform", "tofu"), lambda origin, context, root, steps: None),
}


# Elements


def _bound(origin: Origin, name: str, steps: Steps) -> Origin | None:
    loop = origin.scope.loops.get(name)
    part = _name(steps)
    if loop is None or part not in ("key", "value"):
        return None
    base = _element(loop, part == "key", origin, f"{name}.{part}")
    return _descend(base, steps[1:], origin.scope)


def _element(loop: Loop, key_wanted: bool, origin: Origin, what: str) -> Origin | None:
    """Return where the element that a loop has come to is written."""
    place = loop.scope.at(loop.collection.span)
    collection = follow(Origin(loop.collection, loop.scope, origin.step(f"{what} is an element of this", place)))
    key = plain_key(loop.key) if loop.key.is_known else None
    if key is None:
        return None
    if isinstance(collection.expression, TupleConstructor) and isinstance(key, str):
        for item in collection.expression.items:
            value = value_of(item, collection.scope)
            if value is not None and value.content == key:
                return collection._replace(expression=item)
        return None
    if key_wanted:
        node = _key_node(collection, key) if isinstance(key, str) else None
        return None if node is None else collection._replace(expression=node)
    return child(collection, key)


def child(origin: Origin, key: Key) -> Origin | None:
    """Return where an element or attribute of what is written at `origin` is written, None where that is not told."""
    node = origin.expression
    if origin.place is not None:
        return None
    if isinstance(node, ObjectConstructor):
        item = _item(origin, str(key))
        return None if item is None else follow(origin._replace(expression=item[1]))
    if isinstance(node, TupleConstructor):
        if isinstance(key, int) and 0 <= key < len(node.items):
            return follow(origin._replace(expression=node.items[key]))
        return None
    if isinstance(node, Call):
        return _child_of_call(origin, node, key)
    if isinstance(node, ForObject):
        return _child_of_loop(origin, node, key)
    if isinstance(node, ForTuple):
        return origin._replace(expression=node.result, place=origin.scope.at(node.result.span))
    return None


def _item(origin: Origin, key: str) -> tuple[Expression, Expression] | None:
    node = origin.expression
    assert isinstance(node, ObjectConstructor)
    for name, value in reversed(node.items):
        if isinstance(name, Literal):
            if str(name.value) == key:
                return name, value
            continue
        found = value_of(name, origin.scope)
        if found is not None and found.content == key:
            return name, value
    return None


def _key_node(origin: Origin, key: str) -> Expression | None:
    item = _item(origin, key) if isinstance(origin.expression, ObjectConstructor) else None
    return None if item is None else item[0]


def key_location(origin: Origin, key: str) -> Location | None:
    """Return where the name of an attribute of what is written at `origin` stands, None where that is not told."""
    node = origin.expression
    if origin.place is not None:
        return None
    if isinstance(node, Call) and node.name == "merge" and not node.expand:
        for argument in reversed(node.arguments):
            value = value_of(argument, origin.scope)
            if value is not None and key in value.fields:
                return key_location(follow(origin._replace(expression=argument)), key)
    found = _key_node(origin, key)
    return None if found is None else origin.scope.at(found.span)


def _child_of_call(origin: Origin, node: Call, key: Key) -> Origin | None:
    if node.name == "merge" and not node.expand:
        for argument in reversed(node.arguments):
            value = value_of(argument, origin.scope)
            if value is not None and key in value.fields:
                return child(follow(origin._replace(expression=argument)), key)
    if node.name == "concat" and not node.expand and isinstance(key, int):
        for argument in node.arguments:
            value = value_of(argument, origin.scope)
            if value is None:
                return None
            if key < len(value.items):
                return child(follow(origin._replace(expression=argument)), key)
            key -= len(value.items)
    return None


def _child_of_loop(origin: Origin, node: ForObject, key: Key) -> Origin | None:
    collection = value_of(node.collection, origin.scope)
    if collection is None or node.grouping:
        return None
    for name, value in pairs(collection):
        names = {node.value: value} if node.key is None else {node.key: name, node.value: value}
        scope = origin.scope.binding(names)
        found = value_of(node.result_key, scope)
        if found is None or plain_key(found) != key:
            continue
        if isinstance(node.result, Variable) and node.result.name == node.value:
            plain = plain_key(name)
            return None if plain is None else child(follow(origin._replace(expression=node.collection)), plain)
        return follow(origin._replace(expression=node.result, scope=scope))
    return None
