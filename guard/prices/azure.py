"""The Azure Retail Prices API: no account and no SDK is needed.

https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from guard.prices._azure_items import disk_prices, machine_prices
from guard.prices._source import Asked, Listed, PriceSource, UpdateError, price_facts, usable
from guard.prices.writing import Facts

ADDRESS = "https://prices.azure.com/api/retail/prices"
VERSION = "2023-01-01-preview"
"""The version whose answers have savings plans; since it, values of filters are compared with their letter case."""
SOURCE = "azure-retail-prices"
ATTEMPTS = 6
TIMEOUT = 60
LARGEST_PAGE = 32 * 1024 * 1024
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_QUESTIONS: tuple[tuple[str, str, Callable[[dict[str, Any], str], Iterator[Listed]]], ...] = (
    ("virtual machines", "serviceName eq 'Virtual Machines'", machine_prices),
    ("managed disks", "serviceName eq 'Storage' and contains(productName, 'Managed Disks')", disk_prices),
)


def _fetch(asked: Asked) -> Facts:
    day = asked.day.isoformat()
    found: list[Listed] = []
    for name, condition, read in _QUESTIONS:
        for region in asked.regions or ("",):
            where = f" and armRegionName eq '{_plain(region)}'" if region else ""
            first = _first(condition + where)

            def page(token: str, first: str = first, read: Any = read, title: str = name) -> tuple[list[Any], str]:
                asked.tell(title)
                return _page(token or first, first, lambda item: read(item, day))

            found += [Listed(*row) for row in asked.pages.rows(f"{first} {day}", page)]
    prices, left_out = price_facts("azure", SOURCE, _newest(found, day))
    if left_out:
        asked.tell(f"{left_out} prices left out: two prices for one thing")
    return Facts(prices)


def _newest(rows: list[Listed], day: str) -> list[Listed]:
    """Return of each thing the price that began last: a change leaves the price before it in the list.

    All are as of `day`, on which they were read: since when a price holds is no measure of its age.
    """
    newest: dict[tuple[str, ...], Listed] = {}
    for row in rows:
        key = tuple(row[:6])
        if key not in newest or row.as_of > newest[key].as_of:
            newest[key] = row
    latest = (row for row in rows if row.as_of == newest[tuple(row[:6])].as_of)
    return [row._replace(as_of=day) for row in latest]


def _plain(region: str) -> str:
    plain = region.strip().lower().replace(" ", "")
    if not plain.isalnum():
        raise UpdateError(f"{region} is no region of Azure; write it as `westeurope`")
    return plain


def _first(condition: str) -> str:
    query = {"api-version": VERSION, "currencyCode": "'USD'", "$filter": condition}
    return f"{ADDRESS}?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}"


def _page(address: str, first: str, read: Callable[[dict[str, Any]], Iterator[Listed]]) -> tuple[list[Any], str]:
    answer = _answer(address)
    items = answer.get("Items")
    if not isinstance(items, list):
        raise UpdateError("Azure Retail Prices: the answer has no list of items")
    following = answer.get("NextPageLink") or ""
    if not isinstance(following, str) or (following and _origin(following) != _origin(first)):
        raise UpdateError("Azure Retail Prices: the next page is said to lie elsewhere; it was not asked for")
    return [list(row) for row in usable(items, read)], following


def _origin(address: str) -> tuple[str, str, int | None]:
    """Return where an address leads; the API writes its links with a port, which its own address has not."""
    parts = urllib.parse.urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        return parts.scheme, "", None
    return parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme)


def _answer(address: str) -> dict[str, Any]:
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(min(2 ** (attempt - 1), 30))
        try:
            return _asked_once(address)
        except urllib.error.HTTPError as error:
            reason = f"HTTP {error.code}"
            waits = error.headers.get("Retry-After", "")
            error.close()
            if error.code not in _AGAIN:
                break
            if waits.isdigit():
                time.sleep(min(int(waits), 120))
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError, RecursionError) as error:
            reason = str(getattr(error, "reason", "")) or f"{type(error).__name__}: {error}"
    raise UpdateError(f"Azure Retail Prices does not answer: {reason}")


def _asked_once(address: str) -> dict[str, Any]:
    request = urllib.request.Request(address, headers={"Accept": "application/json", "User-Agent": "guard"})  # noqa: S310  http or https only, see _page
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        text = answer.read(LARGEST_PAGE + 1)
    if len(text) > LARGEST_PAGE:
        raise ValueError("a page is larger than any that the API gives")
    made = json.loads(text, parse_float=Decimal)
    if not isinstance(made, dict):
        raise ValueError("the answer is no JSON object")
    return made


PRICES = PriceSource("Azure Retail Prices", "azure", _fetch)
