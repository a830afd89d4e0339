"""How many instances `count` and `for_each` make, and what each of them sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from guard.formats.hcl_syntax import Expression
from guard.model.value import Unknown
from guard.terraform.configuration import Written
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.expressions import evaluate
from guard.terraform.numbers import Number
from guard.terraform.scope import EvaluationError, Scope, TooLarge
from guard.terraform.types import DYNAMIC, NUMBER, STRING, friendly_name
from guard.terraform.values import Value, cause_of, first_unknown, is_sensitive, number, string, unknown

Key = str | int | None

MOST_INSTANCES: Final = 10_000
"""A resource or module of more instances is not expanded; Terraform itself does not manage as many."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """What one instance sees: `each` is its key and value, `index` its `count.index`; neither without repetition."""

    each: tuple[Value, Value] | None = None
    index: Value | None = None


ONCE: Final = Repetition()


@dataclass(frozen=True, slots=True)
class Expansion:
    """The instances by key. Where their number is unknown there is one, and `undecided` says why."""

    kind: str
    instances: tuple[tuple[Key, Repetition], ...]
    undecided: Unknown | None = None


SINGLE: Final = Expansion("single", ((None, ONCE),))


def expand(written: Written, scope: Scope) -> Expansion:
    """Return the instances of a resource or module block. Raises EvaluationError where count or for_each is unfit."""
    for_each = written.attribute("for_each")
    if for_each is not None:
        return _for_each(for_each.expression, scope.elsewhere(written.path_of("for_each")))
    count = written.attribute("count")
    if count is not None:
        return _count(count.expression, scope.elsewhere(written.path_of("count")))
    return SINGLE


def unexpanded(kind: str, cause: Unknown) -> Expansion:
    """Return the one instance that stands for an unknown number of them."""
    if kind == "count":
        return Expansion(kind, ((None, Repetition(index=unknown(NUMBER, cause, not_null=True))),), cause)
    each = (unknown(STRING, cause, not_null=True), unknown(DYNAMIC, cause))
    return Expansion(kind, ((None, Repetition(each=each)),), cause)


def _fail(what: str, message: str, scope: Scope, expression: Expression) -> NoReturn:
    raise EvaluationError(f"{what} {message}", scope.at(expression.span), "expansion")


def _count(expression: Expression, scope: Scope) -> Expansion:
    value = evaluate(expression, scope)
    if is_sensitive(value):
        _fail("count", "must not be sensitive, because it shows in addresses", scope, expression)
    if value.content is None:
        _fail("count", "is null: it must be a whole number of 0 or more", scope, expression)
    if not value.is_known:
        return unexpanded("count", cause_of(value))
    try:
        wanted = convert(value, NUMBER).content
    except ConversionError as error:
        _fail("count", f"is unsuitable: {error}", scope, expression)
    assert isinstance(wanted, Number)
    if wanted.is_zero:
        return Expansion("count", ())
    if wanted.negative or not wanted.is_integer:
        _fail("count", "must be a whole number of 0 or more", scope, expression)
    total = wanted.mantissa << wanted.exponent if wanted.exponent < 64 else MOST_INSTANCES + 1
    if total > MOST_INSTANCES:
        raise TooLarge(
            f"evaluation is too large: count is above {MOST_INSTANCES}", scope.at(expression.span), "too-large"
        )
    return Expansion("count", tuple((i, Repetition(index=number(i))) for i in range(total)))


def _for_each(expression: Expression, scope: Scope) -> Expansion:
    value = evaluate(expression, scope)
    if is_sensitive(value):
        _fail("for_each", "must not be sensitive, because its keys show in addresses", scope, expression)
    if value.content is None:
        _fail("for_each", "is null: it must be a map or a set of text", scope, expression)
    if not value.is_known and value.type.kind in ("dynamic", "map", "object", "set"):
        return unexpanded("for_each", cause_of(value))
    if value.type.kind == "set":
        return _over_set(value, expression, scope)
    if value.type.kind not in ("map", "object"):
        hint = "; toset(...) makes a set of a list" if value.type.kind in ("list", "tuple") else ""
        given = friendly_name(value.type)
        _fail("for_each", f"must be a map or a set of text, and this is a {given}{hint}", scope, expression)
    _bounded(len(value.fields), expression, scope)
    pairs = ((key, Repetition(each=(string(key), each))) for key, each in value.fields.items())
    return Expansion("for_each", tuple(pairs))


def _over_set(value: Value, expression: Expression, scope: Scope) -> Expansion:
    cause = first_unknown(value)
    if cause is not None:
        return unexpanded("for_each", cause)
    if value.items and value.type.of is not STRING and value.type.of != STRING:
        if any(item.content is None for item in value.items):
            _fail("for_each", "must not hold null", scope, expression)
        _fail(
            "for_each", f"must be a set of text, and this is one of {friendly_name(value.type.of)}", scope, expression
        )
    _bounded(len(value.items), expression, scope)
    instances: list[tuple[Key, Repetition]] = []
    for item in value.items:
        if not isinstance(item.content, str):
            _fail("for_each", "must not hold null", scope, expression)
        instances.append((item.content, Repetition(each=(item, item))))
    return Expansion("for_each", tuple(instances))


def _bounded(size: int, expression: Expression, scope: Scope) -> None:
    if size > MOST_INSTANCES:
        raise TooLarge(
            f"evaluation is too large: for_each has more than {MOST_INSTANCES} elements",
            scope.at(expression.span),
            "too-large",
        )


def key_text(key: Key) -> str:
    """Return an instance key as addresses write it: `[0]`, `["eu"]`, nothing for None."""
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    escaped = (
        key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    escaped = escaped.replace("${", "$${").replace("%{", "%%{")
    return f'["{escaped}"]'
