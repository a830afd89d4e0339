"""What the Google reader makes of instances: places, labels, machines, node pools, buckets and TPUs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.resource import Purchase, Purpose
from guard.model.value import Absent, Known, Unknown
from guard.platforms import google

from .terraform_instances import instance, read, unknown

US = {"region": "us-central1", "default_labels": {"team": "ml"}}


def value(fact: object) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


@pytest.mark.parametrize(
    ("body", "region", "zone"),
    [
        ({"zone": "europe-west4-b"}, "europe-west4", "europe-west4-b"),
        ({"location": "us-east1-d"}, "us-east1", "us-east1-d"),
        ({"location": "us-east1"}, "us-east1", None),
        ({}, "us-central1", None),
    ],
)
def test_places(body: dict[str, Any], region: str, zone: str | None) -> None:
    resource = read(google, instance("google_container_cluster.a", body, provider=US))
    assert value(resource.region) == region
    assert (value(resource.zone) if zone else resource.zone) == (zone or Absent(resource.location))


def test_labels_of_each_type_stand_where_the_provider_has_them() -> None:
    cluster = read(google, instance("google_container_cluster.a", {"resource_labels": {"env": "prod"}}, provider=US))
    assert {key: label.source for key, label in cluster.labels.entries.items()} == {
        "team": "provider.google.default_labels",
        "env": "resource",
    }
    pool = {"node_config": [{"labels": {"pod": "x"}, "resource_labels": {"env": "dev"}}]}
    assert list(read(google, instance("google_container_node_pool.a", pool, provider=US)).labels.entries) == ["env"]
    assert not read(google, instance("google_project_iam_member.a", {}, provider=US)).labels.taggable
    assert read(google, instance("google_tomorrow.a", {}, provider=US)).labels.unknown


def test_instance_with_attached_accelerators() -> None:
    body = {
        "machine_type": "n1-standard-8",
        "zone": "us-central1-a",
        "guest_accelerator": [{"type": "nvidia-tesla-t4", "count": 2}],
        "scheduling": [{"preemptible": True, "max_run_duration": [{"seconds": 7200}]}],
        "metadata": {"startup-script": "python train.py --out gs://state/ckpt/run1"},
        "boot_disk": [{"initialize_params": [{"size": 200, "type": "pd-ssd"}]}],
    }
    resource = read(google, instance("google_compute_instance.a", body, provider=US))
    compute = resource.compute[0]
    assert (value(compute.accelerator), value(compute.accelerator_count)) == ("T4", 2)
    assert value(compute.purchase) is Purchase.SPOT
    assert value(compute.max_runtime_hours) == 2
    assert value(compute.checkpoint) == "gs://state/ckpt/run1"
    assert (value(resource.storage[0].kind), value(resource.storage[0].size_gib)) == ("pd-ssd", 200)


@pytest.mark.parametrize(
    ("location", "more", "bounds"),
    [
        ("us-central1", {"node_count": 2}, (6, 6)),
        ("us-central1-a", {"node_count": 2}, (2, 2)),
        ("us-central1", {"node_count": 2, "node_locations": ["us-central1-a", "us-central1-b"]}, (4, 4)),
        ("us-central1", {"autoscaling": [{"min_node_count": 0, "max_node_count": 3}]}, (0, 9)),
        ("us-central1", {"autoscaling": [{"total_min_node_count": 1, "total_max_node_count": 4}]}, (1, 4)),
    ],
)
def test_node_counts_are_of_each_zone(location: str, more: dict[str, Any], bounds: tuple[int, int]) -> None:
    body = {"cluster": "ml", "location": location, "node_config": [{"machine_type": "g2-standard-4"}], **more}
    compute = read(google, instance("google_container_node_pool.a", body, provider=US)).compute[0]
    assert (value(compute.count_min), value(compute.count_max)) == bounds


def test_node_pool_stands_where_its_cluster_does() -> None:
    cluster = instance(
        "google_container_cluster.c",
        {"name": "ml", "location": "us-east1-c", "node_locations": ["us-east1-b"], "remove_default_node_pool": True},
        provider=US,
    )
    body = {"cluster": unknown("id", "google_container_cluster.c"), "node_count": 1}
    resource = read(google, instance("google_container_node_pool.a", body, provider=US), cluster)
    assert value(resource.region) == "us-east1"
    assert value(resource.compute[0].count_max) == 2
    fees = read(google, cluster).fees
    assert [(fee.service, fee.sku) for fee in fees] == [("gke", "cluster_management")]
    assert read(google, cluster).compute == ()


def test_spot_pool_with_and_without_a_pool_behind_it() -> None:
    def pool(name: str, spot: bool, machine: str) -> Any:
        body = {
            "cluster": "ml",
            "location": "us-central1-a",
            "node_config": [{"machine_type": machine, "spot": spot}],
            "autoscaling": [{"min_node_count": 0, "max_node_count": 3}],
        }
        return instance(f"google_container_node_pool.{name}", body, provider=US)

    spot = pool("spot", True, "a2-highgpu-1g")
    compute = read(google, spot, pool("steady", False, "a2-highgpu-4g")).compute[0]
    assert value(compute.purchase) is Purchase.SPOT
    assert value(compute.fallback) == "google_container_node_pool.steady (on-demand)"
    assert isinstance(read(google, spot, pool("cpu", False, "n2-standard-4")).compute[0].fallback, Absent)


def test_buckets_by_place_and_their_life_cycle() -> None:
    rule = {"action": [{"type": "Delete"}], "condition": [{"age": 90}]}
    bucket = instance("google_storage_bucket.b", {"location": "US", "lifecycle_rule": [rule]}, provider=US)
    storage = read(google, bucket).storage[0]
    assert (value(storage.kind), value(storage.region)) == ("gcs:standard-multi", "us-multi")
    assert value(storage.lifecycle) == ("expire after 90 days",)
    assert value(storage.retention_days) == 90
    cold = instance("google_storage_bucket.b", {"location": "EUROPE-WEST1", "storage_class": "COLDLINE"}, provider=US)
    storage = read(google, cold).storage[0]
    assert (value(storage.kind), value(storage.region)) == ("gcs:coldline", "europe-west1")
    assert isinstance(storage.lifecycle, Absent)


@pytest.mark.parametrize(
    ("kind", "name", "chips"),
    [("v5litepod-8", "TPU v5e", 8), ("v6e-4", "TPU v6e", 4), ("v4-16", "TPU v4", 8), ("v5p-8", "TPU v5p", 4)],
)
def test_tpu_slices_count_chips(kind: str, name: str, chips: int) -> None:
    body = {"accelerator_type": kind, "scheduling_config": [{"preemptible": True}]}
    compute = read(google, instance("google_tpu_v2_vm.a", body, provider=US)).compute[0]
    assert (value(compute.accelerator), value(compute.accelerator_count)) == (name, Decimal(chips))
    assert value(compute.purchase) is Purchase.SPOT


def test_group_takes_its_machines_from_the_template_and_its_size_from_the_autoscaler() -> None:
    template = instance(
        "google_compute_instance_template.t",
        {"machine_type": "g2-standard-8", "disk": [{"disk_size_gb": 100, "disk_type": "pd-balanced"}]},
        provider=US,
    )
    group = instance(
        "google_compute_instance_group_manager.g",
        {"version": [{"instance_template": unknown("id", "google_compute_instance_template.t")}], "target_size": 3},
        provider=US,
    )
    scaler = instance(
        "google_compute_autoscaler.s",
        {
            "target": unknown("id", "google_compute_instance_group_manager.g"),
            "autoscaling_policy": [{"min_replicas": 1, "max_replicas": 7}],
        },
        provider=US,
    )
    compute = read(google, group, template, scaler).compute[0]
    assert value(compute.instance_type) == "g2-standard-8"
    assert (value(compute.count_min), value(compute.count_max)) == (1, 7)
    assert value(read(google, group, template).compute[0].count_max) == 3
    assert read(google, template, group).compute == ()
    assert isinstance(read(google, group).compute[0].instance_type, Unknown)


def test_model_garden_deployment_and_notebook() -> None:
    resources = {
        "machine_spec": [{"machine_type": "g2-standard-12", "accelerator_type": "NVIDIA_L4", "accelerator_count": 1}],
        "min_replica_count": 1,
        "max_replica_count": 4,
        "spot": True,
    }
    body = {"publisher_model_name": "publishers/x/models/y", "deploy_config": [{"dedicated_resources": [resources]}]}
    kind = "google_vertex_ai_endpoint_with_model_garden_deployment"
    resource = read(google, instance(f"{kind}.a", {"location": "us-central1", **body}, provider=US))
    compute = resource.compute[0]
    assert (compute.service, value(compute.accelerator), value(compute.count_max)) == ("vertex", "L4", 4)
    assert value(compute.purchase) is Purchase.SPOT
    assert resource.serving is not None
    assert value(resource.serving.model_name) == "publishers/x/models/y"
    setup = {"machine_type": "n1-standard-4", "accelerator_configs": [{"type": "NVIDIA_TESLA_T4", "core_count": 1}]}
    notebook = read(google, instance("google_workbench_instance.a", {"gce_setup": [setup]}, provider=US))
    assert notebook.purpose is Purpose.NOTEBOOK
    assert value(notebook.compute[0].accelerator) == "T4"


def test_dataproc_and_fees() -> None:
    config = {
        "master_config": [{"machine_type": "n2-standard-4"}],
        "worker_config": [{"num_instances": 4, "machine_type": "n2-standard-8"}],
        "preemptible_worker_config": [{"num_instances": 6}],
    }
    resource = read(google, instance("google_dataproc_cluster.a", {"cluster_config": [config]}, provider=US))
    assert [value(one.count_max) for one in resource.compute] == [1, 4, 6]
    secondary = resource.compute[2]
    assert (value(secondary.instance_type), value(secondary.purchase)) == ("n2-standard-8", Purchase.SPOT)
    assert "primary workers" in value(secondary.fallback)
    fee = read(google, instance("google_compute_address.a", {}, provider=US)).fees[0]
    assert (fee.service, fee.sku) == ("ipv4", "in_use")
    assert read(google, instance("google_compute_address.a", {"address_type": "INTERNAL"})).fees == ()
