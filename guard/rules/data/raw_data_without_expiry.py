"""Raw or temporary data is kept for ever.

## Why this matters

What lands before it is cleaned, what a run writes on the way and what it logs is read for days and paid for each month
after. Checkpoints of large models take terabytes for each run.

## What to do

Let it expire: a rule of `aws_s3_bucket_lifecycle_configuration` with `expiration`, a `lifecycle_rule` with the action
`Delete` on Google Cloud, an `azurerm_storage_management_policy` with
`delete_after_days_since_modification_greater_than`. `guard fix` writes one where `fix_days` says after how many days.

The saving is not computed: how much is in it is in no file.

## When to leave it

Where raw data cannot be had again, or the law asks to keep it: move it to a cold storage class, and say so in a label
(`labels`) such as `data-stage: archive`.

## Source

Amazon S3, "Expiring objects"; Google Cloud, "Object Lifecycle Management"; Microsoft, "Optimize costs by automatically
managing the data lifecycle".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.change import Append, Block, Change, Code, Data
from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.location import Step
from guard.model.resource import Purpose, Resource, Storage
from guard.model.rule import Context, Example, Rule
from guard.model.value import Unknown
from guard.rules._governance import Labels
from guard.rules._helpers import put
from guard.rules._stores import content, expires, object_stores


class Options(BaseModel, extra="forbid", frozen=True):
    """Which data is raw or temporary."""

    words: Labels = (
        "raw", "landing", "incoming", "tmp", "temp", "temporary", "scratch", "intermediate", "checkpoint*", "logs",
    )  # fmt: skip
    """Globs of words, in a store's name or in one of its `labels`, that tell of raw or temporary data."""
    labels: Labels = ("data-stage", "data-class", "data-zone")
    """Labels that tell what is in a store."""
    fix_days: Annotated[int, Field(gt=0)] | None = None
    """The days after which the rule that `guard fix` writes deletes an object; null to leave it to people."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a store of raw data in which nothing expires, or what is unknown."""
    resource, options = context.resource, context.options
    if resource.purpose is not Purpose.STORAGE:
        return
    found = content(resource, options.words, options.labels)
    for store in object_stores(resource) if found is not None else ():
        if found is None or expires(store):
            continue
        unknown = next((one for one in (store.retention_days, store.lifecycle) if isinstance(one, Unknown)), None)
        if unknown is not None:
            yield context.undecided(unknown, "storage.retention_days")
            continue
        related = (Step(f'"{found.word}" says what is in it', found.fact.location),) if found.fact else ()
        message = f'"{found.word}" data is kept for ever: let it expire'
        fix = _fix(resource, options.fix_days)
        yield context.finding(resource.location, message, attribute=_attribute(store), related=related, fix=fix)


def _attribute(store: Storage) -> str:
    return f"{store.name}.retention_days".lstrip(".")


def _fix(resource: Resource, days: int | None) -> Fix | None:
    """Return the life cycle rule, where it is certain that it belongs to this very block of Terraform."""
    if days is None or resource.calls or "[" in resource.address:
        return None
    change: Change
    if resource.type == "google_storage_bucket":
        rule = Block({"condition": Block({"age": days}), "action": Block({"type": "Delete"})})
        change = put(resource.location, ("lifecycle_rule",), rule)
    elif resource.type == "aws_s3_bucket":
        name = resource.address.rpartition(".")[2]
        entries: dict[str, Data] = {
            "bucket": Code(f"{resource.address}.id"),
            "rule": Block(
                {"id": "expire", "status": "Enabled", "filter": Block(), "expiration": Block({"days": days})}
            ),
        }
        labels = ("aws_s3_bucket_lifecycle_configuration", name)
        change = Append(resource.location, "resource", labels, entries)
    else:
        return None
    return Fix(f"delete objects after {days} days", changes=(change,))


TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_s3_bucket" "events" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ "raw" data is kept for ever: let it expire
  bucket = "acme-raw-events"
}

resource "google_storage_bucket" "scratch" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ "scratch" data is kept for ever: let it expire
  name     = "acme-runs"
  location = "europe-west4"
  lifecycle_rule {
    condition { age = 30 }
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
  }
}
""",
)

CLOUDFORMATION = Example(
    "stack.yaml",
    """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Checkpoints:
# ^^^^^^^^^^^ "checkpoints" data is kept for ever: let it expire
    Type: AWS::S3::Bucket
    Properties: {BucketName: acme-checkpoints}
""",
)

GOOD = Example(
    "main.tf",
    """\
variable "rules" {
  type = any
}

resource "aws_s3_bucket" "raw" {
  bucket = "acme-raw-events"
}

resource "aws_s3_bucket_lifecycle_configuration" "raw" {
  bucket = aws_s3_bucket.raw.id
  rule {
    id     = "expire"
    status = "Enabled"
    expiration { days = 30 }
  }
}

# What the variable holds is not known here: that is no finding.
resource "google_storage_bucket" "landing" {
  name     = "acme-landing"
  location = "europe-west4"
  dynamic "lifecycle_rule" {
    for_each = var.rules
    content {
      condition { age = 30 }
      action { type = "Delete" }
    }
  }
}

resource "google_storage_bucket" "drawings" {
  name     = "acme-drawings"
  location = "europe-west4"
}
""",
)

RULE = Rule(
    name="raw-data-without-expiry",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, CLOUDFORMATION),
    good=(GOOD,),
)
