"""terraform-google-modules/vm/google: instance templates, instances of them, and managed groups of these.

Facts are from the variables.tf and main.tf of the submodules compute_instance, instance_template, mig and umig,
versions 8.0 and 15.2 (https://github.com/terraform-google-modules/terraform-google-vm).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known, Unknown
from guard.terraform.known._building import (
    address_of,
    block,
    copied,
    count,
    filled,
    flag,
    mapping,
    pick,
    reference,
    resource,
    setting,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

_MOST = 1000
_TEMPLATE = ("google_compute_instance_template", "tpl")
_GROUP = ("google_compute_region_instance_group_manager", "mig")
_INSTANCE = ("google_compute_instance_from_template", "compute_instance")


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield what the called submodule makes."""
    if call.submodule == "instance_template":
        yield from resource(call, *_TEMPLATE, _template(call), key=None)
    elif call.submodule == "mig":
        yield from _group(call)
    else:
        yield from _machines(call)


def _template(call: ModuleCall) -> dict[str, Node | None]:
    inputs, place = call.inputs, call.location
    script = filled(pick("startup_script", inputs))
    gpu = filled(pick("gpu", inputs))
    return {
        **copied(("name_prefix", "region", "min_cpu_platform", "tags"), inputs),
        "project": pick("project_id", inputs),
        "machine_type": setting("machine_type", "n1-standard-1", inputs),
        "labels": filled(pick("labels", inputs)),
        "metadata": filled(pick("metadata", inputs)),
        "metadata_startup_script": script,
        "disk": _disks(call),
        "guest_accelerator": gpu,
        "scheduling": block(place, _scheduling(call)),
    }


def _scheduling(call: ModuleCall) -> dict[str, Node | None]:
    """Return how the machines are bought: spot machines are preemptible too."""
    inputs = call.inputs
    spot = flag("spot", False, inputs)
    written = pick("spot", inputs)
    if written is not None and spot is not False:
        model = Node(spot if isinstance(spot, Unknown) else "SPOT", written.location, written.key, written.trail)
        return {"provisioning_model": model, "preemptible": written}
    return {"preemptible": setting("preemptible", False, inputs)}


def _disks(call: ModuleCall) -> Node:
    inputs, place = call.inputs, call.location
    boot = mapping(
        place,
        {
            "disk_size_gb": setting("disk_size_gb", 100, inputs),
            "disk_type": setting("disk_type", "pd-standard", inputs),
            "boot": Node(True, place),
        },
    )
    more = filled(pick("additional_disks", inputs))
    if more is None:
        return Node((boot,), place, place)
    if isinstance(more.value, Unknown):
        return Node((boot, more), more.location, more.key)
    return Node((boot, *(_disk(one) for one in more.items())), more.location, more.key)


def _disk(disk: Node) -> Node:
    """Return a further disk; a local SSD has 375 GB where no size is written."""
    if isinstance(disk.value, Unknown):
        return disk
    kind = pick("disk_type", disk)
    size = pick("disk_size_gb", disk)
    if size is None and kind is not None and kind.value == "local-ssd":
        size = Node(375, kind.location)
    content = {**copied(("source", "source_image", "device_name", "mode"), disk), "disk_type": kind}
    return Node(mapping(disk.location, {**content, "disk_size_gb": size}).value, disk.location, disk.key)


def _group(call: ModuleCall) -> Iterator[Instance]:
    inputs, place = call.inputs, call.location
    scaled = flag("autoscaling_enabled", False, inputs)
    template = pick("instance_template", inputs)
    zones = filled(pick("distribution_policy_zones", inputs))
    content: dict[str, Node | None] = {
        **copied(("region",), inputs),
        "project": pick("project_id", inputs),
        "version": block(place, {"instance_template": template}),
        "target_size": setting("target_size", 1, inputs) if scaled is not True else None,
        "distribution_policy_zones": zones,
    }
    yield from resource(call, *_GROUP, content, key=None)
    bounds = {"min_replicas": setting("min_replicas", 2, inputs), "max_replicas": setting("max_replicas", 10, inputs)}
    scaler: dict[str, Node | None] = {
        **copied(("region",), inputs),
        "target": reference(address_of(call, "", *_GROUP, None), "self_link", place),
        "autoscaling_policy": block(place, dict(bounds)),
    }
    yield from resource(call, "google_compute_region_autoscaler", "autoscaler", scaler, wanted=scaled)


def _machines(call: ModuleCall) -> Iterator[Instance]:
    inputs = call.inputs
    number = _number(call)
    zone = pick("zone", inputs)
    content: dict[str, Node | None] = {
        "project": pick("project_id", inputs),
        "zone": zone,
        "region": pick("region", inputs) if zone is None else None,
        "labels": filled(pick("labels", inputs)),
        "source_instance_template": pick("instance_template", inputs),
    }
    repeated = number if isinstance(number, Unknown) else None
    keys: tuple[int | None, ...] = (None,) if isinstance(number, Unknown) else tuple(range(min(number, _MOST)))
    for key in keys:
        yield from resource(call, *_INSTANCE, content, key=key, repeated=repeated)


def _number(call: ModuleCall) -> int | Unknown:
    """Return how many machines: as many as static addresses are written, else `num_instances`."""
    addresses = count(pick("static_ips", call.inputs))
    if addresses != 0:
        return addresses
    value = setting("num_instances", 1, call.inputs).integer()
    return value.value if isinstance(value, Known) else value if isinstance(value, Unknown) else 1


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide, or which resource it is of."""
    place = call.location
    if call.submodule == "instance_template" and name in ("self_link", "self_link_unique", "name", "id"):
        return reference(address_of(call, "", *_TEMPLATE, None), name, place)
    if call.submodule == "instance_template" and name == "tags":
        return pick("tags", call.inputs)
    if call.submodule == "mig" and name in ("self_link", "instance_group", "instance_group_manager"):
        return reference(address_of(call, "", *_GROUP, None), name, place)
    if name in ("instances_self_links", "self_links", "instances_details"):
        number = _number(call)
        if isinstance(number, Unknown):
            return Node(number, place)
        made = (
            reference(address_of(call, "", *_INSTANCE, key), "self_link", place) for key in range(min(number, _MOST))
        )
        return Node(tuple(made), place)
    return None


MODULE = KnownModule(
    name="google_vm",
    source="terraform-google-modules/vm/google",
    submodules=frozenset({"compute_instance", "instance_template", "mig", "umig"}),
    instances=instances,
    output=output,
)
