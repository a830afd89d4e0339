"""S3 buckets with what expires or moves their objects."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.resource import Purpose, Storage
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._terraform import Facts, Reader, Site
from guard.platforms._terraform_joining import means

_LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"
_TIERING = "aws_s3_bucket_intelligent_tiering_configuration"


def _bucket(site: Site) -> Facts:
    actions: list[Known[str]] = []
    days: list[Known[Decimal]] = []
    unknown = _unknown_lifecycle(site)
    for rule in _rules(site):
        if _disabled(rule):
            continue
        unknown = unknown or next((one for one in rule_unknowns(rule)), None)
        actions += rule_actions(rule)
        days += rule_expiry(rule)
    actions += _tiering(site)
    one = site.one()
    storage = Storage(
        location=site.here,
        provider="aws",
        kind=Known("s3:standard", site.here),
        lifecycle=lifecycle_of(actions, unknown, site),
        retention_days=_shortest(days, unknown, site),
        region=site.region,
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


def lifecycle_of(actions: list[Known[str]], unknown: Unknown | None, site: Site) -> Value[tuple[str, ...]]:
    """Return what expires or moves the data; known as soon as one action is."""
    if actions:
        return Known(tuple(one.value for one in actions), actions[0].location, actions[0].trail)
    return unknown or Absent(site.here)


def _shortest(days: list[Known[Decimal]], unknown: Unknown | None, site: Site) -> Value[Decimal]:
    return unknown or min(days, key=lambda one: one.value, default=None) or Absent(site.here)


def _rules(site: Site) -> Iterator[Node]:
    """Yield the rules of this bucket: those inside it, as older providers wrote them, and those of its own resource."""
    yield from site.body.items("lifecycle_rule")
    for one in site.around.instances_of(_LIFECYCLE):
        if means(one, "bucket", site.instance):
            yield from one.body.items("rule")


def _unknown_lifecycle(site: Site) -> Unknown | None:
    own = site.body.get("lifecycle_rule")
    if own is not None and isinstance(own.value, Unknown):
        return own.value
    for one in site.around.instances_of(_LIFECYCLE):
        meant = means(one, "bucket", site.instance)
        written = one.body.get("bucket" if meant is None else "rule")
        if meant is not False and written is not None and isinstance(written.value, Unknown):
            return written.value
    return None


def _disabled(rule: Node) -> bool:
    status, enabled = rule.text("status"), rule.flag("enabled")
    return (isinstance(status, Known) and status.value == "Disabled") or (
        isinstance(enabled, Known) and not enabled.value
    )


def rule_unknowns(rule: Node) -> Iterator[Unknown]:
    """Yield why a part of a life cycle rule is not known."""
    for name in ("status", "expiration", "transition", "noncurrent_version_expiration"):
        node = rule.get(name)
        if node is not None and isinstance(node.value, Unknown):
            yield node.value


def rule_actions(rule: Node) -> Iterator[Known[str]]:
    """Yield what a life cycle rule does, in words: `expire after 30 days`, `GLACIER after 90 days`."""
    for block in rule.items("expiration"):
        if block.get("days") is not None or block.get("date") is not None:
            yield Known(f"expire {_when(block)}", block.location)
    for block in rule.items("transition"):
        to = block.text("storage_class")
        yield Known(f"{to.value if isinstance(to, Known) else 'move'} {_when(block)}", block.location)
    for block in rule.items("noncurrent_version_expiration"):
        yield Known(f"expire old versions {_when(block)}", block.location)


def rule_expiry(rule: Node) -> Iterator[Known[Decimal]]:
    """Yield the days after which a rule deletes current objects."""
    for block in rule.items("expiration"):
        days = block.number("days")
        if isinstance(days, Known) and days.value > 0:
            yield days


def _when(block: Node) -> str:
    for name in ("days", "noncurrent_days"):
        days = block.number(name)
        if isinstance(days, Known):
            return f"after {days.value} days"
    date = block.text("date")
    return f"on {date.value}" if isinstance(date, Known) else "after a time"


def _tiering(site: Site) -> Iterator[Known[str]]:
    for one in site.around.instances_of(_TIERING):
        if means(one, "bucket", site.instance) and not _off(one):
            yield Known("intelligent tiering", one.location)


def _off(tiering: Instance) -> bool:
    status = tiering.body.text("status")
    return isinstance(status, Known) and status.value == "Disabled"


READERS: dict[str, Reader] = {"aws_s3_bucket": _bucket}
