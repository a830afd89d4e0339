"""What calls of the public modules for Google Cloud and Azure deploy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.value import Unknown
from tests.unit.terraform.test_known_modules import instances, known, resources

GKE = "terraform-google-modules/kubernetes-engine/google"


@pytest.mark.parametrize("module", ["", "//modules/private-cluster", "//modules/beta-public-cluster-update-variant"])
def test_node_pools_are_flat_maps(module: str) -> None:
    found = resources(
        f"""
module "gke" {{
  source     = "{GKE}{module}"
  project_id = "p"
  name       = "ml"
  region     = "us-central1"
  zones      = ["us-central1-a", "us-central1-b"]
  node_pools = [
    {{
      name              = "gpu"
      machine_type      = "g2-standard-24"
      accelerator_count = "2"
      accelerator_type  = "nvidia-l4"
      min_count         = 0
      max_count         = 4
      spot              = true
      disk_size_gb      = 200
      disk_type         = "pd-ssd"
      node_locations    = "us-central1-a"
    }},
    {{
      name       = "core"
      autoscaling = false
      node_count = 2
    }},
  ]
  node_pools_resource_labels = {{
    all = {{ owner = "ml" }}
    gpu = {{ team = "nlp" }}
  }}
  cluster_resource_labels = {{ environment = "prod" }}
}}
"""
    )
    gpu = found['module.gke.google_container_node_pool.pools["gpu"]']
    compute = gpu.compute[0]
    assert (known(compute.instance_type), known(compute.accelerator)) == ("g2-standard-24", "L4")
    assert (known(compute.count_min), known(compute.count_max), known(compute.purchase)) == (0, 4, "spot")
    assert (known(gpu.storage[0].kind), known(gpu.storage[0].size_gib)) == ("pd-ssd", Decimal(200))
    assert {name: known(one.value) for name, one in gpu.labels.entries.items()} == {"owner": "ml", "team": "nlp"}
    assert gpu.location.line == 10
    core = found['module.gke.google_container_node_pool.pools["core"]'].compute[0]
    assert (known(core.instance_type), known(core.count_min), known(core.count_max)) == ("e2-medium", 4, 4)
    cluster = found["module.gke.google_container_cluster.primary"]
    assert [one.sku for one in cluster.fees] == ["cluster_management"]
    assert known(cluster.labels.find("environment")) == "prod"
    assert known(cluster.region) == "us-central1"


def test_a_cluster_without_pools_has_the_modules_own() -> None:
    found = resources(
        f'module "gke" {{\n  source = "{GKE}"\n  name = "a"\n  regional = false\n  zones = ["us-west4-b"]\n}}\n'
    )
    pool = found['module.gke.google_container_node_pool.pools["default-node-pool"]'].compute[0]
    assert (known(pool.count_min), known(pool.count_max)) == (1, 100)
    assert known(found["module.gke.google_container_cluster.primary"].zone) == "us-west4-b"


def test_an_autopilot_cluster_has_no_nodes() -> None:
    found = resources(
        f'module "gke" {{\n  source = "{GKE}//modules/beta-autopilot-private-cluster"\n'
        '  name = "a"\n  region = "us-central1"\n}\n'
    )
    assert [(one.address, one.compute) for one in found.values()] == [
        ("module.gke.google_container_cluster.primary", ())
    ]


def test_plain_clusters_and_pools() -> None:
    found = resources(
        f"""
module "cluster" {{
  source   = "{GKE}//modules/gke-standard-cluster"
  name     = "a"
  location = "europe-west4-a"
}}
module "pool" {{
  source      = "{GKE}//modules/gke-node-pool"
  cluster     = module.cluster.name
  location    = module.cluster.location
  autoscaling = {{ min_node_count = 1, max_node_count = 3 }}
  node_config = {{
    machine_type      = "a3-highgpu-8g"
    guest_accelerator = {{ type = "nvidia-h100-80gb", count = 8 }}
  }}
}}
"""
    )
    compute = found["module.pool.google_container_node_pool.main"].compute[0]
    assert (known(compute.accelerator), known(compute.accelerator_count)) == ("H100", 8)
    assert (known(compute.count_min), known(compute.count_max)) == (1, 3)


def test_pools_that_are_unknown_are_told() -> None:
    found = instances(f'variable "pools" {{}}\nmodule "gke" {{\n  source = "{GKE}"\n  node_pools = var.pools\n}}\n')
    pool = found["module.gke.google_container_node_pool.pools"]
    assert pool.repeated is not None
    assert pool.repeated.reason == "var.pools has no value"


VM = "terraform-google-modules/vm/google//modules"


def test_machines_from_a_template() -> None:
    found = resources(
        f"""
