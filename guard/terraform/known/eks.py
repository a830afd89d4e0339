"""terraform-aws-modules/eks/aws: clusters with managed, self-managed and Fargate nodes, and Karpenter.

Facts are from the module's variables.tf, main.tf and node_groups.tf, versions 17.24 to 21.19
(https://github.com/terraform-aws-modules/terraform-aws-eks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known, Unknown
from guard.terraform.known import _eks_17
from guard.terraform.known._building import (
    Group,
    Wanted,
    address_of,
    constant,
    copied,
    every,
    filled,
    flag,
    groups,
    inner,
    is_filled,
    mapping,
    merged,
    named,
    pick,
    place_of,
    reference,
    resource,
    setting,
)
from guard.terraform.known._eks_groups import Member, fargate, lone, managed, modern, self_managed
from guard.terraform.known_modules import KnownModule, ModuleCall

# The input with the groups, the one with their defaults (until version 20), the inner module, and who reads a group.
_KINDS: tuple[tuple[str, str, str, Callable[[Member], Iterator[Instance]]], ...] = (
    ("eks_managed_node_groups", "eks_managed_node_group_defaults", "eks_managed_node_group", managed),
    ("self_managed_node_groups", "self_managed_node_group_defaults", "self_managed_node_group", self_managed),
    ("fargate_profiles", "fargate_profile_defaults", "fargate_profile", fargate),
)
_ALONE: dict[str, Callable[[Member], Iterator[Instance]]] = {
    "eks-managed-node-group": managed,
    "self-managed-node-group": self_managed,
    "fargate-profile": fargate,
}
_DAYS_OF_LOGS = 90


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield what a call of the module or one of its submodules makes."""
    alone = _ALONE.get(call.submodule)
    if alone is not None:
        yield from alone(lone(call))
    elif call.submodule == "karpenter":
        yield from _karpenter(call)
    elif not modern(call, 18) or _is_old(call):
        yield from _eks_17.instances(call)
    else:
        yield from _cluster(call)


def _is_old(call: ModuleCall) -> bool:
    """Tell whether inputs that only version 17 and older had are written, where no version says more."""
    return call.major is None and any(
        pick(name, call.inputs) is not None
        for name in ("node_groups", "worker_groups", "worker_groups_launch_template")
    )


def _create(call: ModuleCall) -> Wanted:
    return flag("create", True, call.inputs)


def _cluster_name(call: ModuleCall) -> Node:
    name = pick("name", call.inputs) if modern(call, 21) else None
    return name if name is not None else setting("cluster_name", "", call.inputs)


def _cluster(call: ModuleCall) -> Iterator[Instance]:
    inputs, create = call.inputs, _create(call)
    tags = pick("tags", inputs)
    name = _cluster_name(call)
    version = pick("kubernetes_version", inputs) or pick("cluster_version", inputs)
    yield from resource(
        call,
        "aws_eks_cluster",
        "this",
        {
            "name": name,
            "version": version,
            "compute_config": filled(pick("compute_config", inputs) or pick("cluster_compute_config", inputs)),
            "tags": merged(call.location, _own_tag(call), tags, pick("cluster_tags", inputs)),
        },
        wanted=create,
    )
    yield from _logs(call, create, tags)
    yield from resource(
        call,
        "aws_kms_key",
        "this",
        {"tags": merged(call.location, tags, pick("cluster_tags", inputs))},
        wanted=every(create, _makes_key(call)),
        within=inner("kms", None),
    )
    outpost = is_filled(pick("outpost_config", inputs))
    for groups_input, defaults_input, module, read in _KINDS:
        on_outpost = outpost if read is managed else False
        wanted = every(create, not on_outpost if isinstance(on_outpost, bool) else on_outpost)
        defaults = pick(defaults_input, inputs) or Node({}, call.location)
        for group in groups(pick(groups_input, inputs)):
            within = inner(module, group.key if group.repeated is None else None)
            sources = (group.node, defaults)
            yield from read(Member(call, group, sources, _name_for_nodes(call, name), tags, within, wanted))


