"""Values: numbers to the digit, sets in order, conversion and unification, marks, unknown parts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.location import whole_file
from guard.model.value import Unknown
from guard.terraform import numbers
from guard.terraform.conversion import ConversionError, convert, unify
from guard.terraform.defaults import Defaults, apply_defaults
from guard.terraform.notation import expression_text, type_text, value_text
from guard.terraform.number_parsing import parse
from guard.terraform.numbers import Number
from guard.terraform.operations import equals, less
from guard.terraform.types import (
    BOOL,
    DYNAMIC,
    EMPTY_OBJECT,
    NUMBER,
    STRING,
    Type,
    list_of,
    map_of,
    object_of,
    set_of,
    tuple_of,
)
from guard.terraform.values import (
    FALSE,
    NULL,
    SENSITIVE,
    TRUE,
    Value,
    first_unknown,
    list_value,
    marked,
    marks_deep,
    null,
    number,
    object_value,
    refined,
    set_value,
    string,
    tuple_value,
    unknown,
)

CAUSE = Unknown("aws_instance.a.id is known only after apply", whole_file("main.tf"))


def written(text: str) -> Number:
    found = parse(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.1", "0.1"),
        ("1.50", "1.5"),
        ("-0", "-0"),
        ("1e21", "1000000000000000000000"),
        ("1.5e-7", "0.00000015"),
        ("1p3", "8"),
        (".5", "0.5"),
        ("5.", "5"),
        ("123456789012345678901234567890.123", "123456789012345678901234567890.123"),
        ("Inf", "+Inf"),
    ],
)
def test_numbers_are_read_and_written_without_loss(text: str, shown: str) -> None:
    assert numbers.text(written(text)) == shown


@pytest.mark.parametrize("text", ["", "x", "1_000", "0x10", " 1", "1e", "١", "1e9999999999", "NaN"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert parse(text) is None


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    assert numbers.add(written("0.1"), written("0.2")) == written("0.3")
    assert numbers.text(numbers.multiply(written("19.99"), written("100"))) == "1999"


def test_counted_numbers_keep_64_bits_and_written_ones_512() -> None:
    assert numbers.text(numbers.divide(numbers.from_integer(1), numbers.from_integer(3))) == "0.33333333333333333334"
    assert numbers.text(numbers.divide(written("2"), written("3"))) == "0." + "6" * 153 + "7"


def test_remainders_have_the_sign_of_the_dividend_and_zero_divides_nothing() -> None:
    assert numbers.text(numbers.modulo(written("-7"), written("3"))) == "-1"
    assert numbers.text(numbers.modulo(written("5"), written("0"))) == "5"


def test_a_number_of_a_billion_digits_is_not_written_out() -> None:
    with pytest.raises(numbers.NumberTooLarge):
        numbers.text(written("1e100000000"))
    with pytest.raises(ConversionError):
        convert(number(written("1e100000000")), STRING)


def test_sets_are_ordered_and_without_repetitions() -> None:
    assert [item.content for item in set_value([string("b"), string("a"), string("b")]).items] == ["a", "b"]
    found = set_value([number(20), number(3), number(100)])
    assert [numbers.integer(item.content) for item in found.items if isinstance(item.content, Number)] == [3, 20, 100]


def test_marks_of_a_set_s_elements_become_the_set_s() -> None:
    found = set_value([marked(string("a"), SENSITIVE), string("b")])
    assert found.marks == {SENSITIVE}
    assert all(not item.marks for item in found.items)


@pytest.mark.parametrize(
    ("value", "wanted", "shown"),
    [
        (string("12"), NUMBER, "12"),
        (string("1"), BOOL, "true"),
        (number(5), STRING, '"5"'),
        (tuple_value([number(1), string("x"), TRUE]), list_of(DYNAMIC), 'tolist([\n  "1",\n  "x",\n  "true",\n])'),
        (tuple_value([number(1), string("1")]), set_of(DYNAMIC), 'toset([\n  "1",\n])'),
        (object_value({"a": number(1)}), map_of(STRING), 'tomap({\n  "a" = "1"\n})'),
        (object_value({"a": number(1), "b": TRUE}), object_of({"a": STRING}), '{\n  "a" = "1"\n}'),
        (object_value({}), object_of({"a": STRING}, ["a"]), '{\n  "a" = tostring(null)\n}'),
    ],
)
def test_values_convert(value: Value, wanted: Type, shown: str) -> None:
    assert value_text(convert(value, wanted)) == shown


@pytest.mark.parametrize(
    ("value", "wanted", "message"),
    [
        (string("x"), NUMBER, "a number is required"),
        (string("TRUE"), BOOL, 'a bool is required; to convert from string, use lowercase "true"'),
        (tuple_value([]), NUMBER, "number required"),
        (object_value({}), object_of({"a": STRING}), 'attribute "a" is required'),
        (object_value({"a": string("x")}), object_of({"a": NUMBER}), ".a: a number is required"),
        (tuple_value([string("a"), tuple_value([])]), list_of(STRING), "element 1: string required"),
        (tuple_value([number(1), tuple_value([])]), list_of(DYNAMIC), "all list elements must have the same type"),
    ],
)
def test_what_does_not_convert_is_told_as_terraform_tells_it(value: Value, wanted: Type, message: str) -> None:
    with pytest.raises(ConversionError) as caught:
        convert(value, wanted)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("types", "common"),
    [
        ([NUMBER, STRING], "string"),
        ([EMPTY_OBJECT, object_of({"a": NUMBER})], "map(number)"),
        ([tuple_of([NUMBER]), tuple_of([STRING, STRING])], "list(string)"),
        ([object_of({"a": NUMBER}), object_of({"a": STRING})], "object({a=string})"),
        ([list_of(STRING), tuple_of([NUMBER])], "list(string)"),
        ([DYNAMIC, EMPTY_OBJECT], "any"),
    ],
)
def test_types_unify(types: list[Type], common: str) -> None:
    found = unify(types)
    assert found is not None
    assert type_text(found.type) == common


def test_some_types_have_nothing_in_common() -> None:
    assert unify([NUMBER, EMPTY_OBJECT]) is None
    assert unify([tuple_of([NUMBER]), EMPTY_OBJECT]) is None


def test_equality_is_typed_and_nulls_are_equal() -> None:
    assert equals(number(1), string("1")) == FALSE
    assert equals(list_value([number(1)]), tuple_value([number(1)])) == FALSE
    assert equals(null(STRING), NULL) == TRUE
    assert equals(marked(string("a"), SENSITIVE), string("a")) == marked(TRUE, SENSITIVE)


def test_what_is_known_of_an_unknown_decides() -> None:
    prefixed = refined(STRING, CAUSE, prefix="x-")
    assert equals(prefixed, string("")) == FALSE
    assert equals(prefixed, NULL) == FALSE
    assert not equals(prefixed, string("x-1")).is_known
    assert less(refined(NUMBER, CAUSE, minimum=written("1")), number(0)) == FALSE


def test_the_first_reason_survives() -> None:
    value = object_value({"b": unknown(STRING, CAUSE), "a": string("x")})
    assert first_unknown(equals(value, object_value({"a": string("x"), "b": string("y")}))) == CAUSE
    assert first_unknown(convert(value, map_of(STRING))) == CAUSE


def test_an_unknown_in_a_list_leaves_the_rest_known() -> None:
    found = convert(tuple_value([string("a"), unknown(STRING, CAUSE)]), list_of(STRING))
    assert [item.is_known for item in found.items] == [True, False]


def test_marks_are_found_at_any_depth() -> None:
    assert marks_deep(object_value({"a": tuple_value([marked(string("x"), SENSITIVE)])})) == {SENSITIVE}


def test_defaults_fill_what_is_missing_or_null_in_every_element() -> None:
    kind = object_of({"size": NUMBER, "name": STRING}, ["size"])
    inner = Defaults(kind, {"size": number(8)})
    outer = Defaults(map_of(kind), {}, {"": inner})
    given = object_value({"a": object_value({"name": string("x")}), "b": object_value({"size": number(1)})})
    filled = apply_defaults(given, outer)
    assert filled.fields["a"].fields["size"] == number(8)
    assert filled.fields["b"].fields["size"] == number(1)


def test_expressions_are_laid_out_as_the_formatter_does() -> None:
    value = object_value({"k": string("v"), "odd key": TRUE, "l": tuple_value([number(1), object_value({"a": NULL})])})
    assert expression_text(value) == '{\n  k = "v"\n  l = [1, {\n    a = null\n  }]\n  "odd key" = true\n}'


def test_decimals_of_numbers_are_the_shortest() -> None:
    assert numbers.decimal(written("0.1")) == Decimal("0.1")
