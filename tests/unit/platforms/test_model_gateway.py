"""Hosted models behind gateways: MLflow's and LiteLLM's."""

from __future__ import annotations

from guard.formats.yaml import parse
from guard.model.instance import Item
from guard.model.platform import Surroundings
from guard.model.resource import Resource
from guard.model.value import Known
from guard.platforms.model_gateway import PLATFORM
from guard.platforms.recognition import may_be_claimed

MLFLOW = """\
endpoints:
  - name: chat
    endpoint_type: llm/v1/chat
    model:
      provider: openai
      name: gpt-4o
      config: {openai_api_key: $KEY}
    limit: {renewal_period: minute, calls: 10}
  - name: own
    endpoint_type: llm/v1/chat
    model: {provider: huggingface-text-generation-inference, name: mine}
"""
LITELLM = """\
model_list:
  - model_name: chat
    litellm_params: {model: azure/gpt-4o, rpm: 60}
  - model_name: chat
    litellm_params: {model: anthropic/claude-sonnet-4-5}
  - model_name: own
    litellm_params: {model: openai/mine, api_base: "http://vllm:8000/v1"}
"""


def read(text: str) -> list[Resource]:
    (root,) = parse("config.yaml", text).roots
    item = Item("config.yaml", root)
    if not PLATFORM.claims(item):
        return []
    assert may_be_claimed(text.encode())
    return [one for one in PLATFORM.resources(item, Surroundings({}, (item,))) if isinstance(one, Resource)]


def test_endpoints_of_mlflow() -> None:
    chat, own = read(MLFLOW)
    assert (chat.address, chat.type, chat.location.line) == ("MLflow/chat", "MLflowEndpoint", 2)
    assert chat.serving is not None
    assert isinstance(chat.serving.model_name, Known)
    assert chat.serving.model_name.value == "gpt-4o"
    assert chat.unpriced
    assert not own.unpriced


def test_models_of_litellm() -> None:
    assert [one.address for one in read(LITELLM)] == ["LiteLLM/chat", "LiteLLM/chat", "LiteLLM/own"]
    assert [bool(one.unpriced) for one in read(LITELLM)] == [True, True, False]


def test_other_lists_are_left_alone() -> None:
    assert read("endpoints: [{name: a, url: b}]\n") == []
    assert read("model_list: [a, b]\n") == []
    assert read("endpoints: 3\n") == []
