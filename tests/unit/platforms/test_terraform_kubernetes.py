"""Kubernetes objects within Terraform: blocks, manifests, YAML in heredocs, files and templates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.engine import Understanding, understand
from guard.inputs.memory import MemoryTree
from guard.model.location import Location
from guard.model.resource import Purchase, Resource
from guard.model.value import Known, Unknown, Value
from guard.prices.book import open_book
from guard.request import Request

DEPLOYMENT = """\
variable "replicas" { default = 3 }

resource "kubernetes_deployment_v1" "llm" {
  metadata {
    name   = "llm"
    labels = { app = "llm" }
  }
  spec {
    replicas = var.replicas
    template {
      metadata {
        labels = { cost-center = "cc-1" }
      }
      spec {
        node_selector = { "cloud.google.com/gke-accelerator" = "nvidia-l4", "cloud.google.com/gke-spot" = "true" }
        container {
          name  = "vllm"
          image = "vllm/vllm-openai:v0.6.0"
          env {
            name  = "MODEL"
            value = "gs://models/llama"
          }
          resources {
            limits   = { "nvidia.com/gpu" = "2", memory = "16Gi" }
            requests = { cpu = "4" }
          }
        }
        container {
          name = "sidecar"
          resources { requests = { cpu = "500m" } }
        }
      }
    }
  }
}
"""

JOB = """\
variable "replicas" { default = 3 }
variable "gpus" {}
variable "image" {}

resource "kubectl_manifest" "job" {
  yaml_body = <<-YAML
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: train-${var.replicas}
      labels: {owner: "team-${var.image}"}
    spec:
      parallelism: ${var.replicas}
      template:
        spec:
          containers:
            - name: train
              image: ${var.image}
              resources:
                limits:
                  nvidia.com/gpu: ${var.gpus}
                  memory: 12Gi
  YAML
}
"""

SERVICE = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: sk
spec:
  predictor:
    minReplicas: 2
    model:
      modelFormat: {name: sklearn}
      resources:
        limits: {nvidia.com/gpu: 1}
"""


def understood(**files: str) -> Understanding:
    tree = MemoryTree({name.replace("__", ".").replace("_tf", ".tf"): text for name, text in files.items()})
    return understand(Request(tree=tree), open_book())


def one(found: Understanding, address: str) -> Resource:
    (resource,) = [each for each in found.resources if each.address == address]
    return resource


def at(value: Value[Any] | Location) -> tuple[str, int, int]:
    location = value if isinstance(value, Location) else value.location
    return location.path, location.line, location.column


def test_blocks_are_read_as_the_manifest_they_make() -> None:
    resource = one(understood(main_tf=DEPLOYMENT), "kubernetes_deployment_v1.llm")
    (compute,) = resource.compute
    assert (resource.type, resource.platform, resource.origin) == ("Deployment", "kubernetes", "terraform")
    assert isinstance(compute.accelerator, Known) and compute.accelerator.value == "L4"
    assert isinstance(compute.accelerator_count, Known) and compute.accelerator_count.value == 2
    assert at(compute.accelerator_count) == ("main.tf", 24, 45)
    assert isinstance(compute.vcpu, Known) and compute.vcpu.value == Decimal("4.5")
    assert isinstance(compute.memory_gib, Known) and compute.memory_gib.value == 16
    assert isinstance(compute.purchase, Known) and compute.purchase.value is Purchase.SPOT
    assert compute.provider == "google"
    assert {name: label.source for name, label in resource.labels.entries.items()} == {
        "app": "metadata",
        "cost-center": "pod template",
    }
    assert [at(link.uri) for link in resource.data] == [("main.tf", 21, 21)]


def test_counts_lead_to_the_variable_that_sets_them() -> None:
    (compute,) = one(understood(main_tf=DEPLOYMENT), "kubernetes_deployment_v1.llm").compute
    assert isinstance(compute.count_min, Known) and compute.count_min.value == 3
    assert at(compute.count_min) == ("main.tf", 1, 33)


