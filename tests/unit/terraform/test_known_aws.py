"""What calls of the public modules for AWS deploy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.resource import Resource
from guard.model.value import Known, Unknown
from tests.unit.terraform.test_known_modules import instances, known, resources

PROVIDER = 'provider "aws" {\n  region = "eu-west-1"\n  default_tags {\n    tags = { owner = "ml" }\n  }\n}\n'
GPU = 'module.eks.module.eks_managed_node_group["gpu"]'


def eks(version: str, inputs: str) -> dict[str, Resource]:
    return resources(
        f'{PROVIDER}module "eks" {{\n  source = "terraform-aws-modules/eks/aws"\n  version = "{version}"\n{inputs}}}\n'
    )


GROUPS = """\
  cluster_name = "train"
  eks_managed_node_group_defaults = {
    capacity_type = "SPOT"
  }
  eks_managed_node_groups = {
    gpu = {
      instance_types = ["g5.48xlarge", "g5.24xlarge"]
      min_size       = 0
      max_size       = 8
      taints         = { gpu = { key = "nvidia.com/gpu", effect = "NO_SCHEDULE" } }
      block_device_mappings = {
        root = { device_name = "/dev/xvda", ebs = { volume_size = 500, volume_type = "gp3" } }
      }
      tags = { team = "nlp" }
    }
    core = {
      capacity_type = "ON_DEMAND"
    }
  }
  tags = { cost-center = "cc-1" }
"""


@pytest.mark.parametrize("version", ["~> 18.31", "~> 19.21", "~> 20.37"])
def test_managed_node_groups_take_their_defaults(version: str) -> None:
    found = eks(version, GROUPS)
    gpu = found[f"{GPU}.aws_eks_node_group.this[0]"]
    compute = gpu.compute[0]
    assert (known(compute.instance_type), known(compute.accelerator)) == ("g5.48xlarge", "A10G")
    assert [one.value for one in compute.other_instance_types] == ["g5.24xlarge"]
    assert (known(compute.count_min), known(compute.count_max), known(compute.purchase)) == (0, 8, "spot")
    assert known(gpu.storage[0].kind) == "ebs:gp3"
    assert known(gpu.storage[0].size_gib) == Decimal(500)
    assert {name: known(one.value) for name, one in gpu.labels.entries.items()} == {
        "owner": "ml",
        "cost-center": "cc-1",
        "team": "nlp",
        "Name": "gpu",
    }
    core = found['module.eks.module.eks_managed_node_group["core"].aws_eks_node_group.this[0]'].compute[0]
    assert (known(core.instance_type), known(core.count_min), known(core.count_max)) == ("t3.medium", 1, 3)
    assert known(core.purchase) == "on_demand"
    assert known(gpu.region) == "eu-west-1"


def test_what_is_found_points_at_the_caller() -> None:
    found = eks("~> 20.37", GROUPS)
    gpu = found[f"{GPU}.aws_eks_node_group.this[0]"]
    lines = (PROVIDER + 'module "eks" {\n\n\n' + GROUPS).splitlines()
    assert lines[gpu.location.line - 1].strip() == "gpu = {"
    assert gpu.location.column == 5
    assert lines[gpu.compute[0].instance_type.location.line - 1].strip().startswith("instance_types")
    assert lines[gpu.compute[0].purchase.location.line - 1].strip() == 'capacity_type = "SPOT"'
    assert lines[gpu.labels.entries["cost-center"].value.location.line - 1].strip().startswith("tags")
    assert [call.module for call in gpu.calls] == ["module.eks"]


def test_the_cluster_brings_its_fee_its_logs_and_its_key() -> None:
    found = eks("~> 21.0", '  name = "train"\n')
    assert [one.sku for one in found["module.eks.aws_eks_cluster.this[0]"].fees] == ["cluster"]
    assert known(found["module.eks.aws_cloudwatch_log_group.this[0]"].storage[0].retention_days) == 90
    assert found["module.eks.module.kms.aws_kms_key.this[0]"].unpriced
    assert set(eks("~> 18.0", '  cluster_name = "train"\n')) == {
        "module.eks.aws_eks_cluster.this[0]",
        "module.eks.aws_cloudwatch_log_group.this[0]",
    }


def test_self_managed_groups_with_mixed_instances() -> None:
    found = eks(
        "~> 20.0",
        """\
  cluster_name = "train"
  self_managed_node_groups = {
    mixed = {
      min_size = 2
      max_size = 10
      use_mixed_instances_policy = true
      mixed_instances_policy = {
        instances_distribution = { on_demand_base_capacity = 2, on_demand_percentage_above_base_capacity = 0 }
        override = [{ instance_type = "p4d.24xlarge" }, { instance_type = "p4de.24xlarge" }]
      }
    }
    plain = {}
  }
