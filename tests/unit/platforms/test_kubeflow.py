"""Kubeflow's training jobs."""

from __future__ import annotations

from guard.model.resource import Purpose
from tests.unit.platforms.kubernetes_documents import group, only, plain, read

JOB = """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: train}
spec:
  elasticPolicy: {minReplicas: 2, maxReplicas: 8}
  runPolicy: {activeDeadlineSeconds: 86400}
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      template:
        metadata: {labels: {owner: ml}}
        spec:
          containers:
            - name: pytorch
              args: [--output_dir, s3://runs/train]
              resources: {limits: {nvidia.com/gpu: 8}}
    Worker:
      replicas: 4
      template:
        spec:
          nodeSelector: {karpenter.sh/capacity-type: spot, node.kubernetes.io/instance-type: p4d.24xlarge}
          containers: [{name: pytorch, resources: {limits: {nvidia.com/gpu: 8}}}]
"""


def test_roles_are_groups() -> None:
    found = only(JOB)
    master, worker = group(found, "Master"), group(found, "Worker")
    assert (plain(master.count_min), plain(master.count_max)) == (1, 1)
    assert (plain(worker.count_min), plain(worker.count_max)) == (2, 8)
    assert (plain(worker.instance_type), worker.provider, plain(worker.purchase)) == ("p4d.24xlarge", "aws", "spot")
    assert plain(worker.max_runtime_hours) == "24"
    assert found.purpose is Purpose.TRAINING
    assert plain(found.labels.entries["owner"].value) == "ml"


def test_one_role_saves_for_all() -> None:
    found = only(JOB)
    assert plain(group(found, "Worker").checkpoint) == "s3://runs/train"
    assert found.training is not None
    assert plain(found.training.checkpoint) == "s3://runs/train"


def test_a_suspended_job_may_run_nothing() -> None:
    found = only(JOB.replace("{activeDeadlineSeconds: 86400}", "{suspend: true}"))
    assert plain(group(found, "Worker").count_min) == 0


def test_mpi_roles() -> None:
    found = only(
        JOB.replace("PyTorchJob", "MPIJob")
        .replace("pytorchReplicaSpecs", "mpiReplicaSpecs")
        .replace("Master", "Launcher")
    )
    assert [one.name for one in found.compute] == ["Launcher", "Worker"]


TRAIN_JOB = """\
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainJob
metadata: {name: sft}
spec:
  runtimeRef: {name: torch}
  initializer: {dataset: {storageUri: "hf://data/set"}, model: {storageUri: "s3://models/base"}}
  trainer:
    numNodes: 4
    args: [--checkpoint-dir, gs://runs/sft]
    resourcesPerNode: {limits: {nvidia.com/gpu: 8}}
"""
RUNTIME = """\
---
apiVersion: trainer.kubeflow.org/v1alpha1
kind: ClusterTrainingRuntime
metadata: {name: torch}
spec:
  mlPolicy: {numNodes: 2}
  template:
    spec:
      replicatedJobs:
        - name: node
          template:
            metadata: {labels: {trainer.kubeflow.org/trainjob-ancestor-step: trainer}}
            spec:
              template:
                spec:
                  nodeSelector: {cloud.google.com/gke-accelerator: nvidia-h100-80gb}
                  containers: [{name: node, resources: {limits: {nvidia.com/gpu: 1}}}]
"""


def test_a_train_job_alone() -> None:
    found = only(TRAIN_JOB)
    compute = group(found)
    assert (plain(compute.count_min), plain(compute.accelerator_count)) == (4, "8")
    assert plain(compute.checkpoint) == "gs://runs/sft"
    assert [plain(one.uri) for one in found.data] == ["hf://data/set", "s3://models/base", "gs://runs/sft"]


def test_a_train_job_with_its_runtime() -> None:
    (found,) = read(TRAIN_JOB + RUNTIME)
    compute = group(found)
    assert (compute.name, plain(compute.accelerator), plain(compute.accelerator_count)) == ("node", "H100", "8")
    (default,) = read(TRAIN_JOB.replace("    numNodes: 4\n", "") + RUNTIME)
    assert plain(group(default).count_min) == 2


def test_data_that_two_roles_name_is_one_link() -> None:
    found = only(JOB.replace("[{name: pytorch, res", "[{name: pytorch, args: [--output_dir, s3://runs/train], res"))
    assert [(plain(one.uri), one.direction) for one in found.data] == [("s3://runs/train", "write")]
