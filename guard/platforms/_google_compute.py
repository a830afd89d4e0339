"""Compute Engine: instances, templates, groups, disks; and the accelerators and ways of buying that they share."""

from __future__ import annotations

from decimal import Decimal

from guard.model.accelerators import accelerator_name
from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Purpose, Storage
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._terraform import Facts, Reader, Site, chosen, default, flagged, hours_of_seconds
from guard.platforms._terraform_joining import joined, means
from guard.platforms._terraform_uris import checkpoint, label_links, text_links

MODELS = {
    "SPOT": Purchase.SPOT,
    "STANDARD": Purchase.ON_DEMAND,
    "FLEX_START": Purchase.ON_DEMAND,
    "RESERVATION_BOUND": Purchase.RESERVED,
}
TEMPLATES = ("google_compute_instance_template", "google_compute_region_instance_template")
GROUPS = ("google_compute_instance_group_manager", "google_compute_region_instance_group_manager")
_AUTOSCALERS = ("google_compute_autoscaler", "google_compute_region_autoscaler")
_SCRIPTS = ("startup-script", "user-data")


def last_segment(value: Value[str]) -> Value[str]:
    """Return the name at the end of a resource path or URL (`projects/p/zones/z/machineTypes/n1-standard-4`)."""
    return mapped(value, lambda text: text.rpartition("/")[2])


def accelerator_of(blocks: Value[Node]) -> tuple[Value[str], Value[Decimal]]:
    """Return the accelerator and the number of it that a `guest_accelerator` block (or a list of them) attaches."""
    if not isinstance(blocks, Known):
        return blocks, blocks
    node = blocks.value
    kind = last_segment(first(node.text("type"), node.text("accelerator_type")))
    count = default(
        first(node.number("count"), node.number("accelerator_count"), node.number("core_count")), Decimal(1)
    )
    if isinstance(count, Known) and count.value <= 0:
        return Absent(count.location), Absent(count.location)
    return mapped(kind, accelerator_name), Absent(kind.location) if isinstance(kind, Absent) else count


def buying(scheduling: Node | None, place: Location) -> Value[Purchase]:
    """Return how a machine with this `scheduling` block is bought."""
    if scheduling is None:
        return Known(Purchase.ON_DEMAND, place)
    if isinstance(scheduling.value, Unknown):
        return scheduling.value
    model = scheduling.text("provisioning_model")
    if not isinstance(model, Absent):
        return chosen(model, MODELS)
    return flagged(scheduling.flag("preemptible"), Purchase.SPOT)


def scripts(body: Node) -> tuple[Node | None, ...]:
    """Return the start-up scripts of an instance or template."""
    metadata = body.get("metadata")
    if metadata is not None and isinstance(metadata.value, Unknown):
        return (metadata, body.get("metadata_startup_script"))
    return (*(body.get("metadata", name) for name in _SCRIPTS), body.get("metadata_startup_script"))


def machine(site: Site, body: Node, count: tuple[Value[int], Value[int]], place: Location) -> Compute:
    """Return `count` machines as an instance or template describes them."""
    accelerator, number = accelerator_of(body.find("guest_accelerator"))
    return Compute(
        location=place,
        provider="google",
        instance_type=last_segment(body.text("machine_type")),
        accelerator=accelerator,
        accelerator_count=number,
        count_min=count[0],
        count_max=count[1],
        purchase=buying(body.get("scheduling"), place),
        checkpoint=checkpoint(site, scripts(body), site.here),
        max_runtime_hours=hours_of_seconds(body.number("scheduling", "max_run_duration", "seconds")),
        region=site.region,
        zone=site.zone,
    )


def disk(
    site: Site, node: Node, name: str, count: tuple[Value[int], Value[int]], kind: Value[str], size: Value[Decimal]
) -> Storage:
    """Return a disk; Compute Engine makes a pd-standard one where no type is written (provider documentation)."""
    return Storage(
        location=node.location,
        name=name,
        provider="google",
        kind=last_segment(default(kind, "pd-standard")),
        size_gib=size,
        iops=node.number("provisioned_iops"),
        throughput_mibps=node.number("provisioned_throughput"),
        region=site.region,
        count_min=count[0],
        count_max=count[1],
    )


def _instance(site: Site) -> Facts:
    one = site.one()
    body = site.body
    disks = []
    for block in body.items("boot_disk"):
        kind, size = block.text("initialize_params", "type"), block.number("initialize_params", "size")
        disks.append(disk(site, block, "boot disk", (one, one), kind, size))
    for block in body.items("scratch_disk"):
        size = default(block.number("size"), Decimal(375))
        disks.append(disk(site, block, "local SSD", (one, one), Known("local-ssd", block.location), size))
    compute = machine(site, body, (_running(site, one), one), site.here)
    return Facts(compute=(compute,), storage=tuple(disks), data=(*text_links(scripts(body)), *label_links(site)))