""",
    )
    address = 'module.eks.module.self_managed_node_group["{}"].aws_autoscaling_group.this[0]'
    mixed = found[address.format("mixed")].compute[0]
    assert (known(mixed.instance_type), known(mixed.purchase)) == ("p4d.24xlarge", "mixed")
    assert known(mixed.spot_share) == Decimal("0.8")
    plain = found[address.format("plain")].compute[0]
    assert (known(plain.instance_type), known(plain.count_min), known(plain.count_max)) == ("m6i.large", 0, 3)


def test_groups_that_are_unknown_are_told_and_not_left_out() -> None:
    found = instances(
        'variable "groups" {}\nmodule "eks" {\n  source = "terraform-aws-modules/eks/aws"\n  version = "~> 20.0"\n'
        "  eks_managed_node_groups = var.groups\n}\n"
    )
    group = found["module.eks.module.eks_managed_node_group.aws_eks_node_group.this"]
    assert group.repeated is not None
    assert group.repeated.reason == "var.groups has no value"


def test_node_groups_by_a_loop_are_known() -> None:
    found = eks(
        "~> 20.0",
        """\
  eks_managed_node_groups = {
    for zone in ["a", "b"] : "gpu-${zone}" => { instance_types = ["g6.xlarge"], max_size = 4 }
  }
""",
    )
    types = [known(one.compute[0].instance_type) for one in found.values() if one.type == "aws_eks_node_group"]
    assert types == ["g6.xlarge", "g6.xlarge"]


def test_submodules_stand_alone() -> None:
    found = resources(
        """
module "group" {
  source         = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"
  version        = "~> 20.0"
  name           = "gpu"
  instance_types = ["p5.48xlarge"]
  capacity_type  = "CAPACITY_BLOCK"
}
module "karpenter" {
  source       = "terraform-aws-modules/eks/aws//modules/karpenter"
  cluster_name = "train"
}
module "fargate" {
  source = "terraform-aws-modules/eks/aws//modules/fargate-profile"
  name   = "batch"
}
"""
    )
    compute = found["module.group.aws_eks_node_group.this[0]"].compute[0]
    assert (known(compute.instance_type), known(compute.purchase)) == ("p5.48xlarge", "reserved")
    assert (known(compute.count_min), known(compute.count_max)) == (0, 3)
    assert "module.karpenter.aws_sqs_queue.this[0]" in found
    assert "module.fargate.aws_eks_fargate_profile.this[0]" in found


def test_version_17_spells_its_inputs_differently() -> None:
    found = eks(
        "17.24.0",
        """\
  cluster_name         = "old"
  node_groups_defaults = { disk_size = 200 }
  node_groups = {
    gpu = { instance_types = ["p3.8xlarge"], min_capacity = 1, max_capacity = 4, capacity_type = "SPOT" }
  }
  workers_group_defaults = { asg_max_size = 6 }
  worker_groups = [{ name = "a", instance_type = "g4dn.xlarge", spot_price = "0.5" }]
  worker_groups_launch_template = [{
    name                                     = "b"
    override_instance_types                  = ["p2.xlarge", "p3.2xlarge"]
    on_demand_percentage_above_base_capacity = 25
  }]
