"""Terraform's JSON syntax (`.tf.json`, `.tfvars.json`) to the same syntax tree as HCL.

Every string is kept as a template. Whether an object is a nested block or a value, and where Terraform takes a string
for a reference or a type (`depends_on`, `provider`, `type`), is for whoever knows the block: `Body.from_json` tells it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from guard.formats import _hcl_template, hcl_syntax, json
from guard.formats._hcl_checks import LABELS, checked
from guard.formats._hcl_cursor import MAX_DEPTH, joined
from guard.formats._hcl_expressions import Parser
from guard.formats._hcl_tokens import HclError, tokenise
from guard.formats.hcl import problems_of
from guard.formats.hcl_syntax import Attribute, Block, Body, Expression
from guard.model.document import Document, Format
from guard.model.finding import Problem
from guard.model.location import FIRST_CHARACTER, Location, Span
from guard.model.node import Node, is_sequence, kind_of
from guard.model.value import Unknown

_COMMENT = "//"
_RAW_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(slots=True)
class _Reading:
    """What is known while a file is lowered: its text by lines, for positions within strings, and what is wrong.

    `raw` is set where Terraform takes strings as they are: the values and defaults of variables.
    """

    lines: list[str]
    complaints: list[HclError] = field(default_factory=list)
    raw: bool = False


def parse(path: str, text: str) -> Document:
    """Return the file's Body as `syntax`; without a root that can be read it is empty and a problem says why."""
    if text.startswith("\ufeff"):
        message = "a byte order mark may not begin this file; save it as UTF-8 without one"
        return _empty(path, text, (Problem("syntax", message, Location(path, FIRST_CHARACTER)),))
    root, problems = json.read(path, text)
    if root is None:
        return _empty(path, text, problems)
    reading = _Reading(text.split("\n"))
    variables = path.endswith(".tfvars.json")
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    for key, node in _properties(root, reading, "the whole file"):
        if variables:
            reading.raw = True
            _set(attributes, key, node, reading)
        else:
            blocks += _blocks(key, node, reading)
    body = Body(attributes, tuple(blocks), root.location.span, from_json=True)
    complaints = reading.complaints + checked(path, body)
    return Document(path, text, problems=problems_of(path, complaints), syntax=body)


def _empty(path: str, text: str, problems: tuple[Problem, ...]) -> Document:
    return Document(path, text, problems=problems, syntax=Body({}, (), FIRST_CHARACTER, from_json=True))


def _properties(node: Node, reading: _Reading, what: str) -> Iterator[tuple[str, Node]]:
    """Yield the members of an object, or of each object of a list, comments left out."""
    for part in node.value if is_sequence(node.value) else (node,):
        if isinstance(part.value, json.Members):
            yield from ((key, child) for key, child in part.value.written() if key != _COMMENT)
        else:
            reading.complaints.append(_expected(part, f"a JSON object is expected for {what}"))


def _expected(node: Node, what: str) -> HclError:
    line, column = node.location.span[:2]
    return HclError(f"{what}, but this is {kind_of(node)}", Span(line, column, line, column + 1))


def _key(node: Node) -> Span:
    return (node.key or node.location).span


def _blocks(kind: str, node: Node, reading: _Reading) -> Iterator[Block]:
    """Yield the blocks of a type; each level of objects stands for one label."""
    expected = LABELS.get(kind, ())
    yield from _labelled(kind, node, (), (_key(node),), len(expected), reading)


def _labelled(
    kind: str, node: Node, labels: tuple[str, ...], spans: tuple[Span, ...], missing: int, reading: _Reading
) -> Iterator[Block]:
    if missing:
        for label, child in _properties(node, reading, f"the labels of {kind}"):
            yield from _labelled(kind, child, (*labels, label), (*spans, _key(child)), missing - 1, reading)
        return
    for part in node.value if is_sequence(node.value) else (node,):
        if not isinstance(part.value, json.Members):
            reading.complaints.append(_expected(part, f"a JSON object is expected for a {kind} block"))
            continue
        header = joined(spans[0], spans[-1])
        span = joined(spans[0], part.location.span)
        yield Block(kind, labels, spans[1:], _body(kind, part, reading), spans[0], header, span)