def _instance_from_template(site: Site) -> Facts:
    """An instance whose template says everything that the resource itself does not."""
    template = joined(site.instance, "source_instance_template", site.around, TEMPLATES)
    one = site.one()
    if template is None:
        place = site.body.nearest("source_instance_template")
        missing = Unknown("the instance template is not in this configuration", place)
        kind = site.body.text("machine_type")
        compute = Compute(
            location=site.here,
            provider="google",
            instance_type=missing if isinstance(kind, Absent) else last_segment(kind),
            purchase=missing,
            count_min=one,
            count_max=one,
            region=site.region,
            zone=site.zone,
        )
        return Facts(compute=(compute,))
    body = Node({**template.body.fields(), **site.body.fields()}, template.body.location)
    return Facts(
        compute=(machine(site, body, (one, one), site.here),),
        storage=template_disks(site, body, (one, one)),
        data=(*text_links(scripts(body)), *label_links(site)),
    )


def _running(site: Site, one: Value[int]) -> Value[int]:
    """Return how many run at least: none where the instance is to be stopped (`desired_status`)."""
    status = site.body.text("desired_status")
    if isinstance(status, Known) and status.value in ("TERMINATED", "SUSPENDED"):
        return Known(0, status.location, status.trail)
    return one


def template_disks(site: Site, template: Node, count: tuple[Value[int], Value[int]]) -> tuple[Storage, ...]:
    """Return the disks that an instance template makes for each of `count` machines."""
    disks = []
    for block in template.items("disk"):
        if block.get("source") is None:
            kind = default(block.text("disk_type"), "pd-standard")
            disks.append(disk(site, block, "disk", count, kind, block.number("disk_size_gb")))
    return tuple(disks)


def _template(site: Site) -> Facts:
    """A template runs nothing itself: the group that uses it carries the cost."""
    if any(_uses(group, site.instance) for group in site.around.instances_of(*GROUPS)):
        return Facts()
    machines = site.around.instances_of("google_compute_instance_from_template")
    if any(means(one, "source_instance_template", site.instance) for one in machines):
        return Facts()
    none = Known(0, site.here)
    compute = machine(site, site.body, (none, none), site.here)
    return Facts(compute=(compute,), data=(*text_links(scripts(site.body)), *label_links(site)))


def _uses(group: Instance, template: Instance) -> bool:
    paths = [("instance_template",)] if group.body.get("instance_template") is not None else []
    versions = [("version", index, "instance_template") for index in range(len(group.body.items("version")))]
    return any(means(group, str(path[0]), template, *path) for path in (*paths, *versions))


def _group(site: Site) -> Facts:
    paths = [("version", index, "instance_template") for index in range(len(site.body.items("version")))]
    found = [joined(site.instance, "version", site.around, TEMPLATES, *path) for path in paths]
    templates = [one for one in found if one is not None]
    low, high = _bounds(site)
    if not templates:
        reason = "the instance template is not in this configuration"
        missing = Unknown(reason, site.body.nearest("version", "instance_template"))
        compute = Compute(
            location=site.here,
            provider="google",
            instance_type=missing,
            purchase=missing,
            count_min=low,
            count_max=high,
            region=site.region,
            zone=site.zone,
        )
        return Facts(compute=(compute,))
    template = templates[0].body
    return Facts(
        compute=(machine(site, template, (low, high), site.here),),
        storage=template_disks(site, template, (low, high)),
        data=(*text_links(scripts(template)), *label_links(site)),
    )


def _bounds(site: Site) -> tuple[Value[int], Value[int]]:
    """Return the size of a group: its autoscaler's bounds, or its target size."""
    for one in site.around.instances_of(*_AUTOSCALERS):
        if means(one, "target", site.instance):
            policy = ("autoscaling_policy",)
            return (
                site.counted(one.body.integer(*policy, "min_replicas")),
                site.counted(one.body.integer(*policy, "max_replicas")),
            )
    size = site.counted(default(site.body.integer("target_size"), 0))
    return size, size


def _disk(site: Site) -> Facts:
    one = site.one()
    kind = default(site.body.text("type"), "pd-standard")
    regional = site.instance.type == "google_compute_region_disk"
    sku = mapped(last_segment(kind), lambda name: f"{name}:regional" if regional else name)
    return Facts(
        purpose=Purpose.STORAGE,
        storage=(disk(site, site.body, "", (one, one), sku, site.body.number("size")),),
    )


READERS: dict[str, Reader] = {
    "google_compute_instance": _instance,
    "google_compute_instance_from_template": _instance_from_template,
    "google_compute_instance_template": _template,
    "google_compute_region_instance_template": _template,
    "google_compute_instance_group_manager": _group,
    "google_compute_region_instance_group_manager": _group,
    "google_compute_disk": _disk,
    "google_compute_region_disk": _disk,
}
