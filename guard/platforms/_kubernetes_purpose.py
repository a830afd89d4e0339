"""What a pod is for, by what is written in it: its images, commands and names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from guard.model.node import Node
from guard.model.resource import Purpose
from guard.model.value import Known
from guard.platforms._pods import Pod

_SERVERS = re.compile(
    r"vllm|text-generation-inference|\btgi\b|text-embeddings-inference|\btei\b|tritonserver|tensorflow/serving|torchserve|"
    r"sglang|lmdeploy|ollama|llama[-_.]?cpp|llama-server|nvcr\.io/nim|tensorrt-?llm|trtllm|djl-(?:serving|inference)|"
    r"mlserver|seldonio|bentoml|localai|jetstream|openvino/model_server|ovms|kserve|llm-d|-inference\b|inference-server|"
    r"infinity-emb|triton-server|serve[ -]run|dynamo\.(?:vllm|sglang|trtllm|frontend)|comfyui|xinference",
    re.IGNORECASE,
)
_TRAINERS = re.compile(
    r"torchrun|torch\.distributed|accelerate[ /]+launch|deepspeed|horovodrun|mpirun|-training\b|axolotl|llama-?factory|"
    r"maxtext|megatron|nemo[-_]?run|\btrl\b|fine-?_?tun|\bpre-?_?train|\btrain(?:er|ing)?(?:\.py|\.sh|_|-|\b)|\bsft\b|\bdpo\b|\bgrpo\b|"
    r"--num[-_]train[-_]epochs|--epochs|unsloth",
    re.IGNORECASE,
)
_NOTEBOOKS = re.compile(r"jupyter|notebook|code-server|rstudio", re.IGNORECASE)
_BENCHMARKS = re.compile(r"benchmark|nccl-tests|locust|genai-perf|guidellm", re.IGNORECASE)
_LIMIT = 20_000


class Reason(NamedTuple):
    """A purpose and the text that speaks for it."""

    purpose: Purpose
    evidence: str


def purpose_of(pod: Pod, *, batch: bool, accelerated: bool) -> Reason:
    """Return what a plain workload is for. `batch` says that it runs to its end (a Job)."""
    for what, pattern in _patterns(batch):
        for place, text in _said(pod):
            match = pattern.search(text[:_LIMIT])
            if match:
                return Reason(what, f"{place} names {match[0].strip()}")
    if batch:
        return Reason(Purpose.BATCH, "a Job with accelerators" if accelerated else "a Job")
    return Reason(Purpose.UNKNOWN, "")


def purpose_of_text(text: str) -> Reason:
    """Return what a command that runs to its end is for."""
    for what, pattern in _patterns(True):
        match = pattern.search(text[:_LIMIT])
        if match:
            return Reason(what, f"its command names {match[0].strip()}")
    return Reason(Purpose.BATCH, "a job")


def _patterns(batch: bool) -> tuple[tuple[Purpose, re.Pattern[str]], ...]:
    if batch:
        return (Purpose.BATCH, _BENCHMARKS), (Purpose.TRAINING, _TRAINERS)
    return (Purpose.NOTEBOOK, _NOTEBOOKS), (Purpose.INFERENCE, _SERVERS), (Purpose.TRAINING, _TRAINERS)


def _said(pod: Pod) -> Iterator[tuple[str, str]]:
    for container in pod.containers:
        yield from _texts(container, "image")
    for container in pod.containers:
        yield from _texts(container, "command")
        yield from _texts(container, "args")
        yield from _texts(container, "source")


def _texts(container: Node, name: str) -> Iterator[tuple[str, str]]:
    for node in container.items(name):
        text = node.text()
        if isinstance(text, Known):
            yield name, text.value
