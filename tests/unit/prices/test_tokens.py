"""Prices of tokens: what genai-prices knows, what it does not, and what a usage file makes of them."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest

from guard import engine
from guard.inputs.memory import MemoryTree
from guard.model.price import TOKENS, Estimate
from guard.prices.book import open_book
from guard.prices.tokens import token_price
from guard.request import Request

FILES = {
    "gateway.yaml": """\
model_list:
  - model_name: chat
    litellm_params: {model: openai/gpt-4o, api_key: x}
  - model_name: odd
    litellm_params: {model: openai/no-such-model, api_key: x}
  - model_name: own
    litellm_params: {model: ollama/llama3, api_base: "http://localhost"}
""",
    "answers.yaml": """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: answers}
model: {name: claude-3-haiku}
serving: {hosted_by: anthropic}
compute: {}
""",
    "main.tf": """\
resource "azurerm_cognitive_deployment" "chat" {
  name                 = "chat"
  cognitive_account_id = "x"
  model {
    format = "OpenAI"
    name   = "gpt-4o"
  }
  sku { name = "Standard" }
}
""",
}
USAGE = """\
version: "0.1"
resource_usage:
  LiteLLM/chat: {monthly_input_tokens: 40000000, monthly_output_tokens: 5000000}
  LiteLLM/odd: {monthly_input_tokens: 1000000}
  ModelDeployment/answers: {monthly_input_tokens: 8000000}
  azurerm_cognitive_deployment.chat: {monthly_language_input_tokens: 2000000, monthly_language_output_tokens: 1000000}
"""


def estimates() -> dict[str, Estimate]:
    book = open_book("embedded")
    usage, problems = engine.load_usage("usage.yml", USAGE)
    assert problems == ()
    understood = engine.understand(Request(MemoryTree(FILES), usage=usage), book)
    assert understood.problems == ()
    return dict(engine.price(understood, book).estimates)


def test_tokens_are_priced_by_the_million() -> None:
    price = token_price("openai", "gpt-4o:input")
    assert price is not None
    assert (price.amount, price.unit) == (Decimal("2.5"), "1M tokens")
    assert price.source.startswith("genai-prices ")


@pytest.mark.parametrize(
    ("provider", "sku"),
    [("openai", "no-such-model:input"), ("nobody", "gpt-4o:input"), ("openai", "gpt-4o:images"), ("openai", "gpt-4o")],
)
def test_what_is_not_known_has_no_price(provider: str, sku: str) -> None:
    assert token_price(provider, sku) is None
    assert open_book("embedded").managed(provider, TOKENS, sku, "") is None


def test_without_the_package_there_is_no_price(monkeypatch: pytest.MonkeyPatch) -> None:
    token_price.cache_clear()
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert token_price("openai", "gpt-4o:input") is None
    token_price.cache_clear()


def test_declared_tokens_cost_what_they_are_sold_for() -> None:
    found = estimates()
    # gpt-4o: USD 2.50 and 10 a million; claude-3-haiku: USD 0.25.
    assert found["LiteLLM/chat"].high == 40 * Decimal("2.5") + 5 * Decimal(10)
    assert found["azurerm_cognitive_deployment.chat"].high == 2 * Decimal("2.5") + Decimal(10)
    assert found["ModelDeployment/answers"].high == 8 * Decimal("0.25")
    assert not any(found[one].open_ended for one in ("LiteLLM/chat", "ModelDeployment/answers"))


def test_a_model_without_a_price_is_not_counted_as_nothing() -> None:
    odd = estimates()["LiteLLM/odd"]
    assert odd.open_ended
    assert odd.unpriced[0].reason.startswith("there is no price of no-such-model:input by openai")
