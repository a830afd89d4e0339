"""A served model's weights are pulled from a hub at each start.

## Why this matters

Weights of a language model are 15 to several hundred gigabytes. While they travel from a hub, the accelerator that
waits for them is paid for; a scale-up that takes a quarter of an hour is answered by keeping more replicas than the
load needs. Hubs also limit rates and take models down, and then nothing starts at all.

## What to do

Pull once and keep it: a bucket of the same region (`s3://`, `gs://`), a persistent volume or a node's disk for the
hub's cache (`HF_HOME`), a model cache of the platform (KServe LocalModelCache, KubeAI `cacheProfile`, NIMCache), or the
weights in the image. Weights in a bucket of another region are the business of `cross-region-data`.

## When to leave it

For small models (`least_billions`), or a service that hardly ever starts: list their names under `ignore`.

## Source

vLLM, "Loading models with Run:ai Model Streamer"; KServe, "Model caching"; Hugging Face Hub, "Rate limits".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known
from guard.rules._helpers import fitting
from guard.rules._workloads import active

HUBS = ("hf://", "huggingface://", "ollama://", "modelscope://", "ngc://", "https://huggingface.co/")
# A name of a hub is `owner/model`; the first part of a relative path is mostly one of these.
HUB_NAME = re.compile(r"(?!(?:models?|mnt|data|opt|tmp|workspace|app|home|root|checkpoints?|weights|local)/)"
                      r"[A-Za-z0-9][\w.-]{1,95}/[A-Za-z0-9][\w.-]{1,95}")  # fmt: skip
KEPT = frozenset(
    {"persistentVolumeClaim", "hostPath", "nfs", "csi", "ephemeral", "volumeClaimTemplates", "pvcStorage",
     "cacheProfile", "nimCache", "azureFile", "image"}
)  # fmt: skip
# These fetch and keep the weights themselves.
MANAGED = frozenset({"huggingface", "vertex", "google", "databricks", "kaito", "nvidia_operators", "bentoml"})
SAGEMAKER_NAMES = ("HF_MODEL_ID", "MODEL_ID", "OPTION_MODEL_ID")


# The number of parameters as names of models write it: 125m, 0.5B, 70b.
SIZE = re.compile(r"[-_](\d{1,4}(?:\.\d{1,3})?)([mMbB])(?:[-_.]|$)")


class Options(BaseModel, extra="forbid", frozen=True):
    """Which models may be pulled."""

    least_billions: Annotated[Decimal, Field(ge=0)] = Decimal(2)
    """Billions of parameters from which a model counts; one whose name does not tell its size counts."""

    ignore: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Globs of model names or URIs that may be pulled at each start."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a served model that comes from a hub and is kept nowhere."""
    resource = context.resource
    if resource.type == "aws_sagemaker_model":
        pulled = _of_sagemaker(resource)
    elif resource.purpose is Purpose.INFERENCE and resource.platform not in MANAGED and _waits(resource):
        pulled = _pulled(resource)
    else:
        return
    if pulled is None or fitting(context.options.ignore, pulled.value) is not None:
        return
    if _billions(pulled.value) < context.options.least_billions or _kept(resource):
        return
    message = (
        f"{pulled.value} is pulled from a hub at each start: keep it in a bucket of the region, a volume or an image"
    )
    yield context.finding(pulled, message, attribute="serving.model_name")


def _of_sagemaker(resource: Resource) -> Known[str] | None:
    for block in ("primary_container", "container"):
        for one in resource.body.items(block):
            own = one.get("model_data_url") or one.get("model_data_source") or one.get("model_package_name")
            names = [one.text("environment", name) for name in SAGEMAKER_NAMES]
            found = next((name for name in names if isinstance(name, Known) and HUB_NAME.fullmatch(name.value)), None)
            if own is None and found is not None:
                return found
    return None


def _waits(resource: Resource) -> bool:
    """Tell whether an accelerator may wait for the weights: what a processor serves is small."""
    return any(active(one) and not isinstance(one.accelerator_count, Absent) for one in resource.compute) or any(
        active(one) and isinstance(one.instance_type, Known) and not one.share for one in resource.compute
    )


def _pulled(resource: Resource) -> Known[str] | None:
    """Return the hub's URI that is read, else the hub's name of the model where no place of weights is written."""
    places = [one.uri for one in resource.data if one.role == "model" and one.direction == "read"]
    linked = next((one for one in places if isinstance(one, Known) and one.value.startswith(HUBS)), None)
    if linked is not None or places:
        return linked
    name = resource.serving.model_name if resource.serving else None
    return name if isinstance(name, Known) and HUB_NAME.fullmatch(name.value) else None


def _billions(name: str) -> Decimal:
    """Return the parameters that a name tells, in billions; without end where it tells none."""
    sizes = [Decimal(number) / (1 if unit in "bB" else 1000) for number, unit in SIZE.findall(name)]
    return max(sizes, default=Decimal("Infinity"))


def _kept(resource: Resource) -> bool:
    """Tell whether a volume, a cache or a claim outlives the start of a replica."""
    stored = resource.body.flag("spec", "storageConfig", "enabled")
    if isinstance(stored, Known) and stored.value:
        return True
    if resource.platform == "dstack" and resource.body.get("volumes") is not None:
        return True
    return any(
        (path[-1] in KEPT and (path[-1] != "image" or "volumes" in path)) or "localmodel" in str(path[-1])
        for path, _ in resource.body.walk()
        if path
    )


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_sagemaker_model" "chat" {
  name               = "chat"
  execution_role_arn = "arn:aws:iam::123456789012:role/serve"

  primary_container {
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.33.0-lmi15.0.0-cu128"
    environment = {
      HF_MODEL_ID = "mistralai/Mistral-7B-Instruct-v0.3"
#                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ mistralai/Mistral-7B-Instruct-v0.3 is pulled from a hub at each start: keep it in a bucket of the region, a volume or an image
    }
  }
}
""",  # noqa: E501
)

KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: chat
spec:
  replicas: 2
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      containers:
        - name: vllm
          image: docker.io/vllm/vllm-openai:v0.10.0
          args: [--model, mistralai/Mistral-7B-Instruct-v0.3]
#                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ mistralai/Mistral-7B-Instruct-v0.3 is pulled from a hub at each start: keep it in a bucket of the region, a volume or an image
          resources:
            limits: {nvidia.com/gpu: 1}
""",  # noqa: E501
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3", uri: "hf://mistralai/Mistral-7B-Instruct-v0.3"}
#                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hf://mistralai/Mistral-7B-Instruct-v0.3 is pulled from a hub at each start: keep it in a bucket of the region, a volume or an image
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",  # noqa: E501
)

GOOD_KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: chat
spec:
  replicas: 2
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      volumes:
        - name: cache
          persistentVolumeClaim: {claimName: weights}
      containers:
        - name: vllm
          image: docker.io/vllm/vllm-openai:v0.10.0
          args: [--model, mistralai/Mistral-7B-Instruct-v0.3]
          env: [{name: HF_HOME, value: /cache}]
          volumeMounts: [{name: cache, mountPath: /cache}]
          resources:
            limits: {nvidia.com/gpu: 1}
""",
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3", uri: "s3://acme-models/chat/3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
)

RULE = Rule(
    name="remote-model-pull",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