def test_an_autoscaler_of_the_same_root_sets_the_bounds() -> None:
    scaler = """
resource "kubernetes_horizontal_pod_autoscaler_v2" "llm" {
  metadata { name = "llm" }
  spec {
    min_replicas = 1
    max_replicas = 9
    scale_target_ref {
      kind = "Deployment"
      name = kubernetes_deployment_v1.llm.metadata[0].name
    }
  }
}
"""
    (compute,) = one(understood(main_tf=DEPLOYMENT + scaler), "kubernetes_deployment_v1.llm").compute
    assert [one.value for one in (compute.count_min, compute.count_max) if isinstance(one, Known)] == [1, 9]


def test_a_document_s_autoscaler_sets_the_bounds_of_a_deployment_in_terraform() -> None:
    scaler = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: s}
spec: {scaleTargetRef: {name: llm}, maxReplicaCount: 7}
"""
    (compute,) = one(understood(main_tf=DEPLOYMENT, scaler__yaml=scaler), "kubernetes_deployment_v1.llm").compute
    assert [one.value for one in (compute.count_min, compute.count_max) if isinstance(one, Known)] == [0, 7]


def test_a_heredoc_is_read_with_its_places_and_its_gaps() -> None:
    resource = one(understood(main_tf=JOB), "kubectl_manifest.job")
    (compute,) = resource.compute
    assert isinstance(compute.count_max, Known) and compute.count_max.value == 3
    assert at(compute.count_max) == ("main.tf", 1, 33)
    assert isinstance(compute.memory_gib, Known) and compute.memory_gib.value == 12
    assert at(compute.memory_gib) == ("main.tf", 22, 27)
    assert isinstance(compute.accelerator_count, Unknown)
    assert compute.accelerator_count.reason == "var.gpus has no value"
    owner = resource.labels.entries["owner"].value
    assert isinstance(owner, Unknown) and owner.prefix == "team-"
    assert at(owner) == ("main.tf", 11, 23)


def test_a_manifest_from_a_file_stands_in_the_file_and_counts_once() -> None:
    terraform = 'resource "kubernetes_manifest" "sk" {\n  manifest = yamldecode(file("${path.module}/isvc.yaml"))\n}\n'
    found = understood(main_tf=terraform, isvc__yaml=SERVICE)
    assert [each.address for each in found.resources] == ["kubernetes_manifest.sk"]
    (compute,) = found.resources[0].compute
    assert at(compute.count_min) == ("isvc.yaml", 7, 18)
    assert at(found.resources[0].location) == ("main.tf", 1, 1)


def test_a_template_file_is_read_with_its_places() -> None:
    terraform = (
        'resource "kubectl_manifest" "p" {\n  yaml_body = templatefile("p.tpl", { gpus = 4, image = var.image })\n}\n'
    )
    template = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: p
%{ if true ~}
      image: ${image}
%{ endif ~}
      resources: {limits: {nvidia.com/gpu: "${gpus}", memory: 8Gi}}
"""
    found = understood(main_tf=terraform + 'variable "image" {}\n', p__tpl=template)
    (compute,) = one(found, "kubectl_manifest.p").compute
    assert isinstance(compute.accelerator_count, Known) and compute.accelerator_count.value == 4
    assert at(compute.memory_gib) == ("p.tpl", 10, 63)


def test_encoded_values_stand_where_they_are_written() -> None:
    terraform = """\
resource "kubectl_manifest" "p" {
  yaml_body = yamlencode({
    apiVersion = "v1"
    kind       = "Pod"
    metadata   = { name = "p" }
    spec = {
      containers = [{ name = "p", resources = { limits = { "nvidia.com/gpu" = 2 } } }]
    }
  })
}
"""
    (compute,) = one(understood(main_tf=terraform), "kubectl_manifest.p").compute
    assert at(compute.accelerator_count) == ("main.tf", 7, 79)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("var.text", "what it deploys is not known: var.text has no value"),
        ('sensitive("kind: Pod")', "what it deploys is not known: the value is sensitive"),
    ],
)
def test_an_unknown_manifest_is_shown_and_said_to_be_unpriced(body: str, reason: str) -> None:
    found = understood(main_tf=f'variable "text" {{}}\nresource "kubectl_manifest" "p" {{\n  yaml_body = {body}\n}}\n')
    assert [each.unpriced for each in found.resources] == [reason]


def test_broken_yaml_in_a_heredoc_is_a_problem_at_its_line() -> None:
    found = understood(main_tf='resource "kubectl_manifest" "p" {\n  yaml_body = <<YAML\nkind: [a\nYAML\n}\n')
    (problem,) = found.problems
    assert problem.code == "syntax" and problem.location is not None
    assert at(problem.location) == ("main.tf", 3, 7)


