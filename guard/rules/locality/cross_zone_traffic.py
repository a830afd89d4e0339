"""Machines that talk to each other all the time are spread over zones.

## Why this matters

Workers of one training run exchange gradients at every step. Within a zone that is free and fast; between zones each
gigabyte is charged in both directions, and the slower path keeps every accelerator of the run waiting. Placement groups
and fabrics such as EFA do not reach across zones at all.

## What to do

Keep the workers of one run in one zone: pod affinity on `topology.kubernetes.io/zone` or a single zone in the node
selector, one subnet or one zone for the node group. Where capacity is scarce, let each run choose its zone (a node pool
per zone), not each worker.

## When to leave it

Where the workers hardly talk (a sweep, embarrassingly parallel batch): set `purposes` or waive the place.

## Source

AWS, "Overview of Data Transfer Costs for Common Architectures" (traffic between Availability Zones); Google Cloud,
"Network pricing" (egress between zones of a region); AWS, "Elastic Fabric Adapter" (its limitations).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._helpers import usd
from guard.rules._workloads import active

ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone", "topology.gke.io/zone")
# Objects whose pods work on one thing together; the workers of a plain Job or Deployment need not know each other.
TOGETHER = frozenset(
    {"PyTorchJob", "TFJob", "MPIJob", "JAXJob", "PaddleJob", "XGBoostJob", "TrainJob", "JobSet", "LeaderWorkerSet",
     "RayCluster", "RayJob", "HyperPodPyTorchJob"}
)  # fmt: skip
# Attributes of Terraform resources that list the zones which one group of machines is spread over.
SPREAD = {
    "google_container_node_pool": ("node_locations",),
    "aws_autoscaling_group": ("availability_zones",),
    "azurerm_kubernetes_cluster_node_pool": ("zones",),
    "azurerm_linux_virtual_machine_scale_set": ("zones",),
    "google_compute_region_instance_group_manager": ("distribution_policy_zones",),
}
HARD = "DoNotSchedule"


class Options(BaseModel, extra="forbid", frozen=True):
    """What counts as talking, and what it costs."""

    gib_per_month: Annotated[Decimal, Field(ge=0)] | None = None
    """GiB a month that go between the zones, where it is known: the message then says what they cost."""
    usd_per_gib: Annotated[Decimal, Field(ge=0)] = Decimal("0.02")
    """USD for a GiB between zones, both directions together, as AWS charges 0.01 for each."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding at each place that spreads the workers of one run over zones."""
    resource = context.resource
    if resource.type in TOGETHER:
        if _several(resource):
            yield from _spread_pods(context)
    elif resource.purpose is Purpose.TRAINING and resource.type in SPREAD:
        yield from _spread_machines(context, *SPREAD[resource.type])


def _several(resource: Resource) -> bool:
    """Tell whether more than one pod may run."""
    running = [one for one in resource.compute if active(one)]
    counts = [one.count_max.value if isinstance(one.count_max, Known) else 1 for one in running]
    return sum(counts) > 1


def _spread_pods(context: Context[Options]) -> Iterator[Finding]:
    """Yield a finding for each hard spread constraint and each anti-affinity by zone."""
    seen = False
    for path, node in context.resource.body.walk():
        if not path or seen:
            continue
        if path[-1] == "topologySpreadConstraints":
            constraint = next((one for one in node.items() if _by_zone(one) and _hard(one)), None)
            where = constraint.get("topologyKey") if constraint else None
        elif path[-2:-1] == ("requiredDuringSchedulingIgnoredDuringExecution",) and "podAntiAffinity" in path:
            where = node.get("topologyKey") if _by_zone(node) else None
        else:
            continue
        if where is not None:
            seen = True
            yield _finding(context, where, "the workers of one run are spread over zones", ".".join(map(str, path)))


def _by_zone(constraint: Node) -> bool:
    key = constraint.text("topologyKey")
    return isinstance(key, Known) and key.value in ZONES


def _hard(constraint: Node) -> bool:
    """Tell whether the spread is enforced; DoNotSchedule is the default."""
    how = constraint.text("whenUnsatisfiable")
    return not isinstance(how, Known) or how.value == HARD


def _spread_machines(context: Context[Options], name: str) -> Iterator[Finding | UnknownFact]:
    match context.resource.body.find(name):
        case Known(zones) if len(zones.items()) > 1 and _several(context.resource):
            message = f"machines of one training run are spread over {len(zones.items())} zones"
            yield _finding(context, zones, message, name)
        case Unknown() as unknown:
            yield context.undecided(unknown, name)


def _finding(context: Context[Options], where: Node, message: str, name: str) -> Finding:
    options = context.options
    if options.gib_per_month is None:
        return context.finding(where, f"{message}: what they exchange is charged and slow", attribute=name)
    monthly = options.gib_per_month * options.usd_per_gib
    return context.finding(where, f"{message}: {usd(monthly)} a month of traffic", attribute=name, saving=monthly)


TERRAFORM = Example(
    "main.tf",
    """\
provider "google" {
  region = "us-central1"
}

resource "google_container_node_pool" "training" {
  cluster        = "ml"
  location       = "us-central1"
  node_locations = ["us-central1-a", "us-central1-b", "us-central1-c"]
#                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ machines of one training run are spread over 3 zones: what they exchange is charged and slow
  node_count     = 2

  node_config {
    machine_type = "a2-highgpu-8g"
  }
}
""",  # noqa: E501
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata:
  name: rank
spec:
  pytorchReplicaSpecs:
    Worker:
      replicas: 8
      template:
        spec:
          topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: topology.kubernetes.io/zone
#                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^ the workers of one run are spread over zones: $1,000 a month of traffic
              whenUnsatisfiable: DoNotSchedule
              labelSelector: {matchLabels: {app: rank}}
          containers:
            - name: pytorch
              image: docker.io/acme/rank:1.0
              resources:
                limits: {nvidia.com/gpu: 8}
""",  # noqa: E501
    options={"gib_per_month": 50000},
)

GOOD_KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
spec:
  replicas: 3
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: DoNotSchedule
          labelSelector: {matchLabels: {app: serve}}
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "google" {
  region = "us-central1"
}

resource "google_container_node_pool" "training" {
  cluster        = "ml"
  location       = "us-central1"
  node_locations = ["us-central1-a"]
  node_count     = 2

  node_config {
    machine_type = "a2-highgpu-8g"
  }
}
""",
)

RULE = Rule(
    name="cross-zone-traffic",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES),
    good=(GOOD_KUBERNETES, GOOD_TERRAFORM),
)
