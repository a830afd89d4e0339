"""Plans by the real terraform: with the one resource that needs no provider, and with a stand-in for that of AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from guard.formats.json import FORMAT
from guard.inputs.worktree import WorkTree
from guard.model.instance import Instance
from guard.model.price import PriceBook
from guard.model.resource import Resource
from guard.model.value import Known, Unknown
from guard.platforms.reading import read
from guard.prices.book import open_book
from guard.terraform.plan import PlannedRoot, read_plan

pytestmark = pytest.mark.real

PYTHON = os.environ.get("STANDIN_PYTHON", sys.executable)
PROVIDER = Path(__file__).with_name("standin_provider")
ADDRESS = "registry.terraform.io/hashicorp/aws/6.0.0/linux_amd64/terraform-provider-aws_v6.0.0"


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLI configuration file that lets terraform find the stand-in."""
    if subprocess.run([PYTHON, "-c", "import tf"], capture_output=True, check=False).returncode != 0:
        pytest.skip("the package tf is not installed")
    root = tmp_path_factory.mktemp("mirror")
    program = root / ADDRESS
    program.parent.mkdir(parents=True)
    program.write_text(f"#!{PYTHON}\n{PROVIDER.read_text()}")
    program.chmod(0o755)
    configuration = root / "cli.tfrc"
    configuration.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{root}" }} }}\n')
    return configuration


