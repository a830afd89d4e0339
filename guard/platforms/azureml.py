"""Azure ML's CLI v2 documents: endpoints, deployments, compute, jobs, schedules, data and models.

Source: https://learn.microsoft.com/azure/machine-learning/reference-yaml-overview.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from guard.model.instance import Item
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Purpose, Resource, Serving, Training
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms import _azureml_jobs as jobs
from guard.platforms._azureml_documents import cluster, documents, kind_of, model, nodes_of, region, schedule
from guard.platforms._specs import gib, labels, root_of, strings, uris, written

_PURPOSES = {
    "online deployment": Purpose.INFERENCE,
    "kubernetes deployment": Purpose.INFERENCE,
    "endpoint": Purpose.INFERENCE,
    "batch deployment": Purpose.BATCH,
    "compute instance": Purpose.NOTEBOOK,
    "command": Purpose.TRAINING,
    "sweep": Purpose.TRAINING,
    "automl": Purpose.TRAINING,
    "pipeline": Purpose.PIPELINE,
    "spark": Purpose.BATCH,
    "schedule": Purpose.PIPELINE,
    "data": Purpose.STORAGE,
}
_TYPES = {
    "online deployment": "managedOnlineDeployment",
    "kubernetes deployment": "kubernetesOnlineDeployment",
    "endpoint": "endpoint",
    "batch deployment": "batchDeployment",
    "cluster": "amlCompute",
    "compute instance": "computeInstance",
    "schedule": "schedule",
    "data": "data",
    "model": "model",
}


def _claims(source: Source) -> bool:
    node = root_of(source)
    return node is not None and bool(kind_of(node))


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None or not isinstance(source, Item):
        return
    kind = kind_of(node)
    if kind == "workspace":
        return
    name = next((written(node, key) for key in ("name", "display_name", "experiment_name") if written(node, key)), "")
    stem = source.path.rpartition("/")[2].rpartition(".")[0]
    where = region(node, around)
    yield Resource(
        address=f"AzureML/{name or stem}",
        type=_TYPES.get(kind, f"{kind}Job"),
        platform="azureml",
        origin="spec",
        location=node.nearest("name") if node.get("name") else node.location.start,
        labels=labels(node, "tags", at=node.location.start),
        region=where,
        zone=Absent(node.location.start),
        body=node,
        purpose=_PURPOSES.get(kind, Purpose.UNKNOWN),
        evidence=f"an Azure ML {kind}",
        compute=_compute(node, kind, around),
        data=tuple(_data(node, kind)),
        serving=_serving(node, around) if kind.endswith("deployment") else None,
        training=_training(node, kind, source, around),
    )


def _compute(node: Node, kind: str, around: Surroundings) -> tuple[Compute, ...]:
    match kind:
        case "online deployment":
            return (_online(node),)
        case "kubernetes deployment":
            return (_kubernetes(node),)
        case "batch deployment":
            return _batch(node, around)
        case "cluster":
            return (_cluster(node),)
        case "compute instance":
            return (_instance(node),)
        case "schedule":
            return _monitor(node)
        case "command" | "sweep" | "automl" | "pipeline" | "spark":
            return jobs.computes(node, kind, around)
    return ()


def _bounds(node: Node) -> tuple[Value[int], Value[int]]:
    """Return the instances at least and at most; one where nothing is written, as the service takes it."""
    one: Value[int] = Known(1, node.nearest("instance_count"))
    fixed = first(node.integer("instance_count"), one)
    if written(node, "scale_settings", "type") != "target_utilization":
        return fixed, fixed
    return (
        first(node.integer("scale_settings", "min_instances"), fixed),
        first(node.integer("scale_settings", "max_instances"), fixed),
    )


def _online(node: Node) -> Compute:
    low, high = _bounds(node)
    return Compute(
        location=node.nearest("instance_type"),
        provider="azure",
        service="azureml",
        instance_type=node.text("instance_type"),
        count_min=low,
        count_max=high,
    )


def _kubernetes(node: Node) -> Compute:
    """Return a deployment on a cluster of one's own: its instance type is a name of that cluster, not a machine."""
    low, high = _bounds(node)

    def asked(*names: str) -> Value[str]:
        values = [node.text("resources", part, name) for part in ("limits", "requests") for name in names]
        return first(*values)

    gpus = asked("gpu", "nvidia.com/gpu")
    count: Value[Decimal] = Node(gpus.value, gpus.location).number() if isinstance(gpus, Known) else gpus
    return Compute(
        location=node.nearest("instance_type"),
        instance_type=node.text("instance_type"),
        accelerator=Known("GPU", gpus.location) if isinstance(gpus, Known) else gpus,
        accelerator_count=count,
        vcpu=_cores(asked("cpu")),
        memory_gib=gib(asked("memory")),
        count_min=low,
        count_max=high,
        share=True,
    )


def _cores(value: Value[str]) -> Value[Decimal]:
    if not isinstance(value, Known):
        return value
    milli = value.value.endswith("m")
    number = Node(value.value.removesuffix("m"), value.location).number()
    if isinstance(number, Known) and milli:
        return Known(number.value / 1000, number.location)
    return number


