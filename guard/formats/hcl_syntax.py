"""The syntax tree of HCL native syntax, as Terraform's own parser would see it; `.tf.json` is lowered to the same tree.

Plain tuples of slots: trees are large and short-lived. Escapes, heredoc indentation and strip markers are already
resolved, so that whoever evaluates sees only meaning. Spans are of the whole construct.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from guard.model.location import Span


@dataclass(slots=True)
class Literal:
    """A number, text without interpolation, bool or null."""

    value: str | bool | Decimal | None
    span: Span


@dataclass(slots=True)
class Template:
    """Quoted text or a heredoc with interpolations or directives. One sole interpolation (`"${x}"`) keeps x's type."""

    parts: tuple[Part, ...]
    span: Span


@dataclass(slots=True)
class TemplateIf:
    """`%{ if condition }then%{ else }otherwise%{ endif }`."""

    condition: Expression
    then: tuple[Part, ...]
    otherwise: tuple[Part, ...]
    span: Span


@dataclass(slots=True)
class TemplateFor:
    """`%{ for key, value in collection }body%{ endfor }`; `key` is None where only one name is written."""

    key: str | None
    value: str
    collection: Expression
    body: tuple[Part, ...]
    span: Span


@dataclass(slots=True)
class TupleConstructor:
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span


@dataclass(slots=True)
class ObjectConstructor:
    """`{key = value}`. A bare identifier as key is a Literal; `(key)` is a Parentheses."""

    items: tuple[tuple[Expression, Expression], ...]
    span: Span


@dataclass(slots=True)
class Variable:
    """The first name of a reference: `var`, `local`, `aws_instance`, `each`, or a name bound by `for`."""

    name: str
    span: Span


@dataclass(slots=True)
class GetAttribute:
    """`source.name`; a legacy index `source.0` is an Index with a number."""

    source: Expression
    name: str
    span: Span


@dataclass(slots=True)
class Index:
    """`source[key]`."""

    source: Expression
    key: Expression
    span: Span


@dataclass(slots=True)
class Splat:
    """`source[*].each` (full) or `source.*.each` (attribute only): `each` is an expression over SplatItem."""

    source: Expression
    each: Expression
    full: bool
    span: Span


@dataclass(slots=True)
class SplatItem:
    """The current element within a Splat's `each`."""

    span: Span


@dataclass(slots=True)
class Call:
    """`name(arguments)`; `expand` for `f(list...)`. Names may hold `::`."""

    name: str
    arguments: tuple[Expression, ...]
    expand: bool
    span: Span
    name_span: Span


@dataclass(slots=True)
class Conditional:
    """`condition ? then : otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span


@dataclass(slots=True)
class Unary:
    """`-x` or `!x`."""

    operator: str
    operand: Expression
    span: Span


@dataclass(slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(slots=True)
class ForTuple:
    """`[for key, value in collection : result if condition]`."""

    key: str | None
    value: str
    collection: Expression
    result: Expression
    condition: Expression | None
    span: Span


@dataclass(slots=True)
class ForObject:
    """`{for key, value in collection : result_key => result... if condition}`."""

    key: str | None
    value: str
    collection: Expression
    result_key: Expression
    result: Expression
    grouping: bool
    condition: Expression | None
    span: Span


@dataclass(slots=True)
class Parentheses:
    """`(inner)`."""

    inner: Expression
    span: Span


Expression: TypeAlias = (
    Literal
    | Template
    | TupleConstructor
    | ObjectConstructor
    | Variable
    | GetAttribute
    | Index
    | Splat
    | SplatItem
    | Call
    | Conditional
    | Unary
    | Binary
    | ForTuple
    | ForObject
    | Parentheses
)
Part: TypeAlias = Expression | TemplateIf | TemplateFor


@dataclass(slots=True)
class Attribute:
    """`name = expression`."""

    name: str
    expression: Expression
    name_span: Span
    span: Span


@dataclass(slots=True)
class Block:
    """`type "label" { body }`. `header` runs from the type to the last label, `span` over the whole block."""

    type: str
    labels: tuple[str, ...]
    label_spans: tuple[Span, ...]
    body: Body
    type_span: Span
    header: Span
    span: Span


@dataclass(slots=True)
class Body:
    """Attributes by name and blocks in order. A name written twice is a syntax problem; the first one stands here.

    `from_json` marks a body read from JSON, where a nested block cannot be told from an object attribute.
    """

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]
    span: Span
    from_json: bool = False
