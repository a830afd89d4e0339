"""Protobuf's text format."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.formats import pbtxt
from guard.model.location import Span
from guard.model.node import Node

CONFIG = r"""# Triton
name: "ré😀" 'b'
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3, -1, ] }, ]
instance_group { count: 2 kind: KIND_GPU gpus: [0] }
instance_group < count: 1; >
parameters { key: "k", value: { string_value: "a\n\303\251\x41" } }
rate: -1.5e3f on: true flags: 0x1F mode: 010 [ext.name]: 1
"""


def root() -> Node:
    document = pbtxt.parse("config.pbtxt", CONFIG)
    assert document.problems == ()
    return document.roots[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), "ré😀b"),
        (("max_batch_size",), 8),
        (("input", 0, "data_type"), "TYPE_FP32"),
        (("input", 0, "dims", 1), -1),
        (("instance_group", 1, "count"), 1),
        (("instance_group", 0, "gpus", 0), 0),
        (("parameters", "value", "string_value"), "a\néA"),
        (("rate",), Decimal(-1500)),
        (("on",), True),
        (("flags",), 31),
        (("mode",), 8),
        (("[ext.name]",), 1),
    ],
)
def test_values(path: tuple[str | int, ...], value: object) -> None:
    node = root().get(*path)
    assert node is not None
    assert node.value == value


def test_positions() -> None:
    name, kind, groups = root().get("name"), root().get("instance_group", 0, "kind"), root().get("instance_group")
    assert name is not None
    assert name.key is not None
    assert (name.key.span, name.location.span) == (Span(2, 1, 2, 5), Span(2, 7, 2, 16))
    assert kind is not None
    assert kind.location.span == Span(5, 33, 5, 41)
    assert groups is not None
    assert groups.location.span == Span(5, 16, 6, 29)


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: [1, 2\nb: 3", 2, 1, "a comma"),
        ("a: [1, 2", 1, 4, "never closed"),
        ("a {\n b: 1\n", 1, 3, "never closed"),
        ("a 1", 1, 3, "must follow"),
        ('a: "x\nb: 1', 1, 4, "value is expected"),
        ("}", 1, 1, "field's name"),
        ("a: -", 1, 5, "must follow the sign"),
        ("a:{" * 500, 1, 303, "nested too deeply"),
    ],
)
def test_mistakes_are_placed_and_what_stands_before_stays(text: str, line: int, column: int, says: str) -> None:
    document = pbtxt.parse("config.pbtxt", "first: 1 " + text)
    (problem,) = document.problems
    assert problem.location is not None
    shift = 9 if line == 1 else 0
    assert (problem.location.line, problem.location.column) == (line, column + shift)
    assert says in problem.message
    assert "first" in document.roots[0].fields()