""",
    )
    gpu = found['module.eks.module.node_groups.aws_eks_node_group.workers["gpu"]']
    compute = gpu.compute[0]
    assert (known(compute.instance_type), known(compute.count_max), known(compute.purchase)) == (
        "p3.8xlarge",
        4,
        "spot",
    )
    assert known(gpu.storage[0].size_gib) == 200
    spot = found["module.eks.aws_autoscaling_group.workers[0]"].compute[0]
    assert (known(spot.instance_type), known(spot.count_max), known(spot.purchase)) == ("g4dn.xlarge", 6, "spot")
    mixed = found["module.eks.aws_autoscaling_group.workers_launch_template[0]"].compute[0]
    assert (known(mixed.instance_type), known(mixed.spot_share)) == ("p2.xlarge", Decimal("0.75"))


def test_an_autoscaling_group_launches_from_its_template() -> None:
    found = resources(
        """
module "fleet" {
  source                = "terraform-aws-modules/autoscaling/aws"
  version               = "~> 9.0"
  name                  = "fleet"
  min_size              = 1
  max_size              = 5
  instance_type         = "g5.12xlarge"
  instance_market_options = { market_type = "spot" }
  block_device_mappings = [{ device_name = "/dev/xvda", ebs = { volume_size = 200, volume_type = "gp3" } }]
  user_data             = "aws s3 sync /out s3://runs/checkpoints"
  tags                  = { environment = "dev" }
}
"""
    )
    group = found["module.fleet.aws_autoscaling_group.this[0]"]
    compute = group.compute[0]
    assert (known(compute.instance_type), known(compute.purchase)) == ("g5.12xlarge", "spot")
    assert known(compute.checkpoint) == "s3://runs/checkpoints"
    assert known(group.storage[0].size_gib) == 200
    assert known(group.labels.find("environment")) == "dev"


@pytest.mark.parametrize(
    ("root", "version"),
    [
        ('[{ volume_type = "gp3", volume_size = 300 }]', "~> 5.0"),
        ('{ type = "gp3", size = 300 }', "~> 6.0"),
    ],
)
def test_a_machine_and_its_volumes(root: str, version: str) -> None:
    found = resources(
        'module "box" {\n  source = "terraform-aws-modules/ec2-instance/aws"\n'
        f'  version = "{version}"\n  name = "box"\n  instance_type = "p4d.24xlarge"\n  root_block_device = {root}\n}}\n'
    )
    box = found["module.box.aws_instance.this[0]"]
    assert known(box.compute[0].accelerator_count) == 8
    assert [known(one.size_gib) for one in box.storage] == [300]
    assert known(box.labels.find("Name")) == "box"


def test_a_spot_request_in_place_of_a_machine() -> None:
    found = resources(
        'module "box" {\n  source = "terraform-aws-modules/ec2-instance/aws"\n'
        '  create_spot_instance = true\n  ebs_volumes = { "/dev/sdf" = { size = 100 } }\n}\n'
    )
    spot = found["module.box.aws_spot_instance_request.this[0]"].compute[0]
    assert (known(spot.instance_type), known(spot.purchase)) == ("t3.micro", "spot")
    assert known(found['module.box.aws_ebs_volume.this["/dev/sdf"]'].storage[0].kind) == "ebs:gp3"
    assert "module.box.aws_instance.this[0]" not in found


def test_a_database_and_the_logs_that_it_writes() -> None:
    found = resources(
        'module "db" {\n  source = "terraform-aws-modules/rds/aws"\n  identifier = "mlflow"\n'
        '  instance_class = "db.r6g.large"\n  enabled_cloudwatch_logs_exports = ["postgresql"]\n'
        "  create_cloudwatch_log_group = true\n}\n"
    )
    database = found["module.db.module.db_instance.aws_db_instance.this[0]"]
    assert [known(one.instance_type) for one in database.compute] == ["db.r6g.large"]
    logs = found['module.db.module.db_instance.aws_cloudwatch_log_group.this["postgresql"]']
    assert known(logs.storage[0].retention_days) == 7


@pytest.mark.parametrize(
    ("rule", "actions", "days"),
    [
        ('{ id = "a", enabled = true, expiration = { days = 30 } }', ("expire after 30 days",), 30),
        ('{ id = "a", status = "Enabled", expiration = [{ days = "7" }] }', ("expire after 7 days",), 7),
        (
            '{ id = "a", enabled = true, transition = [{ days = 90, storage_class = "GLACIER" }] }',
            ("GLACIER after 90 days",),
            None,
        ),
        ('{ id = "a", enabled = false, expiration = { days = 30 } }', None, None),
    ],
)
def test_a_bucket_with_its_life_cycle(rule: str, actions: tuple[str, ...] | None, days: int | None) -> None:
    found = resources(
        'module "data" {\n  source = "terraform-aws-modules/s3-bucket/aws"\n'
        f'  bucket = "corpus"\n  lifecycle_rule = [{rule}]\n}}\n'
    )
    (storage,) = found["module.data.aws_s3_bucket.this[0]"].storage
    assert (storage.lifecycle.value if isinstance(storage.lifecycle, Known) else None) == actions
    assert (storage.retention_days.value if isinstance(storage.retention_days, Known) else None) == days


def test_the_rules_of_a_bucket_may_be_unknown() -> None:
    found = resources(
        'variable "rules" {}\nmodule "data" {\n  source = "terraform-aws-modules/s3-bucket/aws"\n'
        "  lifecycle_rule = var.rules\n}\n"
    )
    (storage,) = found["module.data.aws_s3_bucket.this[0]"].storage
    assert isinstance(storage.lifecycle, Unknown)


@pytest.mark.parametrize(
    ("inputs", "count"),
    [
        ("single_nat_gateway = true", 1),
        ("one_nat_gateway_per_az = true", 3),
        ("", 2),
        ('database_subnets = ["10.0.7.0/24", "10.0.8.0/24", "10.0.9.0/24", "10.0.10.0/24"]', 4),
    ],
)
def test_gateways_are_counted_as_the_module_counts_them(inputs: str, count: int) -> None:
    found = resources(
        'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n  name = "n"\n'
        '  azs = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]\n  private_subnets = ["10.0.1.0/24", "10.0.2.0/24"]\n'
        f'  public_subnets = ["10.0.3.0/24"]\n  enable_nat_gateway = true\n  {inputs}\n}}\n'
    )
    gateways = [one for one in found.values() if one.type == "aws_nat_gateway"]
    assert len(gateways) == count
    assert known(gateways[0].labels.find("Name")) == "n-eu-west-1a"


def test_endpoints_cost_by_their_kind() -> None:
    found = resources(
        """
module "endpoints" {
  source     = "terraform-aws-modules/vpc/aws//modules/vpc-endpoints"
  subnet_ids = ["subnet-1", "subnet-2"]
  endpoints = {
    s3  = { service = "s3", service_type = "Gateway" }
    ecr = { service = "ecr.api" }
  }
}
"""
    )
    assert found['module.endpoints.aws_vpc_endpoint.this["s3"]'].fees == ()
    (fee,) = found['module.endpoints.aws_vpc_endpoint.this["ecr"]'].fees
    assert known(fee.quantity) == 2


def test_keys_and_file_systems() -> None:
    found = resources(
        """
module "key" {
  source = "terraform-aws-modules/kms/aws"
}
module "files" {
  source           = "terraform-aws-modules/efs/aws"
  name             = "models"
  lifecycle_policy = { transition_to_ia = "AFTER_30_DAYS" }
}
"""
    )
    assert found["module.key.aws_kms_key.this[0]"].unpriced
    (storage,) = found["module.files.aws_efs_file_system.this[0]"].storage
    assert known(storage.lifecycle) == ("ia AFTER_30_DAYS",)
