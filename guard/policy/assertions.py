"""A condition of the policy does not hold.

## Why this matters

What is dear, risky or forbidden differs from team to team. A condition says it in one line, in CEL, the language of
Kubernetes admission policies, over the same facts that guard's own rules read, in Terraform, Kubernetes and model
specs alike.

## What to do

Read the message, which is the policy's own. To write such a rule, give it a `name`, the condition `that` must hold
and, if you like, `when` it is asked, a `message`, and `at` which attribute findings point. `resource` has `address`,
`type`, `platform`, `origin`, `purpose`, `path`, `region`, `zone`, `labels`, `values` (the configuration as written),
`compute`, `storage`, `data` and `fees` (lists), `serving` and `training`, and `monthly.low` and `monthly.high` (USD);
`guard dump` shows them for each resource. Counts are whole numbers and other numbers are not: write `2.0` to reckon
with those.

What is not written is `null`: `has()` tells, a comparison by `<` with it is false. What is unknown (a variable without
a value) leaves the condition undecided, unless its other parts decide it, and is never a finding.

## When to leave it

Where a rule of guard's own says the same: it knows more ways in which the fact may be written.

## Source

The Common Expression Language, github.com/google/cel-spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import Field, field_validator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Project, Rule, Where
from guard.model.value import Absent, Known, Unknown
from guard.policy.conditions.condition import Condition, Facts
from guard.policy.conditions.facts import LISTS, SINGLES
from guard.policy.model import ASSERT
from guard.policy.schema import EntryModel, Strict

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class Options(Strict):
    """What must hold, of which resources."""

    that: str = "true"
    """The condition, in CEL, that must hold for each resource."""
    when: str = ""
    """The condition under which it is asked; empty: always."""
    message: str = ""
    """What a finding says."""
    at: str = ""
    """The attribute that findings point at, such as `instance_type` or `spec.predictor.minReplicas`."""

    @field_validator("that", "when")
    @classmethod
    def _compiles(cls, text: str) -> str:
        if text:
            condition(text)
        return text

    @field_validator("at")
    @classmethod
    def _is_a_path(cls, text: str) -> str:
        if text and "".join(one.group() for one in _STEP.finditer(text)) != text:
            raise ValueError(f'"{text}" is no path; write it like instance_type or containers[0].image')
        return text


class Entry(Options, EntryModel):
    """A rule of one's own: a condition in CEL that must hold."""

    rule: str
    """`assert`"""
    name: str = Field(min_length=1)
    """What findings and waivers call it."""
    that: str = Field(min_length=1)
    """The condition, in CEL, that must hold for each resource: `resource.region == "eu-west-1"`."""

    def options(self) -> Options:
        """Return what the rule is to be told."""
        return Options.model_construct(that=self.that, when=self.when, message=self.message, at=self.at)


@lru_cache(maxsize=512)
def condition(text: str) -> Condition:
    """Return the compiled condition. Raises ConditionError with the place of a mistake."""
    return Condition(text)


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where the condition does not hold, or the unknown fact that it hangs on."""
    options = context.options
    facts = _facts(_Shelf(context.project), context)
    asked = condition(options.when).holds(facts) if options.when else True
    if isinstance(asked, Unknown):
        yield context.undecided(asked, "when")
    if asked is not True:
        return
    held = condition(options.that).holds(facts)
    if isinstance(held, Unknown):
        yield context.undecided(held, "that")
    elif not held:
        message = options.message or f"this does not hold: {' '.join(options.that.split())}"
        yield context.finding(_place(context.resource, options.at), message, attribute=options.at)


class _Shelf:
    """A project as the key of a cache, by identity."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shelf) and other._project is self._project

    def __hash__(self) -> int:
        return id(self._project)


@lru_cache(maxsize=1)
def _made(shelf: _Shelf) -> dict[str, Facts]:
    return {}


def _facts(shelf: _Shelf, context: Context[Any]) -> Facts:
    """Return the facts of the resource, which all assertions of a run share."""
    made = _made(shelf)
    address = context.resource.address
    if address not in made:
        made[address] = Facts(context.resource, context.estimate)
    return made[address]


def _place(resource: Resource, path: str) -> Where:
    steps = [int(one[2]) if one[2] else one[1] for one in _STEP.finditer(path)]
    if not steps:
        return resource.location
    if steps[0] in (*LISTS, *SINGLES, "region", "zone"):
        found: Any = resource
        for step in steps:
            found = _below(found, step)
        return found if isinstance(found, (Known, Unknown, Absent)) else getattr(found, "location", resource.location)
    node: Node | None = resource.body.get(*steps)
    return node if node is not None else resource.body.nearest(*steps)


def _below(found: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return found[step] if isinstance(found, tuple) and step < len(found) else None
    if isinstance(found, tuple):
        found = found[0] if found else None
    return getattr(found, step, None)


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "environment" {
  type = string
}

resource "aws_instance" "notebook" {
  instance_type = "p5.48xlarge"
#                 ^^^^^^^^^^^^^ H100s are for production
  tags          = { environment = "dev" }
}

# Where it runs is not known here: that is no finding.
resource "aws_instance" "other" {
  instance_type = "p5.48xlarge"
  tags          = { environment = var.environment }
}
""",
    options={
        "name": "no-h100-in-dev",
        "when": 'resource.labels.environment == "dev"',
        "that": '!resource.compute.exists(c, c.accelerator == "H100")',
        "message": "H100s are for production",
        "at": "compute[0].instance_type",
    },
)

KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
#       ^^^^ a served model has an upper bound of replicas
spec:
  predictor:
    minReplicas: 1
    model:
      modelFormat: {name: huggingface}
      storageUri: s3://models/chat
""",
    options={
        "name": "bounded-replicas",
        "when": 'resource.type == "InferenceService"',
        "that": "has(resource.values.spec.predictor.maxReplicas)",
        "message": "a served model has an upper bound of replicas",
    },
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
    options={
        "name": "dear",
        "that": "resource.monthly.high < 5000",
        "message": "more than $5,000 a month needs an agreement",
    },
)

RULE = Rule(
    name=ASSERT,
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES),
    good=(GOOD_SPEC,),
)
