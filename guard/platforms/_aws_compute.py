"""EC2 instances, launch templates and spot requests, and the volumes that they bring."""

from __future__ import annotations

from collections.abc import Sequence

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Storage
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._terraform import Facts, Reader, Site, chosen, default
from guard.platforms._terraform_joining import joined, means
from guard.platforms._terraform_uris import checkpoint, label_links, text_links

MARKETS = {"SPOT": Purchase.SPOT, "CAPACITY-BLOCK": Purchase.RESERVED, "ON-DEMAND": Purchase.ON_DEMAND}
TEMPLATE_USERS = (
    "aws_instance",
    "aws_autoscaling_group",
    "aws_ec2_fleet",
    "aws_spot_fleet_request",
    "aws_eks_node_group",
    "aws_batch_compute_environment",
)
# The names that EC2 uses in instance requirements (API reference, InstanceRequirements.AcceleratorNames).
# Names of the root device in the images of the common systems.
_ROOTS = ("/dev/xvda", "/dev/sda1", "/dev/sda", "xvda", "sda1")
_ACCELERATORS = {
    "a100": "A100",
    "a10g": "A10G",
    "h100": "H100",
    "inferentia": "Inferentia1",
    "k520": "K520",
    "k80": "K80",
    "l4": "L4",
    "l40s": "L40S",
    "m60": "M60",
    "radeon-pro-v520": "Radeon Pro V520",
    "t4": "T4",
    "t4g": "T4g",
    "v100": "V100",
}


def template_of(site: Site, attribute: str, *path: str | int) -> Instance | None:
    """Return the launch template that is meant by its id or name in the block at `path` (or called `attribute`)."""
    block = path or (attribute,)
    for name in ("id", "name", "launch_template_id", "launch_template_name"):
        if site.body.get(*block, name) is not None:
            return joined(site.instance, attribute, site.around, ("aws_launch_template",), *block, name)
    return None


def instance_type(body: Node, template: Instance | None, block: Node | None) -> Value[str]:
    """Return the instance type of `body` or else of its template; a template from elsewhere makes it unknown."""
    own = body.text("instance_type")
    if not isinstance(own, Absent):
        return own
    if template is not None:
        kind = template.body.text("instance_type")
        return kind if not isinstance(kind, Absent) else required_type(template.body, kind)
    if block is None:
        return own
    if isinstance(block.value, Unknown):
        return block.value
    return Unknown("the launch template is not in this configuration", block.key or block.location)


def required_type(body: Node, kind: Value[str]) -> Value[str]:
    """Return `kind`, or that AWS chooses it where `body` has instance requirements in its place."""
    block = body.get("instance_requirements")
    if block is None or not isinstance(kind, Absent):
        return kind
    return Unknown("AWS chooses the type by instance_requirements", block.key or block.location)


def required_accelerator(body: Node) -> Value[str]:
    """Return the accelerator that instance requirements ask for, absent where they name none."""
    name = body.text("instance_requirements", "accelerator_names", 0)
    return mapped(name, lambda text: _ACCELERATORS.get(text.lower(), text))


def market(bodies: Sequence[Node], place: Location) -> Value[Purchase]:
    """Return how the first of `bodies` that says so buys its machines: its market options, or else its tenancy."""
    for body in bodies:
        options = body.find("instance_market_options")
        if isinstance(options, Unknown):
            return options
        if isinstance(options, Known):
            return chosen(options.value.text("market_type"), MARKETS, Purchase.SPOT)
    for body in bodies:
        tenancy = first(body.text("tenancy"), body.text("placement", "tenancy"))
        if isinstance(tenancy, Unknown):
            return tenancy
        if isinstance(tenancy, Known) and tenancy.value in ("dedicated", "host"):
            return Known(Purchase.DEDICATED, tenancy.location, tenancy.trail)
    return Known(Purchase.ON_DEMAND, place)


def scripts(*bodies: Node) -> tuple[Node | None, ...]:
    """Return the start-up scripts of instances and templates."""
    return tuple(body.get(name) for body in bodies for name in ("user_data", "user_data_base64"))


def volumes(site: Site, body: Node, count: tuple[Value[int], Value[int]]) -> tuple[Storage, ...]:
    """Return the volumes of an instance: the root volume and those written as blocks.

    A type that is not written counts as gp2, the default of EC2 for volumes; the size is then the image's.
    """
    root = body.get("root_block_device")
    found = [volume(site, root if root is not None else body, "root volume", count, written=root is not None)]
    found += [volume(site, block, _device(block), count) for block in body.items("ebs_block_device")]
    return tuple(found)


def mapped_volumes(
    site: Site, template: Node, count: tuple[Value[int], Value[int]], rooted: bool = False
) -> tuple[Storage, ...]:
    """Return the volumes that a template writes, for each of `count` machines.

    A launch template maps block devices; a launch configuration and a spot fleet's launch specification write blocks as
    an instance does. A root volume that is not written is the image's: with `rooted` it is one of them.
    """
    mapped_blocks = [(one, one.get("ebs")) for one in template.items("block_device_mappings")]
    found = [volume(site, ebs, _device(one), count) for one, ebs in mapped_blocks if ebs is not None]
    found += [volume(site, root, "root volume", count) for root in template.items("root_block_device")]
    found += [volume(site, block, _device(block), count) for block in template.items("ebs_block_device")]
    if rooted and not _maps_root(template):
        found.insert(0, volume(site, template, "root volume", count, written=False))
    return tuple(found)


