"""Accelerators are paid for and nothing uses them.

## Why this matters

A node with accelerators costs the same whether a GPU computes or waits. Work without GPUs on such a node keeps it from
being scaled away, and a GPU that is used without being asked for is invisible to the scheduler, so that two workloads
fight over it or a second node is started for nothing.

## What to do

- Work that needs no accelerator: take its node selector or affinity to accelerator nodes away, and taint those nodes.
- Work that uses one: ask for it in `resources.limits`. Kubernetes takes accelerators from there only; in `requests`
  alone they make the pod invalid, and `NVIDIA_VISIBLE_DEVICES` takes them behind the scheduler's back.
- A node pool that keeps accelerators running although no workload of the repository asks for any: let it go to none
  (`min_size = 0`) or take it away. This is judged only where the repository has workloads at all, and only with
  `unused_pools`, because workloads are often kept in another repository.

## When to leave it

Where the work without an accelerator belongs on such nodes, as agents and exporters do (DaemonSets are not judged).

## Source

Kubernetes, "Schedule GPUs" (limits, and requests equal to them); NVIDIA, "NVIDIA Container Toolkit: user guide"
(NVIDIA_VISIBLE_DEVICES); the prices in messages come from the price book.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Compute, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import is_patch, usd
from guard.rules._machines import hourly, hours, machine_specs, named, types

_POOLS = (
    "aws_eks_node_group",
    "google_container_node_pool",
    "azurerm_kubernetes_cluster_node_pool",
)
# Extended resources whose units are accelerators (device plugins of NVIDIA, AMD, Intel, Habana, Google and AWS).
_RESOURCES = (
    "nvidia.com/gpu",
    "amd.com/gpu",
    "google.com/tpu",
    "aws.amazon.com/neuron",
    "aws.amazon.com/neuroncore",
    "aws.amazon.com/neurondevice",
    "habana.ai/gaudi",
)
_EVERYWHERE = ("DaemonSet",)
_VISIBLE = "NVIDIA_VISIBLE_DEVICES"


class Options(BaseModel, extra="forbid", frozen=True):
    """What is judged."""

    unused_pools: bool = False
    """Whether a node pool counts as idle where no workload of the repository asks for accelerators."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for accelerators that nothing uses, or that are used without being asked for."""
    resource = context.resource
    if resource.type in _EVERYWHERE:
        return
    if resource.type in _POOLS:
        if context.options.unused_pools:
            yield from _unused_pool(context)
        return
    shares = [one for one in resource.compute if one.share]
    if not shares:
        return
    found = [*_requested_only(context), *_behind(context)]
    yield from found
    if not found:
        for compute in shares:
            yield from _pinned(context, compute)


def _requested_only(context: Context[Options]) -> Iterator[Finding]:
    """Yield a finding for each accelerator that is in requests and not in limits."""
    for path, node in context.resource.body.walk():
        if not path or path[-1] != "requests" or len(path) < 2 or path[-2] != "resources":
            continue
        limits = context.resource.body.fields(*path[:-1], "limits")
        for name in (one for one in _RESOURCES if one in node.fields() and one not in limits):
            asked = node.fields()[name]
            message = f"{name} is requested without a limit, which makes the pod invalid: write it under limits"
            yield context.finding(asked.key or asked.location, message, attribute=".".join(map(str, (*path, name))))


def _behind(context: Context[Options]) -> Iterator[Finding]:
    """Yield a finding for each container that sees all GPUs of its node without asking for one."""
    for path, node in context.resource.body.walk():
        if len(path) < 3 or path[-2] != "env" or not isinstance(path[-1], int):
            continue
        name, value = node.text("name"), node.text("value")
        if not isinstance(name, Known) or name.value != _VISIBLE or not isinstance(value, Known):
            continue
        container = context.resource.body.get(*path[:-2])
        if value.value in ("", "none", "void") or container is None or _asks(container):
            continue
        message = f"{_VISIBLE} takes GPUs that the scheduler knows nothing of: ask for them in resources.limits"
        yield context.finding(value, message, attribute=".".join(map(str, path)))


def _asks(container: Node) -> bool:
    asked = {*container.fields("resources", "limits"), *container.fields("resources", "requests")}
    return container.get("resources", "claims") is not None or any("/" in name for name in asked)


