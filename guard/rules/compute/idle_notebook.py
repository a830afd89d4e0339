"""A notebook runs on after its user has left.

## Why this matters

A notebook is used for a few hours of a working day and paid for all 730 hours of the month: without something that
stops it, four fifths of its cost buy nothing. With an accelerator that is thousands of dollars for each data scientist.

## What to do

Let it stop by itself: a lifecycle configuration with an idle script for SageMaker notebook instances, idle settings of
the domain for SageMaker Studio, `idle-timeout-seconds` for Workbench, `idle_time_before_shutdown` or a schedule for an
Azure ML compute instance, `inactivity_duration` for a dstack dev environment, `autostop` for SkyPilot.

The saving is what the hours above `used_hours` cost.

## When to leave it

Where another thing stops it, such as a scheduled function over all notebooks of the account. The culling of Kubeflow
notebooks is set for the whole cluster, so that those are not judged; nor are notebooks on machines of one's own.

## Source

AWS, "Optimizing costs for SageMaker notebook instances by shutting down idle resources" and "Idle shutdown" (Studio);
Google Cloud, "Workbench: idle shutdown" (three hours unless it is written otherwise); Azure ML, "CLI (v2) compute
instance YAML schema"; dstack, "Dev environment: inactivity_duration"; SkyPilot, "Autostop and autodown".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.price import HOURS_PER_MONTH
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._helpers import usd

_STUDIO = ("default_user_settings", "jupyter_lab_app_settings", "app_lifecycle_management", "idle_settings")
_OFF = ("", "0", "off", "false", "disabled", "-1")


class Options(BaseModel, extra="forbid", frozen=True):
    """How notebooks are used."""

    used_hours: Annotated[Decimal, Field(ge=0, le=730)] = Decimal(176)
    """How many hours a month a notebook is used: eight hours on 22 days."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a notebook that nothing stops, or what is unknown."""
    reader = _STOPS.get(_kind(context.resource))
    if reader is None:
        return
    advice, stop = reader(context.resource.body)
    match stop:
        case Unknown() as unknown:
            yield context.undecided(unknown, "idle_shutdown")
        case Absent():
            yield _finding(context, context.resource.location, advice)
        case Known(text) if text.strip().casefold() in _OFF:
            yield _finding(context, stop, advice)


def _kind(resource: Resource) -> str:
    if resource.platform == "skypilot":
        return "SkyPilot notebook" if resource.purpose.value == "notebook" else ""
    return resource.type


def _finding(context: Context[Options], where: Known[str] | object, advice: str) -> Finding:
    saving = _saving(context)
    cost = f", which saves {usd(saving)} a month at {context.options.used_hours} hours of use" if saving else ""
    place = where if isinstance(where, Known) else context.resource.location
    return context.finding(
        place, f"nothing stops this notebook when it is idle: {advice}{cost}", attribute="idle_shutdown", saving=saving
    )


def _saving(context: Context[Options]) -> Decimal | None:
    machines = [line for line in context.estimate.lines if "hour" in line.unit]
    monthly = sum((line.low_monthly for line in machines), Decimal(0))
    unused = monthly * (1 - context.options.used_hours / HOURS_PER_MONTH)
    return unused if unused > 0 else None


def _sagemaker(body: Node) -> tuple[str, Value[str]]:
    return "set lifecycle_config_name to one with an idle script", body.text("lifecycle_config_name")


def _domain(body: Node) -> tuple[str, Value[str]]:
    return "set idle_settings of jupyter_lab_app_settings", body.text(*_STUDIO, "lifecycle_management")


def _workbench(body: Node) -> tuple[str, Value[str]]:
    # Three hours is what Workbench takes by itself.
    setup = body.get("gce_setup") or body
    written = setup.text("metadata", "idle-timeout-seconds")
    default = Known("10800", body.location)
    return "set idle-timeout-seconds in its metadata", default if isinstance(written, Absent) else written


