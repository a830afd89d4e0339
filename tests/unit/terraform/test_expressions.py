"""The expression language against what Terraform 1.11 answers; each case was put to the real binary's semantics."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.terraform.evaluating import error, plain, type_of

RESOURCE = """
resource "terraform_data" "u" {
  input = "in"
}
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("5 % 0", Decimal(5)),
        ("-(2 + 3) * 4", Decimal(-20)),
        ('1 == "1"', False),
        ("tolist([1]) == [1]", False),
        ('"${1}"', Decimal(1)),
        ('"a${1}b${true}"', "a1btrue"),
        ('"%{ if 2 > 1 }yes%{ else }no%{ endif }"', "yes"),
        ('"%{ for i, x in ["a", "b"] }${i}=${x};%{ endfor }"', "0=a;1=b;"),
        ('[for k, v in { b = 2, a = 1 } : "${k}${v}"]', ["a1", "b2"]),
        ('{ for s in ["aa", "b", "ab"] : substr(s, 0, 1) => s... }', {"a": ["aa", "ab"], "b": ["b"]}),
        ("[for x in [1, 2, 3] : x * 2 if x != 2]", [Decimal(2), Decimal(6)]),
        ("null[*]", []),
        ('"x"[*]', ["x"]),
        ("[{ a = 1 }, { a = 2 }][*].a", [Decimal(1), Decimal(2)]),
        ("[{ a = [5] }].*.a", [[Decimal(5)]]),
        ("{ a = 1, a = 2 }.a", Decimal(2)),
        ('{ "a" = { b = [10, 20] } }["a"].b[1]', Decimal(20)),
        ("max([1, 5, 3]...)", Decimal(5)),
        ('try({ a = 1 }.b, "none")', "none"),
        ('can(tonumber("x"))', False),
        ('true ? 1 : tobool("no")', Decimal(1)),
    ],
)
def test_a_value(expression: str, value: Any) -> None:
    assert plain(expression) == value


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ('true ? 1 : "a"', "string"),
        ("true ? {} : { a = 1 }", "map(number)"),
        ("true ? [1] : [1, 2]", "list(number)"),
        ("true ? null : 5", "number"),
        ('[1, "a"]', "tuple([number,string])"),
        ("toset([1, 2])[*]", "list(number)"),
    ],
)
def test_a_type(expression: str, type_: str) -> None:
    assert type_of(expression) == type_


@pytest.mark.parametrize(
    ("expression", "words", "column"),
    [
        ("[1, 2][5]", "index 5 does not identify an element: there are 2 elements, the last has index 1", 7),
        ("{ x = 1 }.y", 'this object does not have an attribute "y"; it has x', 10),
        ("null.x", 'this value is null, so it has no attribute "x"', 5),
        ("[][0]", "index 0 does not identify an element: it has no elements", 3),
        ('"a-${null}-b"', "null cannot be put into text", 6),
        ("null ? 1 : 2", "the condition is null: it must be true or false", 1),
        ("true ? 1 : [2]", "the branches of the conditional have types that do not fit together: number and tuple", 1),
        ('{ for x in ["a", "a"] : x => 1 }', "two items of this for expression have the key", 25),
        ("toset([1])[0]", "elements of a set have no index", 11),
        ("upper(null)", "upper(): argument must not be null", 7),
        ("nope", 'there is no "nope"', 1),
        ("var.nope", "var.nope is not declared", 1),
    ],
)
def test_an_error_names_its_place(expression: str, words: str, column: int) -> None:
    found = error(expression)
    assert found.message.startswith(words)
    assert found.location is not None
    assert (found.location.line, found.location.column) == (1, column)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("terraform_data.u.input", "in"),
        ("length([terraform_data.u.id, 1])", Decimal(2)),
        ('"x-${terraform_data.u.id}" == ""', False),
        ('startswith("x-${terraform_data.u.id}", "y")', False),
        ("terraform_data.u.id != null", True),
        ('terraform_data.u.id == "" ? 1 : 1', Decimal(1)),
        ("[terraform_data.u.id, 7][1]", Decimal(7)),
    ],
)
def test_what_is_known_of_the_unknown(expression: str, value: Any) -> None:
    assert plain(expression, RESOURCE) == value


@pytest.mark.parametrize(
    "expression",
    [
        "terraform_data.u.id",
        '"x-${terraform_data.u.id}"',
        'try(terraform_data.u.id, "d")',
        "can(tonumber(terraform_data.u.id))",
        'terraform_data.u.id == "a" ? 1 : 2',
        '[for x in [terraform_data.u.id] : x if x == "a"]',
    ],
)
def test_an_unknown_names_what_is_unknown_first(expression: str) -> None:
    assert plain(expression, RESOURCE) == {"__unknown__": "known only after apply: terraform_data.u.id"}


def test_the_operand_that_is_not_needed_is_evaluated_before_terraform_1_12() -> None:
    found = error('false && tobool("nope")')
    assert "bool" in found.message


def test_a_bomb_is_given_up() -> None:
    found = error("[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]")
    assert found.code == "too-large"
    assert found.message.startswith("evaluation is too large")


def test_a_bomb_within_try_is_given_up_too() -> None:
    assert error("try([for a in range(1000) : [for b in range(1000) : range(1000)]], 1)").code == "too-large"


def test_marks_follow_what_is_made_of_a_sensitive_value() -> None:
    prelude = 'variable "s" {\n  default = "hush"\n  sensitive = true\n}\n'
    assert plain('issensitive("a-${var.s}")', prelude) is True
    assert plain("issensitive([for x in [var.s] : 1])", prelude) is False
