"""A volume is of type gp2, where gp3 costs a fifth less and does as much.

## Why this matters

A gp2 volume is as fast as it is large, so that space is bought for its speed. gp3 has 3,000 operations and 125 MiB/s
whatever its size is, costs a fifth less for each GiB, and takes more of either by itself.

## What to do

Write gp3. A gp2 volume of over 170 GiB moves up to 250 MiB/s, one of over 1,000 GiB has more than 3,000 operations:
write `throughput` and `iops` where that is needed; the saving told is that of the same throughput. A volume in use
changes its type without a stop.

`guard fix` writes gp3 where the type is a plain literal in Terraform, with `throughput` from 170 GiB on, and leaves
volumes of over 1,000 GiB to people.

## When to leave it

Where a licence or a support matrix names gp2.

## Source

Amazon EBS User Guide, "General Purpose SSD volumes"; Amazon EBS, "Migrate your Amazon EBS volumes from gp2 to gp3".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.change import Change
from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.resource import Resource, Storage
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import put, usd

OLD, NEW, THROUGHPUT = "ebs:gp2", "ebs:gp3", "ebs:gp3:throughput_over_125"
# Up to here gp2 moves no more than the 125 MiB/s of gp3, and has no more operations than its 3,000.
AS_FAST_TO_GIB, AS_MANY_TO_GIB = Decimal(170), Decimal(1000)
GP2_MIBPS, GP3_MIBPS = 250, 125
_FIXED = ("aws_ebs_volume", "aws_instance", "aws_launch_template", "aws_launch_configuration")


class Options(BaseModel, extra="forbid", frozen=True):
    """Which volumes are judged."""

    from_gib: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """GiB from which on a volume is judged; one whose size is not known is judged always."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each volume that is written as gp2, or what is unknown."""
    resource = context.resource
    for volume in resource.storage:
        kind = volume.kind
        if isinstance(kind, Unknown) and kind.prefix in OLD:
            yield context.undecided(kind, f"{volume.name}.kind".lstrip("."))
        if not isinstance(kind, Known) or kind.value != OLD or not _stated(resource, kind):
            continue
        size = volume.size_gib.value if isinstance(volume.size_gib, Known) else None
        if size is not None and size < context.options.from_gib:
            continue
        saving = _saving(context, volume)
        message = f"gp2 is of a previous generation: take gp3{f', which saves {usd(saving)} a month' if saving else ''}"
        fix = _fix(resource, volume, kind, saving)
        yield context.finding(kind, message, attribute=f"{volume.name}.kind".lstrip("."), saving=saving, fix=fix)


def _stated(resource: Resource, kind: Known[str]) -> bool:
    """Tell whether the type is written, and not the default of what does not write one."""
    return any(node.value == "gp2" and node.location == kind.location for _, node in resource.body.walk())


def _saving(context: Context[Options], volume: Storage) -> Decimal | None:
    """Return USD a month that gp3 of the same speed saves, None where it saves none, or where that is not known."""
    region = next((one for one in (volume.region, context.resource.region) if isinstance(one, Known)), None)
    count = volume.count_max.value if isinstance(volume.count_max, Known) else 1
    if region is None or not isinstance(volume.size_gib, Known):
        return None
    size = volume.size_gib.value
    old, new, throughput = (_price(context, sku, region.value) for sku in (OLD, NEW, THROUGHPUT))
    if old is None or new is None or throughput is None:
        return None
    more = (GP2_MIBPS - GP3_MIBPS) * throughput if size > AS_FAST_TO_GIB else 0
    saved = ((old - new) * size - more) * count
    return saved if saved > 0 else None


def _price(context: Context[Options], sku: str, region: str) -> Decimal | None:
    return max((one.amount for one in context.project.prices.storage("aws", sku, region)), default=None)


def _fix(resource: Resource, volume: Storage, kind: Known[str], saving: Decimal | None) -> Fix | None:
    if resource.type not in _FIXED or kind.trail or resource.calls or isinstance(volume.size_gib, Unknown):
        return None
    size = volume.size_gib.value if isinstance(volume.size_gib, Known) else Decimal(0)
    changes: tuple[Change, ...] = (put(kind.location, (), "gp3"),)
    if size > AS_MANY_TO_GIB or (size > AS_FAST_TO_GIB and saving is None):
        return None
    if size > AS_FAST_TO_GIB and isinstance(volume.throughput_mibps, Absent):
        changes += (put(volume.location, ("throughput",), GP2_MIBPS),)
    return Fix("take gp3", changes=changes)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_ebs_volume" "corpus" {
  availability_zone = "us-east-1a"
  type              = "gp2"
#                     ^^^^^ gp2 is of a previous generation: take gp3, which saves $5.00 a month
  size              = 500
}

resource "aws_instance" "train" {
  instance_type = "g6.xlarge"
  root_block_device {
    volume_type = "gp2"
#                 ^^^^^ gp2 is of a previous generation: take gp3
  }
}
""",
)

CLOUDFORMATION = Example(
    "stack.yaml",
    """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Corpus:
    Type: AWS::EC2::Volume
    Properties: {AvailabilityZone: us-east-1a, Size: 100, VolumeType: gp2}
#                                                                     ^^^ gp2 is of a previous generation: take gp3, which saves $2.00 a month
""",  # noqa: E501
)

KUBERNETES = Example(
    "claim.yaml",
    """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: corpus}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: gp2
#                   ^^^ gp2 is of a previous generation: take gp3
  resources: {requests: {storage: 500Gi}}
""",
)

GOOD = Example(
    "main.tf",
    """\
variable "type" {
  type = string
}

resource "aws_ebs_volume" "corpus" {
  availability_zone = "us-east-1a"
  type              = "gp3"
  size              = 500
}

# The image brings the volume: nothing is written of it.
resource "aws_instance" "train" {
  instance_type = "g6.xlarge"
}

# What the variable holds is not known here: that is no finding.
resource "aws_ebs_volume" "other" {
  availability_zone = "us-east-1a"
  type              = var.type
  size              = 500
}
""",
)

RULE = Rule(
    name="previous-generation-volume",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, CLOUDFORMATION, KUBERNETES),
    good=(GOOD,),
)
