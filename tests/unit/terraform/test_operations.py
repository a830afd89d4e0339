"""The short ways of operators give what the long way gives."""

from __future__ import annotations

from itertools import product

import pytest

from guard.model.location import whole_file
from guard.model.value import Unknown
from guard.terraform import operations
from guard.terraform.functions.framework import FunctionError
from guard.terraform.types import BOOL, DYNAMIC, STRING
from guard.terraform.values import (
    FALSE,
    NULL,
    TRUE,
    Value,
    marked,
    null,
    number,
    object_value,
    string,
    tuple_value,
    unknown,
)

CAUSE = Unknown("nobody says", whole_file("main.tf"))
VALUES = [
    *(string("a"), string("b"), string("true"), string(""), TRUE, FALSE, number(1), number(0)),
    *(NULL, null(STRING), null(BOOL), tuple_value([]), tuple_value([TRUE]), object_value({"a": string("b")})),
    *(unknown(STRING, CAUSE), unknown(STRING, CAUSE, not_null=True), unknown(BOOL, CAUSE), unknown(DYNAMIC, CAUSE)),
    *(marked(TRUE, "sensitive"), marked(string("a"), "sensitive"), tuple_value([marked(TRUE, "sensitive")])),
]


def outcome(symbol: str, left: Value, right: Value) -> object:
    try:
        return operations.binary(symbol, left, right)
    except FunctionError as error:
        return error.message, error.argument


@pytest.mark.parametrize("symbol", ["==", "!=", "&&", "||"])
def test_two_operands(symbol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = list(product(VALUES, VALUES))
    short = [outcome(symbol, left, right) for left, right in pairs]
    monkeypatch.setattr(operations, "_QUICK", {})
    assert short == [outcome(symbol, left, right) for left, right in pairs]


@pytest.mark.parametrize(("operand", "expected"), [(TRUE, FALSE), (FALSE, TRUE), (string("true"), FALSE)])
def test_one_operand(operand: Value, expected: Value) -> None:
    assert operations.unary("!", operand) == expected
