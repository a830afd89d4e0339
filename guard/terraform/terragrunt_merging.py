"""The settings of a unit of Terragrunt as its file and what that includes make them together."""

from __future__ import annotations

from collections.abc import Mapping

from guard.formats.hcl_syntax import Attribute, Block
from guard.model.value import Unknown
from guard.terraform.expressions import evaluate
from guard.terraform.scope import Failure
from guard.terraform.terragrunt_config import Config, Input
from guard.terraform.types import DYNAMIC
from guard.terraform.values import Value, object_value, tuple_value, unknown

COLLECTIONS = ("list", "set", "tuple")


def merged_inputs(config: Config) -> tuple[dict[str, Input], Unknown | None]:
    """Return the inputs of a unit, and why there may be more; later files override earlier ones, the unit all of them.

    `merge_strategy = "deep"` merges maps key by key and joins lists, those of the included file first.
    """
    found, rest = config.inputs()
    for included, strategy in reversed(config.layers()[:-1]):
        below, more = included.inputs()
        rest = rest or more
        deep = {name: _deep(below[name], found[name]) for name in found if name in below and strategy == "deep"}
        found = {**below, **found, **deep}
    return found, rest


def _deep(below: Input, above: Input) -> Input:
    values = [_value(one) for one in (below, above)]
    return Input(above.expression, above.scope, deep_merged(*values))


def _value(one: Input) -> Value:
    if one.value is not None:
        return one.value
    try:
        return evaluate(one.expression, one.scope)
    except Failure as failure:
        return unknown(DYNAMIC, Unknown(failure.message, failure.location))


def deep_merged(below: Value, above: Value) -> Value:
    """Return two values merged at every depth: maps by key, lists one after the other, else the one above."""
    kinds = below.type.kind, above.type.kind
    if all(kind in ("map", "object") for kind in kinds) and below.is_known and above.is_known:
        members: Mapping[str, Value] = {
            name: deep_merged(below.fields[name], above.fields[name])
            if name in below.fields and name in above.fields
            else above.fields.get(name) or below.fields[name]
            for name in {**below.fields, **above.fields}
        }
        return object_value(members)
    if all(kind in COLLECTIONS for kind in kinds) and below.is_known and above.is_known:
        return tuple_value([*below.items, *above.items])
    return above


def setting(config: Config, kind: str, name: str) -> tuple[Config, Attribute] | None:
    """Return an attribute of a top-level block, of the last file that writes it; `kind` "" is the top itself."""
    for one, _ in reversed(config.layers()):
        bodies = [block.body for block in one.blocks(kind)] if kind else [one.body]
        for body in bodies:
            if name in body.attributes:
                return one, body.attributes[name]
    return None


def setting_value(config: Config, kind: str, name: str) -> Value | None:
    """Return the value of such an attribute, None where no file writes it."""
    found = setting(config, kind, name)
    return None if found is None else found[0].value(found[1], f"{kind}.{name}" if kind else name)


def labelled(config: Config, kind: str) -> dict[str, tuple[Config, Block]]:
    """Return the top-level blocks of a type by label, of the last file that writes each."""
    return {block.labels[0]: (one, block) for one, _ in config.layers() for block in one.blocks(kind) if block.labels}


def nested(config: Config, kind: str, inner: str) -> dict[str, tuple[Config, Block]]:
    """Return the blocks of type `inner` within the top-level ones of type `kind`, by label."""
    return {
        block.labels[0]: (one, block)
        for one, _ in config.layers()
        for outer in one.blocks(kind)
        for block in outer.body.blocks
        if block.type == inner and block.labels
    }
