"""A data set is kept uncompressed.

## Why this matters

Text and logs shrink to a fifth or less; storage, requests that are billed by what they read, and transfer between
regions shrink with them.

## What to do

Compress where the data is written: `compression_format` of Firehose, `compression_type` of the Database Migration
Service, `compression` of a BigQuery job; zstd or gzip for files, or a columnar format, which compresses by itself.

The saving is not computed: how much is kept is not in any file.

## When to leave it

For what is compressed already, such as images, sound and archives, and for sets that are read at random offsets.

## Source

Amazon Athena, "Use compression in Athena"; Amazon Data Firehose, "Configure destination settings".
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._datasets import COLUMNAR, datasets

NONE = frozenset({"none", "uncompressed", "no", "false", ""})


class Options(BaseModel, extra="forbid", frozen=True):
    """There is nothing to choose."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each data set that is said to be uncompressed, or what is unknown."""
    for one in datasets(context.resource):
        if isinstance(one.format, Known) and one.format.value in COLUMNAR:
            continue
        if isinstance(one.compression, Unknown):
            yield context.undecided(one.compression, "data.compression")
        elif isinstance(one.compression, Known) and one.compression.value in NONE:
            message = "this data is kept uncompressed: compress it where it is written"
            yield context.finding(one.compression, message, attribute="data.compression")


TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_kinesis_firehose_delivery_stream" "clicks" {
  name        = "clicks"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn           = "arn:aws:iam::123456789012:role/firehose"
    bucket_arn         = "arn:aws:s3:::acme-clicks"
    compression_format = "UNCOMPRESSED"
#                        ^^^^^^^^^^^^^^ this data is kept uncompressed: compress it where it is written
  }
}

resource "aws_dms_s3_endpoint" "orders" {
  endpoint_id             = "orders"
  endpoint_type           = "target"
  bucket_name             = "acme-orders"
  service_access_role_arn = "arn:aws:iam::123456789012:role/dms"
  compression_type        = "NONE"
#                           ^^^^^^ this data is kept uncompressed: compress it where it is written
}
""",
)

SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank}
training:
  datasets:
    - {uri: "s3://acme-features/clicks/", format: csv, compression: none}
#                                                                   ^^^^ this data is kept uncompressed: compress it where it is written
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",  # noqa: E501
)

KUBERNETES = Example(
    "prepare.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: prepare
  annotations: {data-compression: none}
#                                 ^^^^ this data is kept uncompressed: compress it where it is written
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: prepare, image: example.com/prepare:1, resources: {limits: {nvidia.com/gpu: 1}}}
""",
)

GOOD = Example(
    "main.tf",
    """\
variable "compression" {
  type = string
}

resource "aws_kinesis_firehose_delivery_stream" "clicks" {
  name        = "clicks"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn           = "arn:aws:iam::123456789012:role/firehose"
    bucket_arn         = "arn:aws:s3:::acme-clicks"
    compression_format = "GZIP"
  }
}

# What is made columnar is compressed by that.
resource "aws_kinesis_firehose_delivery_stream" "views" {
  name        = "views"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = "arn:aws:iam::123456789012:role/firehose"
    bucket_arn = "arn:aws:s3:::acme-views"
    data_format_conversion_configuration {
      output_format_configuration {
        serializer {
          parquet_ser_de {}
        }
      }
    }
  }
}

# What the variable holds is not known here: that is no finding.
resource "aws_kinesis_firehose_delivery_stream" "other" {
  name        = "other"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn           = "arn:aws:iam::123456789012:role/firehose"
    bucket_arn         = "arn:aws:s3:::acme-other"
    compression_format = var.compression
  }
}
""",
)

RULE = Rule(
    name="uncompressed-dataset",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, SPEC, KUBERNETES),
    good=(GOOD,),
)
