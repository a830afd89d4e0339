"""Changes as rules ask for them: what is to be written where. The policy package turns them into edits of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from guard.model.location import Location


@dataclass(frozen=True, slots=True)
class Code:
    """An expression of HCL, written as it is: `aws_s3_bucket.data.id`."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A nested block of HCL with its attributes and blocks; in YAML and JSON it is a mapping."""

    entries: Mapping[str, Data] = field(default_factory=dict)


Data: TypeAlias = "str | bool | int | Decimal | Code | Block | tuple[Data, ...] | Mapping[str, Data] | None"


@dataclass(frozen=True, slots=True)
class Put:
    """Let `path`, below what is written at `location`, hold `value`.

    `location` is that of a Node, of its key, of a resource's or block's header, or of a facet or label set that is
    one of these. Steps name keys, attributes and nested blocks (the first of its type, unless a number follows).
    What `path` misses is written, as mappings; what it has is replaced where it is a plain literal. An empty `path`
    replaces the literal at `location` itself. A Block is always written as a further one.
    """

    location: Location
    path: tuple[str | int, ...]
    value: Data


@dataclass(frozen=True, slots=True)
class Append:
    """Write a new block of Terraform (`resource "aws_s3_bucket_lifecycle_configuration" "data" {...}`) below the
    top-level block whose header is at `location`."""

    location: Location
    type: str
    labels: tuple[str, ...]
    entries: Mapping[str, Data]


Change: TypeAlias = "Put | Append"
