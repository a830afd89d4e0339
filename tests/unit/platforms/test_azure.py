"""What the Azure reader makes of instances: places, machines, node pools, learning compute and storage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from guard.model.resource import Purchase, Purpose
from guard.model.value import Absent, Known, Unknown
from guard.platforms import azure

from .terraform_instances import instance, read, unknown


def value(fact: object) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def test_machine() -> None:
    body = {
        "location": "East US",
        "size": "Standard_NC24ads_A100_v4",
        "priority": "Spot",
        "eviction_policy": "Deallocate",
        "tags": {"owner": "ml"},
        "os_disk": [{"storage_account_type": "Premium_LRS", "disk_size_gb": 100}],
    }
    resource = read(azure, instance("azurerm_linux_virtual_machine.a", body))
    compute = resource.compute[0]
    assert value(resource.region) == "eastus"
    assert value(compute.purchase) is Purchase.SPOT
    assert isinstance(compute.fallback, Absent)
    assert value(resource.storage[0].kind) == "disk:P10:LRS"
    assert value(resource.labels.entries["owner"].value) == "ml"
    assert "Windows" in read(azure, instance("azurerm_windows_virtual_machine.a", body)).unpriced


@pytest.mark.parametrize(
    ("account", "size", "sku"),
    [
        ("Premium_ZRS", 128, "disk:P10:ZRS"),
        ("Premium_LRS", 129, "disk:P15:LRS"),
        ("StandardSSD_LRS", 4, "disk:E1:LRS"),
        ("Standard_LRS", 10, "disk:S4:LRS"),
        ("PremiumV2_LRS", 10, "disk:premium_v2:capacity"),
    ],
)
def test_disk_tiers(account: str, size: int, sku: str) -> None:
    body = {"storage_account_type": account, "disk_size_gb": size, "location": "westeurope"}
    assert value(read(azure, instance("azurerm_managed_disk.a", body)).storage[0].kind) == sku


def test_disk_without_a_size_has_no_tier() -> None:
    body = {"storage_account_type": "Premium_LRS"}
    assert isinstance(read(azure, instance("azurerm_managed_disk.a", body)).storage[0].kind, Unknown)


def test_mixed_scale_set_with_autoscaling() -> None:
    scale_set = instance(
        "azurerm_orchestrated_virtual_machine_scale_set.s",
        {
            "sku_name": "Standard_NC6s_v3",
            "instances": 2,
            "priority": "Spot",
            "priority_mix": [{"base_regular_count": 2, "regular_percentage_above_base": 50}],
        },
    )
    setting = instance(
        "azurerm_monitor_autoscale_setting.x",
        {
            "target_resource_id": unknown("id", "azurerm_orchestrated_virtual_machine_scale_set.s"),
            "profile": [{"capacity": [{"minimum": 2, "maximum": 10, "default": 2}]}],
        },
    )
    compute = read(azure, scale_set, setting).compute[0]
    assert (value(compute.count_min), value(compute.count_max)) == (2, 10)
    assert (value(compute.purchase), value(compute.spot_share)) == (Purchase.MIXED, Decimal("0.4"))
    assert value(compute.fallback) == "2 regular at least, 50% above that"


CLUSTER = instance(
    "azurerm_kubernetes_cluster.c",
    {
        "name": "ml",
        "location": "West Europe",
        "sku_tier": "Standard",
        "default_node_pool": [{"name": "system", "vm_size": "Standard_D4s_v5", "node_count": 3}],
    },
)


def test_cluster_and_its_pools() -> None:
    resource = read(azure, CLUSTER)
    assert [(fee.service, fee.sku) for fee in resource.fees] == [("aks", "uptime_sla_standard")]
    assert (value(resource.compute[0].count_min), value(resource.compute[0].count_max)) == (3, 3)
    pool = instance(
        "azurerm_kubernetes_cluster_node_pool.p",
        {
            "kubernetes_cluster_id": unknown("id", "azurerm_kubernetes_cluster.c"),
            "vm_size": "standard_nc24ads_a100_v4",
            "priority": "Spot",
            "enable_auto_scaling": True,
            "min_count": 0,
            "max_count": 4,
        },
    )
    behind = instance(
        "azurerm_kubernetes_cluster_node_pool.steady",
        {
            "kubernetes_cluster_id": unknown("id", "azurerm_kubernetes_cluster.c"),
            "vm_size": "Standard_NC48ads_A100_v4",
            "node_count": 1,
        },
    )
    found = read(azure, pool, CLUSTER, behind)
    assert value(found.region) == "westeurope"
    assert (value(found.compute[0].count_min), value(found.compute[0].count_max)) == (0, 4)
    assert value(found.compute[0].fallback) == "azurerm_kubernetes_cluster_node_pool.steady (on-demand)"
    assert isinstance(read(azure, pool, CLUSTER).compute[0].fallback, Absent)
    assert isinstance(read(azure, pool).region, Unknown)


@pytest.mark.parametrize("system", [{"os_type": "Windows"}, {"os_sku": "Windows2022"}])
def test_a_pool_of_windows_nodes_says_that_the_licence_has_no_price(system: dict[str, str]) -> None:
    pool = {"vm_size": "Standard_DS2_v2", **system}
    assert "Windows" in read(azure, instance("azurerm_kubernetes_cluster_node_pool.w", pool)).unpriced
    assert "Windows" in read(azure, instance("azurerm_kubernetes_cluster.w", {"default_node_pool": [pool]})).unpriced
    linux = {"vm_size": "Standard_DS2_v2", "os_type": "Linux", "os_sku": "Ubuntu"}
    assert read(azure, instance("azurerm_kubernetes_cluster_node_pool.l", linux)).unpriced == ""


def test_learning_compute_cluster() -> None:
    body = {
        "location": "westeurope",
        "vm_size": "STANDARD_NC6S_V3",
        "vm_priority": "LowPriority",
        "scale_settings": [{"min_node_count": 0, "max_node_count": 8}],
    }
    compute = read(azure, instance("azurerm_machine_learning_compute_cluster.train", body)).compute[0]
    assert (value(compute.purchase), value(compute.count_min), value(compute.count_max)) == (Purchase.SPOT, 0, 8)
    assert compute.service == "azureml"


def test_online_deployment_written_through_azapi() -> None:
    body = {
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@2024-04-01",
        "location": "eastus",
        "body": {
            "properties": {
                "instanceType": "Standard_NC24ads_A100_v4",
                "model": "azureml:llm:3",
                "scaleSettings": {"minInstances": 1, "maxInstances": 5},
            },
            "sku": {"capacity": 2},
        },
    }
    resource = read(azure, instance("azapi_resource.d", body))
    assert resource.purpose is Purpose.INFERENCE
    compute = resource.compute[0]
    assert (value(compute.count_min), value(compute.count_max)) == (1, 5)


def test_storage_account_and_its_management_policy() -> None:
    account = instance(
        "azurerm_storage_account.s",
        {"name": "corpus", "location": "eastus", "account_tier": "Standard", "account_replication_type": "RAGRS"},
    )
    rule = {
        "enabled": True,
        "actions": [
            {
                "base_blob": [
                    {
                        "tier_to_cool_after_days_since_modification_greater_than": 30,
                        "delete_after_days_since_modification_greater_than": 365,
                    }
                ]
            }
        ],
    }
    policy = instance(
        "azurerm_storage_management_policy.p",
        {"storage_account_id": unknown("id", "azurerm_storage_account.s"), "rule": [rule]},
    )
    storage = read(azure, account, policy).storage[0]
    assert value(storage.kind) == "blob:hot:grs"
    assert value(storage.lifecycle) == ("tier_to_cool after 30 days", "delete after 365 days")
    assert value(storage.retention_days) == 365
    assert isinstance(read(azure, account).storage[0].lifecycle, Absent)


def test_hosted_models_and_unread_types_say_that_they_have_no_price() -> None:
    body = {"model": [{"name": "gpt-4o", "version": "2024-08-06"}], "sku": [{"name": "ProvisionedManaged"}]}
    resource = read(azure, instance("azurerm_cognitive_deployment.d", body))
    assert "provisioned throughput" in resource.unpriced
    assert resource.serving is not None
    assert value(resource.serving.model_version) == "2024-08-06"
    assert read(azure, instance("azurerm_nat_gateway.n", {})).unpriced
    assert read(azure, instance("azurerm_role_assignment.r", {})).unpriced == ""
    assert not read(azure, instance("azurerm_role_assignment.r", {})).labels.taggable
