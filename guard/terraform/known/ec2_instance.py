"""terraform-aws-modules/ec2-instance/aws: a machine, on demand or by a spot request, with its volumes.

Facts are from the module's variables.tf and main.tf, versions 2.21, 4.5, 5.8 and 6.4
(https://github.com/terraform-aws-modules/terraform-aws-ec2-instance).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known
from guard.terraform.known._building import (
    Wanted,
    address_of,
    constant,
    copied,
    every,
    filled,
    flag,
    groups,
    is_filled,
    listed,
    merged,
    named,
    one_or_many,
    pick,
    reference,
    resource,
    setting,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

_SAME = ("ami", "availability_zone", "tenancy", "user_data", "user_data_base64", "subnet_id", "key_name", "hibernation")
_MOST = 1000


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the machine, or the spot request in its place, and since version 6 the volumes beside it."""
    inputs = call.inputs
    create, spot = flag("create", True, inputs), flag("create_spot_instance", False, inputs)
    body = _body(call)
    kept = flag("ignore_ami_changes", False, inputs) is True
    plain: Wanted = not spot if isinstance(spot, bool) else spot
    name = "ignore_ami" if kept and plain is True else "this"
    for key in _keys(call):
        yield from resource(call, "aws_instance", name, body, wanted=every(create, plain), key=key)
    request = {**body, "spot_price": pick("spot_price", inputs)}
    if spot is True:
        yield from resource(call, "aws_spot_instance_request", "this", request, wanted=create)
    address: dict[str, Node | None] = {"domain": constant("vpc", call.location), "tags": body["tags"]}
    eip = every(create, flag("create_eip", False, inputs), plain)
    yield from resource(call, "aws_eip", "this", address, wanted=eip)
    for volume in groups(pick("ebs_volumes", inputs)):
        device = volume.key if volume.repeated is None else None
        own = {
            **copied(("size", "iops", "throughput", "snapshot_id"), volume.node),
            "type": setting("type", "gp3", volume.node),
            "availability_zone": pick("availability_zone", inputs),
            "tags": merged(volume.place, pick("tags", inputs), pick("volume_tags", inputs), pick("tags", volume.node)),
        }
        yield from resource(
            call, "aws_ebs_volume", "this", own, wanted=create, key=device, place=volume.place, repeated=volume.repeated
        )


def _keys(call: ModuleCall) -> range:
    """Return the positions of the machines: version 2 made several in one call."""
    number = pick("instance_count", call.inputs)
    value = number.integer() if number is not None else None
    return range(min(value.value, _MOST)) if isinstance(value, Known) else range(1)


def _body(call: ModuleCall) -> dict[str, Node | None]:
    inputs, place = call.inputs, call.location
    name = pick("name", inputs)
    label = named(name, place) if name is not None and is_filled(name) is not False else None
    return {
        **copied(_SAME, inputs),
        **{one: filled(pick(one, inputs)) for one in ("instance_market_options", "capacity_reservation_specification")},
        "instance_type": setting("instance_type", "t3.micro", inputs),
        "launch_template": filled(pick("launch_template", inputs)),
        "root_block_device": one_or_many(pick("root_block_device", inputs)),
        "ebs_block_device": listed(pick("ebs_block_device", inputs)),
        "tags": merged(place, pick("tags", inputs), pick("instance_tags", inputs), label),
        "volume_tags": pick("volume_tags", inputs),
    }


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide."""
    if name == "availability_zone":
        return pick("availability_zone", call.inputs)
    if name == "ami":
        return pick("ami", call.inputs)
    if name in ("id", "arn", "private_ip", "public_ip"):
        return reference(address_of(call, "", "aws_instance", "this"), name, call.location)
    if name == "tags_all":
        return merged(call.location, pick("tags", call.inputs), pick("instance_tags", call.inputs))
    return None


MODULE = KnownModule("ec2_instance", "terraform-aws-modules/ec2-instance/aws", frozenset({""}), instances, output)
