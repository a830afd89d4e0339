"""An autoscaler has no upper bound, or one that costs more than anybody meant to spend.

## Why this matters

An autoscaler answers every load, also that of a crawler, a retry storm or a job array with one zero too many. With
accelerators behind it each of its steps costs dollars an hour. Its upper bound is the real budget of a service, and
where it is missing or a round number that nobody reckoned with, there is none.

## What to do

Set the bound to what the load needs and the budget allows: `limits` of a Karpenter NodePool (with the accelerator,
`nvidia.com/gpu`), `maxReplicas` and `max-scale` of a service that scales with requests, `max_instance_count` of Cloud
Run; and check that the largest count times its price is an amount that somebody would approve.

## When to leave it

Where the quota of the account is the bound that was agreed on. `monthly: null` leaves only the missing bounds. What
costs more even at its least is the business of `costly-resource`.

## Source

Karpenter, "NodePools" (`spec.limits`); Knative, "Configuring scale bounds" (no upper bound unless one is set); KEDA,
"ScaledObject specification" (`maxReplicaCount` is 100 by default); Cloud Run, "Set maximum instances".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Compute, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import span, usd
from guard.rules._workloads import active, attribute, timed

PREDICTORS = ("predictor", "transformer", "explainer")
MODES = ("serving.kserve.io/deploymentMode", "serving.kserve.io/autoscalerClass")
KNATIVE_MODES = ("Serverless", "Knative")


class Options(BaseModel, extra="forbid", frozen=True):
    """How far an autoscaler may go."""

    monthly: Annotated[Decimal, Field(ge=0)] | None = Decimal(50_000)
    """The most that a resource may cost with every replica that its autoscaler allows, in USD a month."""
    accelerators_only: bool = True
    """Whether services without an accelerator may go without a bound; node pools never may."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding where a bound is missing, or else where reaching it costs too much."""
    resource = context.resource
    missing = tuple(_missing(context))
    yield from missing
    if not missing and context.options.monthly is not None:
        yield from _costly(context, resource, context.options.monthly)


def _missing(context: Context[Options]) -> Iterator[Finding]:
    resource = context.resource
    if resource.platform == "karpenter":
        yield from _node_pool(context)
    elif resource.platform == "knative" and _counts(context, resource.compute):
        for compute in resource.compute:
            if isinstance(compute.count_max, Unknown) and "no max-scale" in compute.count_max.reason:
                message = "scales with requests and has no max-scale: there are as many replicas as requests ask for"
                yield context.finding(compute.count_max.location, message, attribute=attribute(compute, "count_max"))
    elif resource.type == "InferenceService":
        yield from _inference_service(context)
    elif resource.type == "google_cloud_run_v2_service":
        yield from _cloud_run(context)


def _counts(context: Context[Options], groups: tuple[Compute, ...]) -> bool:
    """Tell whether these replicas are dear enough to speak about."""
    return not context.options.accelerators_only or any(_accelerated(one) for one in groups)


def _accelerated(compute: Compute) -> bool:
    return isinstance(compute.accelerator_count, Known) and compute.accelerator_count.value > 0


def _node_pool(context: Context[Options]) -> Iterator[Finding]:
    """Yield a finding for a NodePool or Provisioner without limits; one of a fixed size needs none."""
    body = context.resource.body
    fixed, limits = body.find("spec", "replicas"), body.find("spec", "limits")
    if isinstance(fixed, Absent) and isinstance(limits, Absent) and body.get("spec", "template") is not None:
        message = "a node pool without limits: it grows with whatever asks for nodes; set spec.limits"
        yield context.finding(limits, message, attribute="limits")


def _inference_service(context: Context[Options]) -> Iterator[Finding]:
    """Yield a finding for each component that scales with requests and has no maxReplicas."""
    body = context.resource.body
    for name in PREDICTORS:
        component = body.get("spec", name)
        if component is None or not _scales(body, component):
            continue
        most = component.find("maxReplicas")
        groups = tuple(one for one in context.resource.compute if one.name == name)
        if isinstance(most, Absent) and _counts(context, groups):
            message = f"{name} scales with requests and has no maxReplicas: there are as many as requests ask for"
            yield context.finding(most, message, attribute=f"{name}.count_max")


