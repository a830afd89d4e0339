"""A machine of a previous generation is used where its successor does more for the money.

## Why this matters

Each generation of machines does more work an hour, mostly at the same or a lower price; the old ones keep their price.
Providers stop adding capacity for them, sell no new commitments for them and withdraw them in the end, which turns an
easy change into an urgent one. For AI work the gap is widest: old GPUs lack the number formats that halve a model.

## What to do

Take the type that the finding names: it has at least the same virtual CPUs, memory and accelerators and the same
processor architecture. It is named with its saving where the price book knows both prices in the region; `guard fix`
writes it where the type is a plain literal, has no accelerator and costs no less than its successor. Where no size of
the successor fits one to one, the finding names the families to choose from.

## When to leave it

Where software is certified for or bound to the old processors, or where local disks of the old type are needed.

## Source

AWS, "Previous Generation Instances"; Microsoft, "Previous generation and retired VM size series"; Google Cloud,
"Machine families resource and comparison guide". The table is `guard/rules/_generations.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.price import PriceBook, Specs
from guard.model.resource import Compute
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._generations import Generation, previous, type_pattern
from guard.rules._helpers import fitting, listed, put, usd
from guard.rules._machines import MANAGED, hourly, is_arm, machine_specs, named, never_runs, provider_of, saved, types

Glob = Annotated[str, Field(min_length=1)]
# Services with a list of types of their own.
_CHOOSY = ("azureml", "vertex")


class Options(BaseModel, extra="forbid", frozen=True):
    """Which machines count."""

    ignore: tuple[Glob, ...] = ()
    """Globs of types that may stay."""
    only_cheaper: bool = False
    """Whether to speak only where a successor is known to cost no more."""


class Successor(NamedTuple):
    """A type to take instead. `drop_in` tells that it is the same size of the newer family, and has no accelerator,
    for which drivers, images and number formats may have to change too."""

    name: str
    drop_in: bool


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each machine of a previous generation, or what is unknown."""
    for compute in context.resource.compute:
        if never_runs(compute) or compute.host:
            continue
        if isinstance(compute.instance_type, Unknown):
            yield context.undecided(compute.instance_type, named(compute, "instance_type"))
        for one in types(compute):
            if not fitting(context.options.ignore, one.value):
                yield from _judged(context, compute, one)


def _judged(context: Context[Options], compute: Compute, kind: Known[str]) -> Iterator[Finding]:
    prices = context.project.prices
    provider = provider_of(compute, kind.value, prices)
    old = previous(provider, kind.value)
    if old is None or _attached(compute, kind, provider, prices):
        return
    other = _successor(context, compute, kind, old)
    if other is None:
        if not context.options.only_cheaper:
            message = f"{kind.value} is of a previous generation: look at {listed(_families(old), 'or')}"
            yield context.finding(kind, message, attribute=named(compute, "instance_type"))
        return
    amount = saved(context.resource, compute, kind.value, other.name, prices)
    cheaper = _no_dearer(context, compute, kind.value, other.name)
    if context.options.only_cheaper and not cheaper:
        return
    message = f"{kind.value} is of a previous generation: take {other.name}"
    message += f", which saves {usd(amount)} a month" if amount else ""
    certain = cheaper and other.drop_in and not kind.trail
    fix = Fix(f"take {other.name}", changes=(put(kind.location, (), other.name),)) if certain else None
    yield context.finding(kind, message, attribute=named(compute, "instance_type"), saving=amount, fix=fix)


def _attached(compute: Compute, kind: Known[str], provider: str, prices: PriceBook) -> bool:
    """Tell whether accelerators are attached to a machine that has none of itself, which its successor may not take."""
    if provider != "google" or isinstance(compute.accelerator_count, Unknown):
        return provider == "google"
    specs = prices.specs(provider, kind.value)
    own = specs.accelerator if specs else ""
    return isinstance(compute.accelerator, Known) and not own


