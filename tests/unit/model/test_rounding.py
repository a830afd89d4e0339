"""Numbers of any length are rounded for messages without an error."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.rounding import rounded
from guard.rules._helpers import usd
from guard.rules._sizing import plain


@pytest.mark.parametrize("digits", [1, 28, 29, 40, 120])
def test_a_long_number_is_rounded(digits: int) -> None:
    number = Decimal("9" * digits + ".26")
    assert str(rounded(number, "0.1")) == "9" * digits + ".3"
    assert usd(number).startswith("$")
    assert plain(number)
