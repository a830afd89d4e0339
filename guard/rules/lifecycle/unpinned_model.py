"""A model is deployed by a name that can mean another model tomorrow.

## Why this matters

`latest`, an alias or the head of a hub's repository moves without a change in this repository: a restart then serves
something that nobody tested, of another size, on machines that were chosen for the old one. What a run cost and what it
answered can no longer be told from the text.

## What to do

Name the version: a number in the registry (`azureml:chat:4`, `models:/chat/4`), a revision of the hub (`--revision`
with a commit, `hf://owner/model@<commit>`), an object of a bucket whose path holds the version.

The saving is not computed: the cost of the next model is not known.

## When to leave it

Where people try things out; choose environments with the policy's `where`.

## Source

MLflow, "Model Registry" (aliases and stages); Hugging Face Hub, "Download files from the Hub" (revisions); Microsoft,
"Create and manage models in Azure Machine Learning" (the label latest).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource, Serving
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._governance import Labels
from guard.rules._helpers import fitting

_REGISTRY = re.compile(r"models:/[^/@]+(?:/(?P<stage>[^/@]+)|@(?P<alias>.+))", re.IGNORECASE)
_LATEST = re.compile(r"(?:@|:|/labels/|/versions/)(?P<name>[A-Za-z][\w-]*)$")
_HUB = re.compile(r"(?:hf|huggingface)://(?:models/)?[\w.-]+/[\w.-]+/?", re.IGNORECASE)


class Options(BaseModel, extra="forbid", frozen=True):
    """Which names move."""

    moving: Labels = ("latest", "main", "master", "head", "current", "newest", "production", "staging", "champion")
    """Globs of versions, aliases and stages that are given to another model in time."""
    hub: bool = True
    """Whether a model of a hub must name its revision."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a served model under a name that moves, or what is unknown."""
    resource = context.resource
    if resource.purpose is not Purpose.INFERENCE or resource.serving is None:
        return
    version = resource.serving.model_version
    if isinstance(version, Unknown):
        yield context.undecided(version, "serving.model_version")
        return
    if isinstance(version, Known) and fitting(context.options.moving, version.value.strip()) is not None:
        message = f'"{version.value}" will name another model in time: name the version'
        yield context.finding(version, message, attribute="serving.model_version")
        return
    moving = next((one for one in _names(resource, resource.serving) if _moves(context.options, one, version)), None)
    if moving is not None:
        what = "name a revision of it" if _HUB.fullmatch(moving.value) else "name the version"
        message = f"{moving.value} will be another model in time: {what}"
        yield context.finding(moving, message, attribute="data.uri")


def _names(resource: Resource, serving: Serving) -> Iterator[Known[str]]:
    for one in resource.data:
        if one.role == "model" and one.direction == "read" and isinstance(one.uri, Known):
            yield one.uri
    if isinstance(serving.model_name, Known):
        yield serving.model_name


def _moves(options: Options, name: Known[str], version: Known[str] | Absent) -> bool:
    """Tell whether a URI, or a name in a registry, means whatever was put there last."""
    registered = _REGISTRY.fullmatch(name.value)
    if registered is not None:
        # An alias is there to be moved; a stage is one word of few, and what is left is a number.
        return bool(registered["alias"]) or fitting(options.moving, registered["stage"]) is not None
    if name.value.casefold().startswith("azureml:"):
        ending = _LATEST.search(name.value)
        return ending is not None and fitting(options.moving, ending["name"]) is not None
    return options.hub and isinstance(version, Absent) and _HUB.fullmatch(name.value) is not None


KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: chat}
spec:
  predictor:
    model:
      modelFormat: {name: huggingface}
      storageUri: hf://acme/chat-8b
#                 ^^^^^^^^^^^^^^^^^ hf://acme/chat-8b will be another model in time: name a revision of it
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: latest}
#                            ^^^^^^ "latest" will name another model in time: name the version
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: rank}
model: {name: rank, uri: "models:/rank@champion"}
#                        ^^^^^^^^^^^^^^^^^^^^^^^ models:/rank@champion will be another model in time: name the version
compute: {vcpu: 4, memory_gib: 16}
""",
)

AZURE_ML = Example(
    "deployment.yml",
    """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: rank
model: azureml:rank@latest
#      ^^^^^^^^^^^^^^^^^^^ "latest" will name another model in time: name the version
instance_type: Standard_DS3_v2
instance_count: 1
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4", uri: "hf://acme/chat-8b"}
compute: {vcpu: 4, memory_gib: 16}
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/3
""",
)

RULE = Rule(
    name="unpinned-model",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(KUBERNETES, SPEC, AZURE_ML),
    good=(GOOD,),
)
