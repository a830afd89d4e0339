"""Scalars of nodes, also those that no honest file holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.location import Location, Span
from guard.model.node import Node
from guard.model.value import Known, Unknown

HERE = Location("a.yaml", Span(1, 1, 1, 2))


@pytest.mark.parametrize("number", ["1e99999999", "1e-99999999", "1e61", "NaN", "sNaN", "Infinity"])
def test_a_number_beyond_reason_is_unknown_and_never_written_out(number: str) -> None:
    node = Node(Decimal(number), HERE)
    assert isinstance(node.number(), Unknown)
    assert isinstance(node.integer(), Unknown)
    assert isinstance(Node(number, HERE).number(), Unknown)
    text = node.text()
    assert isinstance(text, Known)
    assert len(text.value) < 20


@pytest.mark.parametrize(("number", "text"), [("0", "0"), ("0e-99", "0"), ("1.50", "1.5"), ("1e21", "1" + "0" * 21)])
def test_other_numbers_are_written_plainly(number: str, text: str) -> None:
    assert Node(Decimal(number), HERE).text() == Known(text, HERE)
