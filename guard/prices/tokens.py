"""What tokens of hosted models cost, by the data that the package genai-prices brings along; no network is asked.

The newest price in that data counts, whatever the day is, so that one version of the package answers always the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version

from guard.model.price import Price

MILLION = 1_000_000
# Small enough for the lowest tier of a model whose price depends on the length of what it is asked.
_EACH = 1000
_NEWEST = datetime(2100, 1, 1, tzinfo=UTC)
_KINDS: Mapping[str, Mapping[str, int]] = {
    "input": {"input_tokens": _EACH},
    "output": {"output_tokens": _EACH},
    "cached_input": {"input_tokens": _EACH, "cache_read_tokens": _EACH},
}


@lru_cache(maxsize=256)
def token_price(provider: str, sku: str) -> Price | None:
    """Return USD for a million tokens; `sku` is a model and a kind of tokens (`gpt-4o:input`, `:output`).

    `provider` is who serves the model, as genai-prices calls it (`openai`, `azure`, `aws`). None where the package is
    not installed, or does not know the model.
    """
    model, _, kind = sku.rpartition(":")
    counts = _KINDS.get(kind)
    if not model or counts is None:
        return None
    try:
        from genai_prices import Usage, calc_price
    except ImportError:
        return None
    try:
        found = calc_price(Usage(**counts), model, provider_id=provider, genai_request_timestamp=_NEWEST)
    except LookupError:
        return None
    amount = Decimal(found.total_price) * MILLION / _EACH
    if not amount:
        return None
    source = f"genai-prices {version('genai-prices')}"
    return Price(provider, f"{found.model.id}:{kind}", "", "1M tokens", amount, "on_demand", source, "")
