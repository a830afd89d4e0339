"""A served model has several times the accelerator memory that it takes.

## Why this matters

Accelerators are priced by their memory and speed. A model of 8 billion parameters on an H100 uses a fifth of what is
paid for, unless it serves so many calls at once that the rest is full of cache; and accelerators that the server is not
told to spread over do nothing at all.

## What to do

Take fewer or smaller accelerators, share one between several models (MIG, time slicing), or let the server spread over
all that it has. The finding names the cheapest machine of the same cloud that holds the model with the same room for
cache, and what it saves where the price book knows both prices in the region.

What a model takes is reckoned from its parameters (`model.parameters` of a ModelDeployment, or its name: `-7b`,
`8x7B`) times the bytes of its precision, and times `overhead` for cache and activations. It is too much where there is
more than `most` times that. Where no precision is told, the message says which was assumed.

## When to leave it

Where many calls at once or long contexts need the memory as cache, or the speed of the larger accelerator is needed:
raise `most`, or waive the one place with the measured use.

## Source

Parameters times bytes is what weights take by definition; the memory of accelerators is that of their makers' data
sheets; cache: vLLM, "Conserving Memory". The default of `most` is ours, and generous.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Compute, Serving
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown, first
from guard.rules._helpers import usd
from guard.rules._machines import MANAGED, hourly, provider_of, saved, types
from guard.rules._sizing import Held, Need, held, memory, need, part_of_pod, plain

Precision = Literal["fp32", "bf16", "fp16", "fp8", "int8", "int4"]


class Options(BaseModel, extra="forbid", frozen=True):
    """What is reckoned with."""

    overhead: Annotated[Decimal, Field(ge=1, le=10)] = Decimal("1.4")
    """What a server takes for each GiB of weights, with room for cache and activations."""
    most: Annotated[Decimal, Field(gt=1)] = Decimal(3)
    """How many times what the model takes there may be."""
    assumed_precision: Precision = "bf16"
    """The precision of weights where nothing tells it."""


class Better(NamedTuple):
    """A machine that is enough, and what it saves in USD a month where that is known."""

    words: str
    saving: Decimal | None


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for accelerators that the server does not spread over, or that are much too large."""
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
    if isinstance(spread, Known) and 0 < spread.value < there.number:
        saving = part_of_pod(context.resource, context.estimate, 1 - spread.value / there.number)
        cost = f", which costs {usd(saving)} a month" if saving else ""
        message = f"the server spreads over {spread.value} of {there.words}: the rest does nothing{cost}"
        yield context.finding(there.fact, message, attribute="accelerator_count", saving=saving)
        return
    yield from _judged(context, serving, there)


def _judged(context: Context[Options], serving: Serving, there: Held) -> Iterator[Finding | UnknownFact]:
    wanted = need(serving, context.options.assumed_precision)
    if isinstance(wanted, Unknown):
        yield context.undecided(wanted, "serving.model_parameters")
        return
    if wanted is None:
        return
    room = memory(there, context.project.prices)
    if isinstance(room, Unknown):
        yield context.undecided(room, "accelerator_memory_gib")
        return
    enough = wanted.weights_gib * context.options.overhead
    better = _better(context, there, room.low, enough) if room.low > enough * context.options.most else None
    if better is not None:
        message = _message(there.having(room.low), wanted, enough, better)
        yield context.finding(there.fact, message, attribute="accelerator_count", saving=better.saving)


def _message(having: str, wanted: Need, enough: Decimal, better: Better) -> str:
    saving = f", which saves {usd(better.saving)} a month" if better.saving else ""
    size = f"{having}; the model takes about {plain(enough)} GiB"
    return f"{size} ({wanted.reckoning}): {better.words} would do{saving}"


def _better(context: Context[Options], there: Held, room: Decimal, enough: Decimal) -> Better | None:
    """Return what is enough: a cheaper machine of the same cloud, or fewer accelerators; None for neither."""
    kind = next(types(there.group), None)
    offer = _offer(context, there.group, kind.value, room, enough) if kind is not None else None
    if kind is not None and offer is not None:
        saving = saved(context.resource, there.group, kind.value, offer.instance_type, context.project.prices)
        return Better(f"{plain(offer.number)} x {offer.accelerator} ({offer.instance_type})", saving)
    fewer = max(-(-enough // (room / there.number)), Decimal(1))
    if fewer >= there.number:
        return None
    return Better(
        f"{plain(fewer)} x {there.accelerator.value}",
        part_of_pod(context.resource, context.estimate, 1 - fewer / there.number),
    )


class Offer(NamedTuple):
    """A machine with its price in USD an hour, by which offers are sorted."""

    price: Decimal
    instance_type: str
    accelerator: str
    number: Decimal


def _offer(context: Context[Options], group: Compute, kind: str, room: Decimal, enough: Decimal) -> Offer | None:
    """Return the cheapest machine that holds the model and costs less than the present one, where both are known."""
    prices, region = context.project.prices, first(group.region, context.resource.region)
    provider = provider_of(group, kind, prices)
    now = hourly(context.resource, group, kind, prices)
    if now is None or not isinstance(region, Known) or group.service not in ("", "sagemaker"):
        return None
    prefix = MANAGED if kind.startswith(MANAGED) else ""
    found = []
    for specs in (one for name in _CANDIDATES for one in prices.offers(provider, region.value, name)):
        count = specs.accelerator_count or Decimal(0)
        whole = count * (specs.accelerator_memory_gib or 0)
        # Half an accelerator is nothing that a server could take for a whole one.
        if count >= 1 and enough <= whole < room:
            price = hourly(context.resource, group, prefix + specs.instance_type, prices)
            if price is not None and price < now:
                found.append(Offer(price, prefix + specs.instance_type, specs.accelerator, count))
    return min(found, default=None)


_CANDIDATES = ("T4", "L4", "A10G", "A10", "L40S", "A100", "A100-80GB", "H100", "H200")

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
          args: ["--model", "meta-llama/Llama-3.1-8B-Instruct", "--tensor-parallel-size", "1"]
          resources:
            limits:
              nvidia.com/gpu: 4
#                             ^ the server spreads over 1 of 4 x L4: the rest does nothing, which costs $1,548 a month
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3", parameters: 8B, precision: bf16}
compute: {provider: aws, region: us-east-1, instance: p4de.24xlarge}
#                                                     ^^^^^^^^^^^^^ 8 x A100-80GB have 640 GiB; the model takes about 21 GiB (8B parameters of 2 bytes (bf16)): 1 x L4 (g6.xlarge) would do, which saves $19,449 a month
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
  hugging_face_model_id = "google/gemma-2-2b-it"
  deploy_config {
    dedicated_resources {
      machine_spec {
        machine_type      = "a2-highgpu-4g"
        accelerator_type  = "NVIDIA_TESLA_A100"
        accelerator_count = 4
#                           ^ 4 x A100 have 160 GiB; the model takes about 5.2 GiB (2B parameters of 2 bytes (bf16 as nothing else is said)): 1 x A100 would do
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
          args: ["--model", "meta-llama/Llama-3.1-8B-Instruct"]
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
model: {name: chat, version: "3", parameters: 8B}
compute: {provider: aws, region: us-east-1, instance: g6.xlarge}
""",
)

RULE = Rule(
    name="oversized-accelerator",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_KUBERNETES, GOOD_SPEC),
)
