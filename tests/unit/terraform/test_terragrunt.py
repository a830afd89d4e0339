"""Units of Terragrunt: inputs, includes, dependencies, generated configuration, and what is not decided."""

from __future__ import annotations

from guard.inputs.memory import MemoryTree
from guard.model.document import Tree
from guard.model.value import Known, Unknown
from guard.terraform.roots import EvaluationOptions
from tests.unit.terraform.evaluating import messages, roots

MODULE = """\
variable "type" {
  default = "t3.micro"
}
variable "tags" {
  default = {}
}
resource "aws_instance" "i" {
  instance_type = var.type
  tags          = var.tags
}
output "type" {
  value = var.type
}
output "id" {
  value = aws_instance.i.id
}
"""
ROOT = """\
locals {
  account = read_terragrunt_config(find_in_parent_folders("account.hcl"))
  region  = local.account.locals.region
}
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite"
  contents  = <<EOF
provider "aws" {
  region = "${local.region}"
  default_tags {
    tags = { owner = "ml", place = "${path_relative_to_include()}" }
  }
}
EOF
}
inputs = {
  tags = { team = "ml", list = ["a"] }
  type = local.account.locals.type
}
"""
ACCOUNT = 'locals {\n  region = "eu-west-1"\n  type   = "g5.xlarge"\n}\n'
UNIT = """\
include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}
terraform {
  source = "../../modules//gpu?ref=x"
}
inputs = {
  tags = { unit = basename(get_terragrunt_dir()), region = include.root.locals.region }
}
"""
LIVE = {"modules/gpu/main.tf": MODULE, "live/root.hcl": ROOT, "live/account.hcl": ACCOUNT}


def test_a_unit_is_a_root_with_the_inputs_and_providers_of_what_it_includes() -> None:
    found = roots({**LIVE, "live/gpu/terragrunt.hcl": UNIT})
    assert list(found) == ["live/gpu"]
    assert not found["live/gpu"].problems
    (one,) = found["live/gpu"].instances
    assert (one.address, one.root) == ("aws_instance.i", "live/gpu")
    kind = one.body.text("instance_type")
    assert isinstance(kind, Known)
    assert (kind.value, kind.location.path, kind.location.line) == ("g5.xlarge", "live/account.hcl", 3)
    tags = one.body.get("tags")
    assert tags is not None
    assert {name: node.value for name, node in tags.fields().items()} == {"unit": "gpu", "region": "eu-west-1"}
    assert tags.location.path == "live/gpu/terragrunt.hcl"
    assert one.provider is not None
    assert one.provider.body is not None
    region = one.provider.body.get("region")
    assert region is not None
    assert (region.value, region.location.path, region.location.line) == ("eu-west-1", "live/root.hcl", 10)
    place = one.provider.body.get("default_tags", "tags", "place")
    assert place is not None
    assert place.value == "gpu"


def test_two_units_of_one_module_are_two_roots_and_the_module_is_none() -> None:
    module = MODULE + 'terraform {\n  backend "s3" {}\n}\n'
    files = {**LIVE, "modules/gpu/main.tf": module, "live/a/terragrunt.hcl": UNIT, "live/b/terragrunt.hcl": UNIT}
    found = roots(files)
    assert list(found) == ["live/a", "live/b"]
    assert {one.root for root in found.values() for one in root.instances} == {"live/a", "live/b"}


def test_configuration_beside_the_unit_is_its_module() -> None:
    unit = 'inputs = {\n  type = "p5.48xlarge"\n}\n'
    found = roots({"a/main.tf": MODULE, "a/terragrunt.hcl": unit})
    assert list(found) == ["a"]
    kind = found["a"].instances[0].body.text("instance_type")
    assert isinstance(kind, Known)
    assert (kind.value, kind.location.path, kind.location.line) == ("p5.48xlarge", "a/terragrunt.hcl", 2)


def test_deep_merges_join_maps_and_lists() -> None:
    unit = UNIT.replace("  expose = true", '  expose = true\n  merge_strategy = "deep"')
    unit = unit.replace("inputs = {\n", "inputs = {\n").replace("unit = ", 'list = ["b"], unit = ')
    found = roots({**LIVE, "live/gpu/terragrunt.hcl": unit})
    tags = found["live/gpu"].instances[0].body.get("tags")
    assert tags is not None
    assert sorted(tags.fields()) == ["list", "region", "team", "unit"]
    listed = tags.get("list")
    assert listed is not None
    assert [one.value for one in listed.items()] == ["a", "b"]