def _body(kind: str, node: Node, reading: _Reading) -> Body:
    attributes: dict[str, Attribute] = {}
    for key, child in _properties(node, reading, "a block"):
        reading.raw = kind == "variable" and key == "default"
        _set(attributes, key, child, reading)
    reading.raw = False
    return Body(attributes, (), node.location.span, from_json=True)


def _set(attributes: dict[str, Attribute], name: str, node: Node, reading: _Reading) -> None:
    """Add an attribute. Objects under the same name are blocks of one type and so are gathered into a list."""
    try:
        expression = _expression(node, reading, 0)
    except HclError as complaint:
        reading.complaints.append(complaint)
        return
    key = _key(node)
    first = attributes.get(name)
    if first is None:
        attributes[name] = Attribute(name, expression, key, joined(key, node.location.span))
        return
    members = (*_members(first.expression), *_members(expression))
    if all(isinstance(member, hcl_syntax.ObjectConstructor) for member in members):
        span = joined(first.expression.span, expression.span)
        gathered = hcl_syntax.TupleConstructor(members, span)
        attributes[name] = Attribute(name, gathered, first.name_span, joined(first.span, node.location.span))
        return
    message = f'"{name}" is already set on line {first.name_span.line}; keep one of the two'
    reading.complaints.append(HclError(message, key, first.name_span))


def _members(expression: Expression) -> tuple[Expression, ...]:
    return expression.items if isinstance(expression, hcl_syntax.TupleConstructor) else (expression,)


def _expression(node: Node, reading: _Reading, depth: int) -> Expression:
    value, span = node.value, node.location.span
    if depth > MAX_DEPTH:
        raise HclError(f"nested too deeply: more than {MAX_DEPTH} levels", span)
    if isinstance(value, json.Members):
        items = tuple(
            (_template(name, _key(child), reading), _expression(child, reading, depth + 1))
            for name, child in value.written()
        )
        return hcl_syntax.ObjectConstructor(items, span)
    if is_sequence(value):
        return hcl_syntax.TupleConstructor(tuple(_expression(child, reading, depth + 1) for child in value), span)
    if isinstance(value, str):
        return _template(value, span, reading)
    if isinstance(value, Unknown):
        raise HclError(value.reason, span)
    if isinstance(value, int) and not isinstance(value, bool):
        return hcl_syntax.Literal(Decimal(value), span)
    assert value is None or isinstance(value, (bool, Decimal))
    return hcl_syntax.Literal(value, span)


def _template(text: str, span: Span, reading: _Reading) -> Expression:
    """Return what a string means: a literal where it holds no sequence. Raises HclError where one is broken."""
    if reading.raw or ("${" not in text and "%{" not in text):
        return hcl_syntax.Literal(text if text.isascii() else unicodedata.normalize("NFC", text), span)
    tokens = tokenise(text, line=span.line, column=span.column + 1, mode="template")
    raw = reading.lines[span.line - 1][span.column : span.end_column - 2]
    if "\\" in raw:
        _place(tokens.lines, tokens.columns, text, raw, span)
    if tokens.complaints:
        raise tokens.complaints[0]
    expression = _hcl_template.whole(Parser(tokens))
    expression.span = span
    return expression


def _place(lines: list[int], columns: list[int], text: str, raw: str, span: Span) -> None:
    """Move positions counted in the decoded text to where the characters stand in the file."""
    columns_of = [span.column + 1 + match.start() for match in _RAW_CHARACTER.finditer(raw)]
    columns_of.append(span.end_column - 1)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for index, (line, column) in enumerate(zip(lines, columns, strict=True)):
        first = line == span.line
        offset = starts[line - span.line] + column - 1 - (span.column if first else 0)
        lines[index] = span.line
        columns[index] = columns_of[min(offset, len(columns_of) - 1)]


FORMAT = Format("tfjson", (".tf.json", ".tofu.json", ".tfvars.json"), parse)
