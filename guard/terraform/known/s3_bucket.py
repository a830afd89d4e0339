"""terraform-aws-modules/s3-bucket/aws: a bucket with its life cycle.

Facts are from the module's variables.tf and main.tf, versions 1.25, 3.15, 4.11 and 5.15
(https://github.com/terraform-aws-modules/terraform-aws-s3-bucket).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known, Unknown
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
    mapping,
    one_or_many,
    pick,
    place_of,
    reference,
    resource,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

_RULE = (
    "expiration",
    "transition",
    "noncurrent_version_expiration",
    "noncurrent_version_transition",
    "abort_incomplete_multipart_upload",
    "filter",
)


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the bucket and the resources with its life cycle and tiering."""
    inputs = call.inputs
    create = flag("create_bucket", True, inputs)
    directory = flag("is_directory_bucket", False, inputs)
    content: dict[str, Node | None] = {
        **copied(("bucket", "bucket_prefix", "force_destroy"), inputs),
        "tags": pick("tags", inputs),
    }
    general: Wanted = not directory if isinstance(directory, bool) else directory
    yield from resource(call, "aws_s3_bucket", "this", content, wanted=every(create, general))
    if directory is True:
        yield from resource(call, "aws_s3_directory_bucket", "this", content, wanted=create)
    yield from _lifecycle(call, create)
    for tiering in groups(filled(pick("intelligent_tiering", inputs))):
        body = {"bucket": _bucket(call), "status": _status(tiering.node), "tiering": pick("tiering", tiering.node)}
        key = tiering.key if tiering.repeated is None else None
        yield from resource(
            call,
            "aws_s3_bucket_intelligent_tiering_configuration",
            "this",
            body,
            wanted=every(create, general),
            key=key,
            place=tiering.place,
            repeated=tiering.repeated,
        )


def _bucket(call: ModuleCall) -> Node:
    kind = "aws_s3_directory_bucket" if flag("is_directory_bucket", False, call.inputs) is True else "aws_s3_bucket"
    return reference(address_of(call, "", kind, "this"), "id", call.location)


def _lifecycle(call: ModuleCall, create: Wanted) -> Iterator[Instance]:
    written = filled(pick("lifecycle_rule", call.inputs))
    if written is None:
        return
    wanted = every(create, is_filled(written))
    if isinstance(written.value, (Unknown, str)):
        reason = "the rules are JSON text, as Terragrunt passes them"
        why = written.value if isinstance(written.value, Unknown) else Unknown(reason, written.location)
        rules = Node(why, written.location, written.key)
    else:
        rules = Node(tuple(_rule(one.node) for one in groups(written)), written.location, written.key)
    content: dict[str, Node | None] = {"bucket": _bucket(call), "rule": rules}
    place = place_of(written)
    yield from resource(call, "aws_s3_bucket_lifecycle_configuration", "this", content, wanted=wanted, place=place)


def _rule(rule: Node) -> Node:
    """Return a rule as the resource writes it: `enabled` and a boolean `status` become the words."""
    if isinstance(rule.value, Unknown):
        return rule
    content = {name: one_or_many(pick(name, rule)) for name in _RULE}
    found = mapping(place_of(rule), {"id": pick("id", rule), "status": _status(rule), **content})
    return Node(found.value, rule.location, rule.key)


def _status(rule: Node) -> Node | None:
    written = pick("enabled", rule) or pick("status", rule)
    if written is None or isinstance(written.value, Unknown):
        return written
    switch = written.flag()
    if isinstance(switch, Known):
        return Node("Enabled" if switch.value else "Disabled", written.location, written.key)
    word = written.text()
    return constant(word.value.title(), written.location) if isinstance(word, Known) else written


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide: the name where it is written, else the bucket that it is of."""
    if name in ("s3_bucket_id", "this_s3_bucket_id"):
        written = pick("bucket", call.inputs)
        known = written is not None and not isinstance(written.value, Unknown)
        return written if known and flag("is_directory_bucket", False, call.inputs) is False else _bucket(call)
    if name.endswith(("_arn", "_domain_name")):
        address = address_of(call, "", "aws_s3_bucket", "this")
        return reference(address, name.removeprefix("this_").removeprefix("s3_bucket_"), call.location)
    return pick("tags", call.inputs) if name == "s3_bucket_tags" else None


MODULE = KnownModule("s3_bucket", "terraform-aws-modules/s3-bucket/aws", frozenset({""}), instances, output)
