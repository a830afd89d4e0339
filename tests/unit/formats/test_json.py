"""JSON with positions, read lazily."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.formats import json
from guard.model.location import Span
from guard.model.node import Node
from guard.model.value import Unknown


def root(text: str) -> Node:
    document = json.parse("a.json", text)
    assert document.problems == ()
    (found,) = document.roots
    return found


def test_keys_and_values_have_their_places() -> None:
    found = root('\ufeff{"é😀": [1, {"b" : "x"}],\n  "c": null}\n')
    inner = found.get("é😀", 1, "b")
    assert inner is not None
    assert inner.value == "x"
    assert inner.location.span == Span(1, 19, 1, 22)
    assert inner.key is not None
    assert inner.key.span == Span(1, 13, 1, 16)
    assert found.location.span == Span(1, 1, 2, 13)
    assert found.fields()["c"].location.span == Span(2, 8, 2, 12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0", 0),
        ("1.50", Decimal("1.50")),
        ("1e2", Decimal(100)),
        ("true", True),
        ("null", None),
        (r'"\u00e9\n\ud83d\ude00"', "é\n😀"),
        (r'"\ud800"', "\N{REPLACEMENT CHARACTER}"),
        ("9" * 5000, Decimal("9" * 5000)),
    ],
)
def test_scalars(text: str, value: object) -> None:
    found = root(f"[{text}]").items()[0].value
    assert found == value
    assert type(found) is type(value)


def test_a_number_beyond_all_bounds_is_unknown() -> None:
    assert isinstance(root("[1e99999999999999999999]").items()[0].value, Unknown)


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("{a: 1}\n", 1, 2, "double quotes"),
        ('{"a": 1} {"b": 2}\n', 1, 10, "ends before this"),
        ('{"a": 1\n', 1, 1, "never closed"),
        ('{\n "a": [1, 2\n', 2, 7, "never closed"),
        ('{"a": 1,}', 1, 8, ""),
        ("[1, 2,]", 1, 7, ""),
        ('["a\nb"]', 1, 4, "control character"),
        (r'["\x"]', 1, 3, "escape"),
        ("[NaN]", 1, 2, "no number"),
        ("[" * 20_000, 1, 201, "nested too deeply"),
        ("", 1, 1, "value is expected"),
        ('{"a": "\udcff"}', 1, 8, "UTF-8"),
    ],
)
def test_mistakes_are_placed(text: str, line: int, column: int, says: str) -> None:
    document = json.parse("a.json", text)
    (problem,) = document.problems
    assert document.roots == ()
    assert problem.location is not None
    assert problem.location.line == line
    assert abs(problem.location.column - column) <= (1 if not says else 0)
    assert says in problem.message


def test_a_key_written_twice_is_told_and_the_last_counts() -> None:
    document = json.parse("a.json", '{"a": {"b": 1, "b": 2}}')
    (problem,) = document.problems
    assert problem.location is not None
    assert (problem.code, problem.blocking, problem.location.span) == ("duplicate-key", False, Span(1, 16, 1, 19))
    node = document.roots[0].get("a", "b")
    assert node is not None
    assert node.value == 2


def test_brackets_in_texts_are_no_depth() -> None:
    assert root('["' + "[" * 5000 + '"]').items()[0].value == "[" * 5000
