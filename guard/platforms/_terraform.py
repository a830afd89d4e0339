"""What the readers of Terraform instances share: where one stands, how many there are, and small facts of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, TypeVar

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, DataLink, Fee, Labels, Purchase, Purpose, Resource, Serving, Storage, Training
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._terraform_labels import costly
from guard.platforms._terraform_purpose import purpose_of

T = TypeVar("T")

SECONDS_PER_HOUR = Decimal(3600)
_ZONES = ("node_locations", "availability_zones", "distribution_policy_zones", "zones")
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")
_ISO_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True, slots=True)
class Site:
    """A Terraform instance where it stands: cloud (`aws`, `google`, `azure`), region, zone, labels and neighbours."""

    instance: Instance
    around: Surroundings
    cloud: str
    region: Value[str]
    zone: Value[str]
    labels: Labels

    @property
    def body(self) -> Node:
        return self.instance.body

    @property
    def here(self) -> Location:
        """Return the instance's header, where a fact stands that nothing inside it says."""
        return self.instance.location

    def one(self) -> Value[int]:
        """Return how many things an instance is: one, unless `count` or `for_each` is unknown."""
        return self.instance.repeated or Known(1, self.here)

    def counted(self, value: Value[int]) -> Value[int]:
        """Return a number of things in each instance, unknown where the number of instances is."""
        return self.instance.repeated or value


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a reader found; `purpose` only where the type itself tells it."""

    purpose: Purpose = Purpose.UNKNOWN
    evidence: str = ""
    compute: tuple[Compute, ...] = ()
    storage: tuple[Storage, ...] = ()
    data: tuple[DataLink, ...] = ()
    fees: tuple[Fee, ...] = ()
    serving: Serving | None = None
    training: Training | None = None
    unpriced: str = ""


Reader: TypeAlias = Callable[[Site], Facts]


def resource_of(site: Site, facts: Facts) -> Resource:
    """Return the resource that `facts` are about; its purpose falls back on labels and names."""
    instance = site.instance
    purpose, evidence = facts.purpose, facts.evidence or f"type {instance.type}"
    if purpose is Purpose.UNKNOWN:
        purpose, evidence = purpose_of(instance, site.labels, by_name=bool(facts.compute or facts.training))
    return Resource(
        address=instance.address,
        type=instance.type,
        platform=site.cloud,
        origin="terraform",
        location=instance.location,
        labels=site.labels,
        region=site.region,
        zone=site.zone,
        body=instance.body,
        calls=instance.calls,
        purpose=purpose,
        evidence=evidence,
        compute=facts.compute,
        storage=facts.storage,
        data=facts.data,
        fees=facts.fees,
        serving=facts.serving,
        training=facts.training,
        repeated=instance.repeated,
        unpriced=facts.unpriced,
        other_zones=_other_zones(site),
    )


def _other_zones(site: Site) -> tuple[Known[str], ...]:
    """Return the zones in which an instance says that it stands beside its own."""
    zones = [one.text() for name in _ZONES for one in site.body.items(name)]
    known = {one.value: one for one in zones if isinstance(one, Known) and one.value}
    own = site.zone.value if isinstance(site.zone, Known) else ""
    return tuple(one for name, one in known.items() if name != own)


def unread(kind: str, provider: str) -> Facts:
    """Return the facts of a type that has no reader: whether it certainly costs money."""
    return Facts(unpriced=f"guard has no price model for {kind} yet" if kind in costly(provider) else "")


def fee(site: Site, name: str, service: str, sku: str, quantity: Value[Decimal] | None = None) -> Fee:
    """Return the fee of a managed service; without `quantity` there is one of it in each instance."""
    return Fee(
        location=site.here,
        name=name,
        provider=site.cloud,
        service=service,
        sku=sku,
        quantity=mapped(site.one(), Decimal) if quantity is None else site.instance.repeated or quantity,
        region=site.region,
    )


def default(value: Value[T], fallback: T) -> Known[T] | Unknown:
    """Return `value`, or what the provider takes where nothing is written."""
    return Known(fallback, value.location) if isinstance(value, Absent) else value


def combined(values: Iterable[Value[T]], change: Callable[[list[T]], T]) -> Value[T]:
    """Return `change` of the known values at the place of the first; unknown where one is, absent where all are."""
    known: list[Known[T]] = []
    missing: Absent | None = None
    for value in values:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Known):
            known.append(value)
        else:
            missing = missing or value
    if not known:
        if missing is None:
            raise ValueError("there is nothing to combine")
        return missing
    try:
        return Known(change([one.value for one in known]), known[0].location, known[0].trail)
    except ArithmeticError:
        return Unknown("the numbers are too large", known[0].location)


def chosen(value: Value[str], choices: dict[str, Purchase], fallback: Purchase | None = None) -> Value[Purchase]:
    """Return the way of buying that a keyword means, in any letter case; unknown for a word not among `choices`."""
    if isinstance(value, Known):
        found = choices.get(value.value.upper())
        if found is None:
            return Unknown(f"guard does not know the way of buying {value.value!r}", value.location)
        return Known(found, value.location, value.trail)
    if isinstance(value, Absent) and fallback is not None:
        return Known(fallback, value.location)
    return value


def flagged(value: Value[bool], yes: Purchase, no: Purchase = Purchase.ON_DEMAND) -> Value[Purchase]:
    """Return `yes` where a switch is on, and `no` where it is off or not written."""
    return mapped(default(value, False), lambda on: yes if on else no)


def hours_of_seconds(value: Value[Decimal]) -> Value[Decimal]:
    """Return a number of seconds in hours."""
    return mapped(value, lambda seconds: seconds / SECONDS_PER_HOUR)


def hours_of_duration(value: Value[str]) -> Value[Decimal]:
    """Return a duration such as `1h30m`, `3600s`, `3600` (seconds) or `PT30M` in hours; unknown for other texts."""
    if not isinstance(value, Known):
        return value
    seconds = _seconds(value.value.strip())
    if seconds is None:
        return Unknown(f"expected a duration such as 3600s, found {value.value!r}", value.location)
    return Known(seconds / SECONDS_PER_HOUR, value.location, value.trail)


def _seconds(text: str) -> Decimal | None:
    if not text or len(text) > 32:
        return None
    if text.isascii() and text.isdigit():
        return Decimal(text)
    match = _DURATION.fullmatch(text)
    if match:
        hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    match = _ISO_DURATION.fullmatch(text)
    if match is None or len(text) < 3:
        return None
    days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def texts(node: Node, *path: str | int) -> tuple[Value[str], ...]:
    """Return the members of a list of texts; a list that is unknown counts as one unknown member."""
    found = node.get(*path)
    if found is not None and isinstance(found.value, Unknown):
        return (found.value,)
    return tuple(one.text() for one in node.items(*path))


def known(values: Iterable[Value[T]]) -> tuple[Known[T], ...]:
    """Return those of the values that are known."""
    return tuple(one for one in values if isinstance(one, Known))


def first_text(node: Node, *names: str) -> Value[str]:
    """Return the first of these attributes that is written, as text."""
    return first(*(node.text(name) for name in names))