@pytest.mark.parametrize(
    "text",
    [
        "\"{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {t: '${var.token}'}}, spec: {containers: []}}\"",
        'templatefile("p.tpl", { words = [var.token] })',
        'templatefile("p.tpl", { words = sensitive([var.open]) })',
        'templatefile("p.tpl", sensitive({ words = [var.open] }))',
    ],
)
def test_a_secret_in_a_template_is_unknown(text: str) -> None:
    terraform = f"""\
variable "token" {{
  default   = "s3://hush/hush"
  sensitive = true
}}
variable "open" {{ default = "s3://hush/hush" }}
resource "kubectl_manifest" "p" {{
  yaml_body = {text}
}}
"""
    template = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: p
      args:
%{ for word in words ~}
        - ${word}
%{ endfor ~}
"""
    found = understood(main_tf=terraform, p__tpl=template)
    assert found.resources
    assert "hush" not in repr([(one.labels, one.data, one.compute, one.unpriced) for one in found.resources])


def test_a_loop_in_a_template_is_followed() -> None:
    terraform = 'resource "kubectl_manifest" "p" {\n  yaml_body = templatefile("p.tpl", { names = ["a", "b"] })\n}\n'
    template = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
%{ for name in names ~}
    - name: ${name}
      resources: {limits: {nvidia.com/gpu: 1}}
%{ endfor ~}
"""
    (compute,) = one(understood(main_tf=terraform, p__tpl=template), "kubectl_manifest.p").compute
    assert isinstance(compute.accelerator_count, Known) and compute.accelerator_count.value == 2
    assert at(compute.accelerator_count) == ("p.tpl", 8, 44)


def test_a_volume_over_a_bucket_is_a_link_and_no_storage() -> None:
    terraform = """\
resource "kubernetes_persistent_volume_v1" "corpus" {
  metadata { name = "corpus" }
  spec {
    capacity = { storage = "1Ti" }
    persistent_volume_source {
      csi {
        driver        = "gcsfuse.csi.storage.gke.io"
        volume_handle = "example-corpus"
      }
    }
  }
}
resource "kubernetes_persistent_volume_claim" "corpus" {
  metadata { name = "corpus" }
  spec {
    volume_name = "corpus"
    resources { requests = { storage = "1Ti" } }
  }
}
"""
    found = understood(main_tf=terraform)
    volume = one(found, "kubernetes_persistent_volume_v1.corpus")
    claim = one(found, "kubernetes_persistent_volume_claim.corpus")
    assert [link.uri.value for link in volume.data if isinstance(link.uri, Known)] == ["gs://example-corpus"]
    assert (claim.storage, [at(link.uri) for link in claim.data]) == ((), [("main.tf", 8, 25)])


def test_types_that_may_serve_in_place_bring_their_accelerators() -> None:
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
          - matchExpressions: [{key: node.kubernetes.io/instance-type, operator: In, values: [g6.xlarge, g5.xlarge]}]
  containers: [{name: p, resources: {limits: {nvidia.com/gpu: 1}}}]
"""
    (compute,) = one(understood(pod__yaml=pod), "Pod/p").compute
    assert isinstance(compute.accelerator, Known) and compute.accelerator.value == "L4"
    assert [one.value for one in compute.other_accelerators] == ["A10G"]
    assert at(compute.other_accelerators[0]) == ("pod.yaml", 9, 106)


SCALED = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec: {template: {spec: {containers: [{name: p, resources: {limits: {nvidia.com/gpu: 1}}}]}}}
"""
SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: llm}
spec: {scaleTargetRef: {kind: Deployment, name: llm}, minReplicas: 1, maxReplicas: %s}
"""


def test_of_equal_names_the_nearest_counts() -> None:
    files = {"dev/llm.yaml": SCALED, "prod/llm.yaml": SCALED, "dev/hpa.yaml": SCALER % 2, "prod/hpa.yaml": SCALER % 9}
    found = understand(Request(tree=MemoryTree(files)), open_book())
    most = {resource.location.path: resource.compute[0].count_max for resource in found.resources}
    assert [one.value for one in most.values() if isinstance(one, Known)] == [2, 9]
