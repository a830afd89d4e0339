"""Which model a container serves and in which precision, by the arguments and variables of the common servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import TypedDict

from guard.model.node import Node
from guard.model.value import Known, Unknown, Value

_FLAG = re.compile(r"(?:^|\s)--([a-zA-Z][\w-]{0,60})(?:=|\s+)([^\s'\"]{1,500})")
_PRECISION_FLAGS = ("quantization", "quantize", "dtype")
_PRECISION_VARIABLES = ("QUANTIZE", "QUANTIZATION", "DTYPE")
_MODEL_FLAGS = ("model", "model-id", "model-path", "model-name", "served-model-name", "model_name", "model_id")
_MODEL_VARIABLES = ("MODEL_ID", "MODEL_NAME", "MODEL", "HF_MODEL_ID", "MODEL_PATH")
_IN_NAME = re.compile(r"[-_](awq|gptq|fp8|gguf|int4|int8|w4a16|w8a8|nf4|nvfp4|mxfp4|bnb-4bit)\b", re.IGNORECASE)
_REVISION_FLAGS = ("revision", "model-revision")
# vLLM, SGLang and TensorRT-LLM; `num-shard` is Text Generation Inference's.
_SPREAD = (
    (("tensor-parallel-size", "tensor_parallel_size", "tp-size", "tp_size", "tp", "num-shard"), ("NUM_SHARD",)),
    (("pipeline-parallel-size", "pipeline_parallel_size", "pp-size", "pp_size", "pp"), ()),
    (("data-parallel-size", "data_parallel_size", "dp-size", "dp"), ()),
)


class ModelFacts(TypedDict, total=False):
    """The fields of a serving facet that arguments tell."""

    model_name: Value[str]
    model_version: Value[str]
    precision: Value[str]
    parallelism: Value[int]


def model_facts(containers: Sequence[Node]) -> ModelFacts:
    """Return what the arguments and variables of these containers tell of the served model."""
    said = [one for container in containers for one in _said(container)]
    facts: ModelFacts = {}
    name = _first(said, _MODEL_FLAGS, _MODEL_VARIABLES)
    precision = _first(said, _PRECISION_FLAGS, _PRECISION_VARIABLES)
    version = _first(said, _REVISION_FLAGS, ())
    if name is not None:
        facts["model_name"] = name
        in_name = _IN_NAME.search(name.value)
        if precision is None and in_name is not None:
            precision = Known(in_name[1].lower(), name.location)
    if precision is not None and precision.value != "auto":
        facts["precision"] = precision
    if version is not None:
        facts["model_version"] = version
    spread = _parallelism(said)
    if spread is not None:
        facts["parallelism"] = spread
    return facts


def _parallelism(said: Sequence[tuple[str, Known[str]]]) -> Value[int] | None:
    """Return over how many accelerators a server spreads; None where no argument tells it."""
    found = [_first(said, flags, variables) for flags, variables in _SPREAD]
    sizes = [Node(one.value, one.location, trail=one.trail).integer() for one in found if one is not None]
    unknown = next((one for one in sizes if isinstance(one, Unknown)), None)
    known = [one for one in sizes if isinstance(one, Known)]
    if unknown is not None or not known:
        return unknown
    return Known(prod(one.value for one in known), known[0].location, known[0].trail)


def _first(said: Sequence[tuple[str, Known[str]]], flags: Sequence[str], variables: Sequence[str]) -> Known[str] | None:
    for name in (*flags, *variables):
        for key, value in said:
            if key == name:
                return value
    return None


def _said(container: Node) -> Iterator[tuple[str, Known[str]]]:
    """Yield the flags (without dashes) and variables of a container with their values."""
    flag = ""
    for node in (*container.items("command"), *container.items("args")):
        text = node.text()
        if not isinstance(text, Known):
            flag = ""
            continue
        if flag and not text.value.startswith("-"):
            yield flag, text
        alone = re.fullmatch(r"--([\w-]{1,60})", text.value)
        flag = alone[1] if alone else ""
        for match in _FLAG.finditer(text.value[:50_000]):
            yield match[1], Known(match[2], text.location)
    for variable in container.items("env"):
        name, value = variable.text("name"), variable.text("value")
        if isinstance(name, Known) and isinstance(value, Known):
            yield name.value, value
