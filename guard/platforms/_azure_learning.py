"""Azure Machine Learning compute, and models served by Azure's AI services."""

from __future__ import annotations

from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Purpose, Serving
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._terraform import Facts, Reader, Site, chosen, default
from guard.platforms._terraform_uris import label_links

_PRIORITIES = {"LOWPRIORITY": Purchase.SPOT, "DEDICATED": Purchase.ON_DEMAND}
_ENDPOINTS = "microsoft.machinelearningservices/workspaces/onlineendpoints"


def _compute_cluster(site: Site) -> Facts:
    body = site.body
    compute = Compute(
        location=site.here,
        provider="azure",
        service="azureml",
        instance_type=body.text("vm_size"),
        count_min=site.counted(body.integer("scale_settings", "min_node_count")),
        count_max=site.counted(body.integer("scale_settings", "max_node_count")),
        purchase=chosen(body.text("vm_priority"), _PRIORITIES),
        region=site.region,
    )
    return Facts(compute=(compute,), data=label_links(site))


def _compute_instance(site: Site) -> Facts:
    one = site.one()
    compute = Compute(
        location=site.here,
        name="notebook",
        provider="azure",
        service="azureml",
        instance_type=site.body.text("virtual_machine_size"),
        count_min=one,
        count_max=one,
        purchase=Known(Purchase.ON_DEMAND, site.here),
        region=site.region,
    )
    return Facts(purpose=Purpose.NOTEBOOK, compute=(compute,), data=label_links(site))


def _deployment(site: Site) -> Facts:
    """A hosted model: provisioned capacity is sold by the hour, all else by the token; guard has a price of neither."""
    body = site.body
    sku = first(body.text("sku", "name"), body.text("scale", "type"))
    provisioned = isinstance(sku, Known) and "provisioned" in sku.value.lower()
    how = "provisioned throughput" if provisioned else "tokens of hosted models"
    serving = Serving(
        location=site.here,
        model_name=body.text("model", "name"),
        model_version=body.text("model", "version"),
        model_format=body.text("model", "format"),
        hardware_target=sku,
        hosted_by=Absent(site.here) if provisioned else Known("azure", site.here),
    )
    untold = f"{how} on Azure are billed by use: declare it in a usage file"
    if provisioned:
        untold = f"guard has no price of {how} on Azure yet"
    return Facts(purpose=Purpose.INFERENCE, serving=serving, unpriced=untold)


def _generic(site: Site) -> Facts:
    """Return the facts of an online endpoint or its deployment, which this provider writes as the API has them."""
    kind = site.body.text("type")
    name = kind.value.partition("@")[0].lower() if isinstance(kind, Known) else ""
    if name == _ENDPOINTS:
        return Facts(purpose=Purpose.INFERENCE, serving=Serving(location=site.here))
    if name != f"{_ENDPOINTS}/deployments":
        return Facts()
    body = site.body.get("body") or Node({}, site.here)
    low, high = (site.counted(one) for one in _bounds(body))
    compute = Compute(
        location=site.here,
        provider="azure",
        service="azureml",
        instance_type=body.text("properties", "instanceType"),
        count_min=low,
        count_max=high,
        purchase=Known(Purchase.ON_DEMAND, site.here),
        region=site.region,
    )
    serving = Serving(
        location=site.here,
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=mapped(low, lambda count: count == 0),
        model_name=body.text("properties", "model"),
        hardware_target=compute.instance_type,
        monitoring=body.flag("properties", "appInsightsEnabled"),
    )
    return Facts(purpose=Purpose.INFERENCE, compute=(compute,), serving=serving, data=label_links(site))


def _bounds(body: Node) -> tuple[Value[int], Value[int]]:
    if isinstance(body.value, Unknown):
        return body.value, body.value
    scale = ("properties", "scaleSettings")
    low, high = body.integer(*scale, "minInstances"), body.integer(*scale, "maxInstances")
    count = default(body.integer("sku", "capacity"), 1)
    return (count if isinstance(low, Absent) else low), (count if isinstance(high, Absent) else high)


READERS: dict[str, Reader] = {
    "azurerm_machine_learning_compute_cluster": _compute_cluster,
    "azurerm_machine_learning_compute_instance": _compute_instance,
    "azurerm_cognitive_deployment": _deployment,
    "azapi_resource": _generic,
}
