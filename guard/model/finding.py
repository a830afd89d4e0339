"""What guard says: findings of the policy, problems with the input, and facts that cannot be decided."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from guard.model.change import Change
from guard.model.location import Location, Step


class Severity(str, Enum):
    """How grave a finding is, the gravest first; `off` keeps a rule from running."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"

    @property
    def rank(self) -> int:
        """Return 0 for the gravest; a smaller rank is graver."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text at `location` (an empty range inserts)."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that is certain to be right: what it does, and the edits that do it.

    A rule gives `changes`, which become `edits` in the style of the text around them; where one of them cannot be
    made for certain (the value is no literal, the mapping is built by an expression), the finding has no fix.
    """

    message: str
    edits: tuple[Edit, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The policy speaks about one place. `saving` is what doing so saves, in USD a month, where that is known.

    `attribute` is the path of the attribute within the resource (`production_variants[0].instance_type`); with
    rule, path, address and ordinal it makes the fingerprint, which holds no line number and so survives edits above.
    """

    rule: str
    severity: Severity
    message: str
    location: Location
    address: str = ""
    attribute: str = ""
    related: tuple[Step, ...] = ()
    fix: Fix | None = None
    saving: Decimal | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Input, policy or price book cannot be read or is wrong in itself. `code` is short and stable: `syntax`, `cycle`.

    `blocking` tells whether it kept something from being judged, which puts it before findings in the exit status.
    `advisory` is what a repository may well live with (a chart's template, a key set twice): it is told, and never
    decides the exit status.
    """

    code: str
    message: str
    location: Location | None
    blocking: bool = True
    related: tuple[Step, ...] = ()
    advisory: bool = False


@dataclass(frozen=True, slots=True)
class UnknownFact:
    """A fact that somebody asked for and the text does not decide."""

    address: str
    attribute: str
    reason: str
    location: Location
    rule: str = ""
