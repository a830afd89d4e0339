"""Which adapter a module source means, and how a call of a known module is understood."""

from __future__ import annotations

import pytest

from guard.inputs.memory import MemoryTree
from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.resource import Resource
from guard.model.value import Absent, Known, Unknown
from guard.platforms.reading import read
from guard.prices.book import open_book
from guard.terraform.known_modules import Source, find, major_version, parse_source
from guard.terraform.roots import Evaluated, EvaluationOptions, evaluate


def evaluated(text: str, **files: str) -> Evaluated:
    named = {name.replace("__", "/"): content for name, content in files.items()}
    found = evaluate(MemoryTree({"main.tf": text, **named}), EvaluationOptions())
    assert len(found) == 1
    return found[0]


def instances(text: str) -> dict[str, Instance]:
    return {one.address: one for one in evaluated(text).instances}


def resources(text: str) -> dict[str, Resource]:
    found = evaluated(text)
    assert [problem.message for problem in found.problems] == []
    read_now, problems = read([("", found.instances)], [], open_book(), {})
    assert problems == ()
    return {one.address: one for one in read_now}


def known(value: object) -> object:
    assert isinstance(value, Known), value
    return getattr(value.value, "value", value.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("terraform-aws-modules/eks/aws", Source("terraform-aws-modules/eks/aws")),
        (
            "registry.terraform.io/terraform-aws-modules/eks/aws//modules/karpenter",
            Source("terraform-aws-modules/eks/aws", "karpenter"),
        ),
        (
            "git::https://github.com/terraform-aws-modules/terraform-aws-eks.git//modules/karpenter?ref=v20.8.0",
            Source("terraform-aws-modules/eks/aws", "karpenter", "20.8.0"),
        ),
        (
            "github.com/terraform-google-modules/terraform-google-kubernetes-engine?depth=1&ref=v30.1.0",
            Source("terraform-google-modules/kubernetes-engine/google", "", "30.1.0"),
        ),
        (
            "git@github.com:Azure/terraform-azurerm-aks.git?ref=main",
            Source("Azure/aks/azurerm"),
        ),
        ("git::ssh://git@github.com/Azure/terraform-azurerm-aks.git", Source("Azure/aks/azurerm")),
        ("./modules/eks", None),
        ("git::https://git.example.com/modules/eks.git", None),
        ("https://example.com/eks.zip", None),
        ("a" * 600, None),
    ],
)
def test_a_source_is_an_address_of_the_registry(source: str, expected: Source | None) -> None:
    assert parse_source(source) == expected


@pytest.mark.parametrize(
    ("constraint", "major"),
    [
        ("~> 20.8", 20),
        ("20.37.0", 20),
        ("= 19.0", 19),
        (">= 20.0", None),
        (">= 18.0, < 21.0", 20),
        ("< 21.1", 21),
        ("<= 19.5", 19),
        ("!= 20.1", None),
        ("", None),
        ("main", None),
    ],
)
def test_a_constraint_settles_the_major_version(constraint: str, major: int | None) -> None:
    assert major_version(constraint) == major


def test_submodules_that_no_adapter_knows_are_not_guessed() -> None:
    assert find("terraform-aws-modules/eks/aws") is not None
    assert find("terraform-aws-modules/eks/aws//modules/hybrid-node-role") is None
    assert find("terraform-aws-modules/iam/aws//modules/anything") is not None
    assert find("example/eks/aws") is None


def test_a_module_that_is_downloaded_is_evaluated_itself() -> None:
    text = 'module "bucket" {\n  source = "terraform-aws-modules/s3-bucket/aws"\n  bucket = "a"\n}\n'
    manifest = (
        '{"Modules": [{"Key": "", "Source": "", "Dir": "."}, {"Key": "bucket", '
        '"Source": "registry.terraform.io/terraform-aws-modules/s3-bucket/aws", "Dir": ".terraform/modules/bucket"}]}'
    )
    tree = MemoryTree(
        {
            "main.tf": text,
            ".terraform/modules/modules.json": manifest,
            ".terraform/modules/bucket/main.tf": 'variable "bucket" {}\n'
            'resource "aws_s3_bucket" "own" {\n  bucket = var.bucket\n}\n',
        }
    )
    (root,) = evaluate(tree, EvaluationOptions())
    assert [(one.address, one.provenance) for one in root.instances] == [("module.bucket.aws_s3_bucket.own", "hcl")]
    assert root.unknowns == ()


