"""Databricks asset bundles: jobs, clusters and model serving endpoints (bundle/schema of databricks/cli)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Purchase, Purpose, Resource, Serving, Training
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._databricks_variables import Variables
from guard.platforms._specs import bare, every, has, hours, labels, links, merged, root_of, written

_KINDS = (
    "jobs", "pipelines", "model_serving_endpoints", "clusters", "registered_models", "experiments", "models", "volumes",
    "quality_monitors", "schemas", "apps", "dashboards",
)  # fmt: skip
_CLOUDS = (("aws_attributes", "aws"), ("azure_attributes", "azure"), ("gcp_attributes", "google"))
_PURCHASES = {
    "SPOT": Purchase.SPOT,
    "SPOT_WITH_FALLBACK": Purchase.MIXED,
    "SPOT_AZURE": Purchase.SPOT,
    "SPOT_WITH_FALLBACK_AZURE": Purchase.MIXED,
    "PREEMPTIBLE_GCP": Purchase.SPOT,
    "PREEMPTIBLE_WITH_FALLBACK_GCP": Purchase.MIXED,
    "ON_DEMAND": Purchase.ON_DEMAND,
    "ON_DEMAND_AZURE": Purchase.ON_DEMAND,
    "ON_DEMAND_GCP": Purchase.ON_DEMAND,
}
# GPUs of a serving workload type, by the clouds' documentation of Databricks Model Serving.
_WORKLOADS = {
    "GPU_SMALL": ("T4", 1),
    "GPU_MEDIUM": ("A10G", 1),
    "MULTIGPU_MEDIUM": ("A10G", 4),
    "GPU_MEDIUM_8": ("A10G", 8),
    "GPU_LARGE": ("A100-80GB", 1),
    "GPU_LARGE_2": ("A100-80GB", 2),
    "GPU_LARGE_8": ("A100-80GB", 8),
}
_TRAINING = re.compile(r"train|fine-?_?tun|\bfit\b", re.IGNORECASE)


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or has(node, "apiVersion", "$schema", "Resources"):
        return False
    if written(node, "bundle", "name"):
        return True
    resources = node.get("resources")
    return resources is not None and has(resources, *_KINDS) and not has(node, "run", "service")


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    variables = Variables(node, around)
    for resources in _sections(node):
        plain = variables.plain(resources)
        for key, one in plain.fields("jobs").items():
            yield _job(key, one)
        for key, one in plain.fields("clusters").items():
            yield _cluster(key, one)
        for key, one in plain.fields("model_serving_endpoints").items():
            yield _endpoint(key, one)


def _sections(node: Node) -> Iterator[Node]:
    """Yield the resources of the bundle, and those that only one target adds or changes."""
    resources = node.get("resources")
    if resources is not None:
        yield resources
    for target in node.fields("targets").values():
        own = target.get("resources")
        if own is not None:
            yield own


def _job(key: str, node: Node) -> Resource:
    name = f"Databricks/jobs.{key}"
    base = bare(node, "databricks", "DatabricksJob", name)
    limit = hours(node.text("timeout_seconds"))
    schedule = _schedule(node)
    clusters = {written(one, "job_cluster_key"): one.get("new_cluster") for one in node.items("job_clusters")}
    own = {written(one, "task_key"): one.get("new_cluster") for one in node.items("tasks")}
    groups = [_nodes(one, group) for group, one in (*clusters.items(), *own.items()) if one is not None]
    trains = bool(_TRAINING.search(f"{key} {written(node, 'name')}"))
    tags = [labels(one, "custom_tags") for one in clusters.values() if one is not None]
    return replace(
        base,
        labels=merged(*tags, labels(node, "tags", at=base.location)),
        purpose=Purpose.TRAINING if trains else Purpose.BATCH,
        evidence="the name of a Databricks job" if trains else "a Databricks job",
        compute=tuple(replace(group, max_runtime_hours=_some(limit)) for group in groups),
        data=links(node),
        training=Training(location=base.location, schedule=schedule, max_runtime_hours=_some(limit)),
    )


def _schedule(node: Node) -> Value[str]:
    """Return the schedule: Quartz counts weekdays as AWS's `cron()` does, and has seconds before the minutes."""
    quartz = node.text("schedule", "quartz_cron_expression")
    if isinstance(quartz, Known):
        fields = quartz.value.split()
        year = fields[6] if len(fields) > 6 else "*"
        return Known(f"cron({' '.join(fields[1:6])} {year})", quartz.location, quartz.trail)
    unit, interval = node.text("trigger", "periodic", "unit"), node.integer("trigger", "periodic", "interval")
    if isinstance(unit, Known) and isinstance(interval, Known):
        return Known(every(interval.value, unit.value), unit.location)
    return first(quartz, unit)


