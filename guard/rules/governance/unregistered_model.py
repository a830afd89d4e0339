"""A model is deployed that the inventory does not know, or knows as retired.

## Why this matters

What is in no list is reviewed by nobody: neither its cost nor its risk, nor whether anybody still calls it.

## What to do

List the model in a ModelInventory: `models: [{name: chat, versions: ["3"], owner: ..., status: approved}]`. Where an
entry names versions, add the one that is deployed. Take out what is retired.

Nothing is saved by the entry itself, so that no saving is told.

## When to leave it

Where a model registry is the inventory.

## Source

NIST AI RMF 1.0, GOVERN 1.6 (inventory of AI systems).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.rule import Context, Example, Project, Rule
from guard.model.value import Known, Unknown
from guard.rules._governance import NoOptions, records, same_model, serves


def check(context: Context[NoOptions]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a served model that is not in the inventory, or what is unknown."""
    serving = context.resource.serving
    if serving is None or not serves(context.resource):
        return
    match serving.model_name:
        case Unknown() as unknown:
            yield context.undecided(unknown, "serving.model_name")
        case Known(name) as named:
            entries = [one for one in _entries(context.project) if _is(one, name)]
            if not entries:
                message = f"{name} is in no ModelInventory: list it there with its owner and status"
                yield context.finding(named, message, attribute="serving.model_name")
            else:
                yield from _as_listed(context, named, entries)


def _entries(project: Project) -> Iterator[Node]:
    return (entry for one in records(project, "ModelInventory") for entry in one.body.items("models"))


def _is(entry: Node, name: str) -> bool:
    listed = entry.text("name")
    return isinstance(listed, Known) and same_model(listed.value, name)


def _as_listed(context: Context[NoOptions], named: Known[str], entries: list[Node]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a model that is listed, but as retired or not in this version."""
    serving = context.resource.serving
    states = [one.text("status") for one in entries]
    if all(isinstance(one, Known) and one.value == "retired" for one in states):
        message = f"{named.value} is retired by the inventory: take it out"
        yield context.finding(named, message, attribute="serving.model_name")
        return
    version = serving.model_version if serving else None
    lists = [[each.text() for each in one.items("versions")] for one in entries]
    if not all(lists):
        return
    if isinstance(version, Unknown):
        yield context.undecided(version, "serving.model_version")
    known = {one.value for versions in lists for one in versions if isinstance(one, Known)}
    if isinstance(version, Known) and version.value not in known:
        message = f"version {version.value} of {named.value} is not in the inventory: add it to the entry's `versions`"
        yield context.finding(version, message, attribute="serving.model_version")


SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4"}
#                            ^^^ version 4 of chat is not in the inventory: add it to the entry's `versions`
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: rank}
model: {name: rank, version: "1"}
#             ^^^^ rank is retired by the inventory: take it out
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelInventory
models:
  - {name: chat, versions: ["3"]}
  - {name: rank, status: retired}
""",
)

TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_endpoint_configuration" "hiring" {
  name = "hiring"
  production_variants {
    variant_name  = "main"
    model_name    = "hiring"
#                   ^^^^^^^^ hiring is in no ModelInventory: list it there with its owner and status
    instance_type = "ml.g5.xlarge"
  }
}
""",
)

KUBERNETES = Example(
    "rank.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
#                ^^^^ rank is in no ModelInventory: list it there with its owner and status
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4"}
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelInventory
models: [{name: chat, versions: ["3", "4"], status: approved}]
""",
)

RULE = Rule(
    name="unregistered-model",
    severity=Severity.WARNING,
    options=NoOptions,
    check=check,
    docs=__doc__ or "",
    bad=(SPEC, TERRAFORM, KUBERNETES),
    good=(GOOD,),
)
