"""Mistakes in HCL: the place that Terraform 1.11 names, and what stays readable."""

from __future__ import annotations

import pytest

from guard.formats import hcl
from guard.formats.hcl_syntax import Body

RESOURCE = 'resource "terraform_data" "r" {\n'


def problems(text: str, path: str = "main.tf") -> list[tuple[int, int, str]]:
    return [
        (problem.location.line, problem.location.column, problem.message)
        for problem in hcl.parse(path, text).problems
        if problem.location
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        (RESOURCE + "  input = 1\n}\n}\n", 4, 1, "closes nothing"),
        (RESOURCE + "  input = [1, 2\n}\n", 3, 1, 'a comma or "]"'),
        (RESOURCE + "  input = (1 + 2\n}\n", 3, 1, 'a closing ")"'),
        (RESOURCE + "  input = 1 other = 2\n}\n", 2, 13, "must end with its line"),
        (RESOURCE + "  input: 1\n}\n", 2, 3, 'followed by "="'),
        (RESOURCE + "  input = `abc`\n}\n", 2, 11, "backtick"),
        (RESOURCE + "  input = 'abc'\n}\n", 2, 11, "single quotes"),
        (RESOURCE + '  input = "a\n}\n', 2, 13, "several lines"),
        (RESOURCE + "  input = <<EOT\nhello\nEOT;\n}\n", 6, 1, "write EOT alone on a line"),
        (RESOURCE + '  input = "a ${b c}"\n}\n', 2, 18, "a literal write $${"),
        (RESOURCE + '  input = "C:\\path"\n}\n', 2, 14, "no escape"),
        (RESOURCE + '  input = "%{ for x in [1] }a%{ endif }"\n}\n', 2, 30, '"endfor" is expected'),
        (RESOURCE + '  input = "%{ if true }a"\n}\n', 2, 25, "ends within its"),
        (RESOURCE + "  input = 1 === 2\n}\n", 2, 15, "a value is expected"),
        (RESOURCE + "  input = 1\n  input = 2\n}\n", 3, 3, "already set on line 2"),
        (RESOURCE + "  input = 1\n", 1, 31, "never closed"),
        (RESOURCE + "\x0c  input = 1\n}\n", 2, 1, "no meaning"),
        (RESOURCE + "  input = 1\x00\n}\n", 2, 12, "NUL"),
        (RESOURCE + "  input = a.0.1\n}\n", 2, 13, "legacy"),
        (RESOURCE + "  input = 1e99999999999999999999\n}\n", 2, 11, "too large"),
        (RESOURCE + "  input = [for x in y : x => x]\n}\n", 2, 25, "takes no key"),
        (RESOURCE + "  input = {for x in y : x}\n}\n", 2, 25, "key => value"),
        (RESOURCE + "  input = f(a b)\n}\n", 2, 15, "between arguments"),
        (RESOURCE + "  lifecycle = {}\n}\n", 2, 3, "is a block"),
        ("locals { \U0001f680 = 1 }\n", 1, 10, "no meaning"),
        ("locals { a = 1, b = 2 }\n", 1, 15, "one argument only"),
        ("/* never\nlocals {}\n", 1, 1, "never closed"),
        ('{\n  "resource": {}\n}\n', 1, 1, ".tf.json"),
        ('resource "terraform_data" {\n}\n', 1, 27, "2 label(s)"),
        ('resorce "a" "b" {\n}\n', 1, 1, 'did you mean "resource"'),
        ('variable "has space" {}\n', 1, 10, "must begin with a letter"),
        ("locals {\n  a = 1 \udcff\n}\n", 2, 9, "UTF-8"),
    ],
)
def test_a_mistake_is_placed_where_terraform_places_it(text: str, line: int, column: int, says: str) -> None:
    found = problems(text)
    assert (line, column) in [place[:2] for place in found]
    assert any(says in message for *_, message in found)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('a = upper("x")\n', 1, "functions"),
        ("a = var.b\n", 1, "references"),
        ('variable "a" {\n}\n', 1, ".tf file"),
    ],
)
def test_variable_files_hold_values_only(text: str, line: int, says: str) -> None:
    ((found, _, message),) = problems(text, "terraform.tfvars")
    assert found == line
    assert says in message


def test_other_items_stay_readable() -> None:
    text = 'locals {\n  a = [1\n}\nlocals {\n  b = 2\n  c = = 3\n  d = 4\n}\noutput "e" {\n  value = 5\n}\n'
    document = hcl.parse("main.tf", text)
    assert isinstance(document.syntax, Body)
    assert [block.type for block in document.syntax.blocks] == ["locals", "locals", "output"]
    assert list(document.syntax.blocks[1].body.attributes) == ["b", "d"]
    assert {problem.location.line for problem in document.problems if problem.location} == {3, 6}


@pytest.mark.parametrize("broken", ['a = "${foo(\n', "a = <<EOT\nx\n", "b {\n c = 1\n"])
def test_reading_resumes_at_the_next_block(broken: str) -> None:
    document = hcl.parse("main.tf", f'locals {{\n  {broken}}}\nresource "x" "y" {{\n  z = 1\n}}\n')
    assert document.problems
    assert isinstance(document.syntax, Body)
    block = document.syntax.blocks[-1]
    assert (block.type, block.labels, list(block.body.attributes)) == ("resource", ("x", "y"), ["z"])


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 50_000,
        "a = " + "(" * 5_000 + ")" * 5_000,
        "a = " + '"${' * 5_000,
        "a = " + "-" * 50_000 + "1",
        "a = " + "b ? 1 : " * 5_000 + "2",
        "a = 1" + " + 1" * 5_000,
        "a = b" + ".c" * 5_000,
        "a = b" + "[*]" * 5_000,
        "a {\n" * 5_000,
        "a = <<E\n" + "%{ if b }" * 5_000 + "\nE\n",
    ],
)
def test_deep_nesting_is_a_problem_and_no_crash(text: str) -> None:
    assert any("nested too deeply" in message for *_, message in problems(text, "x.hcl"))


@pytest.mark.parametrize(
    "text", ["a = " + "/*" * 50_000, " " * 200_000, '"' * 50_000, "$" * 50_000, "a = <<E\n" + "$$" * 50_000]
)
def test_hostile_text_takes_no_quadratic_time(text: str) -> None:
    assert isinstance(hcl.parse("x.hcl", text).syntax, Body)
