"""terraform-aws-modules/eks/aws up to version 17: `node_groups`, `worker_groups` and their launch templates.

Facts are from the module's locals.tf, workers.tf, workers_launch_template.tf and modules/node_groups, version 17.24
(https://github.com/terraform-aws-modules/terraform-aws-eks).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Content, Node, is_sequence
from guard.model.value import Unknown
from guard.terraform.known._building import (
    Group,
    address_of,
    block,
    constant,
    copied,
    every,
    filled,
    flag,
    groups,
    inner,
    listed,
    mapping,
    merged,
    pick,
    place_of,
    reference,
    resource,
    setting,
    tag_blocks,
)
from guard.terraform.known_modules import ModuleCall

_TYPE = "m4.large"
_SIZES: dict[str, Content] = {"asg_min_size": 1, "asg_max_size": 3, "asg_desired_capacity": 1}
_DISK: dict[str, Content] = {"root_volume_size": 100, "root_volume_type": "gp2"}
_OVERRIDES = ("m5.large", "m5a.large", "m5d.large", "m5ad.large")


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the cluster and its node and worker groups."""
    inputs = call.inputs
    create = flag("create_eks", True, inputs)
    tags = pick("tags", inputs)
    yield from resource(
        call,
        "aws_eks_cluster",
        "this",
        {
            "name": pick("cluster_name", inputs),
            "version": pick("cluster_version", inputs),
            "tags": merged(call.location, tags, pick("cluster_tags", inputs)),
        },
        wanted=create,
    )
    logs = filled(pick("cluster_enabled_log_types", inputs))
    if logs is not None:
        open_number = logs.value if isinstance(logs.value, Unknown) else True
        content = {"retention_in_days": setting("cluster_log_retention_in_days", 90, inputs), "tags": tags}
        yield from resource(call, "aws_cloudwatch_log_group", "this", content, wanted=every(create, open_number))
    if create is False:
        return
    for group in groups(pick("node_groups", inputs)):
        yield from _node_group(call, group)
    for group in groups(pick("fargate_profiles", inputs)):
        yield from _fargate(call, group)
    for position, group in _by_position(pick("worker_groups", inputs)):
        yield from _workers(call, group, position)
    for position, group in _by_position(pick("worker_groups_launch_template", inputs)):
        yield from _templated_workers(call, group, position)


def _defaults(call: ModuleCall, name: str) -> Node:
    return pick(name, call.inputs) or Node({}, call.location)


def _node_group(call: ModuleCall, group: Group) -> Iterator[Instance]:
    own, workers = _defaults(call, "node_groups_defaults"), _defaults(call, "workers_group_defaults")
    place, sources = group.place, (group.node, own)
    within = inner("node_groups", None)
    key = None if group.repeated is not None else group.key
    templated = flag("create_launch_template", False, *sources)
    made = address_of(call, within, "aws_launch_template", "workers", key)
    given = pick("launch_template_id", *sources)
    tags = merged(place, *(pick("additional_tags", one) for one in (own, group.node)))
    labels = merged(place, pick("tags", call.inputs), tags)
    disk = setting("disk_size", _DISK["root_volume_size"], *sources)
    if templated is not False and given is None:
        given = reference(made, "id", place)
        ebs = mapping(place, {"volume_size": disk, "volume_type": setting("disk_type", "gp2", *sources)})
        content: dict[str, Node | None] = {"block_device_mappings": block(place, {"ebs": ebs}), "tags": labels}
        yield from resource(
            call, "aws_launch_template", "workers", content, within=within, key=key, place=place,
            repeated=group.repeated,
        )  # fmt: skip
    kind = pick("instance_type", workers)
    types = pick("instance_types", *sources) or constant((kind or constant(_TYPE, place),), place)
    scaling = {
        "min_size": setting("min_capacity", None, *sources),
        "max_size": setting("max_capacity", None, *sources),
        "desired_size": setting("desired_capacity", None, *sources),
    }
    for name, size in zip(scaling, _SIZES, strict=True):
        if scaling[name].value is None:
            scaling[name] = constant(setting(size, _SIZES[size], workers).value, place)
    yield from resource(
        call,
        "aws_eks_node_group",
        "workers",
        {
            "cluster_name": pick("cluster_name", call.inputs),
            **copied(("capacity_type", "ami_type"), *sources),
            "instance_types": types,
            "disk_size": disk if given is None else None,
            "scaling_config": block(place, dict(scaling)),
            "launch_template": block(place, {"id": given}) if given is not None else None,
            "taint": listed(pick("taints", *sources)),
            "tags": labels,
        },
        within=within,
        key=key,
        place=place,
        repeated=group.repeated,
    )


