"""What a model takes by its name and precision, and how much accelerator memory a replica has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.resource import Compute, Purpose, Serving
from guard.model.value import Known, Unknown, Value
from guard.prices.book import open_book
from guard.rules._sizing import Held, Memory, bytes_of, held, memory, need, parameters_in, plain, precision
from guard.rules.compute import oversized_accelerator, undersized_accelerator
from tests.unit.policy._made import at, known, resource, unknown
from tests.unit.rules.test_five_families import says

BILLION = 10**9


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("meta-llama/Llama-3.1-70B-Instruct", "70"),
        ("Qwen/Qwen2.5-0.5B", "0.5"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "46.7"),
        ("Qwen/Qwen3-30B-A3B", "30"),
        ("llama3:8b", "8"),
        ("facebook/opt-125m", "0.125"),
        ("deepseek-r1-distill-llama-70b-awq", "70"),
        ("google/gemma_2_2b_it", "2"),
    ],
)
def test_a_name_tells_the_parameters(name: str, billions: str) -> None:
    assert parameters_in(name) == Decimal(billions) * BILLION


@pytest.mark.parametrize(
    "name",
    ["deepseek-ai/DeepSeek-R1", "model-4bit", "phi-3-mini-4k", "speculate-8b-with-70b", "acme-16x3b", "v1.8b2", ""],
)
def test_a_name_that_tells_none_or_several_sizes_tells_nothing(name: str) -> None:
    assert parameters_in(name) is None


def serving(name: str = "", told: Value[str] | None = None, **facts: Any) -> Serving:
    if name:
        facts["model_name"] = known(name)
    if told:
        facts["precision"] = told
    return Serving(location=at(1), **facts)


@pytest.mark.parametrize(
    ("name", "set_", "answer"),
    [
        ("llama-70b-AWQ", "half", "awq"),
        ("llama-70b-FP8-dynamic", None, "fp8"),
        ("llama-70b-GPTQ-Int8", None, "int8"),
        ("llama-70b-bnb-4bit", None, "bnb-4bit"),
        ("openai/gpt-oss-120b", None, "mxfp4"),
        ("llama-70b", "bfloat16", "bfloat16"),
    ],
)
def test_the_name_of_quantised_weights_wins_over_what_they_are_computed_in(
    name: str, set_: str | None, answer: str
) -> None:
    found = precision(serving(name, known(set_) if set_ else None))
    assert isinstance(found, Known)
    assert found.value == answer


def test_weights_of_unknown_bits_are_unknown() -> None:
    assert isinstance(precision(serving("llama-70b-GGUF")), Unknown)
    assert isinstance(precision(serving("llama-70b", known("compressed-tensors"))), Unknown)
    assert bytes_of("compressed-tensors") is None


def test_what_was_assumed_is_said() -> None:
    found = need(serving("llama-8b"), "bf16")
    assert found is not None
    assert not isinstance(found, Unknown)
    assert found.reckoning == "8B parameters of 2 bytes (bf16 as nothing else is said)"
    assert plain(found.weights_gib) == "15"


def machines(**facts: Any) -> tuple[Compute, ...]:
    one = Known(1, at(2))
    return (Compute(location=at(2), count_min=one, count_max=one, **facts),)


def gpus(name: str, count: int) -> dict[str, Any]:
    return {"accelerator": known(name), "accelerator_count": Known(Decimal(count), at(2))}


def test_an_accelerator_of_several_sizes_counts_as_its_smallest_and_its_largest() -> None:
    there = held(resource(compute=machines(**gpus("A100", 2)), serving=serving()))
    assert isinstance(there, Held)
    assert memory(there, open_book()) == Memory(Decimal(80), Decimal(160))


def test_replicas_over_several_nodes_hold_all_of_them() -> None:
    four, two = Known(4, at(2)), Known(2, at(2))
    spread = (Compute(location=at(2), count_min=four, count_max=four, **gpus("H100", 8)),)
    there = held(resource(compute=spread, serving=serving("x", max_replicas=two)))
    assert isinstance(there, Held)
    assert there.number == 16


@pytest.mark.parametrize("rule", [undersized_accelerator.RULE, oversized_accelerator.RULE])
def test_what_is_unknown_is_said_and_nothing_is_found(rule: Any) -> None:
    subject = resource(
        compute=machines(accelerator=known("L4"), accelerator_count=unknown()), serving=serving("llama-70b")
    )
    assert says(rule, subject) == ([], ["accelerator_count: var.x has no value"])
    subject = resource(compute=machines(**gpus("GPU", 1)), serving=serving("llama-70b"))
    assert says(rule, subject) == ([], ["accelerator_memory_gib: nothing tells how much memory one GPU has"])
    subject = resource(compute=machines(**gpus("L4", 1)), serving=serving(), purpose=Purpose.INFERENCE)
    assert says(rule, subject) == ([], [])
