"""Where Azure resources stand: their location, or that of the cluster or workspace that they belong to."""

from __future__ import annotations

from guard.model.instance import Instance
from guard.model.platform import Surroundings
from guard.model.value import Absent, Known, Unknown, Value, mapped
from guard.platforms._terraform_joining import joined

# Types without a location of their own (in version 4 of the provider): the argument that names what they belong to.
PARENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "azurerm_kubernetes_cluster_node_pool": ("kubernetes_cluster_id", ("azurerm_kubernetes_cluster",)),
    "azurerm_machine_learning_compute_instance": (
        "machine_learning_workspace_id",
        ("azurerm_machine_learning_workspace",),
    ),
    "azurerm_cognitive_deployment": ("cognitive_account_id", ("azurerm_cognitive_account", "azurerm_ai_services")),
    "azurerm_synapse_spark_pool": ("synapse_workspace_id", ("azurerm_synapse_workspace",)),
    "azurerm_container_app": ("container_app_environment_id", ("azurerm_container_app_environment",)),
}


def region_of(instance: Instance, around: Surroundings) -> Value[str]:
    """Return the region as Azure's API names it (`East US` is `eastus`); absent for a type that has none."""
    location = instance.body.text("location")
    parent = PARENTS.get(instance.type)
    if isinstance(location, Absent) and parent is not None:
        owner = joined(instance, parent[0], around, parent[1])
        if owner is None:
            reason = f"{parent[1][0]} is not in this configuration"
            return Unknown(reason, instance.body.nearest(parent[0]))
        location = owner.body.text("location")
    if isinstance(location, Unknown) and location.reference in around.instances:
        own = around.instances[location.reference].body.text("location")
        location = own if isinstance(own, Known) else location
    return mapped(location, region_name)


def region_name(location: str) -> str:
    """Return a location in small letters and without blanks."""
    return "".join(location.lower().split())


def zone_of(instance: Instance) -> Value[str]:
    """Return the zone that an instance writes; several zones are no one zone."""
    zone = instance.body.text("zone")
    if not isinstance(zone, Absent):
        return zone
    zones = instance.body.items("zones")
    return zones[0].text() if len(zones) == 1 else Absent(instance.location)
