"""Values of charts: those that nobody rendered, and those of releases in Terraform."""

from __future__ import annotations

from guard.engine import Understanding, understand
from guard.inputs.memory import MemoryTree
from guard.model.value import Known, Unknown
from guard.prices.book import open_book
from guard.request import Request

VALUES = """\
replicaCount: 2
image: {repository: vllm/vllm-openai}
worker:
  resources:
    limits: {nvidia.com/gpu: 4, memory: 16Gi}
  nodeSelector:
    cloud.google.com/gke-accelerator: nvidia-l4
  autoscaling: {enabled: true, minReplicas: 1, maxReplicas: 5}
proxy:
  resources: {limits: {cpu: 1}}
"""
RAY = """\
variable "gpus" { default = 2 }
resource "helm_release" "ray" {
  name  = "ray"
  chart = "ray-cluster"
  values = [<<-YAML
    head:
      resources: {requests: {cpu: 4}}
    worker:
      groupName: gpu
      replicas: ${var.gpus}
      resources:
        limits:
          nvidia.com/gpu: 1
          memory: 12Gi
    additionalWorkerGroups:
      off: {disabled: true}
  YAML
  ]
  set {
    name  = "worker.resources.limits.nvidia\\\\.com/gpu"
    value = "4"
  }
}
"""


def understood(files: dict[str, str]) -> Understanding:
    return understand(Request(tree=MemoryTree(files)), open_book())


def test_parts_with_accelerators_are_read() -> None:
    found = understood({"llm/Chart.yaml": "apiVersion: v2\nname: llm\n", "llm/values.yaml": VALUES})
    (resource,) = found.resources
    (compute,) = resource.compute
    assert resource.address == "HelmValues/llm/worker"
    assert isinstance(compute.accelerator, Known) and compute.accelerator.value == "L4"
    assert isinstance(compute.accelerator_count, Known) and compute.accelerator_count.value == 4
    assert [one.value for one in (compute.count_min, compute.count_max) if isinstance(one, Known)] == [1, 5]


def test_values_without_a_chart_are_nobody_s() -> None:
    assert understood({"llm/values.yaml": VALUES}).resources == ()


def test_a_ray_cluster_is_read_from_the_values_of_its_release() -> None:
    (resource,) = understood({"main.tf": RAY}).resources
    head, worker = resource.compute
    assert (resource.address, resource.type) == ("helm_release.ray", "RayCluster")
    assert isinstance(head.vcpu, Known) and head.vcpu.value == 4
    assert worker.name == "gpu"
    assert isinstance(worker.count_max, Known) and worker.count_max.value == 2
    assert isinstance(worker.accelerator_count, Known) and worker.accelerator_count.value == 4
    assert worker.accelerator_count.location.line == 21
    assert isinstance(worker.memory_gib, Known) and worker.memory_gib.location.line == 14


def test_values_from_a_file_count_once() -> None:
    values = "servingEngineSpec:\n  modelSpec:\n    - {name: m, modelURL: a/b, replicaCount: 2, requestGPU: 1}\n"
    terraform = 'resource "helm_release" "v" {\n  name = "v"\n  chart = "x"\n  values = [file("v.yaml")]\n}\n'
    (resource,) = understood({"main.tf": terraform, "v.yaml": values}).resources
    assert resource.address == "helm_release.v"
    assert isinstance(resource.compute[0].count_max, Known)
    assert resource.compute[0].count_max.location.path == "v.yaml"


def test_unknown_values_of_a_known_chart_are_said_to_be_unpriced() -> None:
    terraform = (
        'variable "v" {}\nresource "helm_release" "r" {\n  name = "r"\n  chart = "ray-cluster"\n  values = [var.v]\n}\n'
    )
    (resource,) = understood({"main.tf": terraform}).resources
    assert resource.unpriced == "what it deploys is not known: var.v has no value"


def test_a_gap_in_the_values_is_a_gap_in_the_facts() -> None:
    text = RAY.replace('variable "gpus" { default = 2 }', 'variable "gpus" {}')
    (resource,) = understood({"main.tf": text}).resources
    count = resource.compute[1].count_max
    assert isinstance(count, Unknown) and count.reason == "var.gpus has no value"


def test_releases_of_other_charts_are_shown_only() -> None:
    terraform = 'resource "helm_release" "r" {\n  name = "r"\n  chart = "ingress-nginx"\n  values = [var.nope]\n}\n'
    (resource,) = understood({"main.tf": terraform}).resources
    assert (resource.compute, resource.unpriced, resource.platform) == ((), "", "terraform")
