"""A workload and the data that it reads or writes are in different regions.

## Why this matters

Clouds charge for each gigabyte that leaves a region, on every read: a training run that streams its corpus from
another region pays for it once an epoch. The distance also starves accelerators, which cost most of all
while they wait for data.

## What to do

Run the work where the data is, or keep a copy of the data where the work runs. Data in a multi-region or dual region
(`us`, `nam4`, `us-central1+us-east1`) is near every region within it. Where the repository does not say in
which region a bucket is, say it under `locality:` in guard.yaml.

## When to leave it

Where little is read (a configuration file, one model download), or where the copy must not leave its region by law.
List such data under `ignore`, or waive the one place.

## Source

AWS, "Overview of Data Transfer Costs for Common Architectures"; Google Cloud, "Network pricing" and "Cloud Storage
pricing"; Azure, "Bandwidth pricing". The prices in messages come from the price book and carry their own source.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.location import Step
from guard.model.price import Price
from guard.model.regions import together
from guard.model.resource import DataLink
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import fitting, usd

Role = Literal["data", "model", "checkpoint", "output", "code"]

SCHEMES = {
    "aws": ("s3://", "s3a://", "s3n://", "arn:aws"),
    "google": ("gs://", "gcs://"),
    "azure": ("abfs", "wasb", "azureml:"),
}


class Options(BaseModel, extra="forbid", frozen=True):
    """Which data counts."""

    roles: tuple[Role, ...] = ("data", "model", "checkpoint", "output")
    """What the data is to the workload."""
    ignore: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Globs of URIs or addresses of data that may be far away."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each piece of data that is in another region than the machines, or what is unknown."""
    machines = _machines(context)
    for index, link in enumerate(context.resource.data):
        if link.role in context.options.roles and machines and not _ignored(context, link):
            yield from _judged(context, link, machines, f"data[{index}]")


def _machines(context: Context[Options]) -> tuple[Value[str], ...]:
    """Return the distinct regions that the workload runs in; one that is not written is unknown."""
    resource = context.resource
    running = [one for one in resource.compute if one.count_max != Known(0, one.count_max.location)]
    regions = [_said(first(one.region, resource.region)) for one in running]
    return tuple({(one.value if isinstance(one, Known) else one): one for one in regions}.values())


def _said(region: Value[str]) -> Value[str]:
    # A cluster's manifests rarely say where the cluster is: no reason to take its data for near.
    return Unknown("nothing says in which region it runs", region.location) if isinstance(region, Absent) else region


def _ignored(context: Context[Options], link: DataLink) -> bool:
    return isinstance(link.uri, Known) and fitting(context.options.ignore, link.uri.value) is not None


def _judged(
    context: Context[Options], link: DataLink, machines: tuple[Value[str], ...], attribute: str
) -> Iterator[Finding | UnknownFact]:
    for machine in machines:
        match machine, link.region:
            case Known(here), Known(there):
                if _elsewhere(context, link) or not together(here, there):
                    yield _finding(context, link, machine, attribute)
                    return
            case (Known(), Unknown() as unknown) | (Unknown() as unknown, Known()):
                yield context.undecided(unknown, f"{attribute}.region")
                return
            case Unknown() as unknown, Unknown():
                yield context.undecided(unknown, f"{attribute}.region")
                return


def _elsewhere(context: Context[Options], link: DataLink) -> bool:
    """Tell whether the data is known to be in another cloud than the machines."""
    owner = _cloud(context, link)
    user = next((one.provider for one in context.resource.compute if one.provider), "")
    return bool(owner and user and owner != user)


