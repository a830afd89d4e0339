"""Data that is analysed or trained on is kept row by row, as CSV or JSON, where a columnar format would serve.

## Why this matters

A query or a run that needs three of forty columns reads three of forty from Parquet and all forty from CSV. Athena and
BigQuery bill what is read; a training run pays for accelerators that wait for text to be parsed. The same table as
compressed Parquet takes a third to a tenth of the space.

## What to do

Write Parquet, ORC or Arrow: `data_format_conversion_configuration` of Firehose, `data_format = "parquet"` of the
Database Migration Service, `destination_format` of a BigQuery job; for a run, convert once and train on the result.

The saving is not computed: how much is read is not in any file.

## When to leave it

For small sets, and for text of varying shape such as conversations, which JSON Lines suits (`jsonl` is not among the
`formats`). What only passes through, raw data that is converted in the next step, may stay as it is.

## Source

Amazon Athena, "Use columnar storage formats"; Apache Parquet, "Overview".
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._datasets import datasets
from guard.rules._governance import Labels
from guard.rules._helpers import fitting


class Options(BaseModel, extra="forbid", frozen=True):
    """Which formats are judged."""

    formats: Labels = ("csv", "tsv", "json", "xml")
    """Globs of formats that keep data row by row."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each data set in such a format, or what is unknown."""
    for one in datasets(context.resource):
        if isinstance(one.format, Unknown):
            yield context.undecided(one.format, "data.format")
        elif isinstance(one.format, Known) and fitting(context.options.formats, one.format.value) is not None:
            message = f"{one.format.value} is read in full for each column: keep this data as Parquet, ORC or Arrow"
            yield context.finding(one.format, message, attribute="data.format")


TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_glue_catalog_table" "clicks" {
  name          = "clicks"
  database_name = "features"
  storage_descriptor {
    location = "s3://acme-features/clicks"
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
#                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ csv is read in full for each column: keep this data as Parquet, ORC or Arrow
    }
  }
}

resource "google_bigquery_table" "events" {
  dataset_id = "features"
  table_id   = "events"
  external_data_configuration {
    autodetect    = true
    source_format = "NEWLINE_DELIMITED_JSON"
#                   ^^^^^^^^^^^^^^^^^^^^^^^^ json is read in full for each column: keep this data as Parquet, ORC or Arrow
    source_uris   = ["gs://acme-events/*"]
  }
}
""",  # noqa: E501
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata: {name: train-ranker}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: train
          image: example.com/ranker:1
          args: [train, --data=s3://acme-features/clicks.csv]
#                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ csv is read in full for each column: keep this data as Parquet, ORC or Arrow
          resources: {limits: {nvidia.com/gpu: 1}}
""",  # noqa: E501
)

SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank}
training:
  datasets:
    - {uri: "s3://acme-features/clicks/", format: csv}
#                                                 ^^^ csv is read in full for each column: keep this data as Parquet, ORC or Arrow
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",  # noqa: E501
)

GOOD = Example(
    "main.tf",
    """\
variable "library" {
  type = string
}

resource "aws_glue_catalog_table" "clicks" {
  name          = "clicks"
  database_name = "features"
  parameters    = { classification = "parquet" }
}

# What the variable holds is not known here: that is no finding.
resource "aws_glue_catalog_table" "other" {
  name          = "other"
  database_name = "features"
  storage_descriptor {
    ser_de_info {
      serialization_library = var.library
    }
  }
}
""",
)

GOOD_SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank}
training:
  datasets:
    - {uri: "s3://acme-features/clicks/", format: parquet}
    - {uri: "s3://acme-features/chats/", format: jsonl}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

RULE = Rule(
    name="row-oriented-training-data",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD, GOOD_SPEC),
)
