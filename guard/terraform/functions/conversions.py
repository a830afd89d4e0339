"""Functions that convert values and change their marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guard.terraform.conversion import ConversionError, can_convert, convert
from guard.terraform.functions.framework import Arguments, Environment, Function, FunctionError, Parameter, unknown_from
from guard.terraform.notation import type_text
from guard.terraform.sets import quoted
from guard.terraform.types import BOOL, DYNAMIC, NUMBER, STRING, Type, friendly_name, list_of, map_of, set_of
from guard.terraform.values import (
    EPHEMERAL,
    SENSITIVE,
    Value,
    boolean,
    marked,
    marks_deep,
    null,
    string,
    unmarked,
    unmarked_deep,
    with_marks,
)

_ANYTHING: Final = Parameter("value", unknown=True, null=True, marked=True, dynamic=True)


def _to(wanted: Type) -> Function:
    def kind(arguments: Arguments) -> Type:
        given = arguments[0].type
        if given != wanted and not can_convert(given, wanted):
            raise FunctionError(f"cannot convert {friendly_name(given)} to {_name(wanted)}", 0)
        return wanted

    def run(arguments: Arguments, result: Type, environment: Environment) -> Value:
        value = arguments[0]
        if not value.is_known:
            return with_marks(unknown_from(wanted, value), value.marks)
        try:
            return convert(value, wanted)
        except ConversionError:
            raise FunctionError(_why(value, wanted), 0) from None

    return Function((Parameter("v", null=True, marked=True, dynamic=True, unknown=True),), kind, run, never_null=False)


def _name(wanted: Type) -> str:
    return friendly_name(wanted, constraint=True)


def _why(value: Value, wanted: Type) -> str:
    given = friendly_name(value.type)
    if SENSITIVE in marks_deep(value):
        return f"cannot convert this sensitive {given} to {_name(wanted)}"
    if isinstance(value.content, str) and wanted is BOOL:
        return f'cannot convert {quoted(value.content)} to bool; only the strings "true" or "false" are allowed'
    if isinstance(value.content, str) and wanted is NUMBER:
        advice = "given string must be a decimal representation of a number"
        return f"cannot convert {quoted(value.content)} to number; {advice}"
    return f"cannot convert {given} to {_name(wanted)}"


def _same_kind(arguments: Arguments) -> Type:
    return arguments[0].type


def _sensitive(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return marked(arguments[0], SENSITIVE)


def _nonsensitive(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    bare, marks = unmarked(arguments[0])
    return with_marks(bare, marks - {SENSITIVE})


def _issensitive(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    value = arguments[0]
    if SENSITIVE in value.marks or value.is_known:
        return boolean(SENSITIVE in value.marks)
    return unknown_from(BOOL, value)


def _ephemeralasnull(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return without_ephemeral(arguments[0])


def without_ephemeral(value: Value) -> Value:
    """Return the value with null in place of what is ephemeral in it."""
    if EPHEMERAL in value.marks:
        return with_marks(null(value.type), value.marks - {EPHEMERAL})
    if EPHEMERAL not in marks_deep(value):
        return value
    content = value.content
    if isinstance(content, Mapping):
        return Value(value.type, {name: without_ephemeral(each) for name, each in content.items()}, value.marks)
    return Value(value.type, tuple(map(without_ephemeral, value.items)), value.marks)


def _type(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    if not environment.console:
        raise FunctionError("type() can be called only in the console")
    return string(type_text(unmarked_deep(arguments[0])[0].type))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "ephemeralasnull": Function((_ANYTHING,), _same_kind, _ephemeralasnull, never_null=False),
    "issensitive": Function((_ANYTHING,), BOOL, _issensitive, never_null=False),
    "nonsensitive": Function((_ANYTHING,), _same_kind, _nonsensitive, never_null=False),
    "sensitive": Function((_ANYTHING,), _same_kind, _sensitive, never_null=False),
    "tobool": _to(BOOL),
    "tolist": _to(list_of(DYNAMIC)),
    "tomap": _to(map_of(DYNAMIC)),
    "tonumber": _to(NUMBER),
    "toset": _to(set_of(DYNAMIC)),
    "tostring": _to(STRING),
    "type": Function((Parameter("value", unknown=True, null=True, dynamic=True),), STRING, _type),
}
