"""A queued workload runs on the machines of its queue's flavors, unless its own fields say otherwise."""

from __future__ import annotations

import pytest

from tests.unit.platforms.kubernetes_documents import group, plain, read

QUEUES = """\
apiVersion: kueue.x-k8s.io/v1beta1
kind: LocalQueue
metadata: {name: research}
spec: {clusterQueue: shared}
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: ClusterQueue
metadata: {name: shared}
spec:
  resourceGroups:
    - coveredResources: [cpu, memory]
      flavors: [{name: plain}]
    - coveredResources: [nvidia.com/gpu]
      flavors: [FLAVORS]
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: ResourceFlavor
metadata: {name: plain}
spec: {nodeLabels: {node.kubernetes.io/instance-type: m6i.large}}
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: ResourceFlavor
metadata: {name: spot}
spec: {nodeLabels: {node.kubernetes.io/instance-type: g5.xlarge, karpenter.sh/capacity-type: spot}}
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: ResourceFlavor
metadata: {name: steady}
spec: {nodeLabels: {node.kubernetes.io/instance-type: g5.xlarge, karpenter.sh/capacity-type: on-demand}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: train, labels: {kueue.x-k8s.io/queue-name: research}}
spec:
  template:
    spec:
      SELECTOR
      containers: [{name: a, image: a, resources: {limits: {LIMIT}}}]
"""


def job(flavors: str, limit: str = "nvidia.com/gpu: 1", selector: str = "restartPolicy: Never") -> list[object]:
    text = QUEUES.replace("FLAVORS", flavors).replace("LIMIT", limit).replace("SELECTOR", selector)
    (resource,) = read(text)
    compute = group(resource)
    return [plain(compute.instance_type), plain(compute.purchase), plain(compute.fallback)]


@pytest.mark.parametrize(
    ("flavors", "found"),
    [
        ("{name: spot}", ["g5.xlarge", "spot", None]),
        ("{name: spot}, {name: steady}", ["g5.xlarge", "mixed", "on_demand"]),
        ("{name: steady}", ["g5.xlarge", "on_demand", None]),
        ("{name: elsewhere}", [None, None, None]),
    ],
)
def test_flavors_tell_the_machines(flavors: str, found: list[object]) -> None:
    assert job(flavors) == found


def test_a_pod_without_accelerators_takes_the_flavor_of_its_processors() -> None:
    assert job("{name: spot}", "cpu: 1")[0] == "m6i.large"


@pytest.mark.parametrize(("limit", "hours"), [('"1800"', "0.5"), ("soon", None)])
def test_capacity_is_provisioned_up_to_a_time(limit: str, hours: str | None) -> None:
    text = QUEUES.replace("FLAVORS", "{name: spot}").replace("LIMIT", "nvidia.com/gpu: 1").replace("SELECTOR", "")
    annotations = f"annotations: {{provreq.kueue.x-k8s.io/maxRunDurationSeconds: {limit}}}"
    (resource,) = read(text.replace("metadata: {name: train,", f"metadata: {{name: train, {annotations},"))
    found = plain(group(resource).max_runtime_hours)
    assert found == hours or (hours is None and found.startswith("?"))


def test_a_selector_of_its_own_wins() -> None:
    selector = "nodeSelector: {node.kubernetes.io/instance-type: p4d.24xlarge}"
    assert job("{name: spot}", selector=selector) == ["p4d.24xlarge", "spot", None]
