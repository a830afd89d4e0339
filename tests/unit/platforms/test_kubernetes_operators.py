"""Kinds of operators: servers of models, workflows, managed services behind custom resources, volumes."""

from __future__ import annotations

from guard.model.resource import Purpose
from guard.model.value import Unknown
from tests.unit.platforms.kubernetes_documents import group, only, plain, read


def test_seldon_deployment() -> None:
    found = only(
        """
        apiVersion: machinelearning.seldon.io/v1
        kind: SeldonDeployment
        metadata: {name: iris}
        spec:
          predictors:
            - name: main
              replicas: 2
              traffic: 80
              graph: {name: classifier, implementation: SKLEARN_SERVER, modelUri: "gs://models/iris"}
              componentSpecs:
                - hpaSpec: {minReplicas: 1, maxReplicas: 4}
                  spec: {containers: [{name: classifier, resources: {requests: {cpu: 500m}}}]}
            - name: canary
              traffic: 20
              graph: {name: classifier, implementation: SKLEARN_SERVER, modelUri: "gs://models/iris2"}
        """
    )
    main, canary = group(found, "main"), group(found, "canary")
    assert (plain(main.count_min), plain(main.count_max), plain(main.vcpu)) == (1, 4, "0.5")
    assert plain(canary.count_min) is None
    assert [plain(one.uri) for one in found.data] == ["gs://models/iris", "gs://models/iris2"]
    assert found.serving is not None
    assert (plain(found.serving.traffic), plain(found.serving.model_format)) == ("80", "sklearn")


def test_seldon_v2_model_runs_on_servers() -> None:
    model, server = read(
        """
        apiVersion: mlops.seldon.io/v1alpha1
        kind: Model
        metadata: {name: m}
        spec: {storageUri: "s3://models/m", requirements: [onnx], minReplicas: 1}
        ---
        apiVersion: mlops.seldon.io/v1alpha1
        kind: Server
        metadata: {name: triton}
        spec:
          replicas: 2
          podSpec: {containers: [{name: triton, resources: {limits: {nvidia.com/gpu: 1}}}]}
        """
    )
    assert not model.compute
    assert model.serving is not None
    assert plain(model.serving.model_format) == "onnx"
    assert (plain(group(server).count_max), plain(group(server).accelerator_count)) == (2, "1")


def test_knative_scales_to_zero_and_without_bound() -> None:
    text = """
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: s}
    spec:
      template:
        metadata: {annotations: {ANNOTATIONS}}
        spec: {containers: [{name: a, image: vllm/vllm-openai, resources: {limits: {nvidia.com/gpu: 1}}}]}
    """
    found = group(only(text.replace("ANNOTATIONS", "x: y")))
    assert plain(found.count_min) == 0
    assert isinstance(found.count_max, Unknown)
    written = "autoscaling.knative.dev/min-scale: '1', autoscaling.knative.dev/maxScale: '5'"
    found = group(only(text.replace("ANNOTATIONS", written)))
    assert (plain(found.count_min), plain(found.count_max)) == (1, 5)


WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: train-}
spec:
  parallelism: 2
  nodeSelector: {karpenter.sh/capacity-type: spot}
  templates:
    - name: main
      dag: {tasks: [{name: t, template: train, withItems: [a, b, c]}, {name: e, template: eval}]}
    - name: train
      container: {name: c, command: [torchrun], resources: {limits: {nvidia.com/gpu: 1}}}
      outputs: {artifacts: [{name: o, s3: {bucket: runs, key: model.tgz}}]}
    - name: eval
      activeDeadlineSeconds: 600
      script: {image: python, source: "print('s3://corpus/eval')"}
