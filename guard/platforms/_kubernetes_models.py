"""Which model a container serves and in which precision, by the arguments and variables of the common servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TypedDict

from guard.model.location import Step
from guard.model.node import Node
from guard.model.value import Known, Unknown, Value

_FLAG = re.compile(r"(?:^|\s)--([a-zA-Z][\w-]{0,60})(?:=|\s+)([^\s'\"]{1,500})")
_PRECISION_FLAGS = ("quantization", "quantize", "dtype")
_PRECISION_VARIABLES = ("QUANTIZE", "QUANTIZATION", "DTYPE")
_MODEL_FLAGS = ("model", "model-id", "model-path", "model-name", "served-model-name", "model_name", "model_id")
_MODEL_VARIABLES = ("MODEL_ID", "MODEL_NAME", "MODEL", "HF_MODEL_ID", "MODEL_PATH")
_IN_NAME = re.compile(r"[-_](awq|gptq|fp8|gguf|int4|int8|w4a16|w8a8|nf4|nvfp4|mxfp4|bnb-4bit)\b", re.IGNORECASE)
# What Kubernetes (`$(NAME)`) or a shell (`$NAME`, `${NAME}`) puts a variable's value in place of.
_VARIABLE = re.compile(r"\$\((\w{1,80})\)|\$\{(\w{1,80})\}|\$([A-Za-z_]\w{0,79})")
_REVISION_FLAGS = ("revision", "model-revision")
# vLLM, SGLang and TensorRT-LLM; `num-shard` is Text Generation Inference's.
_SPREAD = (
    (("tensor-parallel-size", "tensor_parallel_size", "tp-size", "tp_size", "tp", "num-shard"), ("NUM_SHARD",)),
    (("pipeline-parallel-size", "pipeline_parallel_size", "pp-size", "pp_size", "pp"), ()),
    (("data-parallel-size", "data_parallel_size", "dp-size", "dp"), ()),
)


Said = tuple[str, "Known[str] | Unknown"]


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
        in_name = _IN_NAME.search(name.value) if isinstance(name, Known) else None
        if precision is None and in_name is not None:
            precision = Known(in_name[1].lower(), name.location)
    if precision is not None and not (isinstance(precision, Known) and precision.value == "auto"):
        facts["precision"] = precision
    if version is not None:
        facts["model_version"] = version
    spread = _parallelism(said)
    if spread is not None:
        facts["parallelism"] = spread
    return facts


def _parallelism(said: Sequence[Said]) -> Value[int] | None:
    """Return over how many accelerators a server spreads; None where no argument tells it."""
    found = [_first(said, flags, variables) for flags, variables in _SPREAD]
    sizes = [_integer(one) for one in found if one is not None]
    unknown = next((one for one in sizes if isinstance(one, Unknown)), None)
    known = [one for one in sizes if isinstance(one, Known)]
    if unknown is not None or not known:
        return unknown
    return Known(prod(one.value for one in known), known[0].location, known[0].trail)


def _integer(text: Known[str] | Unknown) -> Value[int]:
    return text if isinstance(text, Unknown) else Node(text.value, text.location, trail=text.trail).integer()


def _first(said: Sequence[Said], flags: Sequence[str], variables: Sequence[str]) -> Known[str] | Unknown | None:
    for name in (*flags, *variables):
        for key, value in said:
            if key == name:
                return value
    return None


def _said(container: Node) -> Iterator[Said]:
    """Yield the flags (without dashes) and variables of a container with their values, its variables put in."""
    variables = {
        name.value: value
        for one in container.items("env")
        if isinstance(name := one.text("name"), Known) and isinstance(value := one.text("value"), Known)
    }
    yield from ((flag, _filled(text, variables)) for flag, text in _written(container))
    yield from ((key, _filled(text, variables)) for key, text in variables.items())


def _filled(text: Known[str], variables: Mapping[str, Known[str]]) -> Known[str] | Unknown:
    """Return a text with its variables set, unknown where one of them is not written as a text."""
    found = _VARIABLE.search(text.value)
    if found is None:
        return text
    names = {name for match in _VARIABLE.findall(text.value) for name in match if name}
    missing = sorted(name for name in names if name not in variables or _VARIABLE.search(variables[name].value))
    if missing:
        return Unknown(f"the variable {missing[0]} is not known here", text.location)
    filled = _VARIABLE.sub(lambda match: variables[match[1] or match[2] or match[3]].value, text.value)
    used = variables[min(names)]
    if found[0] == text.value:
        return Known(filled, used.location, (Step("used here", text.location), *used.trail))
    return Known(filled, text.location, (Step(f"{min(names)} is set here", used.location), *text.trail))


def _written(container: Node) -> Iterator[tuple[str, Known[str]]]:
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
