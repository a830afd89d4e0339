"""Numeric functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from guard.terraform import numbers
from guard.terraform.float_math import logarithm, power
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    unknown_from,
    whole_number,
)
from guard.terraform.numbers import Number, compare, from_float, from_integer, to_float
from guard.terraform.sets import quoted
from guard.terraform.types import NUMBER, STRING, Type, friendly_name
from guard.terraform.values import Value, as_number, as_text, is_sensitive, number, with_marks

LONGEST_INTEGER: Final = 10_000
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _one_number(change: Callable[[Number], Number], *, dynamic: bool = False) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        return number(change(as_number(arguments[0])))

    return Function((Parameter("num", NUMBER, dynamic=dynamic),), NUMBER, run)


def _extreme(sign: int) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        if not arguments:
            raise FunctionError("must pass at least one number")
        best = arguments[0]
        for each in arguments[1:]:
            if compare(as_number(each), as_number(best)) == sign:
                best = each
        return best

    return Function((), NUMBER, run, Parameter("numbers", NUMBER, dynamic=True))


def _signum(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    whole = whole_number(arguments[0])
    return number((whole > 0) - (whole < 0))


def _float(value: Value, argument: int) -> float:
    found = to_float(as_number(value))
    if math.isinf(found) and not as_number(value).is_infinite:
        raise FunctionError("value must be between -1.7976931348623157e+308 and 1.7976931348623157e+308", argument)
    return found


def _log(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    above, below = logarithm(_float(arguments[0], 0)), logarithm(_float(arguments[1], 1))
    if below:
        return number(from_float(above / below))
    return number(from_float(math.nan if not above or math.isnan(above) else math.copysign(math.inf, above)))


def _pow(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return number(from_float(power(_float(arguments[0], 0), _float(arguments[1], 1))))


def _parse_integer(text: str, base: int) -> int | None:
    """Return the integer that `text` holds in a base up to 62; None where it holds none."""
    match = re.fullmatch(r"([+-]?)([0-9A-Za-z]+)", text)
    if match is None or len(text) > LONGEST_INTEGER:
        return None
    digits = match[2].lower() if base <= 36 else match[2]
    result = 0
    for digit in digits:
        value = _DIGITS.index(digit)
        if value >= base:
            return None
        result = result * base + value
    return -result if match[1] == "-" else result


def _parseint(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    text, base_value = arguments
    marks = text.marks | base_value.marks
    if not (text.is_known and base_value.is_known):
        return with_marks(unknown_from(NUMBER, text, base_value), marks)
    base = whole_number(base_value, 1)
    if not 2 <= base <= 62:
        raise FunctionError("base must be a whole number between 2 and 62 inclusive", 1)
    result = _parse_integer(as_text(text), base)
    if result is None:
        shown = "(sensitive value)" if is_sensitive(text) else quoted(as_text(text))
        of = "(sensitive value)" if is_sensitive(base_value) else str(base)
        raise FunctionError(f"cannot parse {shown} as a base {of} integer", 0)
    return with_marks(number(from_integer(result)), marks)


def _parseint_kind(arguments: Arguments) -> Type:
    if arguments[0].type is not STRING:
        raise FunctionError(f"first argument must be a string, not {friendly_name(arguments[0].type)}", 0)
    return NUMBER


FUNCTIONS: Final[Mapping[str, Function]] = {
    "abs": _one_number(numbers.absolute, dynamic=True),
    "ceil": _one_number(numbers.ceiling),
    "floor": _one_number(numbers.floor),
    "log": Function((Parameter("num", NUMBER), Parameter("base", NUMBER)), NUMBER, _log),
    "max": _extreme(1),
    "min": _extreme(-1),
    "parseint": Function(
        (
            Parameter("number", marked=True, unknown=True),
            Parameter("base", NUMBER, marked=True, unknown=True),
        ),
        _parseint_kind,
        _parseint,
    ),
    "pow": Function((Parameter("num", NUMBER), Parameter("power", NUMBER)), NUMBER, _pow),
    "signum": Function((Parameter("num", NUMBER),), NUMBER, _signum),
}
