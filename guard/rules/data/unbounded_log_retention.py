"""A log group keeps what is written to it for ever.

## Why this matters

Logs of training runs and of served models (each request, each step) grow by the gigabyte, and a group without a
retention keeps all of them: the bill for keeping them only rises, for text that nobody reads after some weeks.

## What to do

Set `retention_in_days` (`RetentionInDays` in CloudFormation) to as long as the logs are read, and export what an audit
needs for longer to a bucket with a cold storage class. CloudWatch takes 1, 3, 5, 7, 14, 30, 60, 90 and more days.

## When to leave it

For logs that the law asks to be kept. Groups that the provider makes by itself are in no file: this rule does not see
them. Cloud Logging keeps 30 days and Log Analytics 30 to 90 unless it is written otherwise: they are not judged.

## Source

Amazon CloudWatch Logs, "Change log data retention in CloudWatch Logs" ("By default, log data is stored indefinitely").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import fitting, put

TERRAFORM_TYPE = "aws_cloudwatch_log_group"
GROUPS = {TERRAFORM_TYPE: "retention_in_days", "AWS::Logs::LogGroup": "RetentionInDays"}


class Options(BaseModel, extra="forbid", frozen=True):
    """How long logs may be kept."""

    most_days: Annotated[int, Field(gt=0)] | None = None
    """The longest retention that may be set, in days; null for any."""
    ignore: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Globs of addresses of groups that may keep their logs for ever."""
    fix_days: Annotated[int, Field(gt=0)] | None = None
    """The retention that `guard fix` writes where there is none, in days; null to leave it to people."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a log group without a retention or with too long a one, or what is unknown."""
    resource, options = context.resource, context.options
    key = GROUPS.get(resource.type)
    if key is None or fitting(options.ignore, resource.address) is not None:
        return
    body = resource.body
    days = body.integer(key)
    match days:
        case Unknown() as unknown:
            yield context.undecided(unknown, key)
        case Absent():
            message = f"this log group keeps its logs for ever: set {key}"
            yield context.finding(resource.location, message, attribute=key, fix=_fix(context, key))
        case Known(0):
            yield context.finding(days, "0 keeps the logs for ever: set the days after which they go", attribute=key)
        case Known(number) if options.most_days is not None and number > options.most_days:
            message = f"logs are kept for {number} days; at most {options.most_days} are allowed"
            yield context.finding(days, message, attribute=key)


def _fix(context: Context[Options], key: str) -> Fix | None:
    days = context.options.fix_days
    if days is None or context.resource.type != TERRAFORM_TYPE:
        return None
    return Fix(f"keep logs for {days} days", changes=(put(context.resource.location, (key,), days),))


TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_cloudwatch_log_group" "train" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this log group keeps its logs for ever: set retention_in_days
  name = "/ml/train"
}

resource "aws_cloudwatch_log_group" "serve" {
  name              = "/ml/serve"
  retention_in_days = 0
#                     ^ 0 keeps the logs for ever: set the days after which they go
}
""",
)

LIMITED = Example(
    "main.tf",
    """\
resource "aws_cloudwatch_log_group" "serve" {
  name              = "/ml/serve"
  retention_in_days = 3653
#                     ^^^^ logs are kept for 3653 days; at most 90 are allowed
}
""",
    options={"most_days": 90},
)

GOOD = Example(
    "main.tf",
    """\
variable "days" {
  type = number
}

resource "aws_cloudwatch_log_group" "train" {
  name              = "/ml/train"
  retention_in_days = 30
}

# What the variable holds is not known here: that is no finding.
resource "aws_cloudwatch_log_group" "serve" {
  name              = "/ml/serve"
  retention_in_days = var.days
}
""",
)

RULE = Rule(
    name="unbounded-log-retention",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, LIMITED),
    good=(GOOD,),
)
