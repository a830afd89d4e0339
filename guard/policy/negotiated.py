"""Negotiated prices: read from a policy, or from a file that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guard.formats.yaml import FORMAT
from guard.model.node import Node, is_sequence
from guard.model.override import Override
from guard.policy.checking import check
from guard.policy.sources import Found, Home, Reading, read_file


def negotiated(reading: Reading, node: Node | None, found: Found) -> tuple[Override, ...]:
    """Return the prices that a policy lists under `prices`, or those of the file that it names there."""
    if node is None:
        return ()
    if is_sequence(node.value):
        return tuple(_listed(reading, node))
    if not isinstance(node.value, str) or not node.value:
        return ()
    file = read_file(reading, node.value, node.location, found.home or Home(reading.tree))
    if file is None:
        return ()
    document = FORMAT.parse(file.path, file.text)
    reading.problems += [replace(one, code="policy", blocking=True) for one in document.problems]
    reading.texts[file.path] = file.text
    for root in document.roots:
        if not is_sequence(root.value):
            reading.wrong(
                "a file of prices is a list: `- {provider: aws, sku: p5.*, discount_percent: 12}`", root.location
            )
    return tuple(one for root in document.roots if is_sequence(root.value) for one in _listed(reading, root))


def _listed(reading: Reading, node: Node) -> Iterator[Override]:
    from guard.policy.schema import PriceModel

    for item in node.items():
        price, problems = check(item, PriceModel)
        reading.problems += problems
        if price is not None:
            yield Override(**price.model_dump())
