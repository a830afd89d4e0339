"""KServe's kinds."""

from __future__ import annotations

from guard.model.resource import Purpose
from guard.model.value import Absent
from tests.unit.platforms.kubernetes_documents import group, line, only, plain, read

SERVICE = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  labels: {owner: ml}
  annotations: {serving.kserve.io/gke-accelerator: nvidia-tesla-t4}
spec:
  predictor:
    canaryTrafficPercent: 20
    minReplicas: 0
    maxReplicas: 5
    nodeSelector: {cloud.google.com/gke-spot: "true"}
    logger: {mode: all, url: "http://log"}
    model:
      modelFormat: {name: huggingface}
      runtimeVersion: "1.2"
      storageUri: s3://models/chat
      args: [--dtype=bfloat16]
      resources: {limits: {nvidia.com/gpu: 2, cpu: 8, memory: 32Gi}}
    containers:
      - {name: agent, resources: {limits: {cpu: 1}}}
  transformer:
    containers: [{name: t, env: [{name: TOKENIZER, value: "gs://tok/x"}]}]
"""


def test_a_predictor_is_a_pod_with_its_model() -> None:
    found = only(SERVICE)
    predictor = group(found, "predictor")
    assert (plain(predictor.accelerator), plain(predictor.accelerator_count)) == ("T4", "2")
    assert (plain(predictor.vcpu), plain(predictor.memory_gib)) == ("9", "32")
    assert (plain(predictor.count_min), plain(predictor.count_max)) == (0, 5)
    assert (plain(predictor.purchase), predictor.provider) == ("spot", "google")
    assert isinstance(group(found, "transformer").count_min, Absent)
    assert line(group(found, "transformer").count_min) == 22
    assert {plain(one.uri): one.role for one in found.data} == {"s3://models/chat": "model", "gs://tok/x": "model"}
    assert found.purpose is Purpose.INFERENCE


def test_what_is_served_and_how() -> None:
    serving = only(SERVICE).serving
    assert serving is not None
    assert (plain(serving.min_replicas), plain(serving.max_replicas), plain(serving.scale_to_zero)) == (0, 5, True)
    assert (plain(serving.traffic), plain(serving.model_format), plain(serving.model_version)) == (
        "20",
        "huggingface",
        "1.2",
    )
    assert (plain(serving.precision), plain(serving.monitoring), plain(serving.model_name)) == (
        "bfloat16",
        True,
        "chat",
    )


def test_labels_are_those_of_the_service() -> None:
    labels = only(SERVICE).labels
    assert labels.location.line == 5
    assert [(key, label.source) for key, label in labels.entries.items()] == [("owner", "metadata")]


def test_a_framework_as_the_key() -> None:
    found = only(
        """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: old}
        spec:
          predictor:
            pytorch:
              storageUri: pvc://models
              resources: {limits: {nvidia.com/gpu: "1"}}
        """
    )
    assert plain(group(found, "predictor").accelerator_count) == "1"
    assert found.serving is not None
    assert plain(found.serving.model_format) == "pytorch"
    assert [plain(one.uri) for one in found.data] == ["pvc://models"]


def test_a_runtime_of_the_repository_brings_its_containers() -> None:
    (found,) = read(
        """
        apiVersion: serving.kserve.io/v1alpha1
        kind: ServingRuntime
        metadata: {name: vllm}
        spec: {containers: [{name: kserve-container, resources: {limits: {nvidia.com/gpu: 4}}}]}
        ---
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: chat}
        spec: {predictor: {model: {runtime: vllm, storageUri: "hf://a/b"}}}
        """
    )
    assert plain(group(found, "predictor").accelerator_count) == "4"


def test_nodes_of_a_model_over_several() -> None:
    found = only(
        """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: big}
        spec:
          predictor:
            minReplicas: 2
            model: {modelFormat: {name: huggingface}, resources: {limits: {nvidia.com/gpu: 8}}}
            workerSpec: {pipelineParallelSize: 3, containers: [{name: w, resources: {limits: {nvidia.com/gpu: 8}}}]}
        """
    )
    assert (plain(group(found, "predictor").count_min), plain(group(found, "worker").count_min)) == (2, 4)


def test_prefill_and_decode_are_groups_of_their_own() -> None:
    found = only(
        """
        apiVersion: serving.kserve.io/v1alpha1
        kind: LLMInferenceService
        metadata: {name: llm}
        spec:
          model: {uri: "hf://org/model", name: org/model}
          replicas: 2
          parallelism: {data: 16, dataLocal: 8}
          template: {containers: [{name: main, resources: {limits: {nvidia.com/gpu: 8}}}]}
          worker: {containers: [{name: main, resources: {limits: {nvidia.com/gpu: 8}}}]}
          prefill:
            replicas: 3
            template: {containers: [{name: main, resources: {limits: {nvidia.com/gpu: 1}}}]}
        """
    )
    counted = {one.name: (plain(one.count_min), plain(one.accelerator_count)) for one in found.compute}
    assert counted == {"main": (2, "8"), "worker": (2, "8"), "prefill": (3, "1")}
    assert [plain(one.uri) for one in found.data] == ["hf://org/model"]


def test_devices_that_the_operator_claims() -> None:
    found = only(
        """
        apiVersion: serving.kserve.io/v1alpha2
        kind: LLMInferenceService
        metadata:
          name: llm
          annotations:
            serving.kserve.io/exp-dra-device-class: gpu.nvidia.com
            serving.kserve.io/exp-dra-device-count: "2"
            serving.kserve.io/exp-dra-cel-selector: device.attributes['gpu.nvidia.com']['type'] == 'A100'
        spec: {template: {containers: [{name: main}]}}
        """
    )
    assert (plain(group(found).accelerator), plain(group(found).accelerator_count)) == ("A100", "2")
