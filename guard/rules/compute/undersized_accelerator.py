"""A served model does not fit the memory of its accelerators.

## Why this matters

A server whose weights do not fit dies while it loads, restarts and dies again: the accelerators are paid for and serve
nobody. One that is told to spread over more accelerators than it has never starts at all.

## What to do

Take accelerators with more memory or more of them, or weights of fewer bits (`--quantization`, a quantised model). Give
a server as many accelerators as it is told to spread over (`--tensor-parallel-size` times `--pipeline-parallel-size`).

What a model takes is reckoned from its parameters (`model.parameters` of a ModelDeployment, or its name: `-70b`,
`8x7B`) times the bytes of its precision, plus `overhead`. Where no precision is told, the message says which was
assumed. Of accelerators that are sold in several sizes the largest counts.

## When to leave it

Where weights are kept in the memory of the machine on purpose (`--cpu-offload-gb`): `offloading` finds these by itself.

## Source

Parameters times bytes is what weights take by definition; the memory of accelerators is that of their makers' data
sheets; spreading: vLLM, "Parallelism and Scaling".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Serving
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._sizing import Held, held, memory, need, plain

Precision = Literal["fp32", "bf16", "fp16", "fp8", "int8", "int4"]


class Options(BaseModel, extra="forbid", frozen=True):
    """What is reckoned with."""

    overhead: Annotated[Decimal, Field(ge=1, le=10)] = Decimal("1.05")
    """What a running server takes for each GiB of weights: the least of cache, activations and buffers."""
    assumed_precision: Precision = "bf16"
    """The precision of weights where nothing tells it."""
    offloading: tuple[Annotated[str, Field(min_length=1)], ...] = ("cpu-offload", "cpu_offload", "n-gpu-layers")
    """Words in the configuration of a workload that keeps weights outside the accelerators, which is left alone."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where the weights, or the spread of the server, do not fit; or what is unknown."""
    serving = context.resource.serving
    if serving is None:
        return
    there = held(context.resource)
    if isinstance(there, Unknown):
        yield context.undecided(there, "accelerator_count")
        return
    if there is None:
        return
    spread = serving.parallelism
    if isinstance(spread, Known) and spread.value > there.number:
        message = f"the server spreads over {spread.value} accelerators, and a replica has {there.words}"
        yield context.finding(spread, message, attribute="serving.parallelism")
        return
    yield from _judged(context, serving, there)


def _judged(context: Context[Options], serving: Serving, there: Held) -> Iterator[Finding | UnknownFact]:
    wanted = need(serving, context.options.assumed_precision)
    if isinstance(wanted, Unknown):
        yield context.undecided(wanted, "serving.model_parameters")
        return
    if wanted is None or _offloads(context):
        return
    room = memory(there, context.project.prices)
    if isinstance(room, Unknown):
        yield context.undecided(room, "accelerator_memory_gib")
        return
    least = wanted.weights_gib * context.options.overhead
    if least > room.high:
        message = f"{there.having(room.high)}; the model takes {plain(least)} GiB: {wanted.reckoning}"
        yield context.finding(there.fact, message, attribute="accelerator_count")


def _offloads(context: Context[Options]) -> bool:
    for _, node in context.resource.body.walk():
        if isinstance(node.value, str) and any(word in node.value for word in context.options.offloading):
            return True
    return False


KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  replicas: 1
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      nodeSelector: {cloud.google.com/gke-accelerator: nvidia-l4}
      containers:
        - name: vllm
          image: docker.io/vllm/vllm-openai:v0.9.0
          args: ["--model", "meta-llama/Llama-3.1-70B-Instruct"]
          resources:
            limits:
              nvidia.com/gpu: 2
#                             ^ 2 x L4 have 48 GiB; the model takes 137 GiB: 70B parameters of 2 bytes (bf16 as nothing else is said)
""",  # noqa: E501
)

SPREAD = Example(
    "chat.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: chat}
spec:
  predictor:
    nodeSelector: {cloud.google.com/gke-accelerator: nvidia-h100-80gb}
    model:
      modelFormat: {name: huggingface}
      args: ["--model_id=meta-llama/Llama-3.1-8B", "--tensor-parallel-size=4"]
#                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^ the server spreads over 4 accelerators, and a replica has 2 x H100
      resources:
        limits: {nvidia.com/gpu: 2}
""",  # noqa: E501
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3", parameters: 32B, precision: int8}
compute: {provider: aws, region: us-east-1, instance: g6.xlarge}
#                                                     ^^^^^^^^^ 1 x L4 has 22 GiB; the model takes 31 GiB: 32B parameters of 1 byte (int8)
""",  # noqa: E501
)

TERRAFORM = Example(
    "main.tf",
    """\
provider "google" {
  region = "us-central1"
}

resource "google_vertex_ai_endpoint_with_model_garden_deployment" "chat" {
  location              = "us-central1"
  hugging_face_model_id = "meta-llama/Llama-3.3-70B-Instruct"
  deploy_config {
    dedicated_resources {
      machine_spec {
        machine_type      = "g2-standard-48"
        accelerator_type  = "NVIDIA_L4"
        accelerator_count = 4
#                           ^ 4 x L4 have 96 GiB; the model takes 137 GiB: 70B parameters of 2 bytes (bf16 as nothing else is said)
      }
      min_replica_count = 1
    }
  }
}
""",  # noqa: E501
)

GOOD_KUBERNETES = Example(
    "chat.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  replicas: 1
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      nodeSelector: {cloud.google.com/gke-accelerator: nvidia-l4}
      containers:
        - name: vllm
          image: docker.io/vllm/vllm-openai:v0.9.0
          args: ["--model=meta-llama/Llama-3.1-70B-Instruct-AWQ", "--tensor-parallel-size=2"]
          resources:
            limits: {nvidia.com/gpu: 2}
""",
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
# How large the model is, nothing tells.
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g6.xlarge}
""",
)

RULE = Rule(
    name="undersized-accelerator",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPREAD, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
