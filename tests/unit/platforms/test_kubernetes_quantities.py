"""Quantities in all notations, exactly, and durations."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.location import Location, Span
from guard.model.node import Node
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._kubernetes_quantities import added, gib, hours, larger, parsed, times

HERE = Location("k8s.yaml", Span(3, 5, 3, 9))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", "0.5"),
        ("2", "2"),
        ("0.25", "0.25"),
        (".5", "0.5"),
        ("1.", "1"),
        ("1e3", "1000"),
        ("2E-1", "0.2"),
        ("1E", "1000000000000000000"),
        ("1Ki", "1024"),
        ("16Gi", "17179869184"),
        ("1.5Gi", "1610612736"),
        ("64G", "64000000000"),
        ("128974848", "128974848"),
        ("100n", "0.0000001"),
        ("250u", "0.00025"),
        ("4k", "4000"),
        ("1Ei", "1152921504606846976"),
    ],
)
def test_every_notation_is_exact(text: str, number: str) -> None:
    assert parsed(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "16Gb", "16GiB", "1K", "four", "-1", "1e999999999", "9" * 100, "${CPU}", "1 Gi"])
def test_what_is_no_quantity_is_none(text: str) -> None:
    assert parsed(text) is None


def test_bytes_become_gib_without_rounding() -> None:
    number = parsed("192G")
    assert number is not None
    size = gib(Known(number, HERE))
    assert isinstance(size, Known)
    assert size.value * 2**30 == 192 * 10**9


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3600", "1"), ("3600s", "1"), ("1h30m", "1.5"), ("90m", "1.5"), ("2d", "48"), ("1.5h", "1.5")],
)
def test_durations_become_hours(text: str, expected: str) -> None:
    value = hours(Node(text, HERE))
    assert isinstance(value, Known)
    assert value.value == Decimal(expected)


def test_a_wrong_duration_is_unknown() -> None:
    assert isinstance(hours(Node("soon", HERE)), Unknown)


def test_sums_and_products_pass_on_what_is_unknown() -> None:
    one: Value[Decimal] = Known(Decimal(1), HERE)
    absent: Value[Decimal] = Absent(HERE)
    unknown: Value[Decimal] = Unknown("x has no value", HERE)
    assert added(one, absent) == one
    assert added(absent, one) == one
    assert added(one, unknown) == unknown
    assert larger(one, Known(Decimal(3), HERE)) == Known(Decimal(3), HERE)
    two: Value[int] = Known(2, HERE)
    none: Value[int] = Absent(HERE)
    assert times(two, none, two) == Known(4, HERE)
    assert times(none, none) == none
    assert isinstance(times(two, Unknown("y", HERE)), Unknown)
