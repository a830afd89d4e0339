"""No shape of an object makes a reader of Kubernetes kinds fail, and reading says the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.discover import offered
from guard.model.instance import Item
from guard.model.location import Location, Span
from guard.model.node import Node
from guard.model.platform import Platform, Surroundings
from guard.model.resource import Resource
from guard.model.value import Unknown

HERE = Location("k8s.yaml", Span(2, 3, 2, 9))
KINDS = (
    "v1 Pod",
    "v1 List",
    "v1 PersistentVolumeClaim",
    "v1 PersistentVolume",
    "apps/v1 Deployment",
    "apps/v1 StatefulSet",
    "apps/v1 DaemonSet",
    "batch/v1 Job",
    "batch/v1 CronJob",
    "autoscaling/v2 HorizontalPodAutoscaler",
    "keda.sh/v1alpha1 ScaledObject",
    "serving.kserve.io/v1beta1 InferenceService",
    "serving.kserve.io/v1alpha1 LLMInferenceService",
    "serving.kserve.io/v1alpha1 ServingRuntime",
    "kubeflow.org/v1 PyTorchJob",
    "kubeflow.org/v2beta1 MPIJob",
    "trainer.kubeflow.org/v1alpha1 TrainJob",
    "trainer.kubeflow.org/v1alpha1 ClusterTrainingRuntime",
    "karpenter.sh/v1 NodePool",
    "karpenter.sh/v1alpha5 Provisioner",
    "karpenter.k8s.aws/v1 EC2NodeClass",
    "cloud.google.com/v1 ComputeClass",
    "ray.io/v1 RayCluster",
    "ray.io/v1 RayJob",
    "ray.io/v1 RayService",
    "ray.io/v1 RayCronJob",
    "jobset.x-k8s.io/v1alpha2 JobSet",
    "leaderworkerset.x-k8s.io/v1 LeaderWorkerSet",
    "batch.volcano.sh/v1alpha1 Job",
    "machinelearning.seldon.io/v1 SeldonDeployment",
    "mlops.seldon.io/v1alpha1 Model",
    "mlops.seldon.io/v1alpha1 Server",
    "argoproj.io/v1alpha1 Workflow",
    "argoproj.io/v1alpha1 CronWorkflow",
    "kubeai.org/v1 Model",
    "kaito.sh/v1beta1 Workspace",
    "kaito.sh/v1alpha1 InferenceSet",
    "kaito.sh/v1alpha1 RAGEngine",
    "apps.nvidia.com/v1alpha1 NIMService",
    "apps.nvidia.com/v1alpha1 NIMCache",
    "nvidia.com/v1alpha1 DynamoGraphDeployment",
    "production-stack.vllm.ai/v1alpha1 VLLMRuntime",
    "serving.knative.dev/v1 Service",
    "autoscaling.x-k8s.io/v1 ProvisioningRequest",
    "resource.k8s.io/v1 ResourceClaim",
    "inference.sagemaker.aws.amazon.com/v1 InferenceEndpointConfig",
    "sagemaker.amazonaws.com/v1 HyperPodPyTorchJob",
    "sagemaker.services.k8s.aws/v1alpha1 TrainingJob",
    "sagemaker.services.k8s.aws/v1alpha1 EndpointConfig",
)
NAMES = [
    "metadata",
    "name",
    "namespace",
    "labels",
    "annotations",
    "spec",
    "template",
    "containers",
    "initContainers",
    "resources",
    "limits",
    "requests",
    "cpu",
    "memory",
    "nvidia.com/gpu",
    "replicas",
    "minReplicas",
    "maxReplicas",
    "size",
    "nodeSelector",
    "affinity",
    "nodeAffinity",
    "tolerations",
    "key",
    "operator",
    "values",
    "value",
    "effect",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
    "matchExpressions",
    "preferredDuringSchedulingIgnoredDuringExecution",
    "preference",
    "predictor",
    "model",
    "modelFormat",
    "storageUri",
    "workerSpec",
    "pytorchReplicaSpecs",
    "Worker",
    "elasticPolicy",
    "runPolicy",
    "trainer",
    "runtimeRef",
    "requirements",
    "taints",
    "limits",
    "nodeClassRef",
    "priorities",
    "machineType",
    "gpu",
    "type",
    "count",
    "spot",
    "headGroupSpec",
    "workerGroupSpecs",
    "serveConfigV2",
    "rayClusterConfig",
    "rayClusterSpec",
    "replicatedJobs",
    "leaderWorkerTemplate",
    "workerTemplate",
    "tasks",
    "predictors",
    "componentSpecs",
    "graph",
    "children",
    "templates",
    "container",
    "dag",
    "steps",
    "withItems",
    "parallelism",
    "url",
    "resourceProfile",
    "resource",
    "instanceType",
    "services",
    "items",
    "volumes",
    "persistentVolumeClaim",
    "claimName",
    "csi",
    "driver",
    "volumeAttributes",
    "bucketName",
    "volumeMounts",
    "mountPath",
    "args",
    "command",
    "env",
    "scaleTargetRef",
    "jobTemplate",
    "schedule",
    "scale",
    "hpa",
    "storage",
    "pvc",
    "podSets",
    "resourceClaims",
    "resourceClaimName",
    "devices",
    "image",
    "karpenter.sh/capacity-type",
    "node.kubernetes.io/instance-type",
    "restartPolicy",
    "suspend",
    "kind",
    "weight",
]
TEXTS = (
    "a",
    "",
    "Always",
    "In",
    "Exists",
    "spot",
    "true",
    "16Gi",
    "1e999999999",
    "${X}",
    "{{ .Values.x }}",
    "s3://bucket/key",
    "--output_dir",
    "--output_dir=/mnt/x",
    "applications: [",
    "$(A)",
    "g5.xlarge",
    "us-east-1a",
    "nvidia-gpu-l4:2",
    "\u0000",
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False)
    | st.sampled_from(TEXTS)
    | st.text(max_size=12)
    | st.just(Unknown("var.x has no value", HERE))
)
shapes: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)


def node(value: Any) -> Node:
    if isinstance(value, Mapping):
        return Node({key: node(one) for key, one in value.items()}, HERE, HERE)
    if isinstance(value, list):
        return Node(tuple(node(one) for one in value), HERE)
    return Node(value, HERE, HERE)


@st.composite
def manifests(draw: st.DrawFn) -> Item:
    version, kind = draw(st.sampled_from(KINDS)).split()
    body = draw(st.dictionaries(st.sampled_from(("metadata", "spec", "resource", "items", "template")), shapes))
    return Item("k8s.yaml", node({**body, "apiVersion": version, "kind": kind}))


PLATFORMS = tuple(offered("guard.platforms", "PLATFORM", Platform).values())


def read(items: tuple[Item, ...]) -> list[Any]:
    around = Surroundings({}, items)
    return [
        thing
        for item in items
        for platform in PLATFORMS
        if platform.claims(item)
        for thing in platform.resources(item, around)
    ]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(manifests(), min_size=1, max_size=4).map(tuple))
def test_every_shape_is_read_without_failing(items: tuple[Item, ...]) -> None:
    found = read(items)
    assert read(items) == found
    for one in found:
        assert isinstance(one, Resource)
        assert one.address
        for compute in one.compute:
            assert not isinstance(getattr(compute.accelerator_count, "value", Decimal(0)), float)
