"""A job that runs again and again reads all of the data each time, although what is new could be told.

## Why this matters

A daily run over two years of events reads each event seven hundred times. Where changes can be told, by change data
capture, partitions or bookmarks, the run costs what one day costs.

## What to do

Read what is new: `--job-bookmark-option = "job-bookmark-enable"` of a Glue job, `training.processing: incremental` of
our own TrainingJob. Elsewhere declare it in labels or annotations: `processing: incremental`.

The saving is not computed: what share of the data is new is not in any file.

## When to leave it

For jobs that must see everything, such as a model that is trained from scratch; run those seldom.

## Source

AWS Glue, "Tracking processed data using job bookmarks"; Debezium, "Features" (of change data capture).
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._governance import Labels
from guard.rules._workloads import RUNS, declared

BOOKMARK = ("default_arguments", "--job-bookmark-option")
# Bookmarks are of Spark's jobs; a Python shell has none.
_BOOKMARKED = ("glueetl", "gluestreaming")
YES = frozenset({"true", "yes", "cdc", "1", "enabled"})
FULL = frozenset({"full", "batch", "all"})


class Options(BaseModel, extra="forbid", frozen=True):
    """What tells it of runs that are not specs of our own."""

    labels: Labels = ("processing", "data-processing")
    """Labels and annotations that tell whether a run reads everything (`full`) or what is new (`incremental`)."""
    change_labels: Labels = ("change-capture", "incremental-possible")
    """Labels and annotations that tell whether what changed since the last run can be told."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a job that reads all of it again though it need not, or what is unknown."""
    resource = context.resource
    if resource.type == "aws_glue_job":
        yield from _bookmarks(context)
    elif resource.purpose in RUNS:
        yield from _declared(context)


def _bookmarks(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    body = context.resource.body
    command = first(body.text("command", "name"), Known("glueetl", context.resource.location))
    option = body.text(*BOOKMARK)
    arguments = body.find(BOOKMARK[0])
    if isinstance(option, Absent) and isinstance(arguments, Unknown):
        option = arguments
    if not isinstance(command, Known) or command.value not in _BOOKMARKED or not _scheduled(context):
        return
    if isinstance(option, Unknown):
        yield context.undecided(option, "default_arguments")
    elif not isinstance(option, Known) or option.value == "job-bookmark-disable":
        message = 'each run of this schedule reads everything again: set "--job-bookmark-option" to job-bookmark-enable'
        where = option if isinstance(option, Known) else context.resource.location
        yield context.finding(where, message, attribute="default_arguments")


def _scheduled(context: Context[Options]) -> bool:
    """Tell whether a trigger starts the job by the clock."""
    triggers = (one for one in context.project.resources if one.type == "aws_glue_trigger")
    return any(_starts(one, context.resource) for one in triggers)


def _starts(trigger: Resource, job: Resource) -> bool:
    kind, name = trigger.body.text("type"), job.body.text("name")
    if not isinstance(kind, Known) or kind.value != "SCHEDULED":
        return False
    for action in trigger.body.items("actions"):
        called = action.text("job_name")
        if isinstance(called, Known) and isinstance(name, Known) and called.value == name.value:
            return True
        if isinstance(called, Unknown) and called.reference and job.address.endswith(called.reference):
            return True
    return False


def _declared(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    resource, options, training = context.resource, context.options, context.resource.training
    nothing: Absent = Absent(resource.location)
    processing: Value[str] = first(
        nothing if training is None else training.processing, declared(resource, options.labels)
    )
    if isinstance(processing, Known) and processing.value.strip().casefold() not in FULL:
        return
    changes = _changes(context)
    if changes is None:
        return
    if isinstance(processing, Unknown):
        yield context.undecided(processing, "training.processing")
        return
    message = "what changed since the last run can be told, and each run reads everything again: read what is new"
    yield context.finding(processing if isinstance(processing, Known) else changes, message, attribute="processing")


def _changes(context: Context[Options]) -> Known[bool] | Known[str] | None:
    """Return what says that changes can be told, None where nothing does."""
    training = context.resource.training
    own = training.change_capture if training is not None else None
    if isinstance(own, Known):
        return own if own.value else None
    said = declared(context.resource, context.options.change_labels)
    return said if isinstance(said, Known) and said.value.strip().casefold() in YES else None


TERRAFORM = Example(
    "main.tf",
    """\
resource "aws_glue_job" "features" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ each run of this schedule reads everything again: set "--job-bookmark-option" to job-bookmark-enable
  name     = "features"
  role_arn = "arn:aws:iam::123456789012:role/glue"
  command {
    script_location = "s3://acme-code/features.py"
  }
}

resource "aws_glue_trigger" "daily" {
  name     = "daily"
  type     = "SCHEDULED"
  schedule = "cron(0 3 * * ? *)"
  actions {
    job_name = aws_glue_job.features.name
  }
}
""",  # noqa: E501
)

SPEC = Example(
    "rank.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: rank}
training:
  processing: full
#             ^^^^ what changed since the last run can be told, and each run reads everything again: read what is new
  datasets: [{uri: "s3://acme-features/clicks/", change_capture: true}]
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

KUBERNETES = Example(
    "prepare.yaml",
    """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: prepare
  annotations:
    change-capture: "true"
#                   ^^^^^^ what changed since the last run can be told, and each run reads everything again: read what is new
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - {name: prepare, image: example.com/prepare:1, resources: {limits: {nvidia.com/gpu: 1}}}
""",  # noqa: E501
)

GOOD = Example(
    "main.tf",
    """\
variable "arguments" {
  type = map(string)
}

resource "aws_glue_job" "features" {
  name              = "features"
  role_arn          = "arn:aws:iam::123456789012:role/glue"
  default_arguments = { "--job-bookmark-option" = "job-bookmark-enable" }
  command {
    script_location = "s3://acme-code/features.py"
  }
}

# What the variable holds is not known here: that is no finding.
resource "aws_glue_job" "other" {
  name              = "other"
  role_arn          = "arn:aws:iam::123456789012:role/glue"
  default_arguments = var.arguments
  command {
    script_location = "s3://acme-code/other.py"
  }
}

resource "aws_glue_trigger" "daily" {
  name     = "daily"
  type     = "SCHEDULED"
  schedule = "cron(0 3 * * ? *)"
  actions {
    job_name = aws_glue_job.features.name
  }
  actions {
    job_name = aws_glue_job.other.name
  }
}

# Nothing starts this one by the clock.
resource "aws_glue_job" "once" {
  name     = "once"
  role_arn = "arn:aws:iam::123456789012:role/glue"
  command {
    script_location = "s3://acme-code/once.py"
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
  processing: incremental
  datasets: [{uri: "s3://acme-features/clicks/", change_capture: true}]
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

RULE = Rule(
    name="full-reprocessing",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, SPEC, KUBERNETES),
    good=(GOOD, GOOD_SPEC),
)
