"""terraform-aws-modules/efs/aws: an elastic file system.

Facts are from the module's variables.tf and main.tf (https://github.com/terraform-aws-modules/terraform-aws-efs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guard.model.instance import Instance
from guard.model.node import Node
from guard.terraform.known._building import (
    address_of,
    copied,
    filled,
    flag,
    merged,
    named,
    one_or_many,
    pick,
    reference,
    resource,
    setting,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

_TRANSITIONS = ("transition_to_ia", "transition_to_archive", "transition_to_primary_storage_class")


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the file system; each transition that its life cycle names is a block of its own."""
    inputs = call.inputs
    content: dict[str, Node | None] = {
        **copied(
            (
                "availability_zone_name",
                "performance_mode",
                "throughput_mode",
                "provisioned_throughput_in_mibps",
                "encrypted",
            ),
            inputs,
        ),
        "lifecycle_policy": _policies(pick("lifecycle_policy", inputs)),
        "tags": merged(call.location, pick("tags", inputs), named(setting("name", "", inputs), call.location)),
    }
    yield from resource(call, "aws_efs_file_system", "this", content, wanted=flag("create", True, inputs))


def _policies(written: Node | None) -> Node | None:
    found = filled(written)
    if found is None or not isinstance(found.value, Mapping):
        return one_or_many(written)
    blocks = [Node({name: one}, one.location, one.key) for name in _TRANSITIONS if (one := found.get(name)) is not None]
    return Node(tuple(blocks), found.location, found.key)


def output(call: ModuleCall, name: str) -> Node | None:
    """Return which file system an output is of."""
    if name in ("id", "arn", "dns_name"):
        return reference(address_of(call, "", "aws_efs_file_system", "this"), name, call.location)
    return None


MODULE = KnownModule("efs", "terraform-aws-modules/efs/aws", frozenset({""}), instances, output)
