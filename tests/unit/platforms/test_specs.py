"""Facts of the spec formats that the examples do not show, and each mistake made in reading them before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.location import FIRST_CHARACTER, Location
from guard.model.node import Node
from guard.model.resource import Purchase, Purpose, Resource
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._specs import every, gib, hours, uris
from tests.unit.platforms.kubernetes_documents import only, plain, read

WHERE = Location("a.yaml", FIRST_CHARACTER)


def known(value: Value[str] | Value[Decimal] | Value[int] | Value[Purchase]) -> object:
    """Return what is known; the test fails where it is not."""
    assert isinstance(value, Known)
    return value.value


@pytest.mark.parametrize(
    ("text", "amount"),
    [("90m", "1.5"), ("PT30M", "0.5"), ("P1DT2H", "26"), ("3600s", "1"), ("3600", "1"), ("1h30m", "1.5"), ("2d", "48")],
)
def test_durations(text: str, amount: str) -> None:
    assert hours(Known(text, WHERE)) == Known(Decimal(amount), WHERE)


@pytest.mark.parametrize("text", ["soon", "", "P", "PT", "1e999999999", "1x"])
def test_what_is_no_duration_is_unknown(text: str) -> None:
    assert isinstance(hours(Known(text, WHERE)), Unknown)


def test_a_negative_duration_is_no_limit() -> None:
    assert isinstance(hours(Known("-1", WHERE)), Absent)


@pytest.mark.parametrize(
    ("text", "amount"), [("16Gi", "16"), ("512MB", "0.5"), ("24GB..", "24"), ("1T", "1024"), ("8+", "8")]
)
def test_sizes(text: str, amount: str) -> None:
    assert gib(Known(text, WHERE)) == Known(Decimal(amount), WHERE)


def test_uris_skip_comments_placeholders_and_repetitions() -> None:
    text = "# s3://old/x\ncp s3://new/x . && cp s3://new/x gs://b/$NAME\nls 'abfss://c@lake.dfs.core.windows.net/d'"
    assert [uri.value for uri in uris([Node(text, WHERE)])] == ["s3://new/x", "abfss://c@lake.dfs.core.windows.net/d"]


@pytest.mark.parametrize(
    ("period", "unit", "schedule"),
    [(1, "day", "rate(1 day)"), (6, "HOURS", "rate(6 hours)"), (2, "week", "rate(14 days)"), (1, "Month", "0 0 1 * *")],
)
def test_recurrences(period: int, unit: str, schedule: str) -> None:
    assert every(period, unit) == schedule


SKYPILOT = "resources: {%s}\nnum_nodes: 2\nrun: torchrun train.py"


@pytest.mark.parametrize(
    ("written", "name", "count", "others"),
    [
        ("accelerators: A100:8", "A100", "8", []),
        ("accelerators: {L4: 0.5}", "L4", "0.5", []),
        ("accelerators: {L4, A10G, H100}", "L4", "1", ["A10G", "H100"]),
        ("accelerators: {H100:8, A100-80GB:8}", "H100", "8", ["A100-80GB"]),
        ("accelerators: [H100:8, A100:8]", "H100", "8", ["A100"]),
        ("accelerators: tpu-v5p-16", "TPU v5p", "8", []),
        ("any_of: [{accelerators: T4:4}, {accelerators: L4:2}]", "T4", "4", ["L4"]),
    ],
)
def test_skypilot_accelerators(written: str, name: str, count: str, others: list[str]) -> None:
    compute = only(SKYPILOT % written).compute[0]
    assert (known(compute.accelerator), known(compute.accelerator_count)) == (name, Decimal(count))
    assert [one.value for one in compute.other_accelerators] == others


@pytest.mark.parametrize(
    ("written", "purchase", "fallback"),
    [
        ("use_spot: true", Purchase.SPOT, None),
        ("use_spot: false", Purchase.ON_DEMAND, None),
        ("use_spot: true, any_of: [{cloud: aws}, {cloud: aws, use_spot: false}]", Purchase.MIXED, "on_demand"),
        ("ordered: [{use_spot: true}, {use_spot: false}]", Purchase.MIXED, "on_demand"),
    ],
)
def test_skypilot_spot_and_fallback(written: str, purchase: Purchase, fallback: str | None) -> None:
    compute = only(SKYPILOT % written).compute[0]
    assert known(compute.purchase) is purchase
    assert (compute.fallback.value if isinstance(compute.fallback, Known) else None) == fallback


@pytest.mark.parametrize(
    ("mount", "run", "checkpoint"),
    [
        ("/ckpt: {name: b, store: gcs}", "train", "gs://b"),
        ("/out: {source: s3://b/x, mode: MOUNT_CACHED}", "train --save-dir /out/x", "s3://b/x"),
        ("/ckpt: {source: s3://b/x, mode: COPY}", "train", None),
        ("/data: {source: s3://b/x, mode: MOUNT}", "train --data /data", None),
        ("/ckpt: ./local", "train --save-dir /ckpt", None),
    ],
)
def test_skypilot_checkpoint_is_a_bucket_that_is_written_to(mount: str, run: str, checkpoint: str | None) -> None:
    text = f"resources: {{use_spot: true}}\nfile_mounts:\n  {mount}\nrun: {run}"
    found = only(text).compute[0].checkpoint
    assert (found.value if isinstance(found, Known) else None) == checkpoint


def test_skypilot_variables_come_from_envs() -> None:
    mounts = "{/a: {name: '${B}', store: s3}, /b: {name: $C}}"
    first, second = only(f"envs: {{B: corpus, C: }}\nresources: {{cpus: 4}}\nfile_mounts: {mounts}\nrun: x").data
    assert known(first.uri) == "s3://corpus"
    assert second.uri == Unknown("the variable C has no value in envs", second.location)


def test_skypilot_any_of_in_several_places_has_no_one_region() -> None:
    resource = only("resources: {any_of: [{infra: aws/us-east-1}, {infra: gcp/us-central1}]}\nrun: x")
    assert isinstance(resource.region, Unknown)


def test_azure_ml_jobs_find_their_cluster() -> None:
    cluster, job = read(
        "type: amlcompute\nname: gpus\nsize: Standard_NC6s_v3\ntier: low_priority\n"
        "---\ntype: command\nname: j\ncommand: x\ncompute: azureml:gpus\n"
    )
    assert known(cluster.compute[0].purchase) is Purchase.SPOT
    kind = job.compute[0].instance_type
    assert isinstance(kind, Known)
    assert (kind.value, kind.location.line, len(kind.trail)) == ("Standard_NC6s_v3", 3, 1)
    assert job.compute[0].host == cluster.address


def test_azure_ml_job_on_a_cluster_elsewhere_says_so() -> None:
    kind = only("type: command\nname: j\ncommand: x\ncompute: azureml:gpus\n").compute[0].instance_type
    assert isinstance(kind, Unknown)
    assert kind.reason == "the repository does not declare the compute azureml:gpus"


def test_azure_ml_traffic_is_the_endpoints() -> None:
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/managedOnline"
    _, blue, red = read(
        f"{schema}Endpoint.schema.json\nname: e\ntraffic: {{blue: 90}}\n"
        f"---\n{schema}Deployment.schema.json\nname: blue\nendpoint_name: e\n"
        f"---\n{schema}Deployment.schema.json\nname: red\nendpoint_name: e\n"
    )
    assert blue.serving and red.serving
    assert (known(blue.serving.traffic), known(red.serving.traffic)) == (Decimal(90), Decimal(0))


@pytest.mark.parametrize(
    ("gpu", "name", "count", "memory"),
    [
        ("24GB", "GPU", "1", "24"),
        ("A100:80GB:2", "A100-80GB", "2", "80"),
        ("amd:MI300X:8", "MI300X", "8", None),
        ("H100:1..4", "H100", "1", None),
        ("2", "GPU", "2", None),
        ("tpu:v5litepod-4", "TPU v5e", "4", None),
    ],
)
def test_dstack_gpus(gpu: str, name: str, count: str, memory: str | None) -> None:
    compute = only(f"type: task\nresources: {{gpu: '{gpu}'}}\ncommands: [x]").compute[0]
    assert (known(compute.accelerator), known(compute.accelerator_count)) == (name, Decimal(count))
    found = compute.accelerator_memory_gib
    assert (str(found.value) if isinstance(found, Known) else None) == memory


@pytest.mark.parametrize(
    ("commands", "purpose"),
    [
        ("[torchrun x]", Purpose.TRAINING),
        ("[jupyter lab]", Purpose.NOTEBOOK),
        ("[python -m http.server]", Purpose.BATCH),
    ],
)
def test_dstack_tasks_are_what_their_commands_do(commands: str, purpose: Purpose) -> None:
    resource: Resource = only(f"type: task\nname: x\nresources: {{cpu: 4}}\ncommands: {commands}")
    assert resource.purpose is purpose


def test_cloudformation_parameters_without_default_are_unknown() -> None:
    resource = only(
        "Parameters: {T: {Type: String}}\nResources:\n  B:\n    Type: AWS::EC2::Instance\n"
        "    Properties: {InstanceType: !Ref T}\n"
    )
    kind = resource.compute[0].instance_type
    assert isinstance(kind, Unknown)
    assert (kind.reason, kind.location.line) == ("the parameter T has no default", 5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('!Join ["-", [a, !Ref S]]', "a-x"),
        ('!Sub "${S}-b"', "x-b"),
        ("!Ref S", "x"),
        ('!Join ["-", [a, !Ref AWS::Region]]', None),
        ('!Join ["-", [a, null]]', None),
        ("!Join [a]", None),
        ("!If [c, a, b]", None),
        ("!GetAtt I.Arn", None),
    ],
)
def test_cloudformation_functions(value: str, expected: str | None) -> None:
    resource = only(
        "Parameters: {S: {Type: String, Default: x}}\nResources:\n  I:\n    Type: AWS::EC2::Instance\n"
        f"    Properties: {{InstanceType: t3.micro, Tags: [{{Key: k, Value: {value}}}]}}\n"
    )
    found = resource.labels.entries["k"].value
    assert (found.value if isinstance(found, Known) else None) == expected
    assert expected is not None or isinstance(found, Unknown)


def test_cloudformation_instance_store_is_no_volume() -> None:
    resource = only(
        "Resources:\n  I:\n    Type: AWS::EC2::Instance\n    Properties:\n      BlockDeviceMappings:\n"
        "        - {DeviceName: /dev/sdb, VirtualName: ephemeral0}\n"
        "        - {DeviceName: /dev/sda1, Ebs: {VolumeSize: 8}}\n"
    )
    assert [known(one.size_gib) for one in resource.storage] == [Decimal(8)]


@pytest.mark.parametrize(
    ("rules", "lifecycle", "days"),
    [
        ("[{Id: old, Status: Enabled, ExpirationInDays: 90}]", ("expire after 90 days",), "90"),
        ("[{Status: Disabled, ExpirationInDays: 90}]", None, None),
        ("[{Status: Enabled, ExpirationDate: '2027-01-01'}]", ("expire on 2027-01-01",), None),
        (
            "[{Status: Enabled, Transitions: [{StorageClass: GLACIER, TransitionInDays: 30}]}]",
            ("GLACIER after 30 days",),
            None,
        ),
        (
            "[{Status: Enabled, NoncurrentVersionExpiration: {NoncurrentDays: 5}}]",
            ("expire old versions after 5 days",),
            None,
        ),
        ("[{Status: Enabled, ExpirationInDays: !Ref Days}]", ("expire after a time",), "?"),
    ],
)
def test_what_expires_in_a_bucket_of_cloudformation(
    rules: str, lifecycle: tuple[str, ...] | None, days: str | None
) -> None:
    text = f"""\
        AWSTemplateFormatVersion: "2010-09-09"
        Parameters: {{Days: {{Type: Number}}}}
        Resources:
          Raw: {{Type: "AWS::S3::Bucket", Properties: {{LifecycleConfiguration: {{Rules: {rules}}}}}}}
        """
    (storage,) = only(text).storage
    assert plain(storage.lifecycle) == lifecycle
    assert str(plain(storage.retention_days)).partition(" ")[0] == str(days)
