"""Workloads of Kubernetes itself: counts, autoscalers, labels, purpose, lists, pools."""

from __future__ import annotations

from typing import Any

import pytest

from guard.model.instance import Instance, Item
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Purpose, Resource
from guard.model.value import Absent, Unknown
from guard.platforms import kubernetes
from tests.unit.platforms.kubernetes_documents import group, items, line, only, plain, read

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: llm
  namespace: serving
  labels: {owner: old, app: llm}
spec:
  template:
    metadata:
      labels: {owner: ml, tier: 1}
    spec:
      containers:
        - name: main
          image: vllm/vllm-openai:v0.8
          args: [--model, meta-llama/Llama-3-8B-AWQ, --revision=abc]
          resources: {limits: {nvidia.com/gpu: 1, cpu: 4, memory: 16Gi}}
"""


def test_labels_of_the_pod_template_win() -> None:
    found = only(DEPLOYMENT)
    assert found.address == "serving/Deployment/llm"
    assert {key: (plain(label.value), label.source) for key, label in found.labels.entries.items()} == {
        "app": ("llm", "metadata"),
        "owner": ("ml", "pod template"),
        "tier": ("1", "pod template"),
    }
    assert found.labels.location.line == 10
    assert found.location.line == 4


def test_a_server_is_known_by_its_image() -> None:
    found = only(DEPLOYMENT)
    assert (found.purpose, found.evidence) == (Purpose.INFERENCE, "image names vllm")
    assert found.serving is not None
    assert plain(found.serving.model_name) == "meta-llama/Llama-3-8B-AWQ"
    assert plain(found.serving.model_version) == "abc"
    assert plain(found.serving.precision) == "awq"


SPREAD = """\
apiVersion: v1
kind: Pod
metadata: {name: llm}
spec:
  containers:
    - name: vllm
      image: docker.io/vllm/vllm-openai:v0.9.0
      args: [--model, acme/llm, --tensor-parallel-size=4, --pipeline-parallel-size, "PIPELINE"]
"""


def test_a_server_tells_over_how_many_accelerators_it_spreads() -> None:
    found = only(SPREAD.replace("PIPELINE", "2"))
    assert found.serving is not None
    assert plain(found.serving.parallelism) == 8
    found = only(SPREAD.replace("PIPELINE", "$(STAGES)"))
    assert found.serving is not None
    assert isinstance(found.serving.parallelism, Unknown)


def test_replicas_that_are_not_written_are_absent_at_the_spec() -> None:
    found = group(only(DEPLOYMENT))
    assert isinstance(found.count_min, Absent)
    assert (line(found.count_min), found.count_min) == (7, found.count_max)


def test_an_autoscaler_sets_the_bounds() -> None:
    hpa = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: llm, namespace: NAMESPACE}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: llm}
  minReplicas: 2
  maxReplicas: 9
"""
    found = group(read(DEPLOYMENT + hpa.replace("NAMESPACE", "serving"))[0])
    assert (plain(found.count_min), plain(found.count_max), line(found.count_max)) == (2, 9, 24)
    other = group(read(DEPLOYMENT + hpa.replace("NAMESPACE", "elsewhere"))[0])
    assert plain(other.count_max) is None


@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [
        ("{minReplicaCount: 1, maxReplicaCount: 4}", 1, 4),
        ("{}", 0, 100),
        ("{minReplicaCount: 2, idleReplicaCount: 0, maxReplicaCount: 3}", 0, 3),
    ],
)
def test_keda_scales_to_zero_unless_it_is_told_not_to(bounds: str, low: int, high: int) -> None:
    keda = (
        "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: s}\n"
        f"spec: {bounds[:-1]}{', ' if len(bounds) > 2 else ''}scaleTargetRef: {{name: llm}}}}\n"
    )
    (found,) = read(DEPLOYMENT + keda)
    assert (plain(group(found).count_min), plain(group(found).count_max)) == (low, high)
    assert found.serving is not None
    assert plain(found.serving.scale_to_zero) is (low == 0)


JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: j}
spec:
  activeDeadlineSeconds: 7200
  SPEC
  template:
    spec:
      containers: [{name: a, image: IMAGE, resources: {limits: {nvidia.com/gpu: 8}}}]
"""


def job(spec: str = "backoffLimit: 0", image: str = "repo/tool") -> Resource:
    return only(JOB.replace("SPEC", spec).replace("IMAGE", image))


@pytest.mark.parametrize(
    ("spec", "low", "high"),
    [
        ("backoffLimit: 0", None, None),
        ("parallelism: 4", 4, 4),
        ("{parallelism: 4, completions: 2}", 2, 2),
        ("completions: 5", 1, 1),
        ("{parallelism: 3, suspend: true}", 0, 3),
    ],
)
def test_pods_of_a_job_run_in_parallel(spec: str, low: Any, high: Any) -> None:
    found = group(job(spec.strip("{}").replace(", ", "\n  ")))
    assert (plain(found.count_min), plain(found.count_max)) == (low, high)
    assert plain(found.max_runtime_hours) == "2"


@pytest.mark.parametrize(
    ("image", "purpose", "evidence"),
    [
        ("repo/pytorch-training:1", Purpose.TRAINING, "image names -training"),
        ("repo/finetune:1", Purpose.TRAINING, "image names finetun"),
        ("repo/benchmark:1", Purpose.BATCH, "image names benchmark"),
        ("repo/tool", Purpose.BATCH, "a Job with accelerators"),
    ],
)
def test_what_a_job_is_for(image: str, purpose: Purpose, evidence: str) -> None:
    found = job(image=image)
    assert (found.purpose, found.evidence) == (purpose, evidence)


def test_a_cron_job_has_a_schedule() -> None:
    found = only(
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: nightly}
        spec:
          schedule: "0 3 * * *"
          jobTemplate:
            spec:
              template: {spec: {containers: [{command: [torchrun, train.py], resources: {requests: {cpu: 1}}}]}}
        """
    )
    assert found.purpose is Purpose.TRAINING
    assert found.training is not None
    assert (plain(found.training.schedule), plain(found.training.trigger)) == ("0 3 * * *", "schedule")
    assert plain(group(found).vcpu) == "1"


def test_how_many_daemons_there_are_is_not_known() -> None:
    found = only(DEPLOYMENT.replace("Deployment", "DaemonSet"))
    assert isinstance(group(found).count_min, Unknown)


def test_claims_of_a_stateful_set_are_storage() -> None:
    (found,) = read(
        DEPLOYMENT.replace("Deployment", "StatefulSet")
        + "  replicas: 3\n  volumeClaimTemplates:\n    - metadata: {name: data}\n"
        + "      spec: {storageClassName: fast, resources: {requests: {storage: 100Gi}}}\n"
        + "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\n"
        + "provisioner: ebs.csi.aws.com\nparameters: {type: io2}\n"
    )
    (storage,) = found.storage
    assert (storage.provider, plain(storage.kind), plain(storage.size_gib)) == ("aws", "ebs:io2", "100")
    assert plain(storage.count_max) == 3


def test_a_list_is_read_by_the_readers_of_its_members() -> None:
    found = read(
        """
        apiVersion: v1
        kind: List
        items:
          - {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a}]}}
          - {apiVersion: v1, kind: Service, metadata: {name: s}}
          - apiVersion: serving.kserve.io/v1beta1
            kind: InferenceService
            metadata: {name: i}
            spec: {predictor: {model: {modelFormat: {name: onnx}}}}
        """
    )
    assert [(one.address, one.platform) for one in found] == [("Pod/p", "kubernetes"), ("InferenceService/i", "kserve")]