def terraform(directory: Path, *arguments: str, cli: Path | None = None) -> str:
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    environment |= {"TF_CLI_CONFIG_FILE": str(cli)} if cli is not None else {}
    done = subprocess.run(
        [program, *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def planned(root: Path, directory: str, *options: str, cli: Path | None = None) -> PlannedRoot:
    """Plan the configuration in `directory`, and return what guard reads of the plan."""
    place = root / directory
    terraform(place, "init", "-backend=false", "-input=false", cli=cli)
    terraform(place, "plan", "-input=false", "-out=plan.bin", *options, cli=cli)
    text = terraform(place, "show", "-json", "plan.bin", cli=cli)
    path = f"{directory}/plan.json"
    (root / path).write_text(text)
    found = read_plan(FORMAT.parse(path, text), WorkTree(root))
    assert found is not None
    return found


def by_address(found: tuple[Instance, ...]) -> dict[str, Instance]:
    return {one.address: one for one in found}


def test_terraform_data_needs_no_provider(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text(
        'variable "sizes" {\n  default = { a = 1, b = 2 }\n}\n'
        'resource "terraform_data" "size" {\n  for_each = var.sizes\n  input    = { gib = each.value, at = "x" }\n}\n'
        'resource "terraform_data" "last" {\n  input = terraform_data.size["a"].id\n}\n'
    )
    found = planned(tmp_path, "infra")
    assert (found.root, found.covers, found.problems, found.before_instances) == ("infra", "infra", (), ())
    instances = by_address(found.instances)
    assert set(instances) == {'terraform_data.size["a"]', 'terraform_data.size["b"]', "terraform_data.last"}
    second = instances['terraform_data.size["b"]']
    assert second.key == "b"
    assert second.location.path == "infra/main.tf"
    assert second.location.line == 4
    size = second.body.number("input", "gib")
    assert isinstance(size, Known)
    assert (size.value, size.location.line) == (Decimal(2), 2)
    last = instances["terraform_data.last"].body.text("input")
    assert isinstance(last, Unknown)
    assert last.reason == "known only after apply: terraform_data.last.input"
    assert last.reference == "terraform_data.size"


CONFIGURATION = """\
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "type" {
  type = string
}
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { owner = "ml@example.com" }
  }
}
resource "aws_s3_bucket" "data" {
  tags = { data = "corpus" }
}
resource "aws_db_instance" "a" {
  instance_class = "db.t3.micro"
  password       = var.secret
}
module "train" {
  source = "./train"
  type   = var.type
  bucket = aws_s3_bucket.data.id
}
"""
MODULE = """\
variable "type" {}
variable "bucket" {}
resource "aws_instance" "gpu" {
  count         = 2
  instance_type = var.type
  user_data     = "aws s3 cp s3://${var.bucket}/x ."
  ebs_block_device {
    device_name = "/dev/sdf"
    volume_size = 500
    volume_type = "gp3"
  }
  ebs_block_device {
    device_name = "/dev/sdg"
    volume_size = 20
    volume_type = "gp2"
  }
}
"""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def resources(found: PlannedRoot, book: PriceBook) -> dict[str, Resource]:
    read_now, problems = read([(found.root, found.instances)], [], book, {})
    assert problems == ()
    return {one.address: one for one in read_now}


def test_a_plan_of_the_provider_for_aws_points_into_its_configuration(tmp_path: Path, mirror: Path) -> None:
    write(tmp_path, {"infra/main.tf": CONFIGURATION, "infra/train/main.tf": MODULE})
    found = planned(tmp_path, "infra", "-var=type=p4d.24xlarge", cli=mirror)
    assert (found.covers, found.problems) == ("infra", ())
    seen = resources(found, open_book())
    gpu = seen["module.train.aws_instance.gpu[1]"]
    compute = gpu.compute[0]
    assert isinstance(compute.instance_type, Known)
    assert compute.instance_type.value == "p4d.24xlarge"
    assert compute.instance_type.location.path == "infra/main.tf"
    assert isinstance(compute.accelerator, Known)
    assert compute.accelerator.value == "A100"
    assert isinstance(gpu.region, Known)
    assert (gpu.region.value, gpu.region.location.line) == ("eu-west-1", 14)
    assert [call.module for call in gpu.calls] == ["module.train"]
    assert gpu.calls[0].location.line == 26
    owner = gpu.labels.entries["owner"]
    assert isinstance(owner.value, Known)
    assert (owner.source, owner.value.location.line) == ("provider.aws.default_tags", 16)
    sizes = {one.size_gib.value: one.location.line for one in gpu.storage if isinstance(one.size_gib, Known)}
    assert sizes == {Decimal(500): 7, Decimal(20): 12}


def test_what_is_unknown_or_sensitive_stays_so(tmp_path: Path, mirror: Path) -> None:
    write(tmp_path, {"infra/main.tf": CONFIGURATION, "infra/train/main.tf": MODULE})
    instances = by_address(planned(tmp_path, "infra", "-var=type=g5.xlarge", cli=mirror).instances)
    password = instances["aws_db_instance.a"].body.get("password")
    assert password is not None
    assert password.sensitive
    script = instances["module.train.aws_instance.gpu[0]"].body.text("user_data")
    assert isinstance(script, Unknown)
    assert script.reason == "known only after apply: module.train.aws_instance.gpu[0].user_data"
    assert script.reference == "aws_s3_bucket.data"
    identity = instances["aws_s3_bucket.data"].body.text("id")
    assert isinstance(identity, Unknown)
    assert identity.reference == "aws_s3_bucket.data"


def test_a_plan_shows_what_stands_now_and_what_stands_then(tmp_path: Path, mirror: Path) -> None:
    write(tmp_path, {"infra/main.tf": CONFIGURATION, "infra/train/main.tf": MODULE})
    terraform(tmp_path / "infra", "init", "-input=false", cli=mirror)
    terraform(tmp_path / "infra", "apply", "-auto-approve", "-input=false", "-var=type=g5.xlarge", cli=mirror)
    text = CONFIGURATION.replace('resource "aws_db_instance" "a" {', 'resource "aws_db_instance" "b" {')
    (tmp_path / "infra" / "main.tf").write_text(text)
    found = planned(tmp_path, "infra", "-var=type=p5.48xlarge", cli=mirror)
    before, after = by_address(found.before_instances), by_address(found.instances)
    assert set(before) - set(after) == {"aws_db_instance.a"}
    assert set(after) - set(before) == {"aws_db_instance.b"}
    machine = "module.train.aws_instance.gpu[0]"
    types = [one[machine].body.text("instance_type") for one in (before, after)]
    assert [one.value for one in types if isinstance(one, Known)] == ["g5.xlarge", "p5.48xlarge"]
    assert json.loads((tmp_path / "infra" / "plan.json").read_text())["format_version"].startswith("1.")
