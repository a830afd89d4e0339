"""A workload on spot capacity gets less time to stop than the cloud's notice allows.

## Why this matters

Between the notice and the end of a spot machine there are two minutes on AWS and half a minute on Google Cloud and
Azure. Kubernetes ends a pod after `terminationGracePeriodSeconds`, which is 30 where nothing is written: on AWS a
minute and a half that a last checkpoint or the requests under way could use is given away, and paid for again by doing
the work twice.

## What to do

Set `terminationGracePeriodSeconds` (`stopTimeout` of an ECS container) to the notice, and write the last checkpoint or
drain requests on SIGTERM. It is an upper bound: a pod that is done sooner ends sooner.

## When to leave it

Where the work keeps no state and is tried again at no cost: set `default_counts: false` to hear only of values that
somebody wrote.

## Source

AWS, "Spot Instance interruption notices" (two minutes); Google Cloud, "Spot VMs" (up to 30 seconds); Azure, "Use Azure
Spot Virtual Machines" (30 seconds); Kubernetes, "Pod Lifecycle" (a grace period of 30 seconds by default).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.resource import Compute, Purchase, Purpose
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules._helpers import put
from guard.rules._workloads import active, attribute

CLOUDS = {"aws": "AWS", "google": "Google Cloud", "azure": "Azure"}
WORK = frozenset({Purpose.TRAINING, Purpose.INFERENCE, Purpose.BATCH, Purpose.NOTEBOOK})
KUBERNETES_DEFAULT = Decimal(30)


class Options(BaseModel, extra="forbid", frozen=True):
    """How much time there is."""

    notice_seconds: Mapping[str, Annotated[Decimal, Field(ge=0)]] = Field(
        default_factory=lambda: {"aws": Decimal(120), "google": Decimal(30), "azure": Decimal(30)}
    )
    """The seconds between the notice and the end of a spot machine, by provider."""
    default_counts: bool = True
    """Whether Kubernetes' default of 30 seconds counts as too short where nothing is written."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for each group of pods on spot machines that must stop before the machine does."""
    for compute in context.resource.compute:
        if compute.share and active(compute):
            match compute.purchase:
                case Known(Purchase.SPOT | Purchase.MIXED) as spot if _concerned(context, spot):
                    yield from _judged(context, compute, spot)


def _concerned(context: Context[Options], spot: Known[Purchase]) -> bool:
    """Tell whether it runs on spot, or may and is known to be work on models."""
    return spot.value is Purchase.SPOT or context.resource.purpose in WORK


def _judged(context: Context[Options], compute: Compute, spot: Known[Purchase]) -> Iterator[Finding | UnknownFact]:
    name = attribute(compute, "grace_seconds")
    notice = context.options.notice_seconds.get(compute.provider)
    if notice is None:
        if not compute.provider:
            yield context.undecided(Unknown("nothing says in which cloud it runs", spot.location), name)
        return
    rest = f"{CLOUDS.get(compute.provider, compute.provider)} gives a spot machine {notice:f}"
    match compute.grace_seconds:
        case Known(seconds) as written if seconds < notice:
            fix = Fix(f"give it {notice:f} seconds", changes=(put(written.location, (), int(notice)),))
            yield context.finding(written, f"{seconds:f} seconds to stop, {rest}", attribute=name, fix=fix)
        case Absent() as absent if context.options.default_counts and notice > KUBERNETES_DEFAULT:
            message = f"{KUBERNETES_DEFAULT:f} seconds to stop by Kubernetes' default, {rest}"
            change = put(absent.location, ("terminationGracePeriodSeconds",), int(notice))
            fix = Fix(f"give it {notice:f} seconds", changes=(change,))
            yield context.finding(absent, message, attribute=name, fix=fix)
        case Unknown() as unknown:
            yield context.undecided(unknown, name)


KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 10
#                                    ^^ 10 seconds to stop, AWS gives a spot machine 120
      nodeSelector:
        karpenter.sh/capacity-type: spot
        node.kubernetes.io/instance-type: g5.xlarge
      containers:
        - name: train
          image: docker.io/acme/train:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
)

SERVING = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
spec:
  replicas: 2
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
#   ^^^^ 30 seconds to stop by Kubernetes' default, AWS gives a spot machine 120
      nodeSelector:
        eks.amazonaws.com/capacityType: SPOT
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
)

GOOD = Example(
    "serve.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve
spec:
  replicas: 2
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
      terminationGracePeriodSeconds: 120
      nodeSelector:
        eks.amazonaws.com/capacityType: SPOT
      containers:
        - name: serve
          image: docker.io/acme/serve:1.0
          resources:
            limits: {nvidia.com/gpu: 1}
""",
)

GOOD_GOOGLE = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud
spec:
  predictor:
    nodeSelector:
      cloud.google.com/gke-spot: "true"
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/fraud
""",
)

RULE = Rule(
    name="no-termination-grace",
    severity=Severity.NOTE,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(KUBERNETES, SERVING),
    good=(GOOD, GOOD_GOOGLE),
)