def _azure_terraform(body: Node) -> tuple[str, Value[str]]:
    advice = "azurerm has no setting for it; declare it with azapi and idleTimeBeforeShutdown, or stop it by a schedule"
    return advice, Absent(body.location)


def _azure(body: Node) -> tuple[str, Value[str]]:
    schedules = body.find("schedules")
    planned: Value[str] = (
        Known("scheduled", schedules.location)
        if isinstance(schedules, Known) and body.items("schedules", "compute_start_stop")
        else schedules
        if isinstance(schedules, Unknown)
        else Absent(schedules.location)
    )
    idle = first(body.text("idle_time_before_shutdown"), body.text("idle_time_before_shutdown_minutes"))
    return "set idle_time_before_shutdown", first(idle, planned)


def _dstack(body: Node) -> tuple[str, Value[str]]:
    return "set inactivity_duration", first(body.text("inactivity_duration"), body.text("max_duration"))


def _skypilot(body: Node) -> tuple[str, Value[str]]:
    stop = body.find("resources", "autostop")
    if isinstance(stop, Known):
        return "set autostop", Known(str(stop.value.value) if not stop.value.fields() else "set", stop.location)
    return "set autostop under resources", stop


_STOPS: Mapping[str, Callable[[Node], tuple[str, Value[str]]]] = {
    "aws_sagemaker_notebook_instance": _sagemaker,
    "aws_sagemaker_domain": _domain,
    "google_workbench_instance": _workbench,
    "azurerm_machine_learning_compute_instance": _azure_terraform,
    "computeInstance": _azure,
    "dstack dev-environment": _dstack,
    "SkyPilot notebook": _skypilot,
}

TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_notebook_instance" "research" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing stops this notebook when it is idle: set lifecycle_config_name to one with an idle script, which saves $780 a month at 176 hours of use
# X
  name          = "research"
  role_arn      = "arn:aws:iam::123456789012:role/notebook"
  instance_type = "ml.g5.xlarge"
}

provider "google" {
  region = "us-central1"
}

resource "google_workbench_instance" "research" {
  name     = "research"
  location = "us-central1-a"
  gce_setup {
    machine_type = "g2-standard-4"
    metadata     = { idle-timeout-seconds = "" }
#                                           ^^ nothing stops this notebook when it is idle: set idle-timeout-seconds in its metadata, which saves $392 a month at 176 hours of use
  }
}
""",  # noqa: E501
)

SPEC = Example(
    "research.yaml",
    """\
$schema: https://azuremlschemas.azureedge.net/latest/computeInstance.schema.json
name: research
#^^^ nothing stops this notebook when it is idle: set idle_time_before_shutdown, which saves $291 a month at 176 hours of use
type: computeinstance
size: Standard_NC4as_T4_v3
""",  # noqa: E501
)

DEV_ENVIRONMENT = Example(
    "research.dstack.yml",
    """\
type: dev-environment
name: research
#^^^ nothing stops this notebook when it is idle: set inactivity_duration
ide: vscode
resources: {gpu: 24GB}
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "stop" {
  type = string
}

resource "aws_sagemaker_notebook_instance" "research" {
  name                  = "research"
  role_arn              = "arn:aws:iam::123456789012:role/notebook"
  instance_type         = "ml.t3.medium"
  lifecycle_config_name = "stop-when-idle"
}

# What the variable holds is not known here: that is no finding.
resource "aws_sagemaker_notebook_instance" "other" {
  name                  = "other"
  role_arn              = "arn:aws:iam::123456789012:role/notebook"
  instance_type         = "ml.t3.medium"
  lifecycle_config_name = var.stop
}
""",
)

GOOD_SPEC = Example(
    "research.yaml",
    """\
$schema: https://azuremlschemas.azureedge.net/latest/computeInstance.schema.json
name: research
type: computeinstance
size: Standard_NC4as_T4_v3
idle_time_before_shutdown: PT30M
""",
)

RULE = Rule(
    name="idle-notebook",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, SPEC, DEV_ENVIRONMENT),
    good=(GOOD_TERRAFORM, GOOD_SPEC),
)
