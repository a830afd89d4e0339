"""Data that is seldom read stays in the storage class for data that is read all the time.

## Why this matters

The classes for seldom-read data cost a half to a tenth of the standard one a month. Archives, backups and the history
of a data lake are read a few times a year and are the largest part of what is kept.

## What to do

Let objects move by age, or let the provider move them by use: `transition` or intelligent tiering on S3, `autoclass` or
a `lifecycle_rule` with `SetStorageClass` on Google Cloud, `tier_to_cool_after_days_since_modification_greater_than` on
Azure.

The saving is what the next colder class costs less, where a usage file tells how much is kept (`--usage`).

## When to leave it

For small objects, which colder classes count as larger, and where reading back would cost more than is saved.

## Source

Amazon S3, "Amazon S3 pricing" and "Managing storage costs with Amazon S3 Intelligent-Tiering"; Google Cloud,
"Autoclass".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource, Storage
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import Labels
from guard.rules._helpers import usd
from guard.rules._sizing import plain
from guard.rules._stores import content, object_stores

COLDER = {"s3:standard": "s3:standard_ia", "gcs:standard": "gcs:nearline"}
HOT = ("s3:standard", "gcs:standard", "blob:hot")


class Options(BaseModel, extra="forbid", frozen=True):
    """Which stores are judged."""

    words: Labels = ("archive*", "backup*", "history", "historical", "cold", "snapshots")
    """Globs of words, in a store's name or in one of its `labels`, that tell of data which is seldom read."""
    labels: Labels = ("data-stage", "data-class", "data-zone")
    """Labels that tell what is in a store."""
    from_gib: Annotated[Decimal, Field(gt=0)] = Decimal(10240)
    """GiB from which on a store is judged whatever its name is, where a usage file tells its size."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a store of seldom-read data in which nothing moves or expires, or what is unknown."""
    resource, options = context.resource, context.options
    if resource.purpose is not Purpose.STORAGE:
        return
    found = content(resource, options.words, options.labels)
    for store in object_stores(resource):
        size = store.size_gib.value if isinstance(store.size_gib, Known) else None
        large = size is not None and size >= options.from_gib
        if not _hot(store) or not (large or found is not None):
            continue
        unknown = next((one for one in (store.lifecycle, store.retention_days) if isinstance(one, Unknown)), None)
        if unknown is not None:
            yield context.undecided(unknown, "storage.lifecycle")
        elif isinstance(store.lifecycle, Absent) and isinstance(store.retention_days, Absent):
            what = f"{plain(size)} GiB" if large and size is not None else f'"{found.word}" data' if found else ""
            yield _finding(context, store, what)


def _hot(store: Storage) -> bool:
    return isinstance(store.kind, Known) and store.kind.value.startswith(HOT)


def _finding(context: Context[Options], store: Storage, what: str) -> Finding:
    saving = _saving(context, store)
    cost = f", which saves up to {usd(saving)} a month" if saving else ""
    message = f"{what} never moves to a colder storage class: move it by age or by use{cost}"
    return context.finding(context.resource.location, message, attribute="storage.lifecycle", saving=saving)


def _saving(context: Context[Options], store: Storage) -> Decimal | None:
    """Return USD a month that the next colder class saves for what is kept, None where that is not known."""
    colder = COLDER.get(store.kind.value) if isinstance(store.kind, Known) else None
    region = _region(context.resource, store)
    if colder is None or region is None or not isinstance(store.size_gib, Known) or not isinstance(store.kind, Known):
        return None
    now, then = (_price(context, store.provider, sku, region) for sku in (store.kind.value, colder))
    if now is None or then is None or then >= now:
        return None
    return store.size_gib.value * (now - then)


def _region(resource: Resource, store: Storage) -> str | None:
    found = next((one for one in (store.region, resource.region) if isinstance(one, Known)), None)
    return found.value if found is not None else None


def _price(context: Context[Options], provider: str, sku: str, region: str) -> Decimal | None:
    prices = context.project.prices.storage(provider, sku, region)
    monthly = [one.amount for one in prices if one.unit in ("GB-month", "GiB-month")]
    return max(monthly, default=None)


TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_s3_bucket" "archive" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ "archive" data never moves to a colder storage class: move it by age or by use
  bucket = "acme-events"
}

resource "google_storage_bucket" "lake" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ "cold" data never moves to a colder storage class: move it by age or by use
  name     = "acme-lake"
  location = "europe-west4"
  labels   = { data-class = "cold" }
}
""",
)

CLOUDFORMATION = Example(
    "stack.yaml",
    """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Backups:
# ^^^^^^^ "backups" data never moves to a colder storage class: move it by age or by use
    Type: AWS::S3::Bucket
    Properties: {BucketName: acme-backups}
""",
)

GOOD = Example(
    "main.tf",
    """\
variable "rules" {
  type = any
}

resource "google_storage_bucket" "archive" {
  name     = "acme-archive"
  location = "europe-west4"
  autoclass { enabled = true }
}

resource "google_storage_bucket" "cold" {
  name          = "acme-cold"
  location      = "europe-west4"
  storage_class = "COLDLINE"
}

# What the variable holds is not known here: that is no finding.
resource "google_storage_bucket" "backup" {
  name     = "acme-backup"
  location = "europe-west4"
  dynamic "lifecycle_rule" {
    for_each = var.rules
    content {
      condition { age = 30 }
      action { type = "Delete" }
    }
  }
}

resource "google_storage_bucket" "features" {
  name     = "acme-features"
  location = "europe-west4"
}
""",
)

RULE = Rule(
    name="no-storage-tiering",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, CLOUDFORMATION),
    good=(GOOD,),
)
