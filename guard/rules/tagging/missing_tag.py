"""A resource that costs money lacks a tag that its cost is charged by.

## Why this matters

Cost that carries no owner and no cost centre lands in an unallocated pot: nobody is asked whether it is still needed,
and chargeback or showback by department and use case cannot be done. Accelerators make that pot large quickly, and
tags cannot be added to past billing records on most clouds.

## What to do

Add the tag to the resource, to the pod template or spec, or once for all to the provider's `default_tags`
(`default_labels` for Google). Where the value is not among the allowed ones, use one of those. Where the option
`defaults` has a value for the key, `guard fix` writes it.

Tags count as they take effect: default tags of the provider (by alias), module inputs and template labels included. A
set of tags that is known only after apply is not reported as missing; it is listed under what is unknown.

## When to leave it

Where the platform allocates cost by something else, such as one account, project or subscription for each team.

## Source

FinOps Foundation, FinOps Framework, capability "Allocation"; FOCUS 1.0, column "Tags".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, model_validator

from guard.model.change import Data
from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import checked_pattern, found_in, label_word, listed, put

# The values that every platform with labels takes (Google Cloud and Kubernetes), and those of tags.
LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
TAG = r"[\w .:/=+@-]{1,256}"

Pattern = Annotated[str, AfterValidator(checked_pattern)]
Choice = Annotated[tuple[str, ...], Field(min_length=1)]
Allowed = Pattern | Choice | None


class Options(BaseModel, extra="forbid", frozen=True):
    """Which tags are required, of what."""

    required: Mapping[str, Allowed] = Field(default_factory=lambda: {"owner": None, "cost-center": None})
    """Each required key with what its value must be: a regular expression (RE2), a list of values, or null for any."""
    ignore_case_and_separators: bool = True
    """Whether `cost-center`, `cost_center` and `CostCenter` are the same key."""
    every_taggable: bool = False
    """Whether to look at every resource that can be tagged, and not only at those that cost money."""
    defaults: Mapping[str, str] = Field(default_factory=dict)
    """Values that `guard fix` writes for keys that are missing; each must be one that `required` allows."""

    @model_validator(mode="after")
    def _defaults_are_allowed(self) -> Options:
        for key, text in self.defaults.items():
            if key not in self.required:
                raise ValueError(f"defaults.{key} is for no required key")
            if not _allows(self.required[key], text):
                raise ValueError(f'defaults.{key} is "{text}"{_hint(self.required[key])}')
        return self


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield one finding for all keys that are missing, and one for each value that is not allowed."""
    resource, options = context.resource, context.options
    if not resource.labels.taggable or not (options.every_taggable or _costs(resource)):
        return
    missing, word = [], label_word(resource)
    for key, allowed in sorted(options.required.items()):
        match resource.labels.find(key, options.ignore_case_and_separators):
            case Absent():
                missing.append(key)
            case Unknown() as unknown:
                yield context.undecided(unknown, f"labels.{key}")
            case Known("") as value:
                yield context.finding(value, f"{word} {key} is empty{_hint(allowed)}", attribute=f"labels.{key}")
            case Known(text) as value if not _allows(allowed, text):
                message = f'{word} {key} is "{text}"{_hint(allowed)}'
                yield context.finding(value, message, attribute=f"labels.{key}")
    if missing:
        names = listed(
            [f"{key} ({_shape(options.required[key])})" if options.required[key] else key for key in missing]
        )
        message = f"{word}{'s' if len(missing) > 1 else ''} {names} {'are' if len(missing) > 1 else 'is'} missing"
        fix = _fix(context, {key: options.defaults[key] for key in missing if key in options.defaults})
        yield context.finding(resource.labels.location, message, attribute="labels", fix=fix)


def _fix(context: Context[Options], written: Mapping[str, str]) -> Fix | None:
    labels, word = context.resource.labels, label_word(context.resource)
    grammar = LABEL if word == "label" else TAG
    if labels.below is None or not written or not all(re.fullmatch(grammar, text) for text in written.values()):
        return None
    entries: Data = dict(written)
    names = listed([f"{key} ({text})" for key, text in written.items()])
    message = f"add {word}{'s' if len(written) > 1 else ''} {names}"
    return Fix(message, changes=(put(labels.location, labels.below, entries),))


def _costs(resource: Resource) -> bool:
    return bool(resource.compute or resource.storage or resource.fees or resource.serving or resource.unpriced)


def _allows(allowed: Allowed, text: str) -> bool:
    if allowed is None:
        return True
    return found_in(allowed, text) if isinstance(allowed, str) else text in allowed


def _shape(allowed: Allowed) -> str:
    if isinstance(allowed, str):
        return f"like {allowed}"
    return listed(allowed, "or") if allowed else "any value"


def _hint(allowed: Allowed) -> str:
    if allowed is None:
        return ""
    return f", not like {allowed}" if isinstance(allowed, str) else f", not {listed(allowed, 'or')}"


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { cost-center = "cc-1042" }
  }
}

resource "aws_instance" "train" {
  instance_type = "p4d.24xlarge"
  tags = { Name = "train" }
# ^^^^ tag owner is missing
}
""",
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
  labels:
    owner: bob
#          ^^^ label owner is "bob", not like ^[a-z]+-team$
    cost_center: cc-1042
spec:
  template:
    spec:
      containers:
        - name: train
          image: docker.io/acme/train:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
    options={"required": {"owner": "^[a-z]+-team$", "cost-center": "^cc-[0-9]{4}$"}},
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata:
  name: chat
  labels:
# ^^^^^^ labels cost-center and environment (dev, stage or prod) are missing
    owner: search-team
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
    options={"required": {"owner": None, "cost-center": None, "environment": ["dev", "stage", "prod"]}},
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { CostCenter = "cc-1042" }
  }
}

variable "team_tags" {
  type = map(string)
}

resource "aws_instance" "train" {
  instance_type = "p4d.24xlarge"
  tags          = { owner = "search-team" }
}

# What the variable holds is not known here: that is no finding.
resource "aws_instance" "serve" {
  instance_type = "g5.xlarge"
  tags          = var.team_tags
}
""",
)

GOOD_SPEC = Example(
    "job.yaml",
    """\
apiVersion: guard/v1
kind: TrainingJob
metadata:
  name: rank
  owners: [search-team]
  labels: {cost-center: cc-1042}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

RULE = Rule(
    name="missing-tag",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_TERRAFORM, GOOD_SPEC),
)
