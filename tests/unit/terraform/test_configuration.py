"""What a directory declares: duplicates, override files, wrong arguments, references to nothing."""

from __future__ import annotations

import pytest

from guard.model.node import Node
from guard.terraform.roots import EvaluationOptions
from tests.unit.terraform.evaluating import instances, messages, root


def values(node: Node) -> dict[str, object]:
    assert not isinstance(node.value, str)
    return {name: child.value for name, child in node.fields().items()}


def test_an_override_file_replaces_arguments_and_blocks_of_the_same_type() -> None:
    files = {
        "main.tf": 'resource "aws_instance" "a" {\n  type = "small"\n  ami = "x"\n  disk {\n    gb = 1\n  }\n}\n',
        "big_override.tf": 'resource "aws_instance" "a" {\n  type = "big"\n  disk {\n    gb = 9\n  }\n}\n',
    }
    body = instances(files)["aws_instance.a"].body
    assert values(body)["ami"] == "x"
    written = body.get("type")
    assert written is not None
    assert (written.value, written.location.path, written.location.line) == ("big", "big_override.tf", 2)
    assert [disk.fields()["gb"].value for disk in body.items("disk")] == [9]


def test_an_override_of_nothing_is_a_problem() -> None:
    found = root({"main.tf": "", "override.tf": 'resource "aws_instance" "a" {\n}\nlocals {\n  x = 1\n}\n'})
    assert [place for place, _ in messages(found)] == ["override.tf:1:1", "override.tf:4:3"]


def test_opentofu_reads_its_own_file_in_place_of_terraforms() -> None:
    found = instances({"a.tf": 'resource "t_a" "tf" {\n}\n', "a.tofu": 'resource "t_a" "tofu" {\n}\n'})
    assert list(found) == ["t_a.tofu"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("locals {\n  a = 1\n}\nlocals {\n  a = 2\n}\n", "main.tf:5:3", 'local value "a" is defined twice'),
        ('output "o" {\n  value = 1\n}\noutput "o" {\n  value = 2\n}\n', "main.tf:4:1", 'output "o" is declared'),
        ('variable "v" {\n  defualt = 1\n}\n', "main.tf:2:3", 'an argument named "defualt" is not expected here'),
        ('variable "count" {}\n', "main.tf:1:10", 'the variable name "count" is reserved'),
        ("locals {\n  a = var.nope\n}\n", "main.tf:2:7", "var.nope is not declared"),
        ("locals {\n  a = t_a.nope.id\n}\n", "main.tf:2:7", "t_a.nope is not declared"),
        ('resource "t_a" "b" {\n  x = each.key\n}\n', "main.tf:2:7", "each can be used only in"),
        ('variable "v" {\n  default = var.w\n}\n', "main.tf:2:13", "no references are allowed here"),
        ('variable "v" {\n  type = number\n  default = "x"\n}\n', "main.tf:3:13", "the default does not fit"),
        ('variable "v" {\n  type = lst(string)\n}\n', "main.tf:2:10", "this is no type"),
    ],
)
def test_a_problem_stands_where_it_is_written(text: str, place: str, words: str) -> None:
    found = messages(root({"main.tf": text}))
    assert len(found) == 1
    assert found[0][0] == place
    assert found[0][1].startswith(words)


def test_a_cycle_is_told_with_its_members_and_the_rest_is_evaluated() -> None:
    text = 'locals {\n  a = local.b\n  b = local.a\n}\nresource "t_a" "x" {\n  ok = 1\n  bad = local.a\n}\n'
    found = root({"main.tf": text})
    assert [message for _, message in messages(found)] == [
        "cycle: local.a -> local.b -> local.a: nothing in it can be evaluated first"
    ]
    body = found.instances[0].body
    assert body.fields()["ok"].value == 1
    assert "cycle: local.a -> local.b" in str(body.fields()["bad"].value)


def test_a_resource_that_refers_to_itself_is_a_cycle_at_the_reference() -> None:
    found = root({"main.tf": 'resource "t_a" "x" {\n  count = 2\n  y = t_a.x[0].z\n}\n'})
    assert [(place, message.split(":")[0]) for place, message in messages(found)] == [("main.tf:3:7", "cycle")]


def test_conditions_that_fail_for_sure_are_problems() -> None:
    text = (
        'variable "n" {\n  default = 1\n  '
        'validation {\n    condition = var.n > 1\n    error_message = "too few"\n  }\n}\n'
        'check "c" {\n  assert {\n    condition = var.n == 2\n    error_message = "not two"\n  }\n}\n'
    )
    found = root({"main.tf": text, "terraform.tfvars": "n = 1\n"})
    assert messages(found) == [
        ("main.tf:4:17", "var.n does not hold its condition: too few"),
        ("main.tf:10:17", "check.c does not hold its condition: not two"),
    ]


def test_what_only_terraform_before_1_12_refuses_does_not_fail_the_run() -> None:
    text = 'variable "v" {\n  default = null\n}\nlocals {\n  x = var.v == null || length(var.v) > 1\n}\n'
    [problem] = root({"main.tf": text}).problems
    assert (problem.code, problem.blocking, problem.advisory) == ("short-circuit", False, True)
    newer = 'terraform {\n  required_version = ">= 1.12"\n}\n' + text
    assert root({"main.tf": newer}).problems == ()


def test_long_chains_of_locals_are_evaluated() -> None:
    lines = "\n".join(f"  l{i} = local.l{i + 1}" for i in range(3000))
    found = instances({"main.tf": f'locals {{\n{lines}\n  l3000 = 7\n}}\nresource "t_a" "x" {{\n  v = local.l0\n}}\n'})
    assert found["t_a.x"].body.fields()["v"].value == 7


def test_a_count_beyond_all_measure_is_refused() -> None:
    found = root({"main.tf": 'resource "t_a" "x" {\n  count = 1000000000\n}\n'}, EvaluationOptions())
    assert [problem.code for problem in found.problems] == ["too-large"]
    assert found.instances[0].repeated is not None


def test_the_bare_words_of_a_provisioner_are_no_references() -> None:
    text = """\
        resource "terraform_data" "a" {
          provisioner "local-exec" {
            when       = destroy
            on_failure = continue
            command    = local.missing
          }
        }
        """
    [problem] = root({"main.tf": text}).problems
    assert "local.missing" in problem.message
