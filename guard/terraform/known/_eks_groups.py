"""Node groups and Fargate profiles of terraform-aws-modules/eks/aws from version 18 on, alone or as part of a cluster.

Facts are from the module's node_groups.tf and the variables.tf of its submodules, versions 18.31, 19.21, 20.37 and
21.19 (https://github.com/terraform-aws-modules/terraform-aws-eks).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known
from guard.terraform.known._building import (
    Group,
    Wanted,
    address_of,
    block,
    constant,
    copied,
    every,
    filled,
    flag,
    is_filled,
    listed,
    merged,
    named,
    pick,
    reference,
    resource,
    setting,
    tag_blocks,
)
from guard.terraform.known._machines import Launched, autoscaling_group, template
from guard.terraform.known_modules import ModuleCall

# What a template's labels are given to where the call does not choose.
_LABELLED = ("instance", "volume", "network-interface")


class Member(NamedTuple):
    """A group of a cluster: where its inputs stand (its own first, then the defaults), and what the cluster adds."""

    call: ModuleCall
    group: Group
    sources: tuple[Node, ...]
    cluster_name: Node
    tags: Node | None
    within: str = ""
    wanted: Wanted = True

    @property
    def alone(self) -> bool:
        """Tell whether the submodule itself is called."""
        return not self.within

    @property
    def name(self) -> Node:
        """Return the group's name: its key where it gives none."""
        key = constant(self.group.key, self.group.place) if self.group.key else constant("", self.group.place)
        return setting("name", key.value, *self.sources)

    def created(self, *more: Wanted) -> Wanted:
        """Return whether a resource of the group is made."""
        return every(self.wanted, flag("create", True, self.sources[0]), *more)

    def emit(self, kind: str, wanted: Wanted, content: dict[str, Node | None]) -> Iterator[Instance]:
        """Yield one resource of the group at the place of its key."""
        place = None if self.alone else self.group.place
        yield from resource(
            self.call,
            kind,
            "this",
            content,
            wanted=wanted,
            within=self.within,
            place=place,
            repeated=self.group.repeated,
        )


def modern(call: ModuleCall, version: int) -> bool:
    """Tell whether a call asks for `version` or a newer one."""
    return call.major is None or call.major >= version


def managed(member: Member) -> Iterator[Instance]:
    """Yield a managed node group and its launch template."""
    sources, place = member.sources, member.group.place
    own = flag("create_launch_template", True, *sources)
    custom = _uses_template(member, own)
    tags = merged(place, member.tags, pick("tags", *sources) if not member.alone else None)
    made = address_of(member.call, member.within, "aws_launch_template", "this")
    template_id = reference(made, "id", place) if own is not False else filled(pick("launch_template_id", *sources))
    template_tags = merged(place, tags, pick("launch_template_tags", *sources))
    machine = template(place, template_tags, *sources, labelled=_LABELLED)
    machine["instance_type"] = _reserved_type(sources)
    yield from member.emit("aws_launch_template", member.created(own, custom), machine)
    yield from member.emit(
        "aws_eks_node_group",
        member.created(),
        {
            "cluster_name": member.cluster_name,
            "node_group_name": member.name,
            **copied(("ami_type", "capacity_type", "labels", "version", "subnet_ids"), *sources),
            "instance_types": _instance_types(sources),
            "disk_size": filled(pick("disk_size", *sources)) if custom is False else None,
            "scaling_config": _scaling(member),
            "launch_template": _launch(member, custom, template_id),
            "taint": listed(pick("taints", *sources)),
            "tags": merged(place, tags, named(member.name, place)),
        },
    )


def _uses_template(member: Member, own: Wanted) -> Wanted:
    if modern(member.call, 19):
        return flag("use_custom_launch_template", True, *member.sources)
    if own is not False:
        return own
    # Version 18 takes a template by its name, and calls it by the group's key where none is written.
    name = pick("launch_template_name", *member.sources)
    return is_filled(name) if name is not None or member.alone else True


def _launch(member: Member, custom: Wanted, template_id: Node | None) -> Node | None:
    if custom is False:
        return None
    name = pick("launch_template_name", *member.sources) if template_id is None else None
    return block(member.group.place, {"id": template_id, "name": name})


def _is_reserved(sources: tuple[Node, ...]) -> bool:
    kind = pick("capacity_type", *sources)
    value = kind.text() if kind is not None else None
    return isinstance(value, Known) and value.value == "CAPACITY_BLOCK"


def _reserved_type(sources: tuple[Node, ...]) -> Node | None:
    types = pick("instance_types", *sources)
    return types.get(0) if types is not None and _is_reserved(sources) else None


def _instance_types(sources: tuple[Node, ...]) -> Node | None:
    return None if _is_reserved(sources) else filled(pick("instance_types", *sources))


def _scaling(member: Member) -> Node:
    """Return the sizes; called alone, the submodule began at 0 before version 21."""
    low = 0 if member.alone and not modern(member.call, 21) else 1
    sizes = {"min_size": low, "max_size": 3, "desired_size": 1}
    return block(member.group.place, {name: setting(name, default, *member.sources) for name, default in sizes.items()})


def self_managed(member: Member) -> Iterator[Instance]:
    """Yield an autoscaling group of nodes and its launch template."""
    sources, place = member.sources, member.group.place
    own = flag("create_launch_template", True, *sources)
    tags = merged(place, member.tags, pick("tags", *sources) if not member.alone else None)
    made = address_of(member.call, member.within, "aws_launch_template", "this")
    template_id = reference(made, "id", place) if own is not False else filled(pick("launch_template_id", *sources))
    machine = template(place, tags, *sources, labelled=_LABELLED)
    if machine["instance_type"] is None and machine["instance_requirements"] is None and not _typeless(member):
        machine["instance_type"] = constant("m6i.large", place)
    yield from member.emit("aws_launch_template", member.created(own), machine)
    sizes = {
        "min_size": setting("min_size", 1 if modern(member.call, 21) else 0, *sources),
        "max_size": setting("max_size", 3, *sources),
        "desired_capacity": setting("desired_size", 1, *sources),
    }
    labels = merged(place, named(member.name, place), tags, pick("autoscaling_group_tags", *sources))
    yield from member.emit(
        "aws_autoscaling_group",
        member.created(flag("create_autoscaling_group", True, *sources)),
        autoscaling_group(place, Launched(template_id), tag_blocks(labels), sizes, *sources),
    )


def _typeless(member: Member) -> bool:
    """Tell whether the submodule has no default type: called alone, not before version 21."""
    return member.alone and not modern(member.call, 21)


def fargate(member: Member) -> Iterator[Instance]:
    """Yield a Fargate profile."""
    sources, place = member.sources, member.group.place
    tags = merged(place, member.tags, pick("tags", *sources) if not member.alone else None)
    content = {
        "cluster_name": member.cluster_name,
        "fargate_profile_name": member.name,
        "subnet_ids": pick("subnet_ids", *sources),
        "selector": listed(pick("selectors", *sources)),
        "tags": tags,
    }
    yield from member.emit("aws_eks_fargate_profile", member.created(), content)


def lone(call: ModuleCall) -> Member:
    """Return the group that a call of a submodule is."""
    empty = Node({}, call.location)
    cluster = setting("cluster_name", "", call.inputs)
    tags = pick("tags", call.inputs)
    group = Group("", Node(call.inputs.value, call.location), None)
    return Member(call, group, (call.inputs, empty), cluster, tags)
