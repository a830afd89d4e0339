"""What comes into the platforms: an evaluated Terraform block, or an object of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from guard.model.location import Location
from guard.model.node import Node
from guard.model.value import Unknown


@dataclass(frozen=True, slots=True)
class Call:
    """A module call on the way from the root to a resource: its address (`module.train["eu"]`) and its block header."""

    module: str
    location: Location


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider configuration that serves a resource, found by alias and by the `providers` of module calls.

    `name` is the local name (`aws`), `alias` empty for the default one; `body` is its evaluated block, or None
    where the configuration has no such block.
    """

    name: str
    alias: str = ""
    body: Node | None = None

    @property
    def label(self) -> str:
        """Return how Terraform refers to it: `aws` or `aws.eu`."""
        return f"{self.name}.{self.alias}" if self.alias else self.name


class Piece(NamedTuple):
    """A piece of a text: what it is, and where it is written.

    `lines` tells the line and column in the file at which each line of the piece begins, where it stands there letter
    by letter; a piece without them was put in from elsewhere and stands at `location` as a whole.
    """

    text: str | Unknown
    location: Location
    lines: tuple[tuple[int, int], ...] = ()


Written: TypeAlias = Sequence[Piece] | Node | None


def _not_told(*path: str | int) -> Written:
    return None


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a Terraform resource or data source, after `count`, `for_each` and module calls.

    `body` is a lazy mapping node: attributes are scalars, sequences and mappings, nested blocks are sequences of
    mappings (dynamic ones expanded). `location` is the block's header, `extent` its whole text. Where the number of
    instances is unknown there is one instance, and `repeated` says why. `references` are the addresses (without
    instance keys) of the resources which an attribute or nested block of this one mentions, by its name.
    `provenance` is `hcl`, `plan` or `module` (inferred by a known-module adapter).
    `written` tells how the text (YAML, JSON) that the attribute at a path holds is written: its pieces where it is a
    literal, a template or a file; what is encoded where it is a call of `yamlencode` or `jsonencode`; else None.
    """

    address: str
    type: str
    name: str
    body: Node
    location: Location
    extent: Location
    root: str = ""
    mode: str = "managed"
    key: str | int | None = None
    module: str = ""
    calls: tuple[Call, ...] = ()
    provider: Provider | None = None
    repeated: Unknown | None = None
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provenance: str = "hcl"
    written: Callable[..., Written] = field(default=_not_told, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a YAML or JSON document: a Kubernetes object, a task, an endpoint; `ordinal` counts in its file."""

    path: str
    node: Node
    ordinal: int = 0
