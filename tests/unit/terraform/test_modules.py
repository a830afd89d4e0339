"""Module calls, variables and where their values come from, providers, what is not downloaded."""

from __future__ import annotations

from pathlib import Path

from guard.inputs.worktree import WorkTree
from guard.model.value import Known, Unknown
from guard.terraform.layout import find_roots
from guard.terraform.roots import EvaluationOptions
from guard.terraform.sources import Sources
from tests.unit.terraform.evaluating import instances, messages, root, roots

CALLED = (
    'variable "size" {}\nresource "aws_instance" "i" {\n  size = var.size\n}\noutput "size" {\n  value = var.size\n}\n'
)


def test_calls_with_for_each_make_addresses_with_keys() -> None:
    main = 'module "m" {\n  source   = "./m"\n  for_each = { a = 1, "b c" = 2 }\n  size = each.value\n}\n'
    found = instances({"main.tf": main, "m/main.tf": CALLED})
    assert list(found) == ['module.m["a"].aws_instance.i', 'module.m["b c"].aws_instance.i']
    one = found['module.m["b c"].aws_instance.i']
    assert one.body.fields()["size"].value == 2
    assert [(call.module, call.location.line) for call in one.calls] == [('module.m["b c"]', 1)]


def test_the_sources_of_variables_override_each_other_in_terraforms_order() -> None:
    names = ["default", "environment", "tfvars", "json", "auto", "file", "var"]
    declared = "".join(f'variable "{name}" {{\n  default = "default"\n}}\n' for name in names)
    used = "".join(f"  {name} = var.{name}\n" for name in names)
    given = {
        "terraform.tfvars": names[2:],
        "x.auto.tfvars": names[4:],
        "chosen.tfvars": names[5:],
    }
    files = {path: "".join(f'{name} = "{path}"\n' for name in wanted) for path, wanted in given.items()}
    files["terraform.tfvars.json"] = "{" + ", ".join(f'"{name}": "json"' for name in names[3:]) + "}"
    files["main.tf"] = declared + 'resource "t_a" "x" {\n' + used + "}\n"
    options = EvaluationOptions(
        variables=(("var", "cli"),),
        var_files=("chosen.tfvars",),
        environment={f"TF_VAR_{name}": "environment" for name in names[1:]},
    )
    body = instances(files, options)["t_a.x"].body.fields()
    assert {name: body[name].value for name in names} == {
        "default": "default",
        "environment": "environment",
        "tfvars": "terraform.tfvars",
        "json": "json",
        "auto": "x.auto.tfvars",
        "file": "chosen.tfvars",
        "var": "cli",
    }
    earlier = EvaluationOptions((("var", "cli"),), ("chosen.tfvars",), sequence="vf")
    assert instances(files, earlier)["t_a.x"].body.fields()["var"].value == "chosen.tfvars"


def test_strings_of_variable_values_in_json_are_no_templates() -> None:
    files = {
        "main.tf": 'variable "v" {}\nresource "t_a" "x" {\n  v = var.v\n}\n',
        "terraform.tfvars.json": '{"v": "a ${b}"}',
    }
    assert instances(files)["t_a.x"].body.fields()["v"].value == "a ${b}"


def test_a_value_that_does_not_fit_is_told_where_it_is_given() -> None:
    files = {"main.tf": 'variable "n" {\n  type = number\n}\n', "terraform.tfvars": 'n = "many"\n'}
    assert messages(root(files)) == [
        ("terraform.tfvars:1:5", "this value does not fit var.n, which takes a number: a number is required")
    ]


def test_a_variable_without_a_value_is_an_unknown_that_names_it() -> None:
    body = instances({"main.tf": 'variable "t" {}\nresource "t_a" "x" {\n  t = var.t\n}\n'})["t_a.x"].body
    value = body.fields()["t"].value
    assert isinstance(value, Unknown)
    assert value.reason == "var.t has no value"


def test_calls_are_held_against_the_variables_of_the_module() -> None:
    main = 'module "m" {\n  source = "./m"\n  sise = 1\n}\n'
    assert messages(root({"main.tf": main, "m/main.tf": CALLED})) == [
        ("main.tf:1:12", 'module "m" must be given "size", which has no default'),
        ("main.tf:3:3", 'an argument named "sise" is not expected here; did you mean "size"?'),
    ]


