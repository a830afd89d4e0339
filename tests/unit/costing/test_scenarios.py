"""Terraform and Kubernetes texts with what each costs, by hand from rows of the price list, which are quoted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard import engine
from guard.inputs.memory import MemoryTree
from guard.model.price import total
from guard.model.rule import Project
from guard.model.value import Known
from guard.request import Request
from tests.unit.costing.making import BOOK

TERRAFORM = """\
provider "aws" {
  region = "us-east-1"
}
provider "google" {
  project = "p"
  region  = "us-central1"
}
resource "aws_bedrock_provisioned_model_throughput" "term" {
  provisioned_model_name = "t"
  model_arn              = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1"
  commitment_duration    = "SixMonths"
  model_units            = 2
}
resource "aws_bedrock_provisioned_model_throughput" "free" {
  provisioned_model_name = "t"
  model_arn              = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1"
  model_units            = 1
}
resource "aws_db_instance" "meta" {
  instance_class    = "db.r6g.large"
  allocated_storage = 100
  storage_type      = "gp3"
  multi_az          = true
}
resource "google_compute_instance" "n1" {
  name         = "a"
  zone         = "us-central1-a"
  machine_type = "n1-standard-4"
  guest_accelerator {
    type  = "nvidia-tesla-t4"
    count = 2
  }
  boot_disk {
    initialize_params {
      size = 100
      type = "pd-ssd"
    }
  }
}
resource "google_tpu_v2_vm" "slice" {
  name             = "t"
  zone             = "us-east5-b"
  runtime_version  = "v2"
  accelerator_type = "v6e-8"
}
resource "aws_nat_gateway" "n" {
  subnet_id = "s"
}
resource "aws_lb" "l" {
  load_balancer_type = "application"
}
"""

POOL = """\
provider "aws" {
  region = "us-east-1"
}
resource "aws_eks_node_group" "gpu" {
  cluster_name   = "ml"
  node_role_arn  = "r"
  subnet_ids     = ["s"]
  instance_types = ["g5.xlarge"]
  scaling_config {
    min_size     = 1
    max_size     = 4
    desired_size = 1
  }
}
"""
WORKLOADS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  replicas: 3
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      nodeSelector: {node.kubernetes.io/instance-type: g5.xlarge}
      containers:
        - name: chat
          image: docker.io/acme/chat:1
          resources: {limits: {nvidia.com/gpu: 1}}
"""


def priced(files: dict[str, str]) -> Project:
    request = Request(MemoryTree(files))
    return engine.price(engine.understand(request, BOOK), BOOK)


@pytest.fixture(scope="module")
def terraform() -> Project:
    return priced({"main.tf": TERRAFORM})


@pytest.mark.parametrize(
    ("address", "monthly"),
    [
        # aws,bedrock:provisioned_throughput,anthropic.claude-v2:1,us-east-1,model-unit-hour,34.992,commit_6m
        ("aws_bedrock_provisioned_model_throughput.term", Decimal("34.992") * 2 * 730),
        # gcp,n1-standard-4,us-central1,0.189999 x 0.7; gpu:nvidia-tesla-t4 0.35 x 0.7 x 2; pd-ssd 0.17 x 100
        ("google_compute_instance.n1", (Decimal("0.189999") + Decimal("0.7")) * Decimal("0.7") * 730 + 17),
        # gcp,tpu:v6e,us-east5,chip-hour,2.7
        ("google_tpu_v2_vm.slice", Decimal("2.7") * 8 * 730),
        # aws,nat_gateway,gateway,us-east-1,hour,0.045
        ("aws_nat_gateway.n", Decimal("0.045") * 730),
        # aws,elb,alb,us-east-1,hour,0.0225
        ("aws_lb.l", Decimal("0.0225") * 730),
    ],
)
def test_what_a_resource_costs_by_hand(terraform: Project, address: str, monthly: Decimal) -> None:
    made = terraform.estimates[address]
    assert made.unpriced == ()
    assert (made.low, made.high) == (monthly, monthly)


@pytest.mark.parametrize(
    ("address", "reasons"),
    [
        (
            "aws_bedrock_provisioned_model_throughput.free",
            ["there is no price for aws bedrock:provisioned_throughput anthropic.claude-v2:1 without commitment in "
             "us-east-1"],
        ),
        (
            "aws_db_instance.meta",
            ["there is no on demand price for aws db.r6g.large in us-east-1",
             "there is no price for aws rds:gp3 in us-east-1"],
        ),
    ],
)  # fmt: skip
def test_what_has_no_price_says_what_was_looked_for(terraform: Project, address: str, reasons: list[str]) -> None:
    made = terraform.estimates[address]
    assert [one.reason for one in made.unpriced] == reasons
    assert made.open_ended


def test_a_database_with_a_standby_is_two_machines_and_two_disks(terraform: Project) -> None:
    found = terraform.resource("aws_db_instance.meta")
    assert found is not None
    counts = [*(one.count_max for one in found.compute), *(one.count_max for one in found.storage)]
    assert [one.value for one in counts if isinstance(one, Known)] == [2, 2]


def test_replicas_on_the_node_group_of_the_repository_are_counted_with_it() -> None:
    both = priced({"eks.tf": POOL, "k8s/chat.yaml": WORKLOADS})
    assert both.estimates["Deployment/chat"].within == ("aws_eks_node_group.gpu",)
    # aws,g5.xlarge,us-east-1,hour,1.006; ebs:gp2,us-east-1,GB-month,0.1 x 20 GiB, which EKS takes by default
    assert total(both.estimates).low == Decimal("1.006") * 730 + 2
    assert total(both.estimates).high == Decimal("1.006") * 730 * 4 + 8
    alone = priced({"k8s/chat.yaml": WORKLOADS})
    assert total(alone.estimates).high == Decimal("1.006") * 730 * 3
