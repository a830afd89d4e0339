"""A machine is larger than what it was seen to use.

## Why this matters

Machines are chosen before anybody knows the load, with room to be safe, and are rarely looked at again. What was
measured over some weeks says what is needed; the rest is paid for each hour.

## What to do

Give guard the measurements with `--usage-history FILE`, and take the type that the finding names: the cheapest of the
same cloud, region and processor architecture, and of the same generation or a later one, that holds the 95th percentile
of the use with a fifth of headroom.
`guard rightsize FILE` lists the proposals for everything that was measured.

The file is CSV or Parquet with a row for each sample: `address` (as `guard dump` writes it) and any of `cpu_percent`,
`memory_percent`, `accelerator_percent` and `accelerator_memory_percent`, each from 0 to 100 of the whole machine; or
the JSON that Prometheus answers to `query_range`, with a label `address`. What was not measured counts as used in full,
so that a machine is not made smaller in memory because only its processors were measured.

## When to leave it

Where the measured weeks miss the peak (a quarter's end, a sale), or where the size brings something else that is
needed, such as network bandwidth or local disks.

## Source

The percentile and the headroom are ours, after the defaults of AWS Compute Optimizer (99.5th percentile, 20 % headroom)
and of the Vertical Pod Autoscaler (95th percentile, 15 %); prices come from the price book.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rounding import rounded
from guard.model.rule import Context, Example, Rule
from guard.model.value import Unknown
from guard.rules._helpers import listed, usd
from guard.rules._machines import named, never_runs
from guard.rules._rightsizing import Proposal, Sizing, proposal

_WORDS = {
    "cpu_percent": "processors",
    "memory_percent": "memory",
    "accelerator_percent": "accelerators",
    "accelerator_memory_percent": "accelerator memory",
}


class Options(BaseModel, extra="forbid", frozen=True):
    """How it is reckoned."""

    percentile: Annotated[Decimal, Field(gt=0, le=100)] = Decimal(95)
    """The share of samples, in percent, that must fit."""
    headroom_percent: Annotated[Decimal, Field(ge=0, le=400)] = Decimal(20)
    """What there must be above that, in percent of it."""
    least_samples: Annotated[int, Field(ge=1)] = 100
    """How many samples make a history; with fewer nothing is said."""
    least_saving: Annotated[Decimal, Field(ge=0)] = Decimal(10)
    """How much it must save, in USD a month, to be worth saying."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each machine for which a cheaper one would do, by what was measured."""
    history = context.project.history
    samples = history.of(context.resource) if history is not None else {}
    if not samples:
        return
    options = context.options
    sizing = Sizing(options.percentile, options.headroom_percent, options.least_samples)
    for compute in context.resource.compute:
        if never_runs(compute) or compute.host:
            continue
        if isinstance(compute.instance_type, Unknown):
            yield context.undecided(compute.instance_type, named(compute, "instance_type"))
            continue
        found = proposal(context.resource, compute, samples, context.project.prices, sizing)
        if found is not None and (found.saving or Decimal(0)) >= options.least_saving:
            message = _message(found, options.percentile)
            attribute = named(compute, "instance_type")
            yield context.finding(found.present, message, attribute=attribute, saving=found.saving)


def _message(found: Proposal, percent: Decimal) -> str:
    used = listed([f"{rounded(share, '1'):f} % of its {_WORDS[metric]}" for metric, share in found.used.items()])
    saving = f", which saves {usd(found.saving)} a month" if found.saving else ""
    share = f"{percent.normalize():f} % of {found.samples} samples"
    return f"{found.present.value} used at most {used} in {share}: {found.name} would do{saving}"


HISTORY = """\
address,time,cpu_percent,memory_percent
aws_instance.prepare,2026-06-01T00:00:00Z,4,9
aws_instance.prepare,2026-06-01T06:00:00Z,5,9
aws_instance.prepare,2026-06-01T12:00:00Z,7,9
aws_instance.prepare,2026-06-01T18:00:00Z,6,9
"""

TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "prepare" {
  instance_type = "m7i.8xlarge"
#                 ^^^^^^^^^^^^^ m7i.8xlarge used at most 7 % of its processors and 9 % of its memory in 95 % of 4 samples: m7i.xlarge would do, which saves $1,030 a month
}
""",  # noqa: E501
    files={"usage-history.csv": HISTORY},
    options={"least_samples": 4},
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g6.12xlarge}
#                                                     ^^^^^^^^^^^ g6.12xlarge used at most 5 % of its processors, 10 % of its memory, 18 % of its accelerators and 20 % of its accelerator memory in 95 % of 2 samples: g6.2xlarge would do, which saves $2,646 a month
""",  # noqa: E501
    files={
        "usage-history.csv": "address,cpu_percent,memory_percent,accelerator_percent,accelerator_memory_percent\n"
        "ModelDeployment/chat,4,10,11,20\n"
        "ModelDeployment/chat,5,10,18,20\n"
    },
    options={"least_samples": 2},
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

# Its memory was not measured: it counts as needed.
resource "aws_instance" "prepare" {
  instance_type = "r7i.8xlarge"
}

# Nothing was measured.
resource "aws_instance" "serve" {
  instance_type = "g5.12xlarge"
}
""",
    files={"usage-history.csv": "address,cpu_percent\naws_instance.prepare,97\n"},
    options={"least_samples": 1},
)

RULE = Rule(
    name="over-provisioned",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, SPEC),
    good=(GOOD_TERRAFORM,),
)