def test_a_module_that_is_not_downloaded_is_one_clear_unknown() -> None:
    main = (
        'module "n" {\n  source = "acme/net/aws"\n  version = "~> 5.0"\n}\nresource "t_a" "x" {\n  v = module.n.id\n}\n'
    )
    found = root({"main.tf": main})
    reason = 'module "n" is not downloaded: acme/net/aws ~> 5.0'
    value = found.instances[0].body.fields()["v"].value
    assert isinstance(value, Unknown)
    assert value.reason == reason
    assert [(one.address, one.reason, one.location.line) for one in found.unknowns] == [("module.n", reason, 1)]
    assert found.problems == ()


def test_a_downloaded_module_is_found_through_its_manifest() -> None:
    files = {
        "main.tf": 'module "n" {\n  source = "acme/net/aws"\n  size = 3\n}\n',
        ".terraform/modules/modules.json": '{"Modules":[{"Key":"n","Source":"x","Dir":".terraform/modules/n"}]}',
        ".terraform/modules/n/main.tf": CALLED,
    }
    assert instances(files)["module.n.aws_instance.i"].body.fields()["size"].value == 3


def test_endless_calls_come_to_an_end() -> None:
    found = roots(
        {"a/main.tf": 'module "b" {\n  source = "../b"\n}\n', "b/main.tf": 'module "a" {\n  source = "../a"\n}\n'}
    )
    assert list(found) == ["a"]
    assert [problem.message for problem in found["a"].problems] == ["a module cannot call itself: a -> b -> a"]


def test_a_provider_is_found_by_alias_and_through_calls() -> None:
    main = (
        'provider "aws" {\n  region = "us-east-1"\n}\nprovider "aws" {\n  alias = "eu"\n  region = "eu-west-1"\n}\n'
        'module "m" {\n  source = "./m"\n  size = 1\n  providers = {\n    aws = aws.eu\n  }\n}\n'
        'resource "aws_instance" "here" {}\nresource "aws_instance" "there" {\n  provider = aws.eu\n}\n'
    )
    found = instances({"main.tf": main, "m/main.tf": CALLED})
    regions = {}
    for address, one in found.items():
        assert one.provider is not None and one.provider.body is not None
        region = one.provider.body.text("region")
        assert isinstance(region, Known)
        regions[address] = (one.provider.label, region.value)
    assert regions == {
        "aws_instance.here": ("aws", "us-east-1"),
        "aws_instance.there": ("aws.eu", "eu-west-1"),
        "module.m.aws_instance.i": ("aws.eu", "eu-west-1"),
    }


def test_roots_have_values_or_a_backend_or_nobody_calls_them() -> None:
    files = {
        "main.tf": 'module "a" {\n  source = "./modules/a"\n}\nmodule "b" {\n  source = "./live"\n}\n',
        "modules/a/main.tf": "",
        "live/main.tf": 'terraform {\n  backend "s3" {}\n}\n',
        "modules/unused/main.tf": "",
        "docs/readme.md": "",
    }
    assert list(roots(files)) == ["", "live", "modules/unused"]


def test_data_sources_are_decided_where_the_text_decides_them() -> None:
    main = (
        'provider "aws" {\n  region = "cn-north-1"\n}\ndata "aws_region" "r" {}\ndata "aws_partition" "p" {}\n'
        'data "aws_ami" "a" {}\nresource "t_a" "x" {\n  region = data.aws_region.r.name\n'
        "  partition = data.aws_partition.p.partition\n  ami = data.aws_ami.a.id\n}\n"
    )
    body = instances({"main.tf": main})["t_a.x"].body.fields()
    assert (body["region"].value, body["partition"].value) == ("cn-north-1", "aws-cn")
    ami = body["ami"].value
    assert isinstance(ami, Unknown)
    assert ami.reason == "data.aws_ami.a is read at apply"


def test_a_directory_that_only_lends_its_files_is_no_root(tmp_path: Path) -> None:
    for name in ("pools/gpu.tf", "pools/cpu.tf", "half/a.tf", "half/b.tf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("locals {\n  a = var.size\n}\n", encoding="utf-8")
    (tmp_path / "eu").mkdir()
    (tmp_path / "eu" / "variables.tf").write_text('variable "size" {\n  default = 1\n}\n', encoding="utf-8")
    (tmp_path / "eu" / "gpu.tf").symlink_to("../pools/gpu.tf")
    (tmp_path / "eu" / "cpu.tf").symlink_to("../pools/cpu.tf")
    (tmp_path / "eu" / "a.tf").symlink_to("../half/a.tf")
    assert find_roots(Sources(WorkTree(tmp_path))) == ("eu", "half")
    (tmp_path / "pools" / "terraform.tfvars").write_text("size = 2\n", encoding="utf-8")
    assert find_roots(Sources(WorkTree(tmp_path))) == ("eu", "half", "pools")