def test_no_merge_only_exposes() -> None:
    unit = UNIT.replace("  expose = true", '  expose = true\n  merge_strategy = "no_merge"')
    (one,) = roots({**LIVE, "live/gpu/terragrunt.hcl": unit})["live/gpu"].instances
    kind = one.body.text("instance_type")
    assert isinstance(kind, Known)
    assert kind.value == "t3.micro"
    assert one.provider is not None
    assert one.provider.body is None


DEPENDENT = """\
dependency "gpu" {
  config_path = "../gpu"
  mock_outputs = {
    id   = "i-mock"
    type = "mock"
  }
}
terraform {
  source = "../../modules/gpu"
}
inputs = {
  type = dependency.gpu.outputs.type
  tags = { id = dependency.gpu.outputs.id }
}
"""


def test_dependencies_give_what_their_text_decides_and_mock_outputs_else() -> None:
    files = {**LIVE, "live/gpu/terragrunt.hcl": UNIT, "live/other/terragrunt.hcl": DEPENDENT}
    (one,) = roots(files)["live/other"].instances
    kind, identifier = one.body.text("instance_type"), one.body.text("tags", "id")
    assert isinstance(kind, Known)
    assert kind.value == "g5.xlarge"
    assert isinstance(identifier, Known)
    assert (identifier.value, identifier.location.line) == ("i-mock", 4)
    bare = DEPENDENT.replace('    id   = "i-mock"\n', "")
    (one,) = roots({**files, "live/other/terragrunt.hcl": bare})["live/other"].instances
    unknown = one.body.text("tags", "id")
    assert isinstance(unknown, Unknown)
    assert unknown.reason == "known only after apply: aws_instance.i.id"


def test_a_dependency_that_is_not_there_is_unknown_without_mock_outputs() -> None:
    unit = 'dependency "x" {\n  config_path = "../x"\n}\nterraform {\n  source = "../../modules/gpu"\n}\n'
    unit += "inputs = { type = dependency.x.outputs.type }\n"
    (one,) = roots({**LIVE, "live/a/terragrunt.hcl": unit})["live/a"].instances
    kind = one.body.text("instance_type")
    assert isinstance(kind, Unknown)
    assert kind.reason == "dependency.x.outputs are known only after apply"


def test_dependencies_in_a_circle_come_to_an_end() -> None:
    files = {
        **LIVE,
        "live/a/terragrunt.hcl": DEPENDENT.replace("../gpu", "../b").replace("mock_outputs", "other"),
        "live/b/terragrunt.hcl": DEPENDENT.replace("../gpu", "../a").replace("mock_outputs", "other"),
    }
    found = roots(files)
    assert list(found) == ["live/a", "live/b"]
    for root in found.values():
        assert isinstance(root.instances[0].body.text("instance_type"), Unknown)


def test_nothing_runs_and_the_environment_is_not_read() -> None:
    unit = """\
terraform {
  source = "../../modules/gpu"
}
inputs = {
  type = get_env("TYPE", "g4dn.xlarge")
  tags = {
    run = run_cmd("sh", "-c", "exit"), account = get_aws_account_id(), user = get_env("USER")
    dir = "${get_terragrunt_dir()}/x", root = get_path_to_repo_root()
  }
}
"""
    (one,) = roots({**LIVE, "live/a/terragrunt.hcl": unit}, EvaluationOptions(environment={"TYPE": "p5"}))[
        "live/a"
    ].instances
    kind = one.body.text("instance_type")
    assert isinstance(kind, Known)
    assert kind.value == "g4dn.xlarge"
    reasons = {name: one.body.text("tags", name) for name in ("run", "account", "user", "dir")}
    assert {name: value.reason for name, value in reasons.items() if isinstance(value, Unknown)} == {
        "run": "run_cmd() runs a command, which guard never does",
        "account": "get_aws_account_id() is asked of the cloud while Terragrunt runs",
        "user": "guard does not read the environment: USER",
        "dir": "it depends on where the repository is checked out",
    }
    root = one.body.text("tags", "root")
    assert isinstance(root, Known)
    assert root.value == "../.."


def test_unknown_parts_of_generated_text_are_unknown_and_the_rest_is_known() -> None:
    unit = """\
terraform {
  source = "../../modules/gpu"
}
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOF
    provider "aws" {
      region              = "${get_env("REGION")}"
      allowed_account_ids = ["${get_aws_account_id()}"]
      default_tags {
        tags = { owner = "ml" }
      }
    }
  EOF
}
"""
    (one,) = roots({**LIVE, "live/a/terragrunt.hcl": unit})["live/a"].instances
    assert one.provider is not None
    assert one.provider.body is not None
    region = one.provider.body.text("region")
    assert isinstance(region, Unknown)
    assert region.reason == "guard does not read the environment: REGION"
    owner = one.provider.body.get("default_tags", "tags", "owner")
    assert owner is not None
    assert (owner.value, owner.location.line, owner.location.column) == ("ml", 12, 26)