def _finding(context: Context[Options], link: DataLink, machine: Known[str], attribute: str) -> Finding:
    region = link.region
    assert isinstance(region, Known)
    price = _price(context, link, machine.value, region.value)
    name = link.uri.value if isinstance(link.uri, Known) else link.target or "data"
    verb = {"read": "reads", "write": "writes"}.get(link.direction, "reads and writes")
    monthly = _monthly(link, price)
    message = f"{verb} {name} in {region.value} from {machine.value}{_cost(price, monthly)}"
    where = link.uri if isinstance(link.uri, Known) else link.location
    related = (Step(f"runs in {machine.value}", machine.location), Step(f"is in {region.value}", region.location))
    return context.finding(where, message, attribute=attribute, related=related, saving=monthly)


def _cost(price: Price | None, monthly: Decimal | None) -> str:
    if price is None:
        return ""
    each = f", {usd(price.amount)} per {price.unit} transferred"
    return f"{each}, {usd(monthly)} a month" if monthly is not None else each


def _monthly(link: DataLink, price: Price | None) -> Decimal | None:
    match link.gib_per_month:
        case Known(gib) if price is not None:
            return gib * price.amount
    return None


def _price(context: Context[Options], link: DataLink, here: str, there: str) -> Price | None:
    """Return what leaving the region costs: the data's where it is read, the machines' where it is written."""
    source, destination = (here, there) if link.direction == "write" else (there, here)
    owner = _cloud(context, link)
    user = next((one.provider for one in context.resource.compute if one.provider), owner)
    if not owner:
        return None
    if user != owner:
        return context.project.prices.transfer(user if link.direction == "write" else owner, source, "internet")
    return context.project.prices.transfer(owner, source, destination)


def _cloud(context: Context[Options], link: DataLink) -> str:
    uri = link.uri.value if isinstance(link.uri, Known) else ""
    by_scheme = next((cloud for cloud, schemes in SCHEMES.items() if uri.startswith(schemes)), "")
    target = context.project.resource(link.target) if link.target else None
    return by_scheme or (target.platform if target is not None and target.platform in SCHEMES else "")


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "eu"
  region = "eu-west-1"
}

resource "aws_s3_bucket" "corpus" {
  provider = aws.eu
  bucket   = "acme-corpus"
}

resource "aws_instance" "train" {
  instance_type = "g5.xlarge"
  user_data     = "python train.py --data s3://acme-corpus/tokens"
#                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ reads s3://acme-corpus/tokens in eu-west-1 from us-east-1, $0.02 per GB transferred
}
""",  # noqa: E501
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
spec:
  template:
    spec:
      nodeSelector:
        topology.kubernetes.io/region: us-east-1
        node.kubernetes.io/instance-type: g5.xlarge
      containers:
        - name: train
          image: docker.io/acme/train:1.0
          args: ["--data", "s3://acme-corpus/tokens"]
#                          ^^^^^^^^^^^^^^^^^^^^^^^^^ reads s3://acme-corpus/tokens in eu-west-1 from us-east-1, $0.02 per GB transferred
          resources:
            limits: {nvidia.com/gpu: 1}
""",  # noqa: E501
    policy="locality: {s3://acme-corpus: eu-west-1}",
)

SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: aws, region: us-east-1, instance: p4d.24xlarge}
training:
  datasets:
    - uri: s3://acme-corpus/tokens
#          ^^^^^^^^^^^^^^^^^^^^^^^ reads s3://acme-corpus/tokens in eu-west-1 from us-east-1, $0.02 per GB transferred, $200 a month
      region: eu-west-1
      gib: 10000
""",  # noqa: E501
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_s3_bucket" "corpus" {
  bucket = "acme-corpus"
}

# Where acme-other is, nothing here says: that is no finding.
resource "aws_instance" "train" {
  instance_type = "g5.xlarge"
  user_data     = "python train.py --data s3://acme-corpus/tokens --more s3://acme-other/tokens"
}
""",
)

GOOD_SPEC = Example(
    "pretrain.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: pretrain}
compute: {provider: google, region: us-central1, instance: a2-highgpu-1g}
training:
  datasets:
    - {uri: "gs://acme-corpus/tokens", region: us}
""",
)

RULE = Rule(
    name="cross-region-data",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_TERRAFORM, GOOD_SPEC),
)
