"""Cases written from the documentation of Terraform's and OpenTofu's language."""

from __future__ import annotations

import json

from guard.model.instance import Instance
from guard.model.value import Known, Unknown
from guard.terraform.roots import EvaluationOptions
from tests.unit.terraform.evaluating import instances, messages, root, roots


def _region(one: Instance) -> object:
    assert one.provider is not None
    assert one.provider.body is not None
    region = one.provider.body.get("region")
    return None if region is None else region.value


OUTER = """\
terraform {
  required_providers {
    aws = {
      configuration_aliases = [aws.far]
    }
  }
}
module "inner" {
  source    = "./inner"
  providers = { aws = aws.far }
}
resource "aws_s3_bucket" "near" {}
"""
ALIASED = """\
provider "aws" {
  region = "us-east-1"
}
provider "aws" {
  alias  = "eu"
  region = "eu-west-1"
}
module "outer" {
  source    = "./outer"
  providers = {
    aws.far = aws.eu
  }
}
"""


def test_provider_configurations_go_down_through_modules_by_alias() -> None:
    inner = 'resource "aws_s3_bucket" "far" {}\n'
    files = {"main.tf": ALIASED, "outer/main.tf": OUTER, "outer/inner/main.tf": inner}
    found = instances(files)
    assert _region(found["module.outer.module.inner.aws_s3_bucket.far"]) == "eu-west-1"
    assert _region(found["module.outer.aws_s3_bucket.near"]) == "us-east-1"


def test_provider_configurations_for_each_are_chosen_by_key() -> None:
    main = """\
variable "regions" {
  default = ["eu-west-1", "us-east-1"]
}
provider "aws" {
  alias    = "by"
  for_each = toset(var.regions)
  region   = each.value
}
resource "aws_s3_bucket" "b" {
  for_each = toset(var.regions)
  provider = aws.by[each.key]
}
module "m" {
  source    = "./m"
  for_each  = toset(var.regions)
  providers = { aws = aws.by[each.value] }
}
"""
    found = root({"main.tofu": main, "m/main.tofu": 'resource "aws_s3_bucket" "c" {}\n'})
    assert not found.problems
    assert {one.address: _region(one) for one in found.instances} == {
        'aws_s3_bucket.b["eu-west-1"]': "eu-west-1",
        'aws_s3_bucket.b["us-east-1"]': "us-east-1",
        'module.m["eu-west-1"].aws_s3_bucket.c': "eu-west-1",
        'module.m["us-east-1"].aws_s3_bucket.c': "us-east-1",
    }


def test_a_check_may_hold_a_data_source_of_its_own() -> None:
    main = """\
check "health" {
  data "http" "page" {
    url = "https://example.com"
  }
  assert {
    condition     = data.http.page.status_code == 200
    error_message = "${data.http.page.url} is not healthy"
  }
}
"""
    found = root({"main.tf": main})
    assert not found.problems
    assert [(one.address, one.mode) for one in found.instances] == [("data.http.page", "data")]


def test_a_check_that_fails_for_sure_is_told_and_blocks_nothing() -> None:
    main = 'check "c" {\n  assert {\n    condition     = 1 > 2\n    error_message = "never"\n  }\n}\n'
    (problem,) = root({"main.tf": main}).problems
    assert "never" in problem.message
    assert not problem.blocking


def test_moved_import_and_removed_declare_nothing() -> None:
    main = """\
resource "aws_s3_bucket" "b" {}
moved {
  from = aws_s3_bucket.a
  to   = aws_s3_bucket.b
}
import {
  to = aws_s3_bucket.b
  id = "bucket"
}
removed {
  from = aws_instance.old
  lifecycle {
    destroy = false
  }
}
"""
    found = root({"main.tf": main})
    assert not found.problems
    assert [one.address for one in found.instances] == ["aws_s3_bucket.b"]


def test_the_workspace_chooses() -> None:
    main = """\
locals {
  sizes = { default = "t3.micro", prod = "p5.48xlarge" }
}
resource "aws_instance" "i" {
  count         = terraform.workspace == "default" ? 1 : 2
  instance_type = local.sizes[terraform.workspace]
}
"""
    plain = instances({"main.tf": main})
    chosen = instances({"main.tf": main}, EvaluationOptions(workspace="prod"))
    assert (list(plain), list(chosen)) == (["aws_instance.i[0]"], ["aws_instance.i[0]", "aws_instance.i[1]"])
    assert chosen["aws_instance.i[1]"].body.fields()["instance_type"].value == "p5.48xlarge"


def test_dynamic_blocks_nest_and_name_their_iterators() -> None:
    main = """\
locals {
  groups = {
    a = { origins = ["x", "y"], on = true }
    b = { origins = ["z"], on = false }
  }
}
resource "t_lb" "l" {
  dynamic "group" {
    for_each = { for name, one in local.groups : name => one if one.on || name == "b" }
    iterator = outer
    content {
      name = outer.key
      dynamic "origin" {
        for_each = outer.value.origins
        content {
          host  = "${outer.key}-${origin.value}"
          index = origin.key
        }
      }
    }
  }
  dynamic "absent" {
    for_each = []
    content {}
  }
}
"""
    body = instances({"main.tf": main})["t_lb.l"].body
    groups = body.get("group")
    assert groups is not None
    told = []
    for group in groups.items():
        origins = group.get("origin")
        assert origins is not None
        told += [(one.fields()["host"].value, one.fields()["index"].value) for one in origins.items()]
    assert told == [("a-x", 0), ("a-y", 1), ("b-z", 0)]
    assert "absent" not in body.fields()


def test_data_sources_keep_what_is_written_and_wait_for_the_rest() -> None:
    main = """\
data "aws_ami" "dl" {
  owners = ["amazon"]
}
resource "t_a" "x" {
  owner = data.aws_ami.dl.owners[0]
  ami   = data.aws_ami.dl.id
}
"""
    body = instances({"main.tf": main})["t_a.x"].body
    owner, ami = body.text("owner"), body.text("ami")
    assert isinstance(owner, Known)
    assert owner.value == "amazon"
    assert isinstance(ami, Unknown)
    assert ami.reason == "data.aws_ami.dl is read at apply"


def test_modules_that_init_has_downloaded_are_read() -> None:
    entries = [("", "", "."), ("m", "a/b/c", ".terraform/modules/m")]
    manifest = json.dumps({"Modules": [{"Key": key, "Source": source, "Dir": at} for key, source, at in entries]})
    files = {
        "main.tf": 'module "m" {\n  source = "a/b/c"\n}\n',
        ".terraform/modules/modules.json": manifest,
        ".terraform/modules/m/main.tf": 'resource "aws_s3_bucket" "b" {}\n',
    }
    found = roots(files)
    assert list(found) == [""]
    assert [one.address for one in found[""].instances] == ["module.m.aws_s3_bucket.b"]
    assert not messages(found[""])
