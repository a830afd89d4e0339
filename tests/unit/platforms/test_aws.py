"""What the AWS reader makes of instances: labels, region, machines, fleets, node groups and endpoints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.resource import Purchase, Purpose
from guard.model.value import Absent, Known, Unknown
from guard.platforms import aws

from .terraform_instances import instance, read, read_all, unknown

EU = {"region": "eu-west-1"}


def value(fact: object) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def test_labels_take_the_defaults_of_the_provider_that_serves_the_resource() -> None:
    provider = {"region": "eu-west-1", "default_tags": [{"tags": {"owner": "platform", "env": "prod"}}]}
    resource = read(
        aws, instance("aws_instance.a", {"tags": {"owner": "ml"}}, provider=provider, alias="eu", references={})
    )
    owner, env = resource.labels.entries["owner"], resource.labels.entries["env"]
    assert (value(owner.value), owner.source) == ("ml", "resource")
    assert (value(env.value), env.source) == ("prod", "provider.aws.eu.default_tags")
    assert resource.labels.taggable


def test_unknown_tags_leave_the_set_open_and_types_without_tags_are_told() -> None:
    resource = read(aws, instance("aws_instance.a", {"tags": unknown("var.tags has no value")}, provider=EU))
    assert resource.labels.unknown[0].reason == "var.tags has no value"
    assert not read(aws, instance("aws_iam_role_policy.a", {}, provider=EU)).labels.taggable
    new = read(aws, instance("aws_thing_of_tomorrow.a", {}, provider=EU)).labels
    assert new.taggable
    assert "does not know whether aws_thing_of_tomorrow takes labels" in new.unknown[0].reason
    assert read(aws, instance("aws_thing_of_tomorrow.a", {"tags": {"a": "b"}}, provider=EU)).labels.unknown == ()


def test_autoscaling_groups_are_tagged_by_blocks_that_provider_defaults_do_not_reach() -> None:
    provider = {"region": "eu-west-1", "default_tags": [{"tags": {"env": "prod"}}]}
    body = {"tag": [{"key": "owner", "value": "ml", "propagate_at_launch": True}]}
    labels = read(aws, instance("aws_autoscaling_group.a", body, provider=provider)).labels
    assert {key: value(label.value) for key, label in labels.entries.items()} == {"owner": "ml"}


@pytest.mark.parametrize(
    ("body", "provider", "region"),
    [
        ({"region": "us-west-2"}, EU, "us-west-2"),
        ({"availability_zone": "us-east-1b"}, EU, "us-east-1"),
        ({"availability_zone": "us-west-2-lax-1a"}, EU, "us-west-2"),
        ({"availability_zone": unknown("data.aws_availability_zones.all is read at apply")}, EU, "eu-west-1"),
        ({}, EU, "eu-west-1"),
    ],
)
def test_region_is_the_resources_own_or_its_zones_or_the_providers(
    body: dict[str, Any], provider: dict[str, Any], region: str
) -> None:
    assert value(read(aws, instance("aws_instance.a", body, provider=provider)).region) == region


def test_region_from_the_environment_is_unknown() -> None:
    region = read(aws, instance("aws_instance.a", {})).region
    assert isinstance(region, Unknown)
    assert region.reason == "provider aws has no region"


def test_spot_instance_with_checkpoint_in_its_script() -> None:
    script = (
        "#!/bin/bash\n# s3://old/checkpoints\ntrain --data s3://corpus/v1 --checkpoint-dir s3://state/checkpoints/a\n"
    )
    body = {
        "instance_type": "p4d.24xlarge",
        "instance_market_options": [{"market_type": "spot"}],
        "user_data": script,
        "root_block_device": [{"volume_size": 500, "volume_type": "gp3"}],
    }
    resource = read(aws, instance("aws_instance.train", body, provider=EU))
    compute = resource.compute[0]
    assert value(compute.purchase) is Purchase.SPOT
    assert isinstance(compute.fallback, Absent)
    assert value(compute.checkpoint) == "s3://state/checkpoints/a"
    assert [(value(one.uri), one.role) for one in resource.data] == [
        ("s3://corpus/v1", "data"),
        ("s3://state/checkpoints/a", "checkpoint"),
    ]
    assert resource.purpose is Purpose.TRAINING
    assert resource.evidence == "the name train in its address"
    assert (value(resource.storage[0].kind), value(resource.storage[0].size_gib)) == ("ebs:gp3", 500)


def test_unknown_script_leaves_the_checkpoint_unknown() -> None:
    body = {"instance_type": "p4d.24xlarge", "user_data": unknown("var.script has no value")}
    compute = read(aws, instance("aws_instance.a", body, provider=EU)).compute[0]
    assert isinstance(compute.checkpoint, Unknown)


def test_an_empty_mapping_of_tags_is_known() -> None:
    log = read(aws, instance("aws_cloudwatch_log_group.a", {"name": "x", "tags": {}}, provider=EU))
    assert (log.labels.entries, log.labels.unknown) == ({}, ())


def test_labels_tell_the_purpose_before_names_do() -> None:
    body = {"instance_type": "g5.xlarge", "tags": {"workload": "serving"}}
    resource = read(aws, instance("aws_instance.train", body, provider=EU))
    assert resource.purpose is Purpose.INFERENCE
    assert resource.evidence == "label workload = serving"


def test_unknown_number_of_instances_leaves_counts_unknown() -> None:
    body = {"instance_type": "g5.xlarge"}
    compute = read(aws, instance("aws_instance.a", body, repeated=unknown("var.n has no value"))).compute[0]
    assert compute.count_min == compute.count_max == unknown("var.n has no value")


MIXED = {
    "min_size": 2,
    "max_size": 10,
    "mixed_instances_policy": [
        {
            "instances_distribution": [
                {"on_demand_base_capacity": 2, "on_demand_percentage_above_base_capacity": 25},
            ],
            "launch_template": [
                {
                    "launch_template_specification": [{"launch_template_id": unknown("id", "aws_launch_template.t")}],
                    "override": [{"instance_type": "g5.xlarge"}, {"instance_type": "g5.2xlarge"}],
                }
            ],
        }
    ],
}
TEMPLATE = instance(
    "aws_launch_template.t",
    {"instance_type": "g5.12xlarge", "block_device_mappings": [{"ebs": [{"volume_size": 200, "volume_type": "gp3"}]}]},
    provider=EU,
)


def test_mixed_instances_policy() -> None:
    resource = read(aws, instance("aws_autoscaling_group.a", MIXED, provider=EU), TEMPLATE)
    compute = resource.compute[0]
    assert value(compute.instance_type) == "g5.xlarge"
    assert [one.value for one in compute.other_instance_types] == ["g5.2xlarge"]
    assert (value(compute.count_min), value(compute.count_max)) == (2, 10)
    assert value(compute.purchase) is Purchase.MIXED
    assert value(compute.spot_share) == Decimal("0.6")
    assert value(compute.fallback) == "2 on demand at least, 25% above that"
    assert [value(one.size_gib) for one in resource.storage] == [200]


def test_all_spot_group_has_no_fallback_and_weights_divide_capacity() -> None:
    policy = {
        "instances_distribution": [{"on_demand_percentage_above_base_capacity": 0}],
        "launch_template": [
            {
                "override": [
                    {"instance_type": "g5.xlarge", "weighted_capacity": "1"},
                    {"instance_type": "g5.2xlarge", "weighted_capacity": "2"},
                ]
            }
        ],
    }
    body = {"min_size": 3, "max_size": 8, "mixed_instances_policy": [policy]}
    compute = read(aws, instance("aws_autoscaling_group.a", body, provider=EU)).compute[0]
    assert value(compute.purchase) is Purchase.SPOT
    assert isinstance(compute.fallback, Absent)
    assert (value(compute.count_min), value(compute.count_max)) == (2, 8)


def test_launch_template_is_found_by_reference_and_by_name_and_carries_no_cost_then() -> None:
    template = instance(
        "aws_launch_template.t", {"name": "gpu", "instance_type": "g5.12xlarge", "instance_market_options": [{}]}
    )
    body = {"min_size": 0, "max_size": 4, "launch_template": [{"id": unknown("known only after apply")}]}
    by_reference = instance("aws_autoscaling_group.a", body, references={"launch_template": ("aws_launch_template.t",)})
    by_name = instance("aws_autoscaling_group.b", {**body, "launch_template": [{"name": "gpu"}]})
    for group in (by_reference, by_name):
        found = {one.address: one for one in read_all(aws, (group, template))}
        compute = found[group.address].compute[0]
        assert value(compute.instance_type) == "g5.12xlarge"
        assert value(compute.purchase) is Purchase.SPOT
        assert found["aws_launch_template.t"].compute == ()
    alone = read(aws, template).compute[0]
    assert (value(alone.count_max), isinstance(alone.fallback, Unknown)) == (0, True)


def test_template_of_another_configuration_leaves_the_type_unknown() -> None:
    body = {"min_size": 0, "max_size": 4, "launch_template": [{"id": "lt-0123"}]}
    compute = read(aws, instance("aws_autoscaling_group.a", body)).compute[0]
    assert isinstance(compute.instance_type, Unknown)
    assert isinstance(compute.purchase, Unknown)


def test_ec2_fleet_and_spot_fleet() -> None:
    target = {
        "total_target_capacity": 10,
        "on_demand_target_capacity": 4,
        "default_target_capacity_type": "spot",
    }
    fleet = {
        "target_capacity_specification": [target],
        "launch_template_config": [{"override": [{"instance_type": "p3.2xlarge"}]}],
    }
    compute = read(aws, instance("aws_ec2_fleet.a", fleet, provider=EU)).compute[0]
    assert (value(compute.purchase), value(compute.spot_share)) == (Purchase.MIXED, Decimal("0.6"))
    assert value(compute.fallback) == "4 of 10 on demand"
    spot = {"target_capacity": 3, "launch_specification": [{"instance_type": "p3.2xlarge"}]}
    compute = read(aws, instance("aws_spot_fleet_request.a", spot, provider=EU)).compute[0]
    assert (value(compute.purchase), value(compute.count_max)) == (Purchase.SPOT, 3)


def node_group(name: str, capacity: str, kind: str, **more: object) -> Any:
    body = {
        "cluster_name": "ml",
        "capacity_type": capacity,
        "instance_types": [kind],
        "scaling_config": [{"min_size": 0, "max_size": 5, "desired_size": 1}],
        **more,
    }
    return instance(f"aws_eks_node_group.{name}", body, provider=EU)


def test_spot_node_group_falls_back_on_an_on_demand_one_of_the_same_family() -> None:
    spot = node_group("spot", "SPOT", "g5.12xlarge", taint=[{"key": "gpu"}])
    same = node_group("steady", "ON_DEMAND", "g5.48xlarge", taint=[{"key": "gpu"}])
    other = node_group("cpu", "ON_DEMAND", "m5.large")
    tainted = node_group("tainted", "ON_DEMAND", "g5.48xlarge", taint=[{"key": "other"}])
    compute = read(aws, spot, same).compute[0]
    assert (value(compute.count_min), value(compute.count_max)) == (0, 5)
    assert value(compute.fallback) == "aws_eks_node_group.steady (on-demand)"
    assert isinstance(read(aws, spot, other).compute[0].fallback, Absent)
    undecided = read(aws, spot, other, tainted).compute[0].fallback
    assert isinstance(undecided, Unknown)
    assert undecided.reason == "pods may fall back on aws_eks_node_group.tainted if they tolerate its taint other"


def test_node_groups_of_a_cluster_without_a_value_are_of_one_cluster() -> None:
    spot, steady, other = (
        node_group(name, kind, "g5.12xlarge", cluster_name=unknown(f"aws_eks_node_group.{name} has no value: {cause}"))
        for name, kind, cause in (
            ("spot", "SPOT", "var.cluster"),
            ("steady", "ON_DEMAND", "var.cluster"),
            ("other", "ON_DEMAND", "var.another"),
        )
    )
    assert value(read(aws, spot, other, steady).compute[0].fallback) == "aws_eks_node_group.steady (on-demand)"
    assert isinstance(read(aws, spot, other).compute[0].fallback, Absent)


def test_node_group_defaults() -> None:
    resource = read(aws, instance("aws_eks_node_group.a", {"scaling_config": [{"min_size": 1, "max_size": 1}]}))
    compute = resource.compute[0]
    assert value(compute.instance_type) == "t3.medium"
    assert value(compute.purchase) is Purchase.ON_DEMAND
    assert value(resource.storage[0].size_gib) == 20


def test_control_plane_fee() -> None:
    fee = read(aws, instance("aws_eks_cluster.a", {}, provider=EU)).fees[0]
    assert (fee.service, fee.sku, value(fee.quantity), value(fee.region)) == ("eks", "cluster", 1, "eu-west-1")


ENDPOINT = {
    "production_variants": [
        {
            "variant_name": "main",
            "model_name": "llm",
            "instance_type": "ml.g5.12xlarge",
            "initial_instance_count": 2,
        }
    ],
    "data_capture_config": [{"enable_capture": True, "destination_s3_uri": "s3://capture/llm"}],
}


def test_endpoint_configuration() -> None:
    resource = read(aws, instance("aws_sagemaker_endpoint_configuration.a", ENDPOINT, provider=EU))
    compute, serving = resource.compute[0], resource.serving
    assert (compute.service, compute.name, value(compute.instance_type)) == ("sagemaker", "main", "ml.g5.12xlarge")
    assert (value(compute.count_min), value(compute.count_max)) == (2, 2)
    assert serving is not None
    assert value(serving.monitoring) is True
    assert value(serving.scale_to_zero) is False
    assert value(serving.traffic) == 100
    assert resource.purpose is Purpose.INFERENCE
    assert [(value(one.uri), one.direction) for one in resource.data] == [("s3://capture/llm", "write")]


def test_application_autoscaling_bounds_an_endpoint() -> None:
    configuration = instance("aws_sagemaker_endpoint_configuration.a", {**ENDPOINT, "name": "cfg"}, provider=EU)
    endpoint = instance("aws_sagemaker_endpoint.e", {"name": "llm", "endpoint_config_name": "cfg"}, provider=EU)
    target = instance(
        "aws_appautoscaling_target.t",
        {"resource_id": "endpoint/llm/variant/main", "min_capacity": 1, "max_capacity": 6},
        provider=EU,
    )
    compute = read(aws, configuration, endpoint, target).compute[0]
    assert (value(compute.count_min), value(compute.count_max)) == (1, 6)
    assert read(aws, endpoint, configuration).unpriced == ""
    assert "not in this Terraform configuration" in read(aws, endpoint).unpriced


def test_serverless_endpoint_scales_to_zero_and_has_no_price() -> None:
    body = {"production_variants": [{"serverless_config": [{"max_concurrency": 5, "memory_size_in_mb": 2048}]}]}
    resource = read(aws, instance("aws_sagemaker_endpoint_configuration.a", body, provider=EU))
    assert resource.compute == ()
    assert resource.serving is not None
    assert value(resource.serving.scale_to_zero) is True
    assert "serverless" in resource.unpriced


def test_training_job() -> None:
    body = {
        "resource_config": [{"instance_type": "ml.p4d.24xlarge", "instance_count": 4}],
        "enable_managed_spot_training": True,
        "checkpoint_config": [{"s3_uri": "s3://state/ckpt"}],
        "stopping_condition": [{"max_runtime_in_seconds": 7200}],
        "input_data_config": [
            {"data_source": [{"s3_data_source": [{"s3_uri": unknown("x", "aws_s3_bucket.corpus")}]}]}
        ],
    }
    resource = read(aws, instance("aws_sagemaker_training_job.a", body, provider=EU))
    compute = resource.compute[0]
    assert (value(compute.purchase), value(compute.count_max)) == (Purchase.SPOT, 4)
    assert (value(compute.checkpoint), value(compute.max_runtime_hours)) == ("s3://state/ckpt", 2)
    assert resource.purpose is Purpose.TRAINING
    assert [one.role for one in resource.data] == ["checkpoint", "data"]
    assert isinstance(resource.data[1].uri, Unknown)
    assert resource.data[1].uri.reference == "aws_s3_bucket.corpus"


def test_bucket_with_its_life_cycle_and_tiering() -> None:
    bucket = instance("aws_s3_bucket.corpus", {"bucket": "corpus"}, provider=EU)
    rule = {
        "status": "Enabled",
        "expiration": [{"days": 30}],
        "transition": [{"days": 7, "storage_class": "GLACIER"}],
    }
    lifecycle = instance("aws_s3_bucket_lifecycle_configuration.l", {"bucket": "corpus", "rule": [rule]})
    storage = read(aws, bucket, lifecycle).storage[0]
    assert value(storage.kind) == "s3:standard"
    assert value(storage.lifecycle) == ("expire after 30 days", "GLACIER after 7 days")
    assert value(storage.retention_days) == 30
    assert isinstance(read(aws, bucket).storage[0].lifecycle, Absent)
    off = instance(
        "aws_s3_bucket_lifecycle_configuration.l", {"bucket": "corpus", "rule": [{**rule, "status": "Disabled"}]}
    )
    assert isinstance(read(aws, bucket, off).storage[0].lifecycle, Absent)
    elsewhere = instance(
        "aws_s3_bucket_lifecycle_configuration.l", {"bucket": unknown("var.b has no value"), "rule": [rule]}
    )
    assert isinstance(read(aws, bucket, elsewhere).storage[0].lifecycle, Unknown)


def test_bucket_instances_are_joined_by_key() -> None:
    references = {"bucket": ("aws_s3_bucket.b",)}
    buckets = [instance(f'aws_s3_bucket.b["{key}"]', {}, key=key) for key in ("eu", "us")]
    lifecycle = instance(
        'aws_s3_bucket_lifecycle_configuration.l["us"]',
        {"bucket": unknown("known only after apply"), "rule": [{"expiration": [{"days": 9}]}]},
        references=references,
        key="us",
    )
    found = [one.storage[0].lifecycle for one in read_all(aws, (*buckets, lifecycle)) if one.storage]
    assert isinstance(found[0], Absent)
    assert value(found[1]) == ("expire after 9 days",)


def test_types_without_a_reader() -> None:
    assert read(aws, instance("aws_msk_cluster.a", {})).unpriced == "guard has no price model for aws_msk_cluster yet"
    # Every public IPv4 address costs since 2024-02-01, in use or not: https://aws.amazon.com/vpc/pricing/
    assert read(aws, instance("aws_eip.a", {})).unpriced == "guard has no price model for aws_eip yet"
    assert read(aws, instance("aws_iam_role.a", {})).unpriced == ""
    assert not aws.PLATFORM.claims(instance("aws_instance.a", {}, mode="data"))
    assert not aws.PLATFORM.claims(instance("awscc_s3_bucket.a", {}))


def test_batch_environment_counts_machines_from_virtual_cpus_and_finds_what_its_queue_has_behind_it() -> None:
    def environment(name: str, kind: str) -> Any:
        resources = {"type": kind, "instance_type": ["g5.2xlarge"], "min_vcpus": 0, "max_vcpus": 100}
        body = {"compute_environment_name": name, "compute_resources": [resources]}
        return instance(f"aws_batch_compute_environment.{name}", body, provider=EU)

    orders = [
        {"compute_environment": unknown("arn", f"aws_batch_compute_environment.{name}")} for name in ("spot", "steady")
    ]
    queue = instance("aws_batch_job_queue.q", {"compute_environment_order": orders}, provider=EU)
    spot, steady = environment("spot", "SPOT"), environment("steady", "EC2")
    compute = read(aws, spot, steady, queue).compute[0]
    assert (value(compute.count_min), value(compute.count_max)) == (0, 13)
    assert value(compute.fallback).startswith("aws_batch_compute_environment.steady")
    assert isinstance(read(aws, spot, steady).compute[0].fallback, Absent)


def test_fargate_service_pays_for_its_tasks() -> None:
    task = instance("aws_ecs_task_definition.t", {"family": "t", "cpu": "2048", "memory": "8192"}, provider=EU)
    body = {
        "launch_type": "FARGATE",
        "desired_count": 3,
        "task_definition": unknown("arn", "aws_ecs_task_definition.t"),
    }
    fees = read(aws, instance("aws_ecs_service.s", body, provider=EU), task).fees
    assert [(fee.sku, value(fee.quantity)) for fee in fees] == [("vcpu", 6), ("memory_gb", 24)]


def test_emr_fleets() -> None:
    fleet = {
        "target_on_demand_capacity": 1,
        "target_spot_capacity": 3,
        "instance_type_configs": [{"instance_type": "g5.xlarge"}],
    }
    body = {"master_instance_group": [{"instance_type": "m5.xlarge"}], "core_instance_fleet": [fleet]}
    master, core = read(aws, instance("aws_emr_cluster.a", body, provider=EU)).compute
    assert (value(master.purchase), value(master.count_max)) == (Purchase.ON_DEMAND, 1)
    assert (value(core.purchase), value(core.spot_share)) == (Purchase.MIXED, Decimal("0.75"))


def test_a_launch_configuration_brings_its_volumes_and_its_tenancy() -> None:
    configuration = instance(
        "aws_launch_configuration.c",
        {
            "instance_type": "g5.xlarge",
            "placement_tenancy": "dedicated",
            "root_block_device": [{"volume_size": 80}],
            "ebs_block_device": [{"device_name": "/dev/sdf", "volume_type": "gp3", "volume_size": 500}],
        },
        provider=EU,
    )
    body = {
        "min_size": 2,
        "max_size": 3,
        "launch_configuration": unknown("name", "aws_launch_configuration.c"),
    }
    found = read(aws, instance("aws_autoscaling_group.a", body, provider=EU), configuration)
    assert value(found.compute[0].purchase) is Purchase.DEDICATED
    volumes = [(one.name, value(one.kind), value(one.size_gib), value(one.count_max)) for one in found.storage]
    assert volumes == [("root volume", "ebs:gp2", 80, 3), ("volume /dev/sdf", "ebs:gp3", 500, 3)]
    assert [value(one.count_min) for one in found.storage] == [2, 2]


def test_volumes_of_one_of_several_launch_specifications_may_not_be_made() -> None:
    specifications = [
        {"instance_type": kind, "root_block_device": [{"volume_size": size}]}
        for kind, size in (("g5.xlarge", 80), ("g6.xlarge", 120))
    ]
    body = {"target_capacity": 4, "launch_specification": specifications}
    found = read(aws, instance("aws_spot_fleet_request.a", body, provider=EU))
    assert [(value(one.size_gib), value(one.count_min), value(one.count_max)) for one in found.storage] == [
        (80, 0, 4),
        (120, 0, 4),
    ]


def test_windows_node_groups_say_that_the_licence_has_no_price() -> None:
    scaling = {"scaling_config": [{"min_size": 1, "max_size": 1}]}
    windows = {**scaling, "ami_type": "WINDOWS_CORE_2022_x86_64"}
    assert "Windows" in read(aws, instance("aws_eks_node_group.w", windows)).unpriced
    assert read(aws, instance("aws_eks_node_group.l", {**scaling, "ami_type": "AL2023_x86_64_NVIDIA"})).unpriced == ""


@pytest.mark.parametrize(
    ("body", "sku", "untold"),
    [
        ({"version": "1.33"}, "cluster_extended_support", ""),
        ({"version": "1.27"}, "cluster_extended_support", ""),
        ({"version": "1.34"}, "cluster", ""),
        ({"version": "newest"}, "cluster", ""),
        ({}, "cluster", ""),
        ({"version": "1.27", "upgrade_policy": [{"support_type": "STANDARD"}]}, "cluster", ""),
        ({"version": unknown("version")}, "cluster", "the version is unknown"),
    ],
)
def test_a_version_past_its_standard_support_costs_more(body: dict[str, Any], sku: str, untold: str) -> None:
    found = read(aws, instance("aws_eks_cluster.c", {"name": "ml", **body}, provider=EU))
    assert [one.sku for one in found.fees] == [sku]
    assert found.unpriced.startswith(untold) and bool(found.unpriced) == bool(untold)


@pytest.mark.parametrize(
    ("template", "volumes"),
    [
        ({}, ["root volume"]),
        (
            {"block_device_mappings": [{"device_name": "/dev/sdf", "ebs": [{"volume_size": 9}]}]},
            ["root volume", "volume"],
        ),
        ({"block_device_mappings": [{"device_name": "/dev/xvda", "ebs": [{"volume_size": 9}]}]}, ["volume"]),
        ({"block_device_mappings": unknown("devices")}, []),
    ],
)
def test_a_group_has_the_root_volume_of_its_image(template: dict[str, Any], volumes: list[str]) -> None:
    made = instance("aws_launch_template.t", {"instance_type": "g5.xlarge", **template}, provider=EU)
    body = {"min_size": 1, "max_size": 2, "launch_template": [{"id": unknown("id", "aws_launch_template.t")}]}
    found = read(aws, instance("aws_autoscaling_group.g", body, provider=EU), made)
    assert [one.name.partition(" /")[0] for one in found.storage] == volumes


def test_what_is_billed_by_use_besides_a_machine_is_told() -> None:
    body = {"instance_type": "t3.large", "monitoring": True, "credit_specification": [{"cpu_credits": "unlimited"}]}
    found = read(aws, instance("aws_instance.a", body, provider=EU))
    assert found.unpriced == (
        "guard has no price of detailed monitoring; surplus CPU credits are billed by use, for which guard has no price"
    )
