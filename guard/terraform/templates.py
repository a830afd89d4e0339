"""Templates: interpolations and directives joined to text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from guard.formats.hcl_syntax import Expression, Literal, Part, Template, TemplateFor, TemplateIf
from guard.model.location import Span
from guard.model.value import Unknown
from guard.terraform.conditionals import conditional
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.functions.framework import LONGEST_TEXT
from guard.terraform.loops import rounds_of
from guard.terraform.scope import EvaluationError, Scope
from guard.terraform.text import safe_prefix
from guard.terraform.types import STRING
from guard.terraform.values import Value, cause_of, refined, string, with_marks

Evaluate: TypeAlias = Callable[[Expression, Scope], Value]


def template(node: Template, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the text of a template; one sole interpolation keeps the type of what is in it."""
    if len(node.parts) == 1:
        only = node.parts[0]
        if not isinstance(only, (TemplateIf, TemplateFor)):
            return evaluate(only, scope)
    return joined(node.parts, scope, evaluate, node.span)


def joined(parts: Sequence[Part], scope: Scope, evaluate: Evaluate, span: Span) -> Value:
    """Return the parts as one text. Where one is unknown, so is the text, but for its known beginning."""
    texts: list[str] = []
    size = 0
    marks: frozenset[str] = frozenset()
    undecided: Unknown | None = None
    for part in parts:
        if type(part) is Literal and type(part.value) is str:
            text = part.value
        else:
            value = _part(part, scope, evaluate)
            marks |= value.marks
            if not value.is_known:
                undecided = undecided or cause_of(value)
                continue
            text = _text(value, part, scope)
        if undecided is None:
            size += len(text)
            texts.append(text)
    scope.budget.spend(len(texts) + size // 256, scope.at(span))
    if size > LONGEST_TEXT:
        raise scope.error(f"the text would be longer than {LONGEST_TEXT} characters", span)
    whole = "".join(texts)
    result = string(whole) if undecided is None else refined(STRING, undecided, prefix=safe_prefix(whole))
    return with_marks(result, marks) if marks else result


def _text(value: Value, part: Part, scope: Scope) -> str:
    if value.content is None:
        raise scope.error("null cannot be put into text", part.span)
    if isinstance(value.content, str):
        return value.content
    try:
        text = convert(value, STRING).content
    except ConversionError as error:
        raise scope.error(f"this value cannot be put into text: {error}", part.span) from None
    assert isinstance(text, str)
    return text


def _part(part: Part, scope: Scope, evaluate: Evaluate) -> Value:
    if isinstance(part, TemplateIf):
        then = _attempt(part.then, scope, evaluate, part.span)
        otherwise = _attempt(part.otherwise, scope, evaluate, part.span)
        return conditional(part.condition, then, otherwise, scope, evaluate, part.span)
    if isinstance(part, TemplateFor):
        return _loop(part, scope, evaluate)
    return evaluate(part, scope)


def _attempt(parts: Sequence[Part], scope: Scope, evaluate: Evaluate, span: Span) -> Value | EvaluationError:
    try:
        return joined(parts, scope, evaluate, span)
    except EvaluationError as error:
        return error


def _loop(node: TemplateFor, scope: Scope, evaluate: Evaluate) -> Value:
    collection = evaluate(node.collection, scope)
    rounds = rounds_of(node, collection, scope)
    if isinstance(rounds, Value):
        return refined(STRING, cause_of(rounds))
    texts: list[str] = []
    marks = collection.marks
    undecided: Unknown | None = None
    for inner in rounds:
        value = joined(node.body, inner, evaluate, node.span)
        marks |= value.marks
        if isinstance(value.content, str):
            texts.append(value.content)
        else:
            undecided = undecided or cause_of(value)
    result = string("".join(texts)) if undecided is None else refined(STRING, undecided)
    return with_marks(result, marks) if marks else result