def _scales(body: Node, component: Node) -> bool:
    """Tell whether the manifest itself says that Knative scales it; otherwise the installation decides."""
    modes = [body.text("metadata", "annotations", key) for key in MODES]
    served = any(isinstance(one, Known) and one.value in KNATIVE_MODES for one in modes)
    low = component.integer("minReplicas")
    raw = any(isinstance(one, Known) and one.value not in KNATIVE_MODES for one in modes)
    return served or (not raw and isinstance(low, Known) and low.value == 0)


def _cloud_run(context: Context[Options]) -> Iterator[Finding]:
    body = context.resource.body
    most = body.find("template", "scaling", "max_instance_count")
    gpu = body.get("template", "node_selector", "accelerator") is not None
    if isinstance(most, Absent) and (gpu or not context.options.accelerators_only):
        message = "Cloud Run without max_instance_count: it scales up to the quota of the region"
        yield context.finding(most, message, attribute="max_instance_count")


def _costly(context: Context[Options], resource: Resource, monthly: Decimal) -> Iterator[Finding | UnknownFact]:
    bound = _bound(resource)
    estimate = context.estimate
    if bound is None or not timed(resource):
        return
    compute, most = bound
    if estimate.low <= monthly < estimate.high:
        cost = span(estimate.low, estimate.high)
        message = f"may scale to {most.value}: {cost} a month, over {usd(monthly)}"
        yield context.finding(most, message, attribute=attribute(compute, "count_max"))
    elif estimate.unpriced and not estimate.lines:
        yield context.undecided(Unknown(estimate.unpriced[0].reason, most.location), attribute(compute, "count_max"))


def _bound(resource: Resource) -> tuple[Compute, Known[int]] | None:
    """Return the group of machines whose number an autoscaler may raise the most."""
    scaled = [
        (one, one.count_max)
        for one in resource.compute
        if active(one) and isinstance(one.count_max, Known) and _least(one) < one.count_max.value
    ]
    return max(scaled, key=lambda pair: pair[1].value, default=None)


def _least(compute: Compute) -> int:
    return compute.count_min.value if isinstance(compute.count_min, Known) else 0


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_eks_node_group" "gpu" {
  cluster_name    = "ml"
  node_group_name = "gpu"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  instance_types  = ["p4d.24xlarge"]

  scaling_config {
    min_size     = 0
    max_size     = 20
#                  ^^ may scale to 20: $0.00 to $320,622 a month, over $50,000
    desired_size = 1
  }
}
""",
)

KUBERNETES = Example(
    "pool.yaml",
    """\
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: gpu
spec:
#^^^ a node pool without limits: it grows with whatever asks for nodes; set spec.limits
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      requirements:
        - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
        - {key: karpenter.k8s.aws/instance-family, operator: In, values: [g5]}
""",
)

KNATIVE = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
spec:
  predictor:
# ^^^^^^^^^ predictor scales with requests and has no maxReplicas: there are as many as requests ask for
    minReplicas: 0
    model:
      modelFormat: {name: huggingface}
      storageUri: s3://acme-models/chat
      resources:
        limits: {nvidia.com/gpu: 1}
""",
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: {min: 1, max: 100}
#                         ^^^ may scale to 100: $734 to $73,438 a month, over $50,000
""",
)

GOOD = Example(
    "pool.yaml",
    """\
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: gpu
spec:
  limits: {nvidia.com/gpu: 8}
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      requirements:
        - {key: karpenter.k8s.aws/instance-family, operator: In, values: [g5]}
""",
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
serving:
  replicas: {min: 1, max: 8}
""",
)

RULE = Rule(
    name="uncapped-autoscaling",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, KNATIVE, SPEC),
    good=(GOOD, GOOD_SPEC),
)