def _pinned(context: Context[Options], compute: Compute) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for work without accelerators that may run only on machines that have some."""
    kinds = list(types(compute))
    if not kinds or not isinstance(compute.accelerator_count, Absent) or not isinstance(compute.accelerator, Absent):
        return
    specs = [machine_specs(compute, one.value, context.project.prices) for one in kinds]
    if not all(one is not None and one.accelerator for one in specs):
        return
    first = specs[0]
    if first is None or _claims_devices(context.resource) or is_patch(context.resource):
        return
    count = first.accelerator_count
    what = f"{count.normalize():f} x {first.accelerator}" if count else first.accelerator
    message = f"this runs on {kinds[0].value} ({what}) only, and asks for no accelerator"
    # Where a class of nodes tells the type, it is the workload that would have to change.
    where = kinds[0] if kinds[0].location.path == context.resource.location.path else compute.location
    yield context.finding(where, message, attribute=named(compute, "instance_type"))


def _claims_devices(resource: Resource) -> bool:
    return any(path and path[-1] in ("resourceClaims", "claims") for path, _ in resource.body.walk())


def _unused_pool(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    workloads = [one for other in context.project.resources for one in other.compute if one.share]
    if not workloads or any(not isinstance(one.accelerator_count, Absent) for one in workloads):
        return
    for compute in context.resource.compute:
        match compute.accelerator_count, compute.count_min:
            case (Unknown() as unknown, _) | (Known(), Unknown() as unknown):
                yield context.undecided(unknown, named(compute, "accelerator_count"))
            case Known(count), Known(low) if count > 0 and low > 0:
                yield _idle_pool(context, compute, Known(low, compute.count_min.location))


def _idle_pool(context: Context[Options], compute: Compute, low: Known[int]) -> Finding:
    kind = next(types(compute), None)
    price = hourly(context.resource, compute, kind.value, context.project.prices) if kind else None
    running = hours(compute)
    saving = price * low.value * running if price is not None and running is not None else None
    cost: Decimal | None = saving if saving else None
    text = f", which saves {usd(cost)} a month" if cost else ""
    name = compute.accelerator.value if isinstance(compute.accelerator, Known) else "accelerator"
    message = f"{low.value} nodes with {name} always run, and no workload here asks for one: let them go to none{text}"
    return context.finding(low, message, attribute=named(compute, "count_min"), saving=cost)


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
  instance_types  = ["g5.xlarge"]

  scaling_config {
    min_size     = 2
#                  ^ 2 nodes with A10G always run, and no workload here asks for one: let them go to none, which saves $1,469 a month
    max_size     = 4
    desired_size = 2
  }
}
""",  # noqa: E501
    options={"unused_pools": True},
    files={
        "web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "docker.io/acme/web:1.0"}]
"""
    },
)

KUBERNETES = Example(
    "etcd.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: etcd}
spec:
  selector: {matchLabels: {app: etcd}}
  template:
    metadata: {labels: {app: etcd}}
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: g5.8xlarge
#                                         ^^^^^^^^^^ this runs on g5.8xlarge (1 x A10G) only, and asks for no accelerator
      containers:
        - name: etcd
          image: quay.io/coreos/etcd:v3.5.0
---
apiVersion: v1
kind: Pod
metadata: {name: train}
spec:
  containers:
    - name: train
      image: docker.io/acme/train:1.0
      resources:
        requests:
          nvidia.com/gpu: 1
#         ^^^^^^^^^^^^^^ nvidia.com/gpu is requested without a limit, which makes the pod invalid: write it under limits
---
apiVersion: v1
kind: Pod
metadata: {name: test}
spec:
  containers:
    - name: test
      image: docker.io/acme/test:1.0
      env:
        - name: NVIDIA_VISIBLE_DEVICES
          value: all
#                ^^^ NVIDIA_VISIBLE_DEVICES takes GPUs that the scheduler knows nothing of: ask for them in resources.limits
""",  # noqa: E501
)

GOOD_KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: v1
kind: Pod
metadata: {name: train}
spec:
  nodeSelector:
    node.kubernetes.io/instance-type: g5.8xlarge
  containers:
    - name: train
      image: docker.io/acme/train:1.0
      resources:
        requests: {nvidia.com/gpu: 1}
        limits: {nvidia.com/gpu: 1}
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

# What runs on these nodes is kept elsewhere: that is no finding.
resource "aws_eks_node_group" "gpu" {
  cluster_name    = "ml"
  node_group_name = "gpu"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  instance_types  = ["g5.xlarge"]

  scaling_config {
    min_size     = 2
    max_size     = 4
    desired_size = 2
  }
}
""",
    options={"unused_pools": True},
)

RULE = Rule(
    name="idle-accelerator",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES),
    good=(GOOD_KUBERNETES, GOOD_TERRAFORM),
)