def _batch(node: Node, around: Surroundings) -> tuple[Compute, ...]:
    found = cluster(node.text("compute"), around)
    own = node.text("resources", "instance_type")
    count = first(
        node.integer("resources", "instance_count"),
        node.integer("instance_count"),
        node.integer("settings", "instance_count"),
        Known(1, node.nearest("resources", "instance_count")),
    )
    base = found if isinstance(found, Compute) else None
    kind = base.instance_type if base else first(own, found) if isinstance(found, Unknown) else own
    return (
        Compute(
            location=node.nearest("compute"),
            provider="azure",
            service="azureml",
            instance_type=kind,
            purchase=base.purchase if base else Absent(node.nearest("compute")),
            # Nodes run only while a job is invoked; a cluster that may go to none costs nothing in between.
            count_min=Known(0, node.nearest("compute")),
            count_max=count,
            host=base.host if base else "",
        ),
    )


def _cluster(node: Node) -> Compute:
    facts = nodes_of(node)
    low = first(node.integer("min_instances"), Known(0, node.nearest("min_instances")))
    return Compute(
        location=facts.location,
        provider="azure",
        service="azureml",
        instance_type=facts.instance_type,
        purchase=facts.purchase,
        count_min=low,
        # The service takes 4 where nothing is written.
        count_max=first(node.integer("max_instances"), Known(4, node.nearest("max_instances"))),
        region=node.text("location"),
    )


def _instance(node: Node) -> Compute:
    one = Known(1, node.nearest("size"))
    return Compute(
        location=node.nearest("size"),
        provider="azure",
        service="azureml",
        instance_type=node.text("size"),
        count_min=one,
        count_max=one,
    )


def _monitor(node: Node) -> tuple[Compute, ...]:
    kind = node.text("create_monitor", "compute", "instance_type")
    if isinstance(kind, Absent):
        return ()
    where = node.nearest("create_monitor", "compute")
    one = Known(1, where)
    return (
        Compute(
            location=where,
            provider="azure",
            service="azureml",
            instance_type=kind,
            count_min=Known(0, where),
            count_max=one,
        ),
    )


def _data(node: Node, kind: str) -> Iterator[DataLink]:
    if kind in {"command", "sweep", "automl", "pipeline", "spark"}:
        yield from jobs.data(node)
        return
    section, role = (
        ("path", "model" if kind == "model" else "data") if kind in {"data", "model"} else ("model", "model")
    )
    part = node.get(section)
    for uri in uris(strings(part)) if part else ():
        yield DataLink(uri=uri, location=uri.location, role=role)


def _serving(node: Node, around: Surroundings) -> Serving:
    served = model(node)
    low, high = node.integer("instance_count"), node.integer("instance_count")
    if written(node, "scale_settings", "type") == "target_utilization":
        low = first(node.integer("scale_settings", "min_instances"), low)
        high = first(node.integer("scale_settings", "max_instances"), high)
    return Serving(
        location=node.nearest("endpoint_name"),
        min_replicas=low,
        max_replicas=high,
        traffic=_traffic(node, around),
        model_name=served.name,
        model_version=served.version,
        model_format=node.text("model", "type") if node.get("model", "path") else Absent(node.nearest("model")),
        monitoring=_monitoring(node, around),
    )


def _traffic(node: Node, around: Surroundings) -> Value[Decimal]:
    """Return the share of traffic that the endpoint's own document gives to this deployment."""
    endpoint, name = written(node, "endpoint_name"), written(node, "name")
    for _, other in documents(around, "endpoint"):
        if endpoint and written(other, "name") == endpoint and other.get("traffic"):
            return first(other.number("traffic", name), Known(Decimal(0), other.nearest("traffic")))
    return Absent(node.nearest("endpoint_name"))


def _monitoring(node: Node, around: Surroundings) -> Value[bool]:
    """Return whether what goes in and out is collected, or a monitor of the repository watches this deployment."""
    for collection in node.fields("data_collector", "collections").values():
        enabled = collection.flag("enabled")
        if isinstance(enabled, Known) and enabled.value:
            return enabled
    target = f"azureml:{written(node, 'endpoint_name')}:{written(node, 'name')}"
    for _, other in documents(around, "schedule"):
        watched = other.text("create_monitor", "monitoring_target", "endpoint_deployment_id")
        if isinstance(watched, Known) and watched.value == target:
            return Known(True, watched.location)
    return Absent(node.nearest("data_collector"))


def _training(node: Node, kind: str, item: Item, around: Surroundings) -> Training | None:
    if kind in {"command", "sweep", "automl", "pipeline", "spark"}:
        return jobs.training(node, kind, item, around)
    if kind == "schedule":
        return Training(
            location=node.nearest("trigger"),
            schedule=schedule(node),
            trigger=Known("schedule", node.nearest("trigger")),
        )
    return None


PLATFORM = Platform("azureml", _claims, _resources)
