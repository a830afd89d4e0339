"""`guard dump`: what guard understood of the input, every resource with its values, facets and locations."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from guard import engine
from guard.cli import _arguments, _inputs, _options
from guard.model.command import Command
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.resource import Compute, Resource
from guard.model.value import Absent, Known, Unknown, Value
from guard.prices.book import open_book
from guard.reports import _shapes


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard dump`."""
    _arguments.add_inputs(parser)
    _arguments.add_policy_file(parser)
    _arguments.add_prices(parser)
    parser.add_argument("--format", choices=["json"], default="json")


def run(options: Namespace) -> int:
    """Print what was understood; 2 where a problem kept something from being read, else 0."""
    chosen = _inputs.selection(options)
    asked = _inputs.begun(options, chosen)
    # The policy tells where data lies and which clusters there are.
    policy, mistakes = _options.written_policy(options, chosen)
    understood = engine.understand(_options.with_facts(asked, policy), open_book(options.prices))
    problems = (*mistakes, *understood.problems)
    sys.stdout.write(
        _shapes.write(
            {
                "version": 1,
                "resources": [resource(one) for one in understood.resources],
                "problems": [_shapes.problem(one) for one in problems],
                "unknowns": [_shapes.unknown(one) for one in understood.unknowns],
            }
        )
    )
    return 2 if any(problem.blocking for problem in problems) else 0


def resource(one: Resource) -> dict[str, Any]:
    """Return a resource in CONTRACT's shape."""
    return {
        "address": one.address,
        "type": one.type,
        "platform": one.platform,
        "origin": one.origin,
        "purpose": one.purpose.value,
        "evidence": one.evidence,
        "location": _shapes.location(one.location),
        "calls": [{"module": call.module, "location": _shapes.location(call.location)} for call in one.calls],
        "values": _shapes.node(one.body),
        "sensitive": sorted(_sensitive(one.body)),
        "labels": {
            name: {"value": _shapes.fact(label.value), "from": label.source}
            for name, label in sorted(one.labels.entries.items())
        },
        "unknown_labels": [unknown.reason for unknown in one.labels.unknown],
        "region": _several(one.region, one.other_regions),
        "zone": _several(one.zone, one.other_zones),
        "compute": [_compute(each) for each in one.compute],
        "storage": [_facet(each) for each in one.storage],
        "data": [_facet(each) for each in one.data],
        "fees": [_facet(each) for each in one.fees],
        "serving": None if one.serving is None else _facet(one.serving),
        "training": None if one.training is None else _facet(one.training),
        "unpriced": one.unpriced or None,
    }


def _compute(one: Compute) -> dict[str, Any]:
    made = _facet(one)
    del made["other_instance_types"], made["other_zones"]
    made["instance_type"] = _several(one.instance_type, one.other_instance_types)
    made["zone"] = _several(one.zone, one.other_zones)
    return made


def _several(value: Value[str], others: Sequence[Known[str]]) -> Any:
    """Return a fact, a list of all alternatives where there are several."""
    if not others:
        return _shapes.fact(value)
    first = [_shapes.fact(value)] if isinstance(value, Known) else []
    return [*first, *(one.value for one in others)]


def _facet(one: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for each in fields(one):
        value = getattr(one, each.name)
        if isinstance(value, Location):
            made[each.name] = _shapes.location(value)
        elif isinstance(value, (Known, Unknown, Absent)):
            made[each.name] = _shapes.fact(value)
        elif isinstance(value, tuple):
            made[each.name] = [_shapes.fact(part) if isinstance(part, Known) else part for part in value]
        else:
            made[each.name] = value
    return made


def _sensitive(body: Node, path: str = "") -> Iterator[str]:
    if body.sensitive:
        yield path
    elif isinstance(body.value, Mapping):
        for name, child in body.value.items():
            yield from _sensitive(child, f"{path}.{name}" if path else name)
    elif is_sequence(body.value):
        for i, child in enumerate(body.value):
            yield from _sensitive(child, f"{path}[{i}]")


COMMAND = Command("dump", "show what guard understood of the input", arguments, run, order=30)
