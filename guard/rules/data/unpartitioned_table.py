"""A table of the data lake is not partitioned, so that each query reads all of it.

## Why this matters

Athena and BigQuery bill what a query reads. Training sets and features are nearly always asked for by day or by source:
without partitions each such query, and each run that samples a week, reads and pays for the whole history.

## What to do

Partition by what queries filter on, mostly the day: `partition_keys` of a Glue table, `time_partitioning` or
`range_partitioning` of a BigQuery table; clustering helps besides. Ask for the filter (`require_partition_filter`) so
that nobody reads everything by mistake.

## When to leave it

For small tables, such as lists of labels, and those that are always read in full: name them under `ignore`. Views,
external tables of BigQuery and Iceberg tables of Glue, whose partitions are in their metadata, are not judged.

## Source

Amazon Athena, "Partition your data"; Google BigQuery, "Introduction to partitioned tables".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._helpers import fitting, listed

PARTITIONS: Mapping[str, tuple[str, ...]] = {
    "aws_glue_catalog_table": ("partition_keys",),
    "google_bigquery_table": ("time_partitioning", "range_partitioning"),
}
# What tells that a table has no data of its own, or keeps its partitions elsewhere.
OTHER: Mapping[str, tuple[str, ...]] = {
    "aws_glue_catalog_table": ("view_original_text", "open_table_format_input", "target_table"),
    "google_bigquery_table": ("view", "materialized_view", "external_data_configuration", "biglake_configuration"),
}


class Options(BaseModel, extra="forbid", frozen=True):
    """Which tables need no partitions."""

    ignore: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Globs of addresses of tables that may stay as they are."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a table without partitions, or what is unknown."""
    resource = context.resource
    keys = PARTITIONS.get(resource.type)
    if keys is None or fitting(context.options.ignore, resource.address) is not None:
        return
    unknown = _unknown(resource.body, (*keys, *OTHER[resource.type], "parameters", "table_type"))
    if any(_written(resource.body, key) for key in (*keys, *OTHER[resource.type])) or _elsewhere(resource.body):
        return
    if unknown is not None:
        yield context.undecided(unknown, keys[0])
        return
    message = f"each query reads all of this table: partition it by {listed(keys, 'or')}"
    yield context.finding(resource.location, message, attribute=keys[0])


def _written(body: Node, key: str) -> bool:
    return isinstance(body.find(key), Known) and bool(body.items(key))


def _elsewhere(body: Node) -> bool:
    """Tell whether a Glue table is a view, of Iceberg, or has its partitions projected."""
    kinds = [body.text("table_type"), body.text("parameters", "table_type"), body.text("parameters", "classification")]
    named = {one.value.casefold() for one in kinds if isinstance(one, Known)}
    return bool(named & {"iceberg", "delta", "hudi", "virtual_view"}) or any(
        name.startswith("projection.") for name in body.fields("parameters")
    )


def _unknown(body: Node, keys: tuple[str, ...]) -> Unknown | None:
    found = (body.find(key) for key in keys)
    return next((one for one in found if isinstance(one, Unknown)), None)


TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_glue_catalog_table" "clicks" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ each query reads all of this table: partition it by partition_keys
  name          = "clicks"
  database_name = "features"
  storage_descriptor {
    location = "s3://acme-features/clicks"
  }
}

resource "google_bigquery_table" "clicks" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ each query reads all of this table: partition it by time_partitioning or range_partitioning
  dataset_id = "features"
  table_id   = "clicks"
}
""",  # noqa: E501
)

GOOD = Example(
    "main.tf",
    """\
variable "keys" {
  type = list(string)
}

resource "aws_glue_catalog_table" "clicks" {
  name          = "clicks"
  database_name = "features"
  partition_keys {
    name = "day"
    type = "date"
  }
}

resource "aws_glue_catalog_table" "iceberg" {
  name          = "iceberg"
  database_name = "features"
  parameters    = { table_type = "ICEBERG" }
}

resource "google_bigquery_table" "clicks" {
  dataset_id = "features"
  table_id   = "clicks"
  time_partitioning {
    type  = "DAY"
    field = "seen"
  }
}

# What the variable holds is not known here: that is no finding.
resource "aws_glue_catalog_table" "other" {
  name          = "other"
  database_name = "features"
  dynamic "partition_keys" {
    for_each = var.keys
    content {
      name = partition_keys.value
    }
  }
}
""",
)

RULE = Rule(
    name="unpartitioned-table",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM,),
    good=(GOOD,),
)