def _maps_root(template: Node) -> bool:
    """Tell whether a template writes the root volume, or may: a device whose name is not known may be it."""
    if template.get("root_block_device") is not None:
        return True
    mappings = template.get("block_device_mappings")
    if mappings is not None and isinstance(mappings.value, Unknown):
        return True
    names = [one.text("device_name") for one in template.items("block_device_mappings")]
    return any(not isinstance(name, Known) or name.value in _ROOTS for name in names)


def by_use(*bodies: Node) -> str:
    """Return what else of these machines costs money by use, for which there is no price; "" for nothing."""
    found = []
    for body in bodies:
        if any(
            isinstance(one, Known) and one.value
            for one in (body.flag("monitoring"), body.flag("monitoring", "enabled"))
        ):
            found.append("guard has no price of detailed monitoring")
        burst = body.text("credit_specification", "cpu_credits")
        if isinstance(burst, Known) and burst.value == "unlimited":
            found.append("surplus CPU credits are billed by use, for which guard has no price")
    return "; ".join(dict.fromkeys(found))


def volume(site: Site, block: Node, name: str, count: tuple[Value[int], Value[int]], written: bool = True) -> Storage:
    """Return an EBS volume; not `written` stands for the one that an image brings."""
    if not written:
        return Storage(
            location=site.here,
            name=name,
            provider="aws",
            kind=Known("ebs:gp2", site.here),
            region=site.region,
            count_min=count[0],
            count_max=count[1],
        )
    size = first(block.number("volume_size"), block.number("size"))
    return Storage(
        location=block.location,
        name=name,
        provider="aws",
        kind=mapped(default(first(block.text("volume_type"), block.text("type")), "gp2"), lambda kind: f"ebs:{kind}"),
        size_gib=size,
        iops=block.number("iops"),
        throughput_mibps=block.number("throughput"),
        region=site.region,
        count_min=count[0],
        count_max=count[1],
    )


def _device(block: Node) -> str:
    name = block.text("device_name")
    return f"volume {name.value}" if isinstance(name, Known) else "volume"


def _instance(site: Site) -> Facts:
    block = site.body.get("launch_template")
    template = template_of(site, "launch_template")
    bodies = (site.body, template.body) if template else (site.body,)
    return _machine(site, bodies, instance_type(site.body, template, block), market(bodies, site.here))


def _spot_request(site: Site) -> Facts:
    block = site.body.get("launch_template")
    template = template_of(site, "launch_template")
    bodies = (site.body, template.body) if template else (site.body,)
    purchase = Known(Purchase.SPOT, site.here)
    return _machine(site, bodies, instance_type(site.body, template, block), purchase)


def _machine(site: Site, bodies: Sequence[Node], kind: Value[str], purchase: Value[Purchase]) -> Facts:
    one = site.one()
    code = scripts(*bodies)
    compute = Compute(
        location=site.here,
        provider="aws",
        instance_type=kind,
        count_min=one,
        count_max=one,
        purchase=purchase,
        checkpoint=checkpoint(site, code, site.here),
        region=site.region,
        zone=site.zone,
    )
    storage = volumes(site, site.body, (one, one))
    if len(bodies) > 1:
        storage = (*storage, *mapped_volumes(site, bodies[1], (one, one)))
        if site.body.get("root_block_device") is None and len(storage) > 1:
            storage = storage[1:]
    data = (*text_links(code), *label_links(site))
    return Facts(compute=(compute,), storage=storage, data=data, unpriced=by_use(*bodies))


def _launch_template(site: Site) -> Facts:
    """A template runs nothing itself: who uses it carries the cost, so that nothing is judged or counted twice."""
    users = site.around.instances_of(*TEMPLATE_USERS)
    if any(means(user, name, site.instance) for user in users for name in user.references):
        return Facts()
    if any(_names_it(user, site.instance) for user in users):
        return Facts()
    none = Known(0, site.here)
    unused = Unknown(f"nothing in this configuration uses {site.instance.address}", site.here)
    compute = Compute(
        location=site.here,
        provider="aws",
        instance_type=required_type(site.body, site.body.text("instance_type")),
        accelerator=required_accelerator(site.body),
        accelerator_count=site.body.number("instance_requirements", "accelerator_count", "min"),
        count_min=none,
        count_max=none,
        purchase=market((site.body,), site.here),
        fallback=unused,
        checkpoint=checkpoint(site, scripts(site.body), site.here),
        region=site.region,
        zone=site.zone,
    )
    return Facts(compute=(compute,), data=(*text_links(scripts(site.body)), *label_links(site)))


def _names_it(user: Instance, template: Instance) -> bool:
    """Tell whether `user` means `template` where its body says so, however deep."""
    for name in ("launch_template", "launch_template_config", "mixed_instances_policy", "compute_resources"):
        block = user.body.get(name)
        if block is None or isinstance(block.value, Unknown):
            continue
        for path, node in block.walk():
            last = path[-1] if path else ""
            text = node.value
            reference = text.reference if isinstance(text, Unknown) else ""
            if last in ("id", "name", "launch_template_id", "launch_template_name") and (
                reference == template.address or means(user, name, template, name, *path)
            ):
                return True
    return False


def _ebs_volume(site: Site) -> Facts:
    one = site.one()
    return Facts(storage=(volume(site, site.body, "", (one, one)),))


READERS: dict[str, Reader] = {
    "aws_instance": _instance,
    "aws_spot_instance_request": _spot_request,
    "aws_launch_template": _launch_template,
    "aws_ebs_volume": _ebs_volume,
}
