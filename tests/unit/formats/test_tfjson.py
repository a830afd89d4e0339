"""Terraform's JSON syntax to the tree of HCL."""

from __future__ import annotations

import pytest

from guard.formats import hcl_syntax as syntax
from guard.formats import tfjson
from guard.formats.hcl_syntax import Body
from guard.model.location import Span


def body(text: str, path: str = "main.tf.json") -> Body:
    document = tfjson.parse(path, text)
    assert document.problems == ()
    assert isinstance(document.syntax, Body)
    return document.syntax


def test_labels_are_objects_and_several_blocks_a_list() -> None:
    found = body(
        '{"//": "a comment", "resource": {"aws_instance": {"a": [{"ami": 1}, {"ami": 2}], '
        '"b": {"//": "x", "ami": "y"}}},'
        '\n "locals": [{"c": true}, {"d": null}], "provider": {"aws": [{"region": "eu"}, {"alias": "x"}]}}'
    )
    assert [(block.type, block.labels, list(block.body.attributes)) for block in found.blocks] == [
        ("resource", ("aws_instance", "a"), ["ami"]),
        ("resource", ("aws_instance", "a"), ["ami"]),
        ("resource", ("aws_instance", "b"), ["ami"]),
        ("locals", (), ["c"]),
        ("locals", (), ["d"]),
        ("provider", ("aws",), ["region"]),
        ("provider", ("aws",), ["alias"]),
    ]
    assert found.from_json
    assert found.blocks[0].header == Span(1, 21, 1, 54)
    assert found.blocks[3].type_span == Span(2, 2, 2, 10)


def test_strings_are_templates_with_places_in_the_file() -> None:
    found = body('{"locals": {"a": "é ${var.x}", "b": "\\"q\\" ${var.y}", "c": "$${z}", "d": [{"k${e}": 1.5}]}}')
    attributes = found.blocks[0].body.attributes
    first = attributes["a"].expression
    assert isinstance(first, syntax.Template)
    assert first.span == Span(1, 18, 1, 30)
    assert first.parts[1].span == Span(1, 23, 1, 28)
    second = attributes["b"].expression
    assert isinstance(second, syntax.Template)
    assert second.parts[1].span.column == 46
    third = attributes["c"].expression
    assert isinstance(third, syntax.Literal)
    assert third.value == "${z}"
    fourth = attributes["d"].expression
    assert isinstance(fourth, syntax.TupleConstructor)
    assert isinstance(fourth.items[0], syntax.ObjectConstructor)
    assert isinstance(fourth.items[0].items[0][0], syntax.Template)


def test_blocks_written_under_the_same_key_are_gathered() -> None:
    found = body('{"resource": {"a": {"b": {"rule": {"x": 1}, "rule": [{"x": 2}, {"x": 3}]}}}}')
    rules = found.blocks[0].body.attributes["rule"].expression
    assert isinstance(rules, syntax.TupleConstructor)
    assert len(rules.items) == 3


def test_the_root_may_be_a_list_and_variable_files_hold_values() -> None:
    assert [block.type for block in body('[{"locals": {"a": 1}}, {"output": {"b": {"value": 1}}}]').blocks] == [
        "locals",
        "output",
    ]
    assert list(body('{"a": [1], "b": {"c": "d"}}', "x.tfvars.json").attributes) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ('{"resource": ["a"]}', 1, 15, "JSON object is expected"),
        ('{"variable": 5}', 1, 14, "JSON object is expected"),
        ('{"resource": {"terraform_data": {"r": {"input": "${1 + }"}}}}', 1, 56, "a value is expected"),
        ('\ufeff{"locals": {}}', 1, 1, "byte order mark"),
        ('{"locals": {"a": 1, "a": 2}}', 1, 21, "already set"),
        ('{"locals": 1', 1, 1, "never closed"),
        ('{"resorce": {}}', 1, 2, 'did you mean "resource"'),
    ],
)
def test_mistakes_are_placed(text: str, line: int, column: int, says: str) -> None:
    problem = tfjson.parse("main.tf.json", text).problems[0]
    assert problem.location is not None
    assert says in problem.message
    assert (problem.location.line, problem.location.column) == (line, column)