def _own_tag(call: ModuleCall) -> Node | None:
    """Return the tag by which version 20 marks its clusters."""
    if call.major != 20:
        return None
    return mapping(call.location, {"terraform-aws-modules": constant("eks", call.location)})


def _name_for_nodes(call: ModuleCall, name: Node) -> Node:
    if isinstance(name.value, Unknown):
        return reference(address_of(call, "", "aws_eks_cluster", "this"), "name", place_of(name))
    return name


def _logs(call: ModuleCall, create: Wanted, tags: Node | None) -> Iterator[Instance]:
    inputs = call.inputs
    kept = setting("cloudwatch_log_group_retention_in_days", _DAYS_OF_LOGS, inputs)
    name = _log_group_name(call)
    own = named(name, call.location) if modern(call, 19) else None
    labels = merged(call.location, tags, pick("cloudwatch_log_group_tags", inputs), own)
    wanted = every(create, flag("create_cloudwatch_log_group", True, inputs))
    content: dict[str, Node | None] = {"name": name, "retention_in_days": kept, "tags": labels}
    yield from resource(call, "aws_cloudwatch_log_group", "this", content, wanted=wanted)


def _log_group_name(call: ModuleCall) -> Node:
    name = _cluster_name(call)
    value = name.text()
    if not isinstance(value, Known):
        return name
    return Node(f"/aws/eks/{value.value}/cluster", name.location, name.key, name.trail)


def _makes_key(call: ModuleCall) -> Wanted:
    """Return whether the cluster's secrets get a key of their own: since version 19 they do by default."""
    default = modern(call, 19)
    own = flag("create_kms_key", default, call.inputs)
    config = pick("encryption_config", call.inputs) or pick("cluster_encryption_config", call.inputs)
    # Before version 21 an empty object or list turns encryption off.
    used = is_filled(config) if config is not None and not modern(call, 21) else True
    return every(own, used)


def _karpenter(call: ModuleCall) -> Iterator[Instance]:
    wanted = every(_create(call), flag("enable_spot_termination", True, call.inputs))
    content = {"name": pick("queue_name", call.inputs), "tags": pick("tags", call.inputs)}
    yield from resource(call, "aws_sqs_queue", "this", content, wanted=wanted)


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide."""
    if call.submodule == "karpenter":
        return _karpenter_output(call, name)
    if call.submodule:
        return None
    if name == "cluster_name" or (name == "cluster_id" and not modern(call, 19)):
        return _cluster_name(call)
    if name == "cluster_version":
        return pick("kubernetes_version", call.inputs) or pick("cluster_version", call.inputs)
    kind = next((one for one in _KINDS if one[0] == name), None)
    return _group_outputs(call, kind[2]) if kind is not None else None


def _group_outputs(call: ModuleCall, module: str) -> Node | None:
    """Return the groups by their keys, so that a loop over them is known although what they hold is not."""
    written = pick(module + "s", call.inputs)
    if written is None or isinstance(written.value, Unknown):
        return written
    found = {}
    for group in groups(written):
        found[group.key] = constant(_unknown_outputs(call, module, group), group.place)
    return mapping(place_of(written), found)


def _unknown_outputs(call: ModuleCall, module: str, group: Group) -> Unknown:
    within = inner(module, group.key)
    return Unknown(f"known only after apply: {call.address}.{within}", group.place)


def _karpenter_output(call: ModuleCall, name: str) -> Node | None:
    written = copied(("queue_name", "namespace", "service_account"), call.inputs)
    if name in ("namespace", "service_account"):
        default = {"namespace": "kube-system", "service_account": "karpenter"}[name]
        return written[name] or constant(default, call.location)
    if name == "queue_name":
        return written[name]
    if name == "node_iam_role_name" and flag("node_iam_role_use_name_prefix", True, call.inputs) is False:
        return pick("node_iam_role_name", call.inputs)
    return None


MODULE = KnownModule(
    name="eks",
    source="terraform-aws-modules/eks/aws",
    submodules=frozenset({"", "karpenter", *_ALONE}),
    instances=instances,
    output=output,
)