def _successor(context: Context[Options], compute: Compute, kind: Known[str], old: Generation) -> Successor | None:
    """Return the type to take: of those that fit the first that costs no more, else the first.

    None where none is known to fit, and for services that take only some of the cloud's types.
    """
    specs = machine_specs(compute, kind.value, context.project.prices)
    if specs is None or compute.service in _CHOOSY:
        return None
    fitting_ones = list(_fitting(context.project.prices, kind.value, specs, old))
    cheap = (one for one in fitting_ones if _no_dearer(context, compute, kind.value, one.name))
    return next(cheap, fitting_ones[0] if fitting_ones else None)


def _fitting(prices: PriceBook, kind: str, specs: Specs, old: Generation) -> Iterator[Successor]:
    """Yield for each family the type of the same size where it fits, else the smallest that does."""
    prefix = MANAGED if kind.casefold().startswith(MANAGED) else ""
    size = old.pattern.fullmatch(kind.casefold().removeprefix(MANAGED))
    for template in (one for one in old.successors if size and size.lastindex and "{}" in one):
        same = prices.specs(old.provider, template.replace("{}", size[1] if size else ""))
        if same is not None and _holds(specs, same):
            yield Successor(prefix + same.instance_type, not same.accelerator)
            continue
        pattern = type_pattern(old.provider, template)
        others = [one for one in prices.machines(old.provider) if pattern.fullmatch(one.instance_type.casefold())]
        enough = [one for one in others if _holds(specs, one) and (one.vcpu or 0) <= 2 * (specs.vcpu or 0)]
        smallest = min(enough, key=lambda one: (one.vcpu or 0, one.memory_gib or 0, one.instance_type), default=None)
        if smallest is not None:
            yield Successor(prefix + smallest.instance_type, False)


def _holds(old: Specs, new: Specs) -> bool:
    enough = (
        (old.vcpu, new.vcpu),
        (old.memory_gib, new.memory_gib),
        (old.accelerator_count, new.accelerator_count),
        (old.accelerator_memory_gib, new.accelerator_memory_gib),
    )
    same = is_arm(old.provider, old.instance_type) == is_arm(new.provider, new.instance_type)
    return same and all((before or 0) <= (after or 0) for before, after in enough)


def _no_dearer(context: Context[Options], compute: Compute, one: str, other: str) -> bool:
    before = hourly(context.resource, compute, one, context.project.prices)
    after = hourly(context.resource, compute, other, context.project.prices)
    return before is not None and after is not None and after <= before


def _families(old: Generation) -> list[str]:
    if old.provider == "azure":
        return [one.replace("{}", "*") for one in old.successors]
    return [one.replace("{}", "").strip(".-") for one in old.successors]


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "prepare" {
  instance_type = "m4.2xlarge"
#                 ^^^^^^^^^^^^ m4.2xlarge is of a previous generation: take m6i.2xlarge, which saves $11.68 a month
}

resource "aws_instance" "train" {
  instance_type = "p3.2xlarge"
#                 ^^^^^^^^^^^^ p3.2xlarge is of a previous generation: take g6e.2xlarge, which saves $597 a month
}
""",
)

KUBERNETES = Example(
    "prepare.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata: {name: prepare}
spec:
  template:
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: c4.4xlarge
#                                         ^^^^^^^^^^ c4.4xlarge is of a previous generation: take c7i.4xlarge
      containers:
        - name: prepare
          image: docker.io/acme/prepare:1.0
          resources:
            requests: {cpu: "14", memory: 20Gi}
""",
)

SPEC = Example(
    "blue.yaml",
    """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: rank
model: azureml:rank:3
instance_type: Standard_NC6s_v3
#              ^^^^^^^^^^^^^^^^ Standard_NC6s_v3 is of a previous generation: look at Standard_NC24ads_A100_v4
instance_count: 1
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "google" {
  region = "us-central1"
}

# GPUs such as the T4 attach to N1 alone.
resource "google_compute_instance" "serve" {
  name         = "serve"
  machine_type = "n1-standard-8"
  zone         = "us-central1-a"
  guest_accelerator {
    type  = "nvidia-tesla-t4"
    count = 1
  }
}

variable "type" {
  type = string
}

# The type is not known here: that is no finding.
resource "google_compute_instance" "other" {
  name         = "other"
  machine_type = var.type
  zone         = "us-central1-a"
}
""",
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g6.xlarge}
""",
)

RULE = Rule(
    name="previous-generation",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_TERRAFORM, GOOD_SPEC),
)
