"""Terraform's operators on values: equality, order, logic and arithmetic, unknown values and marks included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from guard.model.value import Unknown
from guard.terraform import numbers
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    call_converted,
    unknown_from,
)
from guard.terraform.numbers import NotANumber, Number, compare
from guard.terraform.types import BOOL, DYNAMIC, NUMBER, Type, conforms, has_dynamic
from guard.terraform.values import (
    FALSE,
    TRUE,
    Content,
    Undecided,
    Value,
    as_flag,
    as_number,
    boolean,
    first_unknown,
    has_known_type,
    is_wholly_known,
    may_be_null,
    number,
    refined,
    unknown,
    unmarked,
    unmarked_deep,
    with_marks,
)


def binary(symbol: str, left: Value, right: Value) -> Value:
    """Return `left symbol right`; FunctionError, whose `argument` tells the operand, where that cannot be."""
    if symbol in _QUICK and not left.marks and not right.marks:
        decided = _QUICK[symbol](left.content, right.content)
        if decided is not None:
            return TRUE if decided else FALSE
    operation = _BINARY[symbol]
    operands = [_operand(operation, 0, left, "left"), _operand(operation, 1, right, "right")]
    try:
        return call_converted(operation, operands)
    except FunctionError as error:
        raise FunctionError(f"error during operation: {error.message}", error.argument) from None


def unary(symbol: str, operand: Value) -> Value:
    """Return `-operand` or `!operand`; FunctionError where that cannot be."""
    if symbol == "!" and type(operand.content) is bool and not operand.marks:
        return FALSE if operand.content else TRUE
    operation = _UNARY[symbol]
    try:
        return call_converted(operation, [_operand(operation, 0, operand, "unary")])
    except FunctionError as error:
        raise FunctionError(f"error during operation: {error.message}", error.argument) from None


def _operand(operation: Function, position: int, value: Value, side: str) -> Value:
    try:
        return convert(value, operation.parameters[position].type)
    except ConversionError as error:
        raise FunctionError(f"unsuitable value for {side} operand: {error}", position) from None


# Equality


def equals(left: Value, right: Value) -> Value:
    """Return whether two values have one type and are equal: true, false or unknown. Nulls of all types are equal."""
    if left.marks or right.marks or left.items or right.items:
        bare_left, left_marks = unmarked_deep(left)
        bare_right, right_marks = unmarked_deep(right)
        if left_marks or right_marks:
            if left.is_null != right.is_null:
                left_marks, right_marks = left.marks, right.marks
            return with_marks(_equals(bare_left, bare_right), left_marks | right_marks)
    return _equals(left, right)


def _equals(left: Value, right: Value) -> Value:
    if (left.is_null and not may_be_null(right)) or (right.is_null and not may_be_null(left)):
        return FALSE
    if isinstance(left.content, Undecided) or isinstance(right.content, Undecided):
        return _equals_unknown(left, right)
    if left.is_null or right.is_null:
        return boolean(left.is_null and right.is_null)
    if not (_has_settled_type(left) and _has_settled_type(right)):
        if not conforms(left.type, right.type) and not conforms(right.type, left.type):
            return FALSE
        return _undecided(left, right)
    if left.type is not right.type and left.type != right.type:
        return FALSE
    if left.type.is_primitive:
        return boolean(left.content == right.content)
    return _members_equal(left, right)


def _has_settled_type(value: Value) -> bool:
    return not has_dynamic(value.type) or has_known_type(value)


def _equals_unknown(left: Value, right: Value) -> Value:
    known, other = (right, left) if isinstance(left.content, Undecided) else (left, right)
    held = other.content
    assert isinstance(held, Undecided)
    if not known.is_known:
        return _undecided(left, right)
    if not known.is_null and not _may_be(known, other.type, held):
        return FALSE
    if known.is_null or has_dynamic(other.type) or known.type == other.type:
        return _undecided(left, right)
    return FALSE


def _may_be(known: Value, type_: Type, held: Undecided) -> bool:
    """Tell whether an unknown value may turn out to be `known`, which is not null."""
    if not conforms(known.type, type_):
        return False
    if isinstance(known.content, str) and held.prefix:
        return known.content.startswith(held.prefix)
    if isinstance(known.content, Number):
        above = held.minimum is None or compare(known.content, held.minimum) >= 0
        return above and (held.maximum is None or compare(known.content, held.maximum) <= 0)
    if known.type.is_collection and is_wholly_known(known):
        count = len(known.items)
        return count >= held.shortest and (held.longest is None or count <= held.longest)
    return True


def _members_equal(left: Value, right: Value) -> Value:
    if left.type.kind == "set":
        if not (is_wholly_known(left) and is_wholly_known(right)):
            return _undecided(left, right)
        return boolean(_all_equal(left.items, right.items) is True)
    if left.type.kind == "map" and left.fields.keys() != right.fields.keys():
        return FALSE
    outcome = _all_equal(left.items, right.items)
    return _undecided(left, right) if outcome is None else boolean(outcome)


def _all_equal(left: Sequence[Value], right: Sequence[Value]) -> bool | None:
    if len(left) != len(right):
        return False
    for one, other in zip(left, right, strict=True):
        outcome = _equals(one, other)
        if not outcome.is_known:
            return None
        if outcome is FALSE:
            return False
    return True


def _undecided(*values: Value) -> Value:
    return unknown(BOOL, _cause(*values), not_null=True)


def _cause(*values: Value) -> Unknown:
    found = unknown_from(DYNAMIC, *values).content
    assert isinstance(found, Undecided)
    return found.cause


def raw_equal(left: Value, right: Value) -> bool:
    """Tell whether two values are the same in type, content and marks; an unknown is the same as an unknown."""
    if left.type != right.type or left.marks != right.marks or left.is_null != right.is_null:
        return False
    if isinstance(left.content, Undecided) or isinstance(right.content, Undecided):
        return not left.is_known and not right.is_known
    if left.fields.keys() != right.fields.keys() or len(left.items) != len(right.items):
        return False
    if left.items:
        return all(map(raw_equal, left.items, right.items))
    return left.content == right.content


# Order


def less(left: Value, right: Value) -> Value:
    """Return whether one number is less than another; of unknown numbers, what their bounds decide."""
    marks = left.marks | right.marks
    if left.is_known and right.is_known:
        return with_marks(boolean(compare(as_number(left), as_number(right)) < 0), marks)
    (least, most), (other_least, other_most) = _bounds(left), _bounds(right)
    if most is not None and other_least is not None and compare(most, other_least) < 0:
        return with_marks(TRUE, marks)
    if least is not None and other_most is not None and compare(least, other_most) > 0:
        return with_marks(FALSE, marks)
    return with_marks(_undecided(left, right), marks)


def _bounds(value: Value) -> tuple[Number | None, Number | None]:
    if isinstance(value.content, Undecided):
        return value.content.minimum, value.content.maximum
    return as_number(value), as_number(value)


def less_or_equal(left: Value, right: Value) -> Value:
    """Return whether one number is at most another."""
    return _either(less(left, right), equals(left, right))


def _either(left: Value, right: Value) -> Value:
    marks = left.marks | right.marks
    if left.content is True or right.content is True:
        return with_marks(TRUE, marks)
    cause = first_unknown(left, right)
    return with_marks(FALSE if cause is None else unknown(BOOL, cause, not_null=True), marks)


def negation(value: Value) -> Value:
    """Return the opposite of a truth value; of unknown, unknown."""
    if not value.is_known:
        return value
    return with_marks(boolean(not as_flag(value)), value.marks)


# Members


def length(value: Value) -> Value:
    """Return the number of members of a collection, tuple or object; of an unknown one, a bounded number."""
    bare, marks = unmarked(value)
    if bare.type.kind in ("tuple", "object"):
        return with_marks(number(len(bare.type.items or bare.type.fields)), marks)
    held = bare.content
    if isinstance(held, Undecided):
        longest = None if held.longest is None else numbers.from_integer(held.longest)
        found = refined(NUMBER, held.cause, minimum=numbers.from_integer(held.shortest), maximum=longest)
        return with_marks(found, marks)
    count = len(bare.items)
    cause = first_unknown(bare) if bare.type.kind == "set" and count > 1 else None
    if cause is not None:
        least, most = numbers.from_integer(1), numbers.from_integer(count)
        return with_marks(refined(NUMBER, cause, minimum=least, maximum=most), marks)
    return with_marks(number(count), marks)


# The operators


def _two(type_: Type, *, marked: bool = False, through: bool = False) -> tuple[Parameter, Parameter]:
    first = Parameter("a", type_, dynamic=True, marked=marked, unknown=through, null=type_.kind == "dynamic")
    return first, Parameter("b", type_, dynamic=True, marked=marked, unknown=through, null=type_.kind == "dynamic")


def _arithmetic(calculate: Callable[[Number, Number], Number], failure: str) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        try:
            return number(calculate(as_number(arguments[0]), as_number(arguments[1])))
        except NotANumber:
            raise FunctionError(failure) from None

    return Function(_two(NUMBER), NUMBER, run)


def _comparison(decide: Callable[[Value, Value], Value], type_: Type = NUMBER) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        return decide(arguments[0], arguments[1])

    return Function(_two(type_, marked=type_ is NUMBER, through=True), BOOL, run)


def _logic(decide: Callable[[bool, bool], bool]) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        left, right = arguments
        return with_marks(boolean(decide(as_flag(left), as_flag(right))), left.marks | right.marks)

    return Function(_two(BOOL), BOOL, run)


def _negate(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return with_marks(number(numbers.negate(as_number(arguments[0]))), arguments[0].marks)


def _not(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return negation(arguments[0])


def _same(left: Content, right: Content) -> bool | None:
    """Tell whether two contents are equal, where that is plain and they hold nothing that may be marked."""
    if type(left) is type(right) and (left is None or type(left) is str or type(left) is bool):
        return left == right
    if left is None or right is None:
        return False if type(right if left is None else left) in (str, bool, Number) else None
    return None


def _other(left: Content, right: Content) -> bool | None:
    found = _same(left, right)
    return None if found is None else not found


def _both(left: Content, right: Content) -> bool | None:
    return left and right if type(left) is bool and type(right) is bool else None


def _one(left: Content, right: Content) -> bool | None:
    return left or right if type(left) is bool and type(right) is bool else None


# What most operators in configurations are about, without the steps that unknown, marked and converted operands need.
_QUICK: Final[Mapping[str, Callable[[Content, Content], bool | None]]] = {
    "==": _same,
    "!=": _other,
    "&&": _both,
    "||": _one,
}
_BINARY: Final[Mapping[str, Function]] = {
    "+": _arithmetic(numbers.add, "can't compute sum of opposing infinities"),
    "-": _arithmetic(numbers.subtract, "can't subtract infinity from itself"),
    "*": _arithmetic(numbers.multiply, "can't multiply zero by infinity"),
    "/": _arithmetic(numbers.divide, "can't divide zero by zero or infinity by infinity"),
    "%": _arithmetic(numbers.modulo, "can't use modulo with zero and infinity"),
    "==": _comparison(equals, DYNAMIC),
    "!=": _comparison(lambda left, right: negation(equals(left, right)), DYNAMIC),
    "<": _comparison(less),
    ">": _comparison(lambda left, right: less(right, left)),
    "<=": _comparison(less_or_equal),
    ">=": _comparison(lambda left, right: _either(less(right, left), equals(left, right))),
    "&&": _logic(lambda left, right: left and right),
    "||": _logic(lambda left, right: left or right),
}
_UNARY: Final[Mapping[str, Function]] = {
    "-": Function((Parameter("num", NUMBER, dynamic=True),), NUMBER, _negate),
    "!": Function((Parameter("val", BOOL, dynamic=True),), BOOL, _not),
}
