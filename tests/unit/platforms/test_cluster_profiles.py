"""Clusters that stand elsewhere, told in guard.yaml: on which of their machines a workload runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.cli.main import main

POLICY = """\
extends: ai-cost
clusters:
  - name: prod
    paths: ["k8s/**"]
    provider: aws
    region: us-east-1
    pools:
      - {name: gpu-spot, instance_types: [g5.12xlarge, g6.12xlarge], accelerator: A10G, purchase: spot,
         taints: ["nvidia.com/gpu:NoSchedule"]}
      - {name: gpu, instance_types: g5.12xlarge, accelerator: A10G, labels: {tier: steady}}
      - {name: batch, instance_types: m7i.4xlarge, taints: [batch=only]}
      - {name: web, instance_types: m6i.large, zones: [us-east-1a]}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  template:
    spec:
      MORE
      containers: [{name: main, image: example.com/a:1, resources: {limits: {RESOURCES}}}]
"""


def compute(
    here: Path, capsys: pytest.CaptureFixture[str], resources: str, more: str = "", path: str = "k8s/job.yaml"
) -> dict[str, Any]:
    (here / "guard.yaml").write_text(POLICY)
    (here / path).parent.mkdir(exist_ok=True)
    (here / path).write_text(JOB.replace("RESOURCES", resources).replace("MORE", more or "restartPolicy: Never"))
    assert main(["dump", path, "--format", "json"]) == 0
    (resource,) = json.loads(capsys.readouterr().out)["resources"]
    (found,) = resource["compute"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("resources", "more", "expected"),
    [
        ("cpu: 1", "", ("m6i.large", "on_demand", "us-east-1a")),
        ("cpu: 1", "tolerations: [{key: batch, operator: Exists}]", (None, "on_demand", None)),
        ("cpu: 1", "nodeSelector: {eks.amazonaws.com/nodegroup: web}", ("m6i.large", "on_demand", "us-east-1a")),
        ("nvidia.com/gpu: 4", "", (["g5.12xlarge", "g6.12xlarge"], "mixed", None)),
        ("nvidia.com/gpu: 4", "nodeSelector: {tier: steady}", ("g5.12xlarge", "on_demand", None)),
        (
            "nvidia.com/gpu: 4",
            "nodeSelector: {eks.amazonaws.com/nodegroup: gpu-spot}",
            (["g5.12xlarge", "g6.12xlarge"], "spot", None),
        ),
        ("nvidia.com/gpu: 4", "nodeSelector: {tier: unknown}", (None, None, None)),
    ],
)
def test_a_pod_gets_what_nothing_keeps_it_out_of(
    here: Path, capsys: pytest.CaptureFixture[str], resources: str, more: str, expected: tuple[Any, ...]
) -> None:
    found = compute(here, capsys, resources, more)
    assert (found["instance_type"], found["purchase"], found["zone"]) == expected


def test_a_profile_counts_for_its_paths_only(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compute(here, capsys, "cpu: 1", path="elsewhere/job.yaml")["instance_type"] is None


def test_what_a_workload_gets_is_placed_in_the_policy(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compute(here, capsys, "nvidia.com/gpu: 4", "nodeSelector: {eks.amazonaws.com/nodegroup: gpu-spot}")
    main(["check", "k8s", "--format", "json", "--policy", "guard.yaml"])
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == []
    assert report["cost"]["monthly"]["low"] != "0.00"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clusters: [{provider: aws, pools: []}]", "pools"),
        ("clusters: [{provider: aws, pools: [{name: a, instance_types: []}]}]", "instance_types"),
        ("clusters: [{provider: oracle, pools: [{name: a, instance_types: b}]}]", "provider"),
        ("clusters: [{provider: aws, pools: [{name: a, instance_types: b, buy: spot}]}]", "buy"),
    ],
)
def test_mistakes_in_a_profile_are_told(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (here / "guard.yaml").write_text(text + "\n")
    (here / "pod.yaml").write_text(JOB.replace("RESOURCES", "cpu: 1").replace("MORE", "restartPolicy: Never"))
    assert main(["dump", ".", "--format", "json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert any(message in one["message"] for one in problems)