def test_inputs_that_are_not_decided_leave_no_variable_to_its_default() -> None:
    unit = 'terraform {\n  source = "../../modules/gpu"\n}\ninputs = jsondecode(run_cmd("x"))\n'
    (one,) = roots({**LIVE, "live/a/terragrunt.hcl": unit})["live/a"].instances
    assert isinstance(one.body.text("instance_type"), Unknown)


def test_files_of_values_come_after_inputs() -> None:
    unit = """\
terraform {
  source = "../../modules/gpu"
  extra_arguments "common" {
    commands           = get_terraform_commands_that_need_vars()
    optional_var_files = ["${get_parent_terragrunt_dir()}/none.tfvars", find_in_parent_folders("common.tfvars")]
  }
}
inputs = { type = "input" }
"""
    files = {**LIVE, "live/a/terragrunt.hcl": unit, "live/common.tfvars": 'type = "file"\n'}
    kind = roots(files)["live/a"].instances[0].body.text("instance_type")
    assert isinstance(kind, Known)
    assert (kind.value, kind.location.path) == ("file", "live/common.tfvars")
    beside = {**LIVE, "live/a/terragrunt.hcl": 'terraform {\n  source = "../../modules/gpu"\n}\n'}
    beside["live/a/terraform.tfvars"] = 'type = "beside"\n'
    kind = roots(beside)["live/a"].instances[0].body.text("instance_type")
    assert isinstance(kind, Known)
    assert kind.value == "beside"


def test_a_module_from_the_registry_is_called_by_the_unit() -> None:
    unit = """\
terraform {
  source = "tfr:///terraform-aws-modules/ec2-instance/aws?version=5.6.0"
}
inputs = {
  instance_type = "p4d.24xlarge"
}
"""
    found = roots({"gpu/terragrunt.hcl": unit})["gpu"]
    kinds = [one.body.text("instance_type") for one in found.instances if one.type == "aws_instance"]
    assert len(kinds) == 1
    assert isinstance(kinds[0], Known)
    assert (kinds[0].value, kinds[0].location.line) == ("p4d.24xlarge", 5)
    other = roots({"gpu/terragrunt.hcl": unit.replace("terraform-aws-modules/ec2-instance", "a/b")})["gpu"]
    assert [one.reason for one in other.unknowns] == ['module "gpu" is not downloaded: a/b/aws 5.6.0']


def test_what_is_not_supported_or_broken_is_told_with_its_place() -> None:
    unit = 'include {\n  path = find_in_parent_folders("none.hcl")\n}\nterraform {\n  source = "../nowhere"\n}\n'
    found = roots(
        {
            "live/a/terragrunt.hcl": unit,
            "live/b/terragrunt.stack.hcl": 'unit "x" {}\n',
            "live/c/terragrunt.hcl": "terraform {",
        }
    )
    assert messages(found["live/a"]) == [
        (
            "live/a/terragrunt.hcl:1:1",
            "what is included here cannot be read: the path of an include has no value: "
            'find_in_parent_folders(): no folder above has a file "none.hcl"',
        ),
        ("live/a/terragrunt.hcl:2:33", 'find_in_parent_folders(): no folder above has a file "none.hcl"'),
        ("live/a/terragrunt.hcl:4:1", "there is no configuration in live/nowhere, which the unit deploys"),
    ]
    assert "stacks" in messages(found["live/b"])[0][1]
    assert [one.code for one in found["live/c"].problems] == ["syntax"]


def test_a_unit_that_is_skipped_deploys_nothing() -> None:
    assert not roots({**LIVE, "live/gpu/terragrunt.hcl": UNIT + "skip = true\n"}).get("live/gpu")


class _Store:
    """Gives one module for every address."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def find(self, source: str, version: str) -> tuple[str, str, Tree]:
        self.asked.append((source, version))
        return "registry/x/1", "inner", MemoryTree({"inner/main.tf": MODULE})


def test_a_downloaded_module_is_the_units_root() -> None:
    unit = 'terraform {\n  source = "tfr:///a/b/aws//inner?version=1.0.0"\n}\ninputs = { type = "p5.48xlarge" }\n'
    store = _Store()
    found = roots({"gpu/terragrunt.hcl": unit}, EvaluationOptions(modules=store))
    assert store.asked == [("a/b/aws//inner", "1.0.0")]
    assert list(found) == ["gpu"]
    (one,) = found["gpu"].instances
    kind = one.body.text("instance_type")
    assert isinstance(kind, Known)
    assert (one.address, kind.value, kind.location.path) == ("aws_instance.i", "p5.48xlarge", "gpu/terragrunt.hcl")
