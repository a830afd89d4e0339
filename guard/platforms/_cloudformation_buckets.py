"""AWS::S3::Bucket: what expires or moves its objects, in the words that Terraform's buckets are told in."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from guard.model.node import Node
from guard.model.resource import Storage
from guard.model.value import Absent, Known, Unknown, Value

_RULES = ("LifecycleConfiguration", "Rules")
_TIERING = "IntelligentTieringConfigurations"
_EXPIRES = ("ExpirationInDays", "ExpirationDate")
_OLD = (("NoncurrentVersionExpirationInDays",), ("NoncurrentVersionExpiration", "NoncurrentDays"))


def bucket(body: Node) -> Storage:
    """Return the storage of a bucket with these properties."""
    where = body.key or body.location
    rules = [one for one in body.items(*_RULES) if not _disabled(one)]
    unknown = next(_unknowns(body, rules), None)
    actions = [action for one in rules for action in _actions(one)] + list(_tiered(body))
    days = [one.number("ExpirationInDays") for one in rules]
    shortest = min((one for one in days if isinstance(one, Known)), key=lambda one: one.value, default=None)
    nothing = Absent(body.nearest(_RULES[0]))
    lifecycle: Value[tuple[str, ...]] = unknown or nothing
    if actions:
        lifecycle = Known(tuple(one.value for one in actions), actions[0].location, actions[0].trail)
    retention: Value[Decimal] = unknown or shortest or nothing
    return Storage(
        location=where, provider="aws", kind=Known("s3:standard", where), lifecycle=lifecycle, retention_days=retention
    )


def _disabled(rule: Node) -> bool:
    status = rule.text("Status")
    return isinstance(status, Known) and status.value == "Disabled"


def _unknowns(body: Node, rules: list[Node]) -> Iterator[Unknown]:
    for path in ((_RULES[0],), _RULES, (_TIERING,)):
        node = body.get(*path)
        if node is not None and isinstance(node.value, Unknown):
            yield node.value
    for rule in rules:
        for name in ("Status", "ExpirationInDays", "ExpirationDate", "Transition", "Transitions"):
            node = rule.get(name)
            if node is not None and isinstance(node.value, Unknown):
                yield node.value


def _actions(rule: Node) -> Iterator[Known[str]]:
    for name in _EXPIRES:
        if (found := rule.get(name)) is not None:
            yield Known(f"expire {_when(found)}", found.key or found.location)
    for move in (*rule.items("Transitions"), *rule.items("Transition")):
        to = move.text("StorageClass")
        when = _when(move.get("TransitionInDays") or move.get("TransitionDate") or move)
        yield Known(f"{to.value if isinstance(to, Known) else 'move'} {when}", move.location)
    for path in _OLD:
        if (found := rule.get(*path)) is not None:
            yield Known(f"expire old versions {_when(found)}", found.key or found.location)


def _when(node: Node) -> str:
    days, date = node.number(), node.text()
    if isinstance(days, Known):
        return f"after {days.value} days"
    return f"on {date.value}" if isinstance(date, Known) else "after a time"


def _tiered(body: Node) -> Iterator[Known[str]]:
    for one in body.items(_TIERING):
        if not _disabled(one):
            yield Known("intelligent tiering", one.location)