def _some(limit: Value[Decimal]) -> Value[Decimal]:
    """Return a limit; 0 seconds stand for none."""
    return Absent(limit.location) if isinstance(limit, Known) and limit.value == 0 else limit


def _cluster(key: str, node: Node) -> Resource:
    base = bare(node, "databricks", "DatabricksCluster", f"Databricks/clusters.{key}")
    return replace(
        base,
        labels=labels(node, "custom_tags", at=base.location),
        evidence="a Databricks cluster",
        compute=(_nodes(node, ""),),
    )


def _nodes(node: Node, name: str) -> Compute:
    """Return a cluster's machines: the workers and the driver, which is always there."""
    provider, attributes = next(
        ((cloud, node.get(key)) for key, cloud in _CLOUDS if node.get(key) is not None), ("", None)
    )
    availability = attributes.text("availability") if attributes else Absent(node.location)
    kind = node.text("node_type_id")
    where = node.nearest("node_type_id")
    driver = node.text("driver_node_type_id")
    workers = node.integer("num_workers")
    return Compute(
        location=where,
        name=name,
        provider=provider or _provider(kind),
        instance_type=kind,
        other_instance_types=(driver,) if isinstance(driver, Known) and driver != kind else (),
        count_min=_with_driver(first(node.integer("autoscale", "min_workers"), workers)),
        count_max=_with_driver(first(node.integer("autoscale", "max_workers"), workers)),
        purchase=_purchase(availability),
        fallback=_fallback(availability),
        zone=attributes.text("zone_id") if attributes and written(attributes, "zone_id") != "auto" else Absent(where),
    )


def _with_driver(workers: Value[int]) -> Value[int]:
    if isinstance(workers, Known):
        return Known(workers.value + 1, workers.location, workers.trail)
    return Known(1, workers.location) if isinstance(workers, Absent) else workers


def _provider(kind: Value[str]) -> str:
    if not isinstance(kind, Known):
        return ""
    if kind.value.lower().startswith("standard_"):
        return "azure"
    return "aws" if "." in kind.value else "google" if "-" in kind.value else ""


def _purchase(availability: Value[str]) -> Value[Purchase]:
    if not isinstance(availability, Known):
        return availability
    kind = _PURCHASES.get(availability.value)
    if kind is None:
        return Unknown(f"unknown availability {availability.value!r}", availability.location)
    return Known(kind, availability.location, availability.trail)


def _fallback(availability: Value[str]) -> Value[str]:
    if isinstance(availability, Known) and "FALLBACK" in availability.value:
        return Known("on_demand", availability.location)
    return Absent(availability.location)


def _endpoint(key: str, node: Node) -> Resource:
    base = bare(node, "databricks", "DatabricksServingEndpoint", f"Databricks/model_serving_endpoints.{key}")
    served = node.items("config", "served_entities") or node.items("config", "served_models")
    return replace(
        base,
        labels=labels(node, "tags", at=base.location),
        purpose=Purpose.INFERENCE,
        evidence="a model serving endpoint",
        compute=tuple(_served(one) for one in served if one.get("external_model") is None),
        serving=_serving(node, served),
        unpriced="there are no prices of Databricks Model Serving here",
    )


def _served(node: Node) -> Compute:
    kind = node.text("workload_type")
    size = _WORKLOADS.get(kind.value.upper()) if isinstance(kind, Known) else None
    where = node.nearest("workload_type")
    idle = node.flag("scale_to_zero_enabled")
    one = Known(1, where)
    return Compute(
        location=where,
        name=written(node, "name") or written(node, "entity_name") or written(node, "model_name"),
        service="databricks",
        accelerator=Known(size[0], where) if size else Absent(where),
        accelerator_count=Known(Decimal(size[1]), where) if size else Absent(where),
        count_min=Known(0, idle.location) if isinstance(idle, Known) and idle.value else one,
        count_max=one,
    )


def _serving(node: Node, served: tuple[Node, ...]) -> Serving:
    where = node.nearest("config")
    entity = served[0] if served else Node({}, where)
    name = first(entity.text("entity_name"), entity.text("model_name"))
    version = first(entity.text("entity_version"), entity.text("model_version"))
    capture = node.flag("config", "auto_capture_config", "enabled")
    inference = node.flag("ai_gateway", "inference_table_config", "enabled")
    return Serving(
        location=where,
        scale_to_zero=entity.flag("scale_to_zero_enabled"),
        traffic=_traffic(node),
        model_name=name,
        model_version=version,
        hardware_target=entity.text("workload_type"),
        monitoring=first(inference, capture),
    )


def _traffic(node: Node) -> Value[Decimal]:
    """Return the share of the first entity's route."""
    routes = node.items("config", "traffic_config", "routes")
    if not routes:
        return Absent(node.nearest("config", "traffic_config"))
    return routes[0].number("traffic_percentage")


PLATFORM = Platform("databricks", _claims, _resources)
