"""What holds for all tests: the prices are those that come with guard, whatever whoever runs the tests has updated."""

from __future__ import annotations

import os

os.environ["GUARD_PRICES"] = "embedded"
