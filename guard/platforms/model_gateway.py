"""Gateways to hosted models: the configurations of MLflow's AI gateway and of LiteLLM's proxy.

Sources: https://mlflow.org/docs/latest (AI Gateway configuration), https://docs.litellm.ai/docs/proxy/configs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guard.model.location import Location
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Purpose, Resource, Serving
from guard.model.value import Absent, Known, Value, first
from guard.platforms._specs import bare, labels, root_of, written

_OWN = frozenset(
    {"huggingface-text-generation-inference", "mlflow-model-serving", "hosted_vllm", "ollama", "ollama_chat", "vllm",
     "xinference", "lm_studio", "llamafile", "triton", "openai_like", "huggingface_local"}
)  # fmt: skip
"""Providers that are servers of one's own: what they cost is counted where they are deployed."""


_HOSTS = {
    "openai": "openai", "azure": "azure", "azure_ai": "azure", "azuread": "azure", "anthropic": "anthropic",
    "bedrock": "aws", "amazon-bedrock": "aws", "vertex_ai": "google", "gemini": "google", "palm": "google",
    "mistral": "mistral", "cohere": "cohere", "groq": "groq", "deepseek": "deepseek", "together_ai": "together",
    "togetherai": "together", "fireworks_ai": "fireworks", "openrouter": "openrouter", "perplexity": "perplexity",
    "xai": "x-ai", "cerebras": "cerebras", "databricks": "databricks", "voyage": "voyageai", "moonshot": "moonshotai",
}  # fmt: skip
"""By the name that gateways have for a provider the name that genai-prices has."""


def _host(provider: str, place: Location) -> Value[str]:
    return Known(_HOSTS[provider], place) if provider in _HOSTS else Absent(place)


def _claims(source: Source) -> bool:
    node = root_of(source)
    return node is not None and (bool(_endpoints(node)) or bool(_models(node)))


def _endpoints(node: Node) -> tuple[Node, ...]:
    """Return MLflow's endpoints, which older versions call routes."""
    every = (*node.items("endpoints"), *node.items("routes"))
    return tuple(one for one in every if one.get("model", "provider") is not None and _typed(one))


def _typed(endpoint: Node) -> bool:
    return endpoint.get("endpoint_type") is not None or endpoint.get("route_type") is not None


def _models(node: Node) -> tuple[Node, ...]:
    return tuple(one for one in node.items("model_list") if one.get("litellm_params", "model") is not None)


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    for one in _endpoints(node):
        model = one.text("model", "name")
        name = first(model, one.text("name"))
        yield _resource(one, "MLflowEndpoint", "MLflow", "name", written(one, "model", "provider"), name)
    settings = node.get("litellm_settings")
    for entry in _models(node):
        # A budget of the whole proxy stands beside the list, and holds for each of its models.
        whole = {**entry.fields(), "litellm_settings": settings} if settings is not None else {}
        one = Node(whole, entry.location, entry.key) if whole else entry
        model = one.text("litellm_params", "model")
        provider = written(one, "litellm_params", "model").partition("/")[0]
        local = one.get("litellm_params", "api_base") is not None and provider in ("openai", "huggingface")
        yield _resource(one, "LiteLLMModel", "LiteLLM", "model_name", "vllm" if local else provider, model)


def _resource(node: Node, kind: str, form: str, key: str, provider: str, model: Value[str]) -> Resource:
    address = f"{form}/{written(node, key) or 'unnamed'}"
    place = node.nearest(key)
    own = provider in _OWN
    return replace(
        bare(node, "model_gateway", kind, address, place),
        labels=replace(labels(node, "model_info", at=place), taggable=False),
        purpose=Purpose.INFERENCE,
        evidence="a gateway's own model" if own else "a gateway's hosted model",
        serving=Serving(location=place, model_name=model, hosted_by=_host(provider, node.nearest(key))),
        unpriced="" if own else "tokens of hosted models are billed by use: declare it in a usage file",
    )


PLATFORM = Platform("model_gateway", _claims, _resources)
