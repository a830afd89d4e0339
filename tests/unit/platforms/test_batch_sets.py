"""Sets of jobs: how many pods they are in all."""

from __future__ import annotations

from typing import Any

from guard.model.resource import Purpose
from tests.unit.platforms.kubernetes_documents import group, only, plain

POD = "{spec: {containers: [{name: a, image: repo/pytorch-training, resources: {limits: {google.com/tpu: 4}}}]}}"


def counts(text: str) -> dict[str, tuple[Any, Any]]:
    return {one.name: (plain(one.count_min), plain(one.count_max)) for one in only(text).compute}


def test_replicas_of_a_job_set_times_parallelism() -> None:
    text = f"""
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {{name: multislice}}
    spec:
      replicatedJobs:
        - name: slice
          replicas: 2
          template: {{spec: {{parallelism: 4, activeDeadlineSeconds: 3600, template: {POD}}}}}
    """
    found = only(text)
    assert counts(text) == {"slice": (8, 8)}
    assert (found.purpose, plain(group(found).max_runtime_hours)) == (Purpose.TRAINING, "1")
    assert (plain(group(found).accelerator), plain(group(found).accelerator_count)) == ("TPU", "4")


def test_one_of_each_group_leads() -> None:
    text = f"""
    apiVersion: leaderworkerset.x-k8s.io/v1
    kind: LeaderWorkerSet
    metadata: {{name: llm}}
    spec:
      replicas: 2
      leaderWorkerTemplate:
        size: 4
        leaderTemplate: {POD}
        workerTemplate: {POD}
    """
    assert counts(text) == {"leader": (2, 2), "worker": (6, 6)}
    assert counts(text.replace("leaderTemplate", "other")) == {"worker": (8, 8)}


def test_tasks_of_a_volcano_job() -> None:
    text = f"""
    apiVersion: batch.volcano.sh/v1alpha1
    kind: Job
    metadata: {{name: mpi}}
    spec:
      tasks:
        - {{name: master, replicas: 1, template: {POD}}}
        - {{replicas: 3, template: {POD}}}
    """
    assert counts(text) == {"master": (1, 1), "": (3, 3)}
    assert only(text).platform == "batch_sets"
