"""Instances as platforms and rules see them: lazy bodies, the text that must change, links to other resources."""

from __future__ import annotations

from guard.model.node import Node
from guard.model.value import Unknown
from tests.unit.terraform.evaluating import instances


def place(node: Node | None) -> tuple[str, int, int]:
    assert node is not None
    return node.location.path, node.location.line, node.location.column


def trail(node: Node | None) -> list[tuple[str, str, int]]:
    assert node is not None
    return [(step.message, step.location.path, step.location.line) for step in node.trail]


MAIN = """locals {
  sizes = { big = "p4d.24xlarge" }
}
module "m" {
  source = "./m"
  type   = local.sizes.big
  tags   = merge({ team = "ml" }, { owner = "me" })
}
"""
MODULE = """variable "type" {}
variable "tags" {}
resource "aws_instance" "i" {
  instance_type = var.type
  tags          = var.tags
  name          = "n-${var.type}"
}
"""


def test_a_plain_reference_leads_to_the_literal_through_calls_and_locals() -> None:
    body = instances({"main.tf": MAIN, "m/main.tf": MODULE})["module.m.aws_instance.i"].body
    node = body.get("instance_type")
    assert node is not None and node.value == "p4d.24xlarge"
    assert place(node) == ("main.tf", 2, 19)
    assert node.key is not None and (node.key.path, node.key.line) == ("m/main.tf", 4)
    assert trail(node) == [
        ("used here", "m/main.tf", 4),
        ("var.type gets its value here", "main.tf", 6),
        ("local.sizes is defined here", "main.tf", 2),
    ]


def test_an_element_of_merged_maps_leads_to_the_map_that_holds_it() -> None:
    body = instances({"main.tf": MAIN, "m/main.tf": MODULE})["module.m.aws_instance.i"].body
    assert place(body.get("tags", "team")) == ("main.tf", 7, 27)
    assert place(body.get("tags", "owner")) == ("main.tf", 7, 45)


def test_a_composed_value_has_the_place_where_it_is_composed() -> None:
    body = instances({"main.tf": MAIN, "m/main.tf": MODULE})["module.m.aws_instance.i"].body
    node = body.get("name")
    assert node is not None and node.value == "n-p4d.24xlarge"
    assert (place(node), node.trail) == (("m/main.tf", 6, 19), ())


def test_elements_of_for_each_and_branches_of_conditionals_are_followed() -> None:
    text = (
        'variable "gpu" {\n  default = true\n}\n'
        'locals {\n  pools = {\n    a = { type = var.gpu ? "p5" : "m7" }\n  }\n}\n'
        'resource "t_a" "x" {\n  for_each = local.pools\n  type = each.value.type\n}\n'
    )
    node = instances({"main.tf": text})['t_a.x["a"]'].body.get("type")
    assert node is not None and node.value == "p5"
    assert place(node) == ("main.tf", 6, 28)


def test_the_value_of_a_variables_file_is_the_text_that_must_change() -> None:
    files = {
        "main.tf": 'variable "t" {}\nresource "t_a" "x" {\n  t = var.t\n}\n',
        "terraform.tfvars": 't = "p4d"\n',
    }
    node = instances(files)["t_a.x"].body.get("t")
    assert (place(node), trail(node)) == (("terraform.tfvars", 1, 5), [("used here", "main.tf", 3)])


def test_dynamic_blocks_are_expanded_with_their_iterator() -> None:
    text = (
        'resource "t_a" "x" {\n  dynamic "disk" {\n    for_each = { a = 1, b = 2 }\n    iterator = it\n    content {\n'
        '      name = it.key\n      gb = it.value\n    }\n  }\n  disk {\n    name = "last"\n  }\n}\n'
    )
    disks = instances({"main.tf": text})["t_a.x"].body.items("disk")
    assert [disk.fields()["name"].value for disk in disks] == ["a", "b", "last"]
    assert place(disks[1].get("gb")) == ("main.tf", 3, 29)


def test_a_dynamic_block_over_the_unknown_is_unknown() -> None:
    text = 'variable "d" {}\nresource "t_a" "x" {\n  dynamic "disk" {\n    for_each = var.d\n    content {}\n  }\n}\n'
    value = instances({"main.tf": text})["t_a.x"].body.fields()["disk"].value
    assert isinstance(value, Unknown)
    assert value.reason == "var.d has no value"


def test_what_another_resource_writes_is_known_and_the_rest_links_to_it() -> None:
    text = (
        'resource "aws_s3_bucket" "b" {\n  bucket = "data"\n  rule {\n    days = 3\n  }\n}\n'
        'resource "t_a" "x" {\n  name = aws_s3_bucket.b.bucket\n  arn = aws_s3_bucket.b.arn\n'
        '  days = aws_s3_bucket.b.rule[0].days\n  text = "s3://${aws_s3_bucket.b.hosted_zone_id}"\n}\n'
    )
    one = instances({"main.tf": text})["t_a.x"]
    body = one.body.fields()
    assert (body["name"].value, body["days"].value) == ("data", 3)
    arn, partly = body["arn"].value, body["text"].value
    assert isinstance(arn, Unknown) and isinstance(partly, Unknown)
    assert (arn.reason, arn.reference) == ("known only after apply: aws_s3_bucket.b.arn", "aws_s3_bucket.b")
    assert partly.prefix == "s3://"
    assert one.references["arn"] == ("aws_s3_bucket.b",)


def test_links_go_through_locals_variables_and_outputs() -> None:
    files = {
        "main.tf": 'module "a" {\n  source = "./a"\n}\nmodule "b" {\n  source = "./b"\n  bucket = local.l\n}\n'
        "locals {\n  l = module.a.id\n}\n",
        "a/main.tf": 'resource "aws_s3_bucket" "x" {}\noutput "id" {\n  value = aws_s3_bucket.x.id\n}\n',
        "b/main.tf": 'variable "bucket" {}\nresource "t_a" "y" {\n  bucket = var.bucket\n}\n',
    }
    assert instances(files)["module.b.t_a.y"].references["bucket"] == ("module.a.aws_s3_bucket.x",)


def test_an_unknown_number_of_instances_is_one_instance_that_says_why() -> None:
    found = instances({"main.tf": 'variable "n" {}\nresource "t_a" "x" {\n  count = var.n\n  i = count.index\n}\n'})
    one = found["t_a.x"]
    assert one.repeated is not None and one.repeated.reason == "var.n has no value"
    assert isinstance(one.body.fields()["i"].value, Unknown)


def test_sensitive_values_are_marked() -> None:
    text = 'variable "s" {\n  default = "hush"\n  sensitive = true\n}\nresource "t_a" "x" {\n  s = "a-${var.s}"\n}\n'
    assert instances({"main.tf": text})["t_a.x"].body.fields()["s"].sensitive
