"""A hosted model can be called without any limit.

## Why this matters

Hosted models are paid by the token. A loop that does not end, a key that leaks or a batch job started twice runs up a
bill at thousands of requests a minute, and the first to notice is the invoice. Every gateway and cloud has a limit to
set; where nobody set one, the limit is the provider's quota.

## What to do

Set a limit near what the use needs: `limit` of an endpoint of MLflow's gateway, `rpm`, `tpm` or `max_budget` of a model
of LiteLLM (or `litellm_settings.max_budget` for all), `ai_gateway.rate_limits` of a Databricks endpoint, a budget or a
service quota beside Bedrock. Azure's deployments are limited by their `capacity`, unless dynamic throttling lets them
go beyond it.

## When to leave it

Where limits are set outside of the repository (in the gateway's own data base, by the platform team).

## Source

MLflow, "AI Gateway configuration"; LiteLLM, "Budgets, Rate Limits"; Databricks, "Configure AI Gateway on model serving
endpoints"; AWS, "Quotas for Amazon Bedrock"; Azure OpenAI, "Dynamic quota".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value
from guard.rules._helpers import fitting

Path = tuple[str, ...]
# Where each type writes a limit; one of them is enough.
LIMITS: dict[str, tuple[Path, ...]] = {
    "MLflowEndpoint": (("limit", "calls"),),
    "LiteLLMModel": (
        ("litellm_params", "rpm"),
        ("litellm_params", "tpm"),
        ("litellm_params", "max_budget"),
        ("litellm_params", "max_parallel_requests"),
        ("litellm_settings", "max_budget"),
    ),
    "DatabricksServingEndpoint": (("ai_gateway", "rate_limits"), ("rate_limits",)),
}
BEDROCK = frozenset({"aws_bedrockagent_agent", "aws_bedrock_inference_profile", "aws_bedrockagent_prompt"})
CAPS = frozenset({"aws_budgets_budget", "aws_budgets_budget_action"})
AZURE = "azurerm_cognitive_deployment"


class Options(BaseModel, extra="forbid", frozen=True):
    """Which hosted models need no limit."""

    ignore: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Globs of addresses that need none."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a hosted model that nothing limits."""
    resource = context.resource
    if fitting(context.options.ignore, resource.address) is not None:
        return
    if resource.type in LIMITS:
        if _hosted(resource):
            yield from _limited(context, LIMITS[resource.type])
    elif resource.type == AZURE:
        yield from _throttled(context)
    elif resource.type in BEDROCK and not _capped(context.project.resources):
        yield context.finding(
            resource.location,
            "a model of Bedrock without a limit: nothing in the repository sets a budget or a service quota for it",
            attribute="limit",
        )


def _hosted(resource: Resource) -> bool:
    """Tell whether somebody else serves the model, for a price by the token."""
    if resource.type != "DatabricksServingEndpoint":
        return resource.serving is not None and (
            bool(resource.unpriced) or isinstance(resource.serving.hosted_by, Known)
        )
    served = (*resource.body.items("config", "served_entities"), *resource.body.items("config", "served_models"))
    return any(one.get("external_model") is not None for one in served)


def _limited(context: Context[Options], paths: Sequence[Path]) -> Iterator[Finding | UnknownFact]:
    found: list[Value[Node]] = [context.resource.body.find(*path) for path in paths]
    if any(isinstance(one, Known) for one in found):
        return
    unknown = next((one for one in found if isinstance(one, Unknown)), None)
    if unknown is not None:
        yield context.undecided(unknown, "limit")
        return
    names = " or ".join(".".join(path) for path in paths[:3])
    message = f"calls of a hosted model without a limit: set {names}"
    yield context.finding(context.resource.location, message, attribute="limit")


def _throttled(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where Azure may go beyond the capacity that is written."""
    match context.resource.body.flag("dynamic_throttling_enabled"):
        case Known(True) as dynamic:
            message = "dynamic throttling lets calls of a hosted model go beyond its capacity: nothing limits them"
            yield context.finding(dynamic, message, attribute="dynamic_throttling_enabled")
        case Unknown() as unknown:
            yield context.undecided(unknown, "dynamic_throttling_enabled")
        case Absent() | Known():
            return


def _capped(resources: Sequence[Resource]) -> bool:
    return any(one.type in CAPS or _quota(one) for one in resources)


def _quota(resource: Resource) -> bool:
    if resource.type != "aws_servicequotas_service_quota":
        return False
    service = resource.body.text("service_code")
    return not isinstance(service, Known) or service.value == "bedrock"


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_bedrockagent_agent" "support" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a model of Bedrock without a limit: nothing in the repository sets a budget or a service quota for it
  agent_name              = "support"
  agent_resource_role_arn = "arn:aws:iam::123456789012:role/agent"
  foundation_model        = "anthropic.claude-3-5-sonnet-20241022-v2:0"
}
""",  # noqa: E501
)

AZURE_TERRAFORM = Example(
    "main.tf",
    """\
provider "azurerm" {
  features {}
}

resource "azurerm_cognitive_deployment" "chat" {
  name                       = "chat"
  cognitive_account_id       = "account"
  dynamic_throttling_enabled = true
#                              ^^^^ dynamic throttling lets calls of a hosted model go beyond its capacity: nothing limits them

  model {
    format = "OpenAI"
    name   = "gpt-4o"
  }

  sku {
    name     = "GlobalStandard"
    capacity = 10
  }
}
""",  # noqa: E501
)

SPEC = Example(
    "gateway.yaml",
    """\
endpoints:
  - name: chat
#   ^^^^ calls of a hosted model without a limit: set limit.calls
    endpoint_type: llm/v1/chat
    model:
      provider: openai
      name: gpt-4o
""",
)

LITELLM = Example(
    "litellm.yaml",
    """\
model_list:
  - model_name: chat
#   ^^^^^^^^^^ calls of a hosted model without a limit: set litellm_params.rpm or litellm_params.tpm or litellm_params.max_budget
    litellm_params: {model: azure/gpt-4o}
  - model_name: own
    litellm_params: {model: hosted_vllm/mine, api_base: "http://vllm:8000/v1"}
""",  # noqa: E501
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_bedrockagent_agent" "support" {
  agent_name              = "support"
  agent_resource_role_arn = "arn:aws:iam::123456789012:role/agent"
  foundation_model        = "anthropic.claude-3-5-sonnet-20241022-v2:0"
}

resource "aws_budgets_budget" "bedrock" {
  budget_type  = "COST"
  limit_amount = "500"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
}
""",
)

GOOD_SPEC = Example(
    "gateway.yaml",
    """\
endpoints:
  - name: chat
    endpoint_type: llm/v1/chat
    model: {provider: openai, name: gpt-4o}
    limit: {renewal_period: minute, calls: 60}
""",
    files={
        "litellm.yaml": """\
model_list:
  - model_name: chat
    litellm_params: {model: azure/gpt-4o}
litellm_settings: {max_budget: 500, budget_duration: 30d}
"""
    },
)

RULE = Rule(
    name="uncapped-hosted-model",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, AZURE_TERRAFORM, SPEC, LITELLM),
    good=(GOOD_TERRAFORM, GOOD_SPEC),
)
