"""terraform-aws-modules/kms/aws: a key, which costs money of itself, with its aliases and grants.

Facts are from the module's variables.tf and main.tf (https://github.com/terraform-aws-modules/terraform-aws-kms).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Unknown
from guard.terraform.known._building import Wanted, address_of, every, flag, pick, reference, resource
from guard.terraform.known_modules import KnownModule, ModuleCall

# One call makes one key; which of the four depends on these switches, the first that is on.
_KINDS = (
    ("create_external", "aws_kms_external_key", "this"),
    ("create_replica", "aws_kms_replica_key", "this"),
    ("create_replica_external", "aws_kms_replica_external_key", "this"),
)


def _kind(call: ModuleCall) -> tuple[str, str]:
    found = next((one for one in _KINDS if flag(one[0], False, call.inputs) is True), None)
    return found[1:] if found is not None else ("aws_kms_key", "this")


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the key."""
    open_kind = next((one for one in (flag(name, False, call.inputs) for name, _, _ in _KINDS) if _is_open(one)), True)
    content: dict[str, Node | None] = {
        "description": pick("description", call.inputs),
        "multi_region": pick("multi_region", call.inputs),
        "tags": pick("tags", call.inputs),
    }
    yield from resource(call, *_kind(call), content, wanted=every(flag("create", True, call.inputs), open_kind))


def _is_open(wanted: Wanted) -> bool:
    return isinstance(wanted, Unknown)


def output(call: ModuleCall, name: str) -> Node | None:
    """Return which key an output is of."""
    if name in ("key_arn", "key_id"):
        return reference(address_of(call, "", *_kind(call)), name.removeprefix("key_"), call.location)
    return None


MODULE = KnownModule("kms", "terraform-aws-modules/kms/aws", frozenset({""}), instances, output)