module "template" {{
  source       = "{VM}/instance_template"
  machine_type = "a2-highgpu-1g"
  spot         = true
  disk_size_gb = 500
  disk_type    = "pd-ssd"
  gpu          = {{ type = "nvidia-tesla-a100", count = 1 }}
}}
module "group" {{
  source              = "{VM}/mig"
  region              = "us-central1"
  instance_template   = module.template.self_link
  autoscaling_enabled = true
  min_replicas        = 1
  max_replicas        = 6
}}
module "machines" {{
  source            = "{VM}/compute_instance"
  zone              = "us-central1-a"
  num_instances     = 2
  instance_template = module.template.self_link
}}
"""
    )
    group = found["module.group.google_compute_region_instance_group_manager.mig"]
    compute = group.compute[0]
    assert (known(compute.accelerator), known(compute.purchase)) == ("A100", "spot")
    assert (known(compute.count_min), known(compute.count_max)) == (1, 6)
    assert known(group.storage[0].size_gib) == 500
    machine = found["module.machines.google_compute_instance_from_template.compute_instance[1]"]
    assert known(machine.compute[0].instance_type) == "a2-highgpu-1g"
    assert known(machine.zone) == "us-central1-a"
    assert found["module.template.google_compute_instance_template.tpl"].compute == ()


def test_a_machine_of_a_template_from_elsewhere_is_unknown() -> None:
    found = resources(
        f'module "machine" {{\n  source = "{VM}/compute_instance"\n  zone = "us-central1-a"\n'
        '  instance_template = "projects/p/global/instanceTemplates/t"\n}\n'
    )
    (compute,) = found["module.machine.google_compute_instance_from_template.compute_instance[0]"].compute
    assert isinstance(compute.instance_type, Unknown)
    assert compute.instance_type.reason == "the instance template is not in this configuration"


@pytest.mark.parametrize(
    ("version", "scaling", "name"),
    [
        ("7.5.0", "enable_auto_scaling", "node_pool"),
        ("~> 9.0", "enable_auto_scaling", "node_pool_create_before_destroy"),
        ("~> 11.0", "auto_scaling_enabled", "node_pool_create_before_destroy"),
    ],
)
def test_a_cluster_on_azure(version: str, scaling: str, name: str) -> None:
    found = resources(
        f"""
module "aks" {{
  source              = "Azure/aks/azurerm"
  version             = "{version}"
  prefix              = "ml"
  location            = "westeurope"
  resource_group_name = "rg"
  sku_tier            = "Standard"
  agents_count        = 3
  node_pools = {{
    gpu = {{
      name      = "gpu"
      vm_size   = "Standard_NC24ads_A100_v4"
      {scaling} = true
      min_count = 0
      max_count = 2
      priority  = "Spot"
      tags      = {{ owner = "ml" }}
    }}
  }}
}}
"""
    )
    cluster = found["module.aks.azurerm_kubernetes_cluster.main"]
    assert [one.sku for one in cluster.fees] == ["uptime_sla_standard"]
    agents = cluster.compute[0]
    assert (known(agents.instance_type), known(agents.count_min)) == ("Standard_D2s_v3", 3)
    gpu = found[f'module.aks.azurerm_kubernetes_cluster_node_pool.{name}["gpu"]']
    compute = gpu.compute[0]
    assert (known(compute.count_max), known(compute.purchase)) == (2, "spot")
    assert known(gpu.region) == "westeurope"
    assert known(gpu.labels.find("owner")) == "ml"
    assert "module.aks.azurerm_log_analytics_workspace.main[0]" in found