def test_what_is_no_workload_is_left_alone() -> None:
    assert not read("apiVersion: v1\nkind: Service\nmetadata: {name: s}\n")
    assert not read("apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: s}\n")
    assert not read("kind: Deployment\n")


def test_a_manifest_in_terraform_keeps_its_address() -> None:
    (item,) = items(DEPLOYMENT)
    body = Node({"manifest": item.node}, item.node.location)
    here = item.node.location
    instance = Instance("module.k.kubernetes_manifest.llm", "kubernetes_manifest", "llm", body, here, here)
    assert kubernetes.PLATFORM.claims(instance)
    (found,) = kubernetes.PLATFORM.resources(instance, Surroundings())
    assert isinstance(found, Resource)
    assert (found.address, found.origin, found.type) == ("module.k.kubernetes_manifest.llm", "terraform", "Deployment")


POOL = """\
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  template:
    metadata: {labels: {team: ml}}
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      taints: [{key: nvidia.com/gpu, effect: NoSchedule}]
      requirements:
        - {key: karpenter.sh/capacity-type, operator: In, values: [spot]}
        - {key: node.kubernetes.io/instance-type, operator: In, values: [g6.2xlarge]}
"""


@pytest.mark.parametrize(
    ("asked", "kind", "purchase"),
    [
        ("tolerations: [{key: nvidia.com/gpu, operator: Exists}]", "g6.2xlarge", "spot"),
        ("tolerations: [{operator: Exists}]\n      nodeSelector: {team: ml}", "g6.2xlarge", "spot"),
        ("tolerations: [{operator: Exists}]\n      nodeSelector: {team: web}", None, None),
        ("nodeSelector: {team: ml}", None, None),
        ("tolerations: [{operator: Exists}]\n      nodeSelector: {karpenter.sh/nodepool: gpu}", "g6.2xlarge", "spot"),
        ("tolerations: [{operator: Exists}]\n      nodeSelector: {karpenter.sh/nodepool: cpu}", None, None),
        ("tolerations: []", None, None),
    ],
)
def test_a_pool_that_would_take_the_pod_tells_its_machine(asked: str, kind: Any, purchase: Any) -> None:
    found = group(read(DEPLOYMENT.replace("      containers:", f"      {asked}\n      containers:") + POOL)[0])
    assert (plain(found.instance_type), plain(found.purchase)) == (kind, purchase)
    assert found.provider == ("aws" if kind else "")


def test_an_item_of_another_shape_is_not_claimed() -> None:
    here = items("a: 1")[0].node.location
    for value in (None, "text", 3, (), {"apiVersion": Node(3, here), "kind": Node("Pod", here)}):
        assert not kubernetes.PLATFORM.claims(Item("a.yaml", Node(value, here)))


@pytest.mark.parametrize(
    ("arguments", "variables", "name"),
    [
        ('["--model=$(MODEL)"]', "[{name: MODEL, value: acme/llm}]", "acme/llm"),
        ('["vllm serve --model $MODEL"]', "[{name: MODEL, value: acme/llm}]", "acme/llm"),
        ('["--model=models/${NAME}"]', "[{name: NAME, value: llm}]", "models/llm"),
        ('["--model=$(MODEL)"]', "[{name: MODEL, valueFrom: {}}]", "? the variable MODEL is not known here"),
        ('["--model=$(MODEL)"]', "[{name: MODEL, value: $(OTHER)}]", "? the variable MODEL is not known here"),
        ('["--model=$(MODEL)"]', "[]", "? the variable MODEL is not known here"),
    ],
)
def test_variables_are_put_into_the_arguments_of_a_server(arguments: str, variables: str, name: str) -> None:
    text = f"""\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: llm}}
        spec:
          template:
            spec:
              containers:
                - name: main
                  image: vllm/vllm-openai
                  args: {arguments}
                  env: {variables}
                  resources: {{limits: {{nvidia.com/gpu: 1}}}}
        """
    serving = only(text).serving
    assert serving is not None
    assert plain(serving.model_name) == name
