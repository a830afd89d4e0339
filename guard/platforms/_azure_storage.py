"""Azure storage accounts with their management policies."""

from __future__ import annotations

from decimal import Decimal

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.resource import Purpose, Storage
from guard.model.value import Absent, Known, Unknown, Value, mapped
from guard.platforms._terraform import Facts, Reader, Site, default
from guard.platforms._terraform_joining import means

_POLICY = "azurerm_storage_management_policy"
_DELETE = "delete_after_days_since_"


def _account(site: Site) -> Facts:
    body = site.body
    one = site.one()
    storage = Storage(
        location=site.here,
        provider="azure",
        kind=_kind(body),
        lifecycle=_lifecycle(site),
        retention_days=_retention(site),
        region=site.region,
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


def _kind(body: Node) -> Value[str]:
    """Return the SKU: the access tier (Hot by default) and the redundancy, read access or not."""
    redundancy = body.text("account_replication_type")
    if not isinstance(redundancy, Known):
        return redundancy
    copies = redundancy.value.lower().removeprefix("ra")
    tier = body.text("account_tier")
    if isinstance(tier, Known) and tier.value == "Premium":
        return Known(f"blob:premium:{copies}", tier.location, tier.trail)
    return mapped(default(body.text("access_tier"), "Hot"), lambda access: f"blob:{access.lower()}:{copies}")


def _policies(site: Site) -> tuple[Instance, ...]:
    found = site.around.instances_of(_POLICY)
    return tuple(one for one in found if means(one, "storage_account_id", site.instance) is not False)


def _rules(site: Site) -> tuple[tuple[Node, ...], Unknown | None]:
    """Return the enabled rules for this account, and why there may be more."""
    rules: list[Node] = []
    unknown: Unknown | None = None
    for one in _policies(site):
        meant = means(one, "storage_account_id", site.instance)
        node = one.body.get("storage_account_id" if meant is None else "rule")
        if node is not None and isinstance(node.value, Unknown):
            unknown = unknown or node.value
        elif meant:
            rules += [rule for rule in one.body.items("rule") if not _disabled(rule)]
    return tuple(rules), unknown


def _disabled(rule: Node) -> bool:
    enabled = rule.flag("enabled")
    return isinstance(enabled, Known) and not enabled.value


def _actions(rules: tuple[Node, ...]) -> list[tuple[str, Known[Decimal]]]:
    return [
        (name, days)
        for rule in rules
        for name, child in rule.fields("actions", "base_blob").items()
        if isinstance(days := child.number(), Known) and days.value >= 0
    ]


def _lifecycle(site: Site) -> Value[tuple[str, ...]]:
    rules, unknown = _rules(site)
    actions = _actions(rules)
    if actions:
        words = tuple(f"{name.partition('_after_')[0]} after {days.value} days" for name, days in actions)
        return Known(words, actions[0][1].location)
    return unknown or Absent(site.here)


def _retention(site: Site) -> Value[Decimal]:
    rules, unknown = _rules(site)
    days = [days for name, days in _actions(rules) if name.startswith(_DELETE)]
    return unknown or min(days, key=lambda one: one.value, default=None) or Absent(site.here)


READERS: dict[str, Reader] = {"azurerm_storage_account": _account}
