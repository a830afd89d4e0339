"""KubeRay's kinds."""

from __future__ import annotations

from guard.model.resource import Purpose
from tests.unit.platforms.kubernetes_documents import group, line, only, plain

SERVICE = """\
apiVersion: ray.io/v1
kind: RayService
metadata: {name: llm}
spec:
  serveConfigV2: |
    applications:
      - name: chat
        import_path: app:main
        runtime_env: {working_dir: "s3://code/app.zip"}
        deployments:
          - name: model
            autoscaling_config: {min_replicas: 1, max_replicas: 6}
            user_config: {model: meta-llama/Llama-3-8B}
  rayClusterConfig:
    enableInTreeAutoscaling: true
    headGroupSpec:
      template: {spec: {containers: [{name: head, resources: {limits: {cpu: 2, memory: 12G}}}]}}
    workerGroupSpecs:
      - groupName: gpu
        replicas: 2
        minReplicas: 1
        maxReplicas: 4
        numOfHosts: 2
        template: {spec: {containers: [{name: w, resources: {limits: {nvidia.com/gpu: 4}}}]}}
"""


def test_head_and_workers_are_groups() -> None:
    found = only(SERVICE)
    head, workers = group(found, "head"), group(found, "gpu")
    assert (plain(head.count_min), plain(head.count_max), plain(head.vcpu)) == (1, 1, "2")
    assert (plain(workers.count_min), plain(workers.count_max), plain(workers.accelerator_count)) == (2, 8, "4")
    assert found.purpose is Purpose.INFERENCE


def test_bounds_without_the_autoscaler_have_no_effect() -> None:
    workers = group(only(SERVICE.replace("enableInTreeAutoscaling: true", "rayVersion: '2.9'")), "gpu")
    assert (plain(workers.count_min), plain(workers.count_max)) == (4, 4)


def test_the_configuration_in_a_string_is_read() -> None:
    found = only(SERVICE)
    assert found.serving is not None
    assert (plain(found.serving.min_replicas), plain(found.serving.max_replicas)) == (1, 6)
    assert plain(found.serving.model_name) == "meta-llama/Llama-3-8B"
    assert line(found.serving.max_replicas) == 5
    assert [plain(one.uri) for one in found.data] == ["s3://code/app.zip"]


def test_a_broken_configuration_is_no_crash() -> None:
    found = only(SERVICE.replace("applications:\n", "applications: [\n"))
    assert found.serving is not None
    assert plain(found.serving.min_replicas) is None


def test_what_a_ray_job_is_for() -> None:
    found = only(
        """
        apiVersion: ray.io/v1
        kind: RayJob
        metadata: {name: tune}
        spec:
          entrypoint: python finetune.py --data s3://corpus/a
          activeDeadlineSeconds: 1800
          rayClusterSpec:
            headGroupSpec: {template: {spec: {containers: [{name: head, resources: {requests: {cpu: 4}}}]}}}
        """
    )
    assert (found.purpose, found.evidence) == (Purpose.TRAINING, "its command names finetun")
    assert plain(group(found, "head").max_runtime_hours) == "0.5"
    assert [plain(one.uri) for one in found.data] == ["s3://corpus/a"]
