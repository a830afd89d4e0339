"""Launch templates and autoscaling groups as the modules of terraform-aws-modules make them of their inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from guard.model.location import Location
from guard.model.node import Node
from guard.model.value import Unknown
from guard.terraform.known._building import (
    Wanted,
    block,
    copied,
    filled,
    flag,
    is_filled,
    listed,
    mapping,
    pick,
    setting,
)

SCRIPTS = (
    "user_data",
    "pre_bootstrap_user_data",
    "cloudinit_pre_nodeadm",
    "cloudinit_post_nodeadm",
    "post_bootstrap_user_data",
)


def template(
    place: Location, tags: Node | None, *sources: Node, labelled: tuple[str, ...] = ()
) -> dict[str, Node | None]:
    """Return the arguments of a launch template; an empty object means that its block is not written.

    `labelled` are the kinds of resources that get the labels where the call names none.
    """
    blocks = ("instance_market_options", "instance_requirements", "placement", "capacity_reservation_specification")
    return {
        **{name: filled(pick(name, *sources)) for name in blocks},
        "instance_type": filled(pick("instance_type", *sources)),
        "image_id": filled(pick("ami_id", *sources)) or filled(pick("image_id", *sources)),
        "block_device_mappings": listed(pick("block_device_mappings", *sources)),
        "user_data": script(*sources),
        "tags": tags,
        "tag_specifications": tag_specifications(place, tags, labelled, *sources),
    }


def script(*sources: Node) -> Node | None:
    """Return what the caller wants to run at the start: of several inputs that make it up, the first that is filled."""
    return next((found for name in SCRIPTS if (found := filled(pick(name, *sources))) is not None), None)


def tag_specifications(place: Location, tags: Node | None, labelled: tuple[str, ...], *sources: Node) -> Node | None:
    """Return the labels of what a template launches, where the input lists only the kinds of resources."""
    usual = tuple(Node(kind, place) for kind in labelled)
    kinds = setting("tag_specifications", usual, *sources)
    if isinstance(kinds.value, Unknown):
        return kinds
    found = []
    for kind in kinds.items():
        written = isinstance(kind.value, Mapping)
        found.append(kind if written else mapping(place, {"resource_type": kind, "tags": tags}))
    return Node(tuple(found), place, place) if found else None


class Launched(NamedTuple):
    """The launch template of a group, by its id or its name."""

    id: Node | None
    name: Node | None = None


def mixed(place: Location, launched: Launched, *sources: Node) -> tuple[Wanted, Node | None]:
    """Return whether a group uses its policy of mixed instances, and that policy with the template filled in.

    Until version 7 of the autoscaling module the overrides stand beside `instances_distribution`, later within
    `launch_template`.
    """
    used = flag("use_mixed_instances_policy", False, *sources)
    policy = pick("mixed_instances_policy", *sources)
    if used is False or policy is None or is_filled(policy) is False:
        return used, None
    if isinstance(used, Unknown) or isinstance(policy.value, Unknown):
        return used, policy
    overrides = pick("override", policy)
    if overrides is None:
        launch = pick("launch_template", policy)
        overrides = pick("override", launch) if launch is not None else None
    template_of = {"launch_template_id": launched.id, "launch_template_name": launched.name}
    specification = block(place, template_of)
    content = {"launch_template_specification": specification, "override": listed(overrides)}
    launch_template = block(place, content)
    distribution = filled(pick("instances_distribution", policy))
    parts = {"instances_distribution": distribution, "launch_template": launch_template}
    body = {name: one for name, one in parts.items() if one is not None}
    return used, Node((Node(body, policy.location, policy.key),), policy.location, policy.key)


def autoscaling_group(
    place: Location, launched: Launched, tags: Node | None, sizes: Mapping[str, Node | None], *sources: Node
) -> dict[str, Node | None]:
    """Return the arguments of an autoscaling group that launches from one template, or by its policy from several."""
    used, policy = mixed(place, launched, *sources)
    plain = used is False and (launched.id is not None or launched.name is not None)
    return {
        **copied(("availability_zones", "capacity_rebalance", "max_instance_lifetime"), *sources),
        **sizes,
        "launch_template": block(place, {"id": launched.id, "name": launched.name}) if plain else None,
        "mixed_instances_policy": policy if policy is not None else Node(used, place) if used is not False else None,
        "tag": tags,
    }
