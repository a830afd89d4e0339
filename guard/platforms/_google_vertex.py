"""Vertex AI, notebooks, TPUs and Cloud Run: machines that Google runs for models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from guard.model.accelerators import accelerator_name
from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Purpose, Serving, Storage, Training
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._google_compute import accelerator_of
from guard.platforms._terraform import Facts, Reader, Site, default, flagged, hours_of_duration
from guard.platforms._terraform_uris import label_links, text_links

_TPU_SLICE = re.compile(r"v(\d+)([a-z]*)-(\d+)")
_TPU_TOPOLOGY = re.compile(r"\d+(?:x\d+){1,2}")
# Names such as v3-8 count TensorCores, of which a chip of these generations has two; the others count chips
# (Cloud TPU documentation, "TPU configurations").
_TWO_CORES = ("2", "3", "4", "5p")


def machines(site: Site, node: Node, service: str, name: str = "") -> Compute:
    """Return the machines of a `dedicated_resources` block or of one like it (a pool of a persistent resource)."""
    spec = node.get("machine_spec") or node
    accelerator, count = _spec_accelerator(spec)
    low = first(node.integer("min_replica_count"), node.integer("replica_count"))
    low = first(low, node.integer("autoscaling_spec", "min_replica_count"))
    return Compute(
        location=node.location,
        name=name,
        provider="google",
        service=service,
        instance_type=spec.text("machine_type"),
        accelerator=accelerator,
        accelerator_count=count,
        count_min=site.counted(default(low, 1)),
        count_max=site.counted(
            first(
                node.integer("max_replica_count"),
                node.integer("autoscaling_spec", "max_replica_count"),
                default(low, 1),
            )
        ),
        purchase=flagged(node.flag("spot"), Purchase.SPOT),
        region=site.region,
    )


def _spec_accelerator(spec: Node) -> tuple[Value[str], Value[Decimal]]:
    kind = spec.text("accelerator_type")
    if isinstance(kind, Known) and kind.value == "ACCELERATOR_TYPE_UNSPECIFIED":
        return Absent(kind.location), Absent(kind.location)
    return accelerator_of(spec.find()) if not isinstance(kind, Absent) else (kind, kind)


def _garden_endpoint(site: Site) -> Facts:
    resources = site.body.get("deploy_config", "dedicated_resources")
    model = first(site.body.text("publisher_model_name"), site.body.text("hugging_face_model_id"))
    if resources is None or isinstance(resources.value, Unknown):
        reason = "the model's own default machines are used, which guard does not know"
        return Facts(purpose=Purpose.INFERENCE, serving=Serving(location=site.here, model_name=model), unpriced=reason)
    return _served(site, _block(resources), model)


def _resource_pool(site: Site) -> Facts:
    resources = site.body.get("dedicated_resources")
    return _served(site, _block(resources), Absent(site.here)) if resources is not None else _unsized(site)


def _unsized(site: Site) -> Facts:
    return Facts(purpose=Purpose.INFERENCE, unpriced="the machines are not written; guard does not know the default")


def _block(node: Node) -> Node:
    members = node.items()
    return members[0] if members else node


def _served(site: Site, node: Node, model: Value[str]) -> Facts:
    compute = machines(site, node, "vertex")
    serving = Serving(
        location=site.here,
        min_replicas=compute.count_min,
        max_replicas=compute.count_max,
        scale_to_zero=mapped(compute.count_min, lambda count: count == 0),
        model_name=model,
        hardware_target=compute.instance_type,
    )
    return Facts(purpose=Purpose.INFERENCE, compute=(compute,), serving=serving, data=label_links(site))


def _endpoint(site: Site) -> Facts:
    """An endpoint costs nothing until a model is deployed to it, which this provider does elsewhere or not at all."""
    logging = site.body.flag("predict_request_response_logging_config", "enabled")
    return Facts(
        purpose=Purpose.INFERENCE, serving=Serving(location=site.here, monitoring=logging), data=label_links(site)
    )


def _persistent(site: Site) -> Facts:
    pools = site.body.items("resource_pools")
    compute = tuple(machines(site, one, "vertex", f"pool {index}") for index, one in enumerate(pools))
    return Facts(purpose=Purpose.TRAINING, compute=compute, training=Training(location=site.here))


def _workbench(site: Site) -> Facts:
    setup = site.body.get("gce_setup") or site.body
    accelerator, number = _workbench_accelerator(setup)
    one = site.one()
    state = site.body.text("desired_state")
    stopped = isinstance(state, Known) and state.value == "STOPPED"
    compute = Compute(
        location=site.here,
        name="notebook",
        provider="google",
        instance_type=setup.text("machine_type"),
        accelerator=accelerator,
        accelerator_count=number,
        count_min=Known(0, state.location) if stopped else one,
        count_max=one,
        purchase=Known(Purchase.ON_DEMAND, site.here),
        region=site.region,
        zone=site.zone,
    )
    disks = tuple(_workbench_disks(site, setup, one))
    return Facts(purpose=Purpose.NOTEBOOK, compute=(compute,), storage=disks, data=label_links(site))


def _workbench_accelerator(setup: Node) -> tuple[Value[str], Value[Decimal]]:
    block = setup.find("accelerator_configs")
    if not isinstance(block, Known):
        block = setup.find("accelerator_config")
    return accelerator_of(block)


def _workbench_disks(site: Site, setup: Node, one: Value[int]) -> Iterator[Storage]:
    for name in ("boot_disk", "data_disks"):
        for block in setup.items(name):
            yield Storage(
                location=block.location,
                name=name.replace("_", " ").rstrip("s"),
                provider="google",
                kind=mapped(
                    default(block.text("disk_type"), "PD_BALANCED"), lambda kind: kind.lower().replace("_", "-")
                ),
                size_gib=block.number("disk_size_gb"),
                region=site.region,
                count_min=one,
                count_max=one,
            )


def _tpu(site: Site) -> Facts:
    scripts = text_links((site.body.get("metadata"),))
    return Facts(compute=(_slice(site, site.body),), data=(*scripts, *label_links(site)))


def _queued(site: Site) -> Facts:
    nodes = [spec.get("node") for spec in site.body.items("tpu", "node_spec")]
    return Facts(compute=tuple(_slice(site, _block(node)) for node in nodes if node is not None))


def _slice(site: Site, body: Node) -> Compute:
    """Return a TPU slice as one unit with its chips as accelerators."""
    accelerator, chips = _chips(body)
    one = site.one()
    return Compute(
        location=site.here,
        name="TPU slice",
        provider="google",
        service="tpu",
        accelerator=accelerator,
        accelerator_count=chips,
        count_min=one,
        count_max=one,
        purchase=_tpu_purchase(body),
        region=site.region,
        zone=site.zone,
    )


def _tpu_purchase(body: Node) -> Value[Purchase]:
    config = body.get("scheduling_config") or body
    reserved = config.flag("reserved")
    if isinstance(reserved, Known) and reserved.value:
        return mapped(reserved, lambda _: Purchase.RESERVED)
    return flagged(first(config.flag("spot"), config.flag("preemptible")), Purchase.SPOT)


def _chips(body: Node) -> tuple[Value[str], Value[Decimal]]:
    kind = body.text("accelerator_type")
    if isinstance(kind, Absent) and body.get("accelerator_config") is not None:
        topology = body.text("accelerator_config", "topology")
        generation = mapped(body.text("accelerator_config", "type"), lambda name: accelerator_name(f"tpu {name}"))
        return generation, _topology(topology)
    kind = default(kind, "v2-8")
    if not isinstance(kind, Known):
        return kind, kind
    match = _TPU_SLICE.fullmatch(kind.value.lower())
    if match is None:
        unknown = Unknown(f"guard does not know the TPU type {kind.value!r}", kind.location)
        return unknown, unknown
    version, suffix, size = match.groups()
    cores = 2 if version + suffix in _TWO_CORES else 1
    name = accelerator_name(f"tpu-v{version}{'e' if suffix.startswith('lite') else suffix}")
    return (
        Known(name, kind.location, kind.trail),
        Known(Decimal(max(1, int(size[:6]) // cores)), kind.location, kind.trail),
    )


def _topology(value: Value[str]) -> Value[Decimal]:
    if not isinstance(value, Known):
        return value
    if not _TPU_TOPOLOGY.fullmatch(value.value) or len(value.value) > 32:
        return Unknown(f"expected a topology such as 2x2x4, found {value.value!r}", value.location)
    chips = Decimal(1)
    for part in value.value.split("x"):
        chips *= int(part)
    return Known(chips, value.location, value.trail)


def _cloud_run(site: Site) -> Facts:
    """A service with a GPU; one without is billed by request and has no machine of its own."""
    template = site.body.get("template") or site.body
    template = template if template.get("containers") is not None else template.get("template") or template
    containers = template.items("containers")
    wanted = [one.number("resources", "limits", "nvidia.com/gpu") for one in containers]
    number = next((one for one in wanted if not isinstance(one, Absent)), None)
    unpriced = "guard has no price model for Cloud Run yet"
    if number is None:
        return Facts(unpriced=unpriced, data=text_links(one.get("env") for one in containers))
    low = default(template.integer("scaling", "min_instance_count"), 0)
    high = template.integer("scaling", "max_instance_count")
    compute = Compute(
        location=template.location,
        provider="google",
        service="cloudrun",
        accelerator=mapped(default(template.text("node_selector", "accelerator"), "nvidia-l4"), accelerator_name),
        accelerator_count=number,
        count_min=site.counted(low),
        count_max=site.counted(high),
        purchase=Known(Purchase.ON_DEMAND, site.here),
        max_runtime_hours=hours_of_duration(template.text("timeout")),
        region=site.region,
    )
    serves = site.instance.type == "google_cloud_run_v2_service"
    serving = Serving(
        location=site.here,
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=mapped(low, lambda count: count == 0),
        traffic=site.body.number("traffic", "percent"),
    )
    return Facts(
        purpose=Purpose.INFERENCE if serves else Purpose.BATCH,
        compute=(compute,),
        serving=serving if serves else None,
        data=(*text_links(one.get("env") for one in containers), *label_links(site)),
        unpriced=unpriced,
    )


READERS: dict[str, Reader] = {
    "google_vertex_ai_endpoint": _endpoint,
    "google_vertex_ai_endpoint_with_model_garden_deployment": _garden_endpoint,
    "google_vertex_ai_deployment_resource_pool": _resource_pool,
    "google_vertex_ai_index_endpoint_deployed_index": _resource_pool,
    "google_vertex_ai_persistent_resource": _persistent,
    "google_workbench_instance": _workbench,
    "google_notebooks_instance": _workbench,
    "google_tpu_v2_vm": _tpu,
    "google_tpu_v2_queued_resource": _queued,
    "google_cloud_run_v2_service": _cloud_run,
    "google_cloud_run_v2_job": _cloud_run,
}
