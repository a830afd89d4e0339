"""URIs in the text of a pod, and what counts as a checkpoint."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from guard.model.resource import Resource
from guard.model.value import Unknown
from tests.unit.platforms.kubernetes_documents import group, line, only, plain


def job(spec: str) -> Resource:
    body = textwrap.indent(textwrap.dedent(spec), "      ")
    return only(f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec:\n  template:\n    spec:\n{body}")


VOLUMES = """
volumes:
  - {name: disk, persistentVolumeClaim: {claimName: ckpt}}
  - {name: bucket, csi: {driver: gcsfuse.csi.storage.gke.io, volumeAttributes: {bucketName: models}}}
  - {name: tmp, emptyDir: {}}
  - {name: secrets, csi: {driver: secrets-store.csi.k8s.io}}
containers:
  - name: main
    volumeMounts:
      - {name: disk, mountPath: /mnt/disk}
      - {name: tmp, mountPath: /mnt/disk/tmp}
      - {name: bucket, mountPath: /gcs/}
      - {name: secrets, mountPath: /secrets}
"""


@pytest.mark.parametrize(
    ("args", "place"),
    [
        ("[--checkpoint-dir, /mnt/disk/run1]", "/mnt/disk/run1"),
        ("[--checkpoint-dir=/mnt/disk/run1]", "/mnt/disk/run1"),
        ("[--output_dir, s3://runs/1]", "s3://runs/1"),
        ('["train.py --epochs 3 --save-path /gcs/out"]', "/gcs/out"),
        ("[trainer.default_root_dir=/mnt/disk]", "/mnt/disk"),
        ("[--output_dir, /mnt/disk/tmp/x]", None),
        ("[--output_dir, /tmp/x]", None),
        ("[--output_dir, ./out]", None),
        ("[--output_dir, /secrets/x]", None),
        ("[--data-path, s3://corpus/train]", None),
        ("['--output_dir', '$(OUT)']", "? $(OUT) has no value"),
        ("[]", None),
    ],
)
def test_a_checkpoint_is_durable(args: str, place: Any) -> None:
    found = group(job(VOLUMES + f"    args: {args}\n"))
    assert plain(found.checkpoint) == place


def test_a_variable_is_put_in() -> None:
    spec = VOLUMES + "    args: [--output_dir, $(OUT)/last]\n    env: [{name: OUT, value: /mnt/disk/runs}]\n"
    assert plain(group(job(spec)).checkpoint) == "/mnt/disk/runs/last"


def test_a_relative_path_is_below_the_working_directory() -> None:
    spec = VOLUMES + "    workingDir: /mnt/disk\n    args: [--output_dir, runs]\n"
    assert plain(group(job(spec)).checkpoint) == "runs"


def test_a_lost_checkpoint_points_at_its_path() -> None:
    found = group(job(VOLUMES + "    args:\n      - --output_dir\n      - /tmp/x\n"))
    assert line(found.checkpoint) == 22


def test_uris_are_found_where_they_are_written() -> None:
    found = job(
        """
        containers:
          - name: main
            command: [bash, -c]
            args:
              - |
                # aws s3 cp s3://commented/out .
                aws s3 cp s3://corpus/train/ /data && python train.py --output s3://runs/1
            env:
              - {name: MODEL_URI, value: "gs://weights/llama"}
              - {name: BUCKET, value: "s3://${BUCKET}/x"}
        """
    )
    told = {(plain(one.uri), one.direction, one.role) for one in found.data}
    assert told == {
        ("s3://corpus/train/", "read", "data"),
        ("s3://runs/1", "write", "output"),
        ("gs://weights/llama", "read", "model"),
        ("? ${BUCKET} has no value", "read", "data"),
    }
    hidden = next(one.uri for one in found.data if isinstance(one.uri, Unknown))
    assert hidden.prefix == "s3://"


def test_mounted_buckets_and_claims_are_data() -> None:
    found = job(VOLUMES)
    assert [(plain(one.uri), one.direction) for one in found.data] == [("pvc://ckpt", "both"), ("gs://models", "both")]


@pytest.mark.parametrize(
    ("args", "minutes"),
    [
        ("[--save-interval-minutes, '30']", 30),
        ("[--checkpoint-every-minutes=15]", 15),
        ('["train.py --ckpt-interval-seconds 900 --epochs 3"]', 15),
        ("[--checkpoint-interval-hours=2]", 120),
        ("[--save-steps, '500']", None),
        ("[]", None),
    ],
)
def test_the_interval_of_checkpoints_is_read_where_it_has_a_unit_of_time(args: str, minutes: int | None) -> None:
    found = group(job(VOLUMES + f"    args: {args}\n"))
    assert plain(found.checkpoint_minutes) == (None if minutes is None else str(minutes))


def test_the_time_to_stop_is_read() -> None:
    spec = VOLUMES + "terminationGracePeriodSeconds: 90\n"
    assert plain(group(job(spec)).grace_seconds) == "90"
    assert plain(group(job(VOLUMES)).grace_seconds) is None