def _fargate(call: ModuleCall, group: Group) -> Iterator[Instance]:
    place = group.place
    content = {
        "cluster_name": pick("cluster_name", call.inputs),
        "fargate_profile_name": pick("name", group.node),
        "selector": listed(pick("selectors", group.node)),
        "tags": merged(place, pick("tags", call.inputs), pick("tags", group.node)),
    }
    key = None if group.repeated is not None else group.key
    yield from resource(
        call,
        "aws_eks_fargate_profile",
        "this",
        content,
        within=inner("fargate", None),
        key=key,
        place=place,
        repeated=group.repeated,
    )


def _sizes(*sources: Node) -> dict[str, Node | None]:
    return {name.removeprefix("asg_"): setting(name, default, *sources) for name, default in _SIZES.items()}


def _tags(call: ModuleCall, group: Group, *sources: Node) -> Node | None:
    """Return the tag blocks: those of the cluster, and those of the group, which are written as such already."""
    blocks = tag_blocks(pick("tags", call.inputs))
    own = pick("tags", *sources)
    if own is None or (blocks is not None and isinstance(blocks.value, Unknown)):
        return blocks
    if isinstance(own.value, Unknown) or blocks is None:
        return own
    both = (*blocks.items(), *own.items())
    return Node(both, own.location, own.key)


def _by_position(node: Node | None) -> Iterator[tuple[int | None, Group]]:
    """Yield groups with their positions in the list; no position for the one that stands for an unknown number."""
    for position, group in enumerate(groups(node)):
        yield (position if group.repeated is None else None), group


def _workers(call: ModuleCall, group: Group, key: int | None) -> Iterator[Instance]:
    sources = (group.node, _defaults(call, "workers_group_defaults"))
    place = group.place
    made = address_of(call, "", "aws_launch_configuration", "workers", key)
    disk = {name.removeprefix("root_"): setting(name, value, *sources) for name, value in _DISK.items()}
    yield from resource(
        call,
        "aws_launch_configuration",
        "workers",
        {
            "instance_type": setting("instance_type", _TYPE, *sources),
            "spot_price": filled(pick("spot_price", *sources)),
            "root_block_device": block(place, dict(disk)),
            "user_data": filled(pick("pre_userdata", *sources)),
        },
        key=key,
        place=place,
        repeated=group.repeated,
    )
    content = {
        **_sizes(*sources),
        "launch_configuration": reference(made, "id", place),
        "tag": _tags(call, group, *sources),
    }
    yield from resource(
        call, "aws_autoscaling_group", "workers", content, key=key, place=place, repeated=group.repeated
    )


def _templated_workers(call: ModuleCall, group: Group, key: int | None) -> Iterator[Instance]:
    sources = (group.node, _defaults(call, "workers_group_defaults"))
    place = group.place
    name = "workers_launch_template"
    template_id = reference(address_of(call, "", "aws_launch_template", name, key), "id", place)
    disk = {one.removeprefix("root_"): setting(one, value, *sources) for one, value in _DISK.items()}
    market = filled(pick("market_type", *sources))
    yield from resource(
        call,
        "aws_launch_template",
        name,
        {
            "instance_type": setting("instance_type", _TYPE, *sources),
            "instance_market_options": block(place, {"market_type": market}) if market is not None else None,
            "block_device_mappings": block(place, {"ebs": block(place, dict(disk))}),
            "user_data": filled(pick("pre_userdata", *sources)),
            "tags": pick("tags", call.inputs),
        },
        key=key,
        place=place,
        repeated=group.repeated,
    )
    policy = _policy(group, template_id, *sources)
    content = {
        **_sizes(*sources),
        "mixed_instances_policy": policy,
        "launch_template": block(place, {"id": template_id}) if policy is None else None,
        "tag": _tags(call, group, *sources),
    }
    yield from resource(call, "aws_autoscaling_group", name, content, key=key, place=place, repeated=group.repeated)


def _policy(group: Group, template_id: Node, *sources: Node) -> Node | None:
    """Return the policy of mixed instances: used as soon as other types or a strategy for on-demand are written."""
    own = pick("override_instance_types", group.node)
    if own is None and pick("on_demand_allocation_strategy", *sources) is None:
        return None
    place = place_of(own) if own is not None else group.place
    types = pick("override_instance_types", *sources) or constant(
        tuple(constant(kind, place) for kind in _OVERRIDES), place
    )
    overrides = types
    if is_sequence(types.value):
        each = tuple(mapping(place, {"instance_type": one}) for one in types.value)
        overrides = Node(each, types.location, types.key)
    distribution = {
        name: setting(name, 0, *sources)
        for name in ("on_demand_base_capacity", "on_demand_percentage_above_base_capacity")
    }
    specification = block(place, {"launch_template_id": template_id})
    return block(
        place,
        {
            "instances_distribution": block(place, dict(distribution)),
            "launch_template": block(place, {"launch_template_specification": specification, "override": overrides}),
        },
    )