"""


def test_steps_of_a_workflow() -> None:
    found = only(WORKFLOW)
    train, evaluation = group(found, "train"), group(found, "eval")
    assert (plain(train.count_min), plain(train.count_max), plain(train.purchase)) == (1, 2, "spot")
    assert (plain(evaluation.count_max), plain(evaluation.max_runtime_hours)) == (1, "0.1666666666666666666666666667")
    assert (found.address, found.purpose) == ("Workflow/train-", Purpose.TRAINING)
    assert {plain(one.uri) for one in found.data} == {"s3://runs/model.tgz", "s3://corpus/eval"}


def test_kubeai_model() -> None:
    found = only(
        """
        apiVersion: kubeai.org/v1
        kind: Model
        metadata: {name: m}
        spec: {url: "hf://org/m", engine: VLLM, resourceProfile: "nvidia-gpu-l4:2", minReplicas: 0, maxReplicas: 3}
        """
    )
    compute = group(found)
    assert (plain(compute.accelerator), plain(compute.accelerator_count)) == ("L4", "2")
    assert (plain(compute.count_min), plain(compute.count_max)) == (0, 3)
    assert [plain(one.uri) for one in found.data] == ["hf://org/m"]


def test_kaito_workspace_has_no_spec() -> None:
    found = only(
        """
        apiVersion: kaito.sh/v1beta1
        kind: Workspace
        metadata: {name: w}
        resource: {instanceType: Standard_NC24ads_A100_v4, count: 2}
        inference: {preset: {name: phi-4}}
        """
    )
    compute = group(found)
    assert (plain(compute.instance_type), compute.provider, plain(compute.count_max)) == (
        "Standard_NC24ads_A100_v4",
        "azure",
        2,
    )
    assert not compute.share
    assert found.serving is not None
    assert plain(found.serving.model_name) == "phi-4"


def test_nim_service() -> None:
    found = only(
        """
        apiVersion: apps.nvidia.com/v1alpha1
        kind: NIMService
        metadata: {name: n}
        spec:
          image: {repository: nvcr.io/nim/meta/llama, tag: "1.3"}
          replicas: 2
          resources: {limits: {nvidia.com/gpu: 1}}
          nodeSelector: {nvidia.com/gpu.product: NVIDIA-L40S}
          storage: {pvc: {create: true, size: 50Gi}}
          scale: {enabled: true, hpa: {minReplicas: 1, maxReplicas: 4}}
        """
    )
    compute = group(found)
    assert (plain(compute.accelerator), plain(compute.count_min), plain(compute.count_max)) == ("L40S", 1, 4)
    assert plain(found.storage[0].size_gib) == "50"


def test_dynamo_graph() -> None:
    found = only(
        """
        apiVersion: nvidia.com/v1alpha1
        kind: DynamoGraphDeployment
        metadata: {name: d}
        spec:
          services:
            Decode:
              replicas: 2
              multinode: {nodeCount: 2}
              resources: {limits: {gpu: "8"}}
              extraPodSpec: {mainContainer: {args: [--model, org/m]}}
        """
    )
    compute = group(found, "Decode")
    assert (plain(compute.accelerator_count), plain(compute.count_max)) == ("8", 4)


def test_vllm_runtime() -> None:
    found = only(
        """
        apiVersion: production-stack.vllm.ai/v1alpha1
        kind: VLLMRuntime
        metadata: {name: v}
        spec:
          model: {modelURL: org/m, dtype: bfloat16}
          deploymentConfig: {replicas: 2, resources: {cpu: "10", memory: 32Gi, gpu: "1", gpuType: nvidia.com/gpu}}
        """
    )
    compute = group(found)
    assert (plain(compute.accelerator), plain(compute.accelerator_count), plain(compute.count_max)) == ("GPU", "1", 2)


def test_capacity_asked_for_is_not_counted_twice() -> None:
    found = read(
        """
        apiVersion: v1
        kind: PodTemplate
        metadata: {name: t}
        template: {spec: {containers: [{name: a, resources: {limits: {nvidia.com/gpu: 2}}}]}}
        ---
        apiVersion: autoscaling.x-k8s.io/v1
        kind: ProvisioningRequest
        metadata: {name: r}
        spec: {podSets: [{count: 3, podTemplateRef: {name: t}}], parameters: {maxRunDurationSeconds: "3600"}}
        """
    )
    compute = group(found[0])
    assert (plain(compute.count_min), plain(compute.count_max), plain(compute.max_runtime_hours)) == (0, 3, "1")


def test_hyperpod_endpoint() -> None:
    found = only(
        """
        apiVersion: inference.sagemaker.aws.amazon.com/v1
        kind: InferenceEndpointConfig
        metadata: {name: e}
        spec:
          modelName: m
          instanceType: ml.g5.8xlarge
          replicas: 2
          modelSourceConfig: {modelLocation: llama, s3Storage: {bucketName: models, region: us-east-2}}
          worker: {resources: {limits: {nvidia.com/gpu: 1}}}
        """
    )
    compute = group(found)
    assert (plain(compute.instance_type), compute.provider, plain(compute.count_max)) == ("ml.g5.8xlarge", "aws", 2)
    assert [(plain(one.uri), plain(one.region)) for one in found.data] == [("s3://models/llama", "us-east-2")]


def test_sagemaker_training_job() -> None:
    found = only(
        """
        apiVersion: sagemaker.services.k8s.aws/v1alpha1
        kind: TrainingJob
        metadata: {name: t, annotations: {services.k8s.aws/region: eu-west-1}}
        spec:
          enableManagedSpotTraining: true
          checkpointConfig: {s3URI: "s3://runs/ckpt"}
          resourceConfig: {instanceType: ml.p4d.24xlarge, instanceCount: 2, volumeSizeInGB: 100}
          stoppingCondition: {maxRuntimeInSeconds: 7200}
          inputDataConfig: [{dataSource: {s3DataSource: {s3URI: "s3://corpus/train"}}}]
        """
    )
    compute = group(found)
    assert (plain(compute.purchase), plain(compute.checkpoint), plain(compute.max_runtime_hours)) == (
        "spot",
        "s3://runs/ckpt",
        "2",
    )
    assert (compute.service, plain(compute.count_max), plain(found.region)) == ("sagemaker", 2, "eu-west-1")
    assert {plain(one.uri): one.role for one in found.data} == {
        "s3://runs/ckpt": "checkpoint",
        "s3://corpus/train": "data",
    }


def test_a_claim_of_a_class_that_is_not_here_is_unknown() -> None:
    found = only(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: c}
        spec: {storageClassName: lustre, resources: {requests: {storage: 1.2Ti}}}
        """
    )
    (storage,) = found.storage
    assert (plain(storage.kind), plain(storage.size_gib)) == (
        "? StorageClass lustre is not in the repository",
        "1228.8",
    )
    assert found.purpose is Purpose.STORAGE


def test_a_volume_over_a_bucket_is_data() -> None:
    found = only(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: v}
        spec: {csi: {driver: s3.csi.aws.com, volumeHandle: x, volumeAttributes: {bucketName: corpus}}}
        """
    )
    assert [plain(one.uri) for one in found.data] == ["s3://corpus"]
