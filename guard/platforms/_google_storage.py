"""Cloud Storage buckets, file systems and data sets, with what expires or moves the data."""

from __future__ import annotations

from decimal import Decimal

from guard.model.node import Node
from guard.model.resource import Purpose, Storage
from guard.model.value import Absent, Known, Unknown, Value, mapped
from guard.platforms._google_places import priced_place, region_name
from guard.platforms._terraform import Facts, Reader, Site, default

_MILLISECONDS_PER_DAY = Decimal(86_400_000)


def _bucket(site: Site) -> Facts:
    body = site.body
    location = mapped(body.text("location"), region_name)
    kind = combined_kind(default(body.text("storage_class"), "STANDARD"), location)
    one = site.one()
    storage = Storage(
        location=site.here,
        provider="google",
        kind=kind,
        lifecycle=_lifecycle(body),
        retention_days=_expiry(body),
        region=mapped(location, priced_place),
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


def combined_kind(storage_class: Value[str], location: Value[str]) -> Value[str]:
    """Return the SKU of a storage class in a place: multi-regions and dual regions have their own."""
    if not isinstance(storage_class, Known) or not isinstance(location, Known):
        return mapped(storage_class, lambda name: f"gcs:{name.lower()}")
    place = priced_place(location.value)
    suffix = "-multi" if place.endswith("-multi") else "" if "-" in place else "-dual"
    return mapped(storage_class, lambda name: f"gcs:{name.lower()}{suffix}")


def _lifecycle(body: Node) -> Value[tuple[str, ...]]:
    rules = body.get("lifecycle_rule")
    if rules is not None and isinstance(rules.value, Unknown):
        return rules.value
    found: list[Known[str]] = []
    for rule in body.items("lifecycle_rule"):
        action = rule.text("action", "type")
        if isinstance(action, Unknown):
            return action
        if isinstance(action, Known) and action.value != "AbortIncompleteMultipartUpload":
            found.append(Known(_words(rule, action.value), rule.location))
    auto = body.flag("autoclass", "enabled")
    if isinstance(auto, Known) and auto.value:
        found.append(Known("autoclass", auto.location))
    if not found:
        return Absent(body.nearest("lifecycle_rule"))
    return Known(tuple(one.value for one in found), found[0].location)


def _words(rule: Node, action: str) -> str:
    to, age = rule.text("action", "storage_class"), rule.text("condition", "age")
    what = to.value if isinstance(to, Known) else "expire" if action == "Delete" else action
    return f"{what} after {age.value} days" if isinstance(age, Known) else what


def _expiry(body: Node) -> Value[Decimal]:
    ages: list[Known[Decimal]] = []
    for rule in body.items("lifecycle_rule"):
        action, age = rule.text("action", "type"), rule.number("condition", "age")
        if isinstance(action, Known) and action.value == "Delete" and isinstance(age, Known):
            ages.append(age)
    return min(ages, key=lambda one: one.value, default=None) or Absent(body.nearest("lifecycle_rule"))


def _filestore(site: Site) -> Facts:
    one = site.one()
    tier = site.body.text("tier")
    storage = Storage(
        location=site.here,
        provider="google",
        kind=mapped(tier, lambda name: f"filestore:{name.lower()}"),
        size_gib=site.body.number("file_shares", "capacity_gb"),
        region=site.region,
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


def _data_set(site: Site) -> Facts:
    one = site.one()
    expiry = site.body.number("default_table_expiration_ms")
    storage = Storage(
        location=site.here,
        provider="google",
        kind=Known("bigquery:active", site.here),
        retention_days=mapped(expiry, lambda milliseconds: milliseconds / _MILLISECONDS_PER_DAY),
        region=site.region,
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


READERS: dict[str, Reader] = {
    "google_storage_bucket": _bucket,
    "google_filestore_instance": _filestore,
    "google_bigquery_dataset": _data_set,
}