def test_a_known_module_is_no_unknown_and_another_one_is() -> None:
    text = (
        'module "roles" {\n  source = "terraform-aws-modules/iam/aws//modules/iam-role"\n}\n'
        'module "other" {\n  source = "example/other/aws"\n}\n'
    )
    found = evaluated(text)
    assert [one.address for one in found.unknowns] == ["module.other"]
    assert "is not downloaded" in found.unknowns[0].reason


def test_outputs_are_known_as_far_as_the_inputs_decide() -> None:
    found = instances(
        """
module "vpc" {
  source          = "terraform-aws-modules/vpc/aws"
  name            = "ml"
  azs             = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  private_subnets = [for i in range(3) : cidrsubnet("10.0.0.0/16", 8, i)]
}
module "eks" {
  source       = "terraform-aws-modules/eks/aws"
  version      = "~> 20.8"
  cluster_name = "train"
  subnet_ids   = module.vpc.private_subnets
}
module "bucket" {
  source = "terraform-aws-modules/s3-bucket/aws"
}
resource "aws_instance" "each" {
  count         = length(module.vpc.private_subnets)
  subnet_id     = module.vpc.private_subnets[count.index]
  instance_type = "t3.micro"
  tags          = { cluster = module.eks.cluster_name, url = module.eks.cluster_endpoint }
  user_data     = module.bucket.s3_bucket_id
}
"""
    )
    assert {"aws_instance.each[0]", "aws_instance.each[2]"} < set(found)
    body = found["aws_instance.each[1]"].body
    assert known(body.text("tags", "cluster")) == "train"
    subnet, endpoint, bucket = body.text("subnet_id"), body.text("tags", "url"), body.text("user_data")
    assert isinstance(subnet, Unknown)
    assert subnet.reference == "module.vpc.aws_subnet.private[1]"
    assert isinstance(endpoint, Unknown)
    assert endpoint.reason == "known only after apply: module.eks.cluster_endpoint"
    assert isinstance(bucket, Unknown)
    assert bucket.reference == "module.bucket.aws_s3_bucket.this[0]"


def test_for_each_and_passed_providers_reach_a_known_module() -> None:
    found = instances(
        """
provider "aws" {
  region = "us-east-1"
}
provider "aws" {
  alias  = "eu"
  region = "eu-central-1"
}
module "machine" {
  source        = "terraform-aws-modules/ec2-instance/aws"
  for_each      = { a = "g5.xlarge", b = "p4d.24xlarge" }
  instance_type = each.value
  providers     = { aws = aws.eu }
}
"""
    )
    assert set(found) == {'module.machine["a"].aws_instance.this[0]', 'module.machine["b"].aws_instance.this[0]'}
    one = found['module.machine["b"].aws_instance.this[0]']
    assert one.provenance == "module"
    assert [call.module for call in one.calls] == ['module.machine["b"]']
    assert one.provider is not None
    assert one.provider.label == "aws.eu"
    kind = one.body.text("instance_type")
    assert known(kind) == "p4d.24xlarge"
    assert kind.location.line == 11
    assert one.provider.body is not None
    assert known(one.provider.body.text("region")) == "eu-central-1"


def test_an_unknown_number_of_calls_is_one_instance_with_the_reason() -> None:
    found = instances(
        'variable "n" {\n  type = number\n}\n'
        'module "m" {\n  source = "terraform-aws-modules/ec2-instance/aws"\n  count = var.n\n}\n'
    )
    (one,) = found.values()
    assert one.repeated is not None
    assert "var.n" in one.repeated.reason


def test_an_unknown_switch_leaves_the_number_open() -> None:
    found = instances(
        'variable "on" {}\n'
        'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n  enable_nat_gateway = var.on\n'
        "  single_nat_gateway = true\n}\n"
    )
    gateway = found["module.vpc.aws_nat_gateway.this"]
    assert gateway.repeated is not None
    assert gateway.repeated.reason == "var.on has no value"
    assert found["module.vpc.aws_vpc.this[0]"].repeated is None


def test_a_module_that_is_switched_off_makes_nothing() -> None:
    assert (
        instances('module "x" {\n  source = "terraform-aws-modules/rds/aws"\n  create_db_instance = false\n}\n') == {}
    )


def test_nodes_as_values_and_back() -> None:
    found = evaluated('module "x" {\n  source = "terraform-aws-modules/rds/aws"\n  tags = { a = 1 }\n}\n')
    (one,) = found.instances
    labels = one.body.get("tags")
    assert isinstance(labels, Node)
    assert known(labels.number("a")) == 1
    assert isinstance(labels.text("b"), Absent)
