"""terraform-aws-modules/autoscaling/aws: a group of machines with its launch template.

Facts are from the module's variables.tf and main.tf, versions 6.10, 8.3 and 9.2
(https://github.com/terraform-aws-modules/terraform-aws-autoscaling).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.terraform.known._building import (
    address_of,
    copied,
    filled,
    flag,
    merged,
    named,
    pick,
    reference,
    resource,
    tag_blocks,
)
from guard.terraform.known._machines import Launched, autoscaling_group, template
from guard.terraform.known_modules import KnownModule, ModuleCall


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the group and, unless another one is named, its launch template."""
    inputs, place = call.inputs, call.location
    create = flag("create", True, inputs)
    own = flag("create_launch_template", True, inputs)
    made = address_of(call, "", "aws_launch_template", "this")
    template_id = reference(made, "id", place) if own is not False else filled(pick("launch_template_id", inputs))
    # Until version 6 another template was given by its name.
    template_name = filled(pick("launch_template", inputs)) if template_id is None else None
    tags = pick("tags", inputs)
    machine = template(place, tags, inputs)
    yield from resource(call, "aws_launch_template", "this", machine, wanted=own)
    # The group has another name in the state where its capacity is left to the autoscaler.
    ignoring = flag("ignore_desired_capacity_changes", False, inputs)
    name = pick("instance_name", inputs) if filled(pick("instance_name", inputs)) is not None else pick("name", inputs)
    labels = merged(place, tags, named(name, place) if name else None, pick("autoscaling_group_tags", inputs))
    sizes = copied(("min_size", "max_size", "desired_capacity"), inputs)
    body = autoscaling_group(place, Launched(template_id, template_name), tag_blocks(labels), sizes, inputs)
    content: dict[str, Node | None] = {"name": pick("name", inputs), **body}
    yield from resource(call, "aws_autoscaling_group", "idc" if ignoring is True else "this", content, wanted=create)


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide."""
    fixed = flag("use_name_prefix", True, call.inputs) is False
    inputs = {
        "autoscaling_group_min_size": "min_size",
        "autoscaling_group_max_size": "max_size",
        "autoscaling_group_desired_capacity": "desired_capacity",
        **({"autoscaling_group_name": "name", "autoscaling_group_id": "name"} if fixed else {}),
    }
    if name in inputs:
        return pick(inputs[name], call.inputs)
    if name in ("launch_template_id", "launch_template_name"):
        return reference(address_of(call, "", "aws_launch_template", "this"), "id", call.location)
    return None


MODULE = KnownModule("autoscaling", "terraform-aws-modules/autoscaling/aws", frozenset({""}), instances, output)
