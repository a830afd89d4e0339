"""What an expression mentions: the static references in it, found without evaluating anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from guard.formats.hcl_syntax import (
    Attribute,
    Binary,
    Body,
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
    Part,
    Splat,
    SplatItem,
    Template,
    TemplateFor,
    TemplateIf,
    TupleConstructor,
    Unary,
    Variable,
)
from guard.model.location import Span

NO_NAMES: frozenset[str] = frozenset()
Pending: TypeAlias = list[tuple[Part, frozenset[str]]]


class Reference(NamedTuple):
    """`names` is the root name and the attribute names after it, indices left out (`aws_instance.a[0].id` has three).

    `indexed` tells for each name whether an index follows it; `span` is the whole reference, `root` its first name.
    """

    names: tuple[str, ...]
    indexed: tuple[bool, ...]
    span: Span
    root: Span


class FunctionCall(NamedTuple):
    """A call of a function, for the places where none is allowed."""

    name: str
    span: Span


Found: TypeAlias = Reference | FunctionCall


_REFERRING = frozenset({Variable, GetAttribute, Index})


def subject_of(names: tuple[str, ...]) -> str:
    """Return the address that a chain of names refers to (`var.a`, `data.aws_ami.x`, `aws_instance.a`), "" for less."""
    length = 3 if names[0] in ("data", "ephemeral") else 2
    return ".".join(names[:length]) if len(names) >= length else ""


def references(expression: Part, bound: frozenset[str] = NO_NAMES) -> list[Reference]:
    """Return every reference in `expression` that is not to a name in `bound` or bound within it."""
    return [found for found in mentions(expression, bound) if type(found) is Reference]


def mentions(start: Part, bound: frozenset[str] = NO_NAMES) -> list[Found]:
    """Return every reference and function call in an expression, in no promised order."""
    found: list[Found] = []
    if type(start) is Literal:
        return found
    pending: Pending = [(start, bound)]
    while pending:
        node, names = pending.pop()
        kind = type(node)
        if kind in _REFERRING:
            reference = _chain(node, names, pending)
            if reference is not None:
                found.append(reference)
        elif kind is Call:
            found.append(FunctionCall(node.name, node.name_span))  # type: ignore[union-attr]
            pending += [(argument, names) for argument in node.arguments]  # type: ignore[union-attr]
        else:
            _CHILDREN[kind](node, names, pending)
    return found


def parts_of(expression: Part, bound: frozenset[str] = NO_NAMES) -> list[Expression]:
    """Return the references in `expression` as expressions, each cut off before an index that is not a literal."""
    found: list[Expression] = []
    pending: Pending = [(expression, bound)]
    while pending:
        node, names = pending.pop()
        kind = type(node)
        if kind in _REFERRING:
            reference = _cut(node, names, pending)
            if reference is not None:
                found.append(reference)
        elif kind is Call:
            pending += [(argument, names) for argument in node.arguments]  # type: ignore[union-attr]
        else:
            _CHILDREN[kind](node, names, pending)
    return found[::-1]


def _cut(node: Any, bound: frozenset[str], pending: Pending) -> Expression | None:
    inner = kept = node
    while type(inner) in (GetAttribute, Index):
        if type(inner) is Index and type(inner.key) is not Literal:
            pending.append((inner.key, bound))
            kept = inner.source
        inner = inner.source
    if type(inner) is Variable:
        return None if inner.name in bound else kept
    pending.append((inner, bound))
    return None


def body_attributes(body: Body) -> Iterator[tuple[Attribute, frozenset[str], str]]:
    """Yield every attribute below `body`, with the names that dynamic blocks bind there and its top-level name.

    Names are bound only within the content of dynamic blocks, which is evaluated only as often as they are expanded.
    """
    pending: list[tuple[Body, frozenset[str], str]] = [(body, NO_NAMES, "")]
    while pending:
        inner, bound, top = pending.pop()
        for attribute in inner.attributes.values():
            yield attribute, bound, top or attribute.name
        for block in inner.blocks:
            if block.type != "dynamic" or not block.labels:
                pending.append((block.body, bound, top or block.type))
                continue
            name = top or block.labels[0]
            deeper = bound | {iterator_name(block.body, block.labels[0])}
            for attribute in block.body.attributes.values():
                if attribute.name in ("for_each", "labels"):
                    yield attribute, bound if attribute.name == "for_each" else deeper, name
            pending += [(content.body, deeper, name) for content in block.body.blocks]


def iterator_name(body: Body, label: str) -> str:
    """Return the name that a dynamic block binds: what its `iterator` says, else its label."""
    iterator = body.attributes.get("iterator")
    if iterator is not None and isinstance(iterator.expression, Variable):
        return iterator.expression.name
    return label


def _chain(node: Any, bound: frozenset[str], pending: Pending) -> Reference | None:
    names: list[str] = []
    indexed: list[bool] = []
    here = False
    inner: Expression = node
    while True:
        if type(inner) is GetAttribute:
            names.append(inner.name)
            indexed.append(here)
            here = False
        elif type(inner) is Index:
            here = True
            if type(inner.key) is not Literal:
                pending.append((inner.key, bound))
        else:
            break
        inner = inner.source
    if type(inner) is not Variable:
        pending.append((inner, bound))
    elif inner.name not in bound:
        return Reference((inner.name, *reversed(names)), (here, *reversed(indexed)), node.span, inner.span)
    return None


def _template(node: Template, bound: frozenset[str], pending: Pending) -> None:
    pending += [(part, bound) for part in node.parts if type(part) is not Literal]


def _template_if(node: TemplateIf, bound: frozenset[str], pending: Pending) -> None:
    pending += [(part, bound) for part in (node.condition, *node.then, *node.otherwise)]


def _template_for(node: TemplateFor, bound: frozenset[str], pending: Pending) -> None:
    pending.append((node.collection, bound))
    inner = bound | _bound_by(node)
    pending += [(part, inner) for part in node.body]


def _object(node: ObjectConstructor, bound: frozenset[str], pending: Pending) -> None:
    for key, value in node.items:
        if type(key) is not Literal:
            pending.append((key, bound))
        if type(value) is not Literal:
            pending.append((value, bound))


def _for_tuple(node: ForTuple, bound: frozenset[str], pending: Pending) -> None:
    pending.append((node.collection, bound))
    inner = bound | _bound_by(node)
    pending.append((node.result, inner))
    if node.condition is not None:
        pending.append((node.condition, inner))


def _for_object(node: ForObject, bound: frozenset[str], pending: Pending) -> None:
    pending.append((node.collection, bound))
    inner = bound | _bound_by(node)
    pending += [(node.result_key, inner), (node.result, inner)]
    if node.condition is not None:
        pending.append((node.condition, inner))


def _bound_by(node: TemplateFor | ForTuple | ForObject) -> frozenset[str]:
    return frozenset((node.value,) if node.key is None else (node.key, node.value))


def _tuple(node: TupleConstructor, bound: frozenset[str], pending: Pending) -> None:
    pending += [(item, bound) for item in node.items if type(item) is not Literal]


def _conditional(node: Conditional, bound: frozenset[str], pending: Pending) -> None:
    pending += [(node.condition, bound), (node.then, bound), (node.otherwise, bound)]


def _splat(node: Splat, bound: frozenset[str], pending: Pending) -> None:
    pending += [(node.source, bound), (node.each, bound)]


def _binary(node: Binary, bound: frozenset[str], pending: Pending) -> None:
    pending += [(node.left, bound), (node.right, bound)]


def _unary(node: Unary, bound: frozenset[str], pending: Pending) -> None:
    pending.append((node.operand, bound))


def _parentheses(node: Parentheses, bound: frozenset[str], pending: Pending) -> None:
    pending.append((node.inner, bound))


def _nothing(node: object, bound: frozenset[str], pending: Pending) -> None:
    return


_CHILDREN: dict[type, Callable[[Any, frozenset[str], Pending], None]] = {
    Literal: _nothing,
    SplatItem: _nothing,
    Template: _template,
    TemplateIf: _template_if,
    TemplateFor: _template_for,
    TupleConstructor: _tuple,
    ObjectConstructor: _object,
    Splat: _splat,
    Conditional: _conditional,
    Unary: _unary,
    Binary: _binary,
    ForTuple: _for_tuple,
    ForObject: _for_object,
    Parentheses: _parentheses,
}
