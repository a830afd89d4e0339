"""A large model is served in 16 bits or more, although it would fit fewer accelerators in 8.

## Why this matters

The weights decide how many accelerators one replica takes. In 8 bits they take half the memory of 16, mostly with
hardly any loss in quality, and each accelerator that is left out is saved for each replica and each hour.

## What to do

Serve a quantised form of the model (FP8, INT8, AWQ, GPTQ) on fewer accelerators, after measuring its quality on your
own cases: `--quantization fp8` of vLLM, `QUANTIZE` of Text Generation Inference, `model.precision` of our own spec.

The saving is the share of the accelerators that is left out, where a pod's share of machines is what is paid for.

## When to leave it

Where quality was measured and falls, on accelerators without 8-bit arithmetic, and where the memory is kept for long
contexts (`overhead`).

## Source

Kurtic et al., "Give Me BF16 or Give Me Death? Accuracy-Performance Trade-Offs in LLM Quantization" (2024); vLLM,
"Quantization".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Serving
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import usd
from guard.rules._sizing import GIB, Held, bytes_of, held, memory, parameters, part_of_pod, plain, precision
from guard.rules._workloads import in_use

ONE_BYTE = Decimal(1)


class Options(BaseModel, extra="forbid", frozen=True):
    """What is reckoned with."""

    overhead: Annotated[Decimal, Field(ge=1, le=10)] = Decimal("1.4")
    """What a server takes for each GiB of weights, with room for cache and activations."""
    least_billions: Annotated[Decimal, Field(ge=0)] = Decimal(7)
    """Billions of parameters from which on a model is judged."""
    assumed_precision: Literal["bf16", "fp16", "fp32"] | None = None
    """The precision of weights where nothing tells it; null to judge only what tells it."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a large model that would fit fewer accelerators in 8 bits, or what is unknown."""
    resource = context.resource
    if resource.purpose is not Purpose.INFERENCE or resource.serving is None or not in_use(resource):
        return
    there = held(resource)
    if there is None or isinstance(there, Unknown) or there.number <= 1:
        # What is unknown of the accelerators, the rules on their size say.
        return
    size = parameters(resource.serving)
    if isinstance(size, Unknown):
        yield context.undecided(size, "serving.model_parameters")
        return
    if size is None or size[0] < context.options.least_billions * 10**9:
        return
    yield from _judged(context, resource.serving, there, size[0])


def _judged(
    context: Context[Options], serving: Serving, there: Held, number: Decimal
) -> Iterator[Finding | UnknownFact]:
    told, assumed = precision(serving), context.options.assumed_precision
    if isinstance(told, Absent) and assumed is None:
        told = Unknown("nothing tells the precision of the weights", told.location)
    if isinstance(told, Unknown):
        yield context.undecided(told, "serving.precision")
        return
    name = told.value if isinstance(told, Known) else assumed or ""
    each = bytes_of(name)
    if each is None or each <= ONE_BYTE:
        return
    room = memory(there, context.project.prices)
    if isinstance(room, Unknown):
        yield context.undecided(room, "accelerator_memory_gib")
        return
    single = room.low / there.number
    now, then = (_accelerators(number * size / GIB * context.options.overhead, single) for size in (each, ONE_BYTE))
    if now <= there.number and then < there.number:
        where = told if isinstance(told, Known) else there.fact
        yield _finding(context, where, name, there, then)


def _accelerators(gib: Decimal, single: Decimal) -> Decimal:
    """Return how many accelerators of `single` GiB that many GiB take: servers spread over powers of two."""
    count = 1
    while count * single < gib:
        count *= 2
    return Decimal(count)


def _finding(
    context: Context[Options], where: Known[str] | Known[Decimal], name: str, there: Held, fewer: Decimal
) -> Finding:
    saving = part_of_pod(context.resource, context.estimate, 1 - fewer / there.number)
    cost = f", which saves {usd(saving)} a month" if saving else ""
    message = f"served in {name} on {there.words}: in 8 bits {plain(fewer)} would do{cost}"
    return context.finding(where, message, attribute="serving.precision", saving=saving)


KUBERNETES = Example(
    "serve.yaml",
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
      containers:
        - name: server
          image: vllm/vllm-openai:v0.8.0
          args: [--model, acme/chat-70b, --dtype, bfloat16, --tensor-parallel-size, "4"]
#                                                 ^^^^^^^^ served in bfloat16 on 4 x H100: in 8 bits 2 would do, which saves $16,149 a month
          resources: {limits: {nvidia.com/gpu: 4}}
      nodeSelector: {cloud.google.com/gke-accelerator: nvidia-h100-80gb}
""",  # noqa: E501
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4", parameters: 70B, precision: fp16}
#                                                             ^^^^ served in fp16 on 8 x H100: in 8 bits 2 would do
compute: {provider: aws, region: us-east-1, instance: p5.48xlarge}
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4", parameters: 70B, precision: fp8}
compute: {accelerator: H100, accelerator_count: 2}
---
# One accelerator is the least there can be.
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: embed}
model: {name: embed, version: "4", parameters: 8B, precision: bf16}
compute: {provider: aws, region: us-east-1, instance: g6.2xlarge}
---
# Nothing tells its precision: that is no finding.
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: write}
model: {name: write, version: "4", parameters: 70B}
compute: {provider: aws, region: us-east-1, instance: p5.48xlarge}
""",
)

RULE = Rule(
    name="unquantised-serving",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(KUBERNETES, SPEC),
    good=(GOOD,),
)
