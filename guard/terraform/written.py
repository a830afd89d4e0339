"""How a text that an attribute holds is written: its pieces, with the place of each line in the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guard.formats.hcl_syntax import Call, Expression, Literal, Part, Template, TemplateFor, TemplateIf
from guard.model.instance import Piece, Written
from guard.model.location import Location, Span
from guard.model.value import Unknown
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.expressions import evaluate
from guard.terraform.files import TemplateContext
from guard.terraform.functions.files import place_in_tree
from guard.terraform.instances import value_node
from guard.terraform.loops import rounds_of
from guard.terraform.origins import Origin, child, follow
from guard.terraform.resources import ResourceInstance
from guard.terraform.scope import Failure, Scope
from guard.terraform.taken import value_of
from guard.terraform.types import STRING
from guard.terraform.values import Value, cause_of, is_sensitive

_ENCODERS = ("yamlencode", "jsonencode")
_DECODERS = ("yamldecode", "jsondecode")
_SENSITIVE = "the value is sensitive"


def written(instance: ResourceInstance, *path: str | int) -> Written:
    """Return how the text at `path` of an instance's body is written, None where that is not told."""
    try:
        return _written(instance, path)
    except (Failure, RecursionError):
        return None


def _written(instance: ResourceInstance, path: Sequence[str | int]) -> Written:
    name = path[0] if path else None
    attribute = instance.body.body.attributes.get(name) if isinstance(name, str) else None
    if attribute is None or not isinstance(name, str):
        return None
    origin: Origin | None = follow(Origin(attribute.expression, instance.body.scope_of(name)))
    for step in path[1:]:
        origin = child(origin, step) if origin is not None else None
    return None if origin is None or origin.place is not None else _of(origin.expression, origin.scope)


def _of(expression: Expression, scope: Scope) -> Written:
    if isinstance(expression, Literal):
        return (_literal(expression, scope),) if isinstance(expression.value, str) else None
    if isinstance(expression, Template):
        return tuple(_pieces(expression.parts, scope))
    if isinstance(expression, Call) and expression.arguments and not expression.expand:
        return _of_call(expression, scope)
    return None


def _of_call(node: Call, scope: Scope) -> Written:
    argument = follow(Origin(node.arguments[0], scope))
    if node.name in _ENCODERS:
        return value_node(evaluate(node.arguments[0], scope), argument, scope.at(node.arguments[0].span))
    if node.name in _DECODERS and argument.place is None:
        return _of(argument.expression, argument.scope)
    if node.name in ("file", "templatefile"):
        return _of_file(node, scope)
    return None


def _of_file(node: Call, scope: Scope) -> Written:
    """Return the pieces of a file, or of a template with its variables filled in."""
    environment = scope.context.environment(scope, node.span)
    path = value_of(node.arguments[0], scope)
    found = place_in_tree(path.content, environment) if path is not None and isinstance(path.content, str) else None
    if found is None or (path is not None and is_sensitive(path)):
        return None
    try:
        text = environment.files.read(found).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if node.name == "file":
        count = text.count("\n")
        place = Location(found, Span(1, 1, count + 1, len(text) - text.rfind("\n")))
        return (Piece(text, place, tuple((line + 1, 1) for line in range(count + 1))),)
    from guard.formats.hcl import parse_template

    expression = parse_template(found, text)[0]
    if expression is None or len(node.arguments) < 2 or environment.depth:
        return None
    variables = evaluate(node.arguments[1], scope)
    if not variables.is_known or is_sensitive(variables):
        return None
    inner = TemplateContext(environment._replace(depth=environment.depth + 1))
    within = Scope(found, inner, scope.budget, variables.fields)
    if isinstance(expression, Template):
        return tuple(_pieces(expression.parts, within))
    return (Piece(text, within.at(expression.span), _lines(text, expression.span, text.split("\n"))),)


def _pieces(parts: Sequence[Part], scope: Scope) -> Iterator[Piece]:
    for part in parts:
        if isinstance(part, TemplateIf):
            yield from _of_condition(part, scope)
        elif isinstance(part, TemplateFor):
            yield from _of_loop(part, scope)
        elif isinstance(part, Literal) and isinstance(part.value, str):
            yield _literal(part, scope)
        else:
            yield _of_interpolation(part, scope)


def _of_condition(node: TemplateIf, scope: Scope) -> Iterator[Piece]:
    condition = _value(node.condition, scope)
    if isinstance(condition, Value) and condition.content in (True, "true"):
        yield from _pieces(node.then, scope)
    elif isinstance(condition, Value) and condition.content in (False, "false"):
        yield from _pieces(node.otherwise, scope)
    else:
        yield _missing(condition, scope.at(node.condition.span))


def _of_loop(node: TemplateFor, scope: Scope) -> Iterator[Piece]:
    collection = _value(node.collection, scope)
    if isinstance(collection, Value) and is_sensitive(collection):
        place = scope.at(node.collection.span)
        yield Piece(Unknown(_SENSITIVE, place), place)
        return
    rounds = rounds_of(node, collection, scope) if isinstance(collection, Value) else collection
    if isinstance(rounds, (Value, Failure)):
        yield _missing(rounds, scope.at(node.collection.span))
        return
    for inner in rounds:
        yield from _pieces(node.body, inner)


def _of_interpolation(node: Expression, scope: Scope) -> Piece:
    place = follow(Origin(node, scope)).location
    value = _value(node, scope)
    if not isinstance(value, Value) or not value.is_known:
        return _missing(value, place)
    if is_sensitive(value):
        return Piece(Unknown(_SENSITIVE, place), place)
    try:
        content = convert(value, STRING).content
    except ConversionError:
        content = None
    return Piece(content, place) if isinstance(content, str) else _missing(None, place)


def _value(node: Expression, scope: Scope) -> Value | Failure:
    try:
        return evaluate(node, scope)
    except Failure as failure:
        return failure


def _missing(value: Value | Failure | None, place: Location) -> Piece:
    if isinstance(value, Value) and not value.is_known:
        cause = cause_of(value)
        return Piece(Unknown(cause.reason, place, cause.reference), place)
    return Piece(Unknown("a part of the text has no value", place), place)


def _literal(node: Literal, scope: Scope) -> Piece:
    assert isinstance(node.value, str)
    place = scope.at(node.span)
    source = _source(scope, node.span)
    span = node.span
    if span.line <= len(source):
        opening = source[span.line - 1][span.column - 1 :]
        if opening.startswith("<<") and not node.value.startswith("<<"):
            span = Span(span.line + 1, 1, span.line + 1 + node.value.count("\n"), 1)
        elif opening.startswith('"') and not node.value.startswith('"'):
            span = Span(span.line, span.column + 1, span.end_line, span.end_column - 1)
    return Piece(node.value, place, _lines(node.value, span, source))


def _source(scope: Scope, span: Span) -> list[str]:
    try:
        text = scope.context.environment(scope, span).files.read(scope.path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    return text.split("\n")


def _lines(text: str, span: Span, source: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return where each line of a text begins in the source, none where its lines are not those of the source.

    What was taken off at the beginning of a line (the indentation of `<<-`) is found by the length of what is left.
    """
    lines = text.split("\n")
    if len(lines) - 1 > max(span.end_line - span.line, 0):
        return ()
    found = []
    for number, line in enumerate(lines):
        row = span.line + number
        begin = span.column if number == 0 else 1
        whole = source[row - 1].rstrip("\r") if row <= len(source) else ""
        end = span.end_column - 1 if row == span.end_line else len(whole)
        taken = max(end - begin + 1 - len(line), 0) if line else 0
        found.append((row, begin + taken))
    return tuple(found)
