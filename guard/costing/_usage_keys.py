"""The keys of a usage file that some price depends on, and the facts that each sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, NamedTuple

from guard.model.finding import Problem
from guard.model.glob import matches
from guard.model.location import Location, Step
from guard.model.node import Node
from guard.model.price import TOKENS
from guard.model.resource import Compute, DataLink, Fee, Purchase, Resource, Storage
from guard.model.value import Absent, Known, Unknown

USED = "declared as usage"
"""The step in a fact's trail that says that it comes from a usage file."""

_HOURS = ("hours_per_month", "monthly_hours", "monthly_hrs")
_COUNTS = ("instances", "nodes", "replicas")
_THOUSAND = Decimal(1000)
_MILLION = Decimal(1_000_000)
_MOST_HOURS = Decimal(744)
# Infracost's name of a storage class of S3 -> SKU.
_CLASSES = {
    "standard": "s3:standard",
    "standard_infrequent_access": "s3:standard_ia",
    "one_zone_infrequent_access": "s3:one_zone_ia",
    "glacier_flexible_retrieval": "s3:glacier_flexible",
    "glacier_deep_archive": "s3:glacier_deep_archive",
}
_TIERING = {
    "frequent_access_storage_gb": "s3:intelligent_tiering:frequent",
    "infrequent_access_storage_gb": "s3:intelligent_tiering:infrequent",
    "archive_access_storage_gb": "s3:intelligent_tiering:archive",
    "deep_archive_access_storage_gb": "s3:intelligent_tiering:deep_archive",
}
_REQUESTS = {"monthly_tier_1_requests": "s3:standard:put_1k", "monthly_tier_2_requests": "s3:standard:get_1k"}
_FURTHER = {("aws_efs_file_system", "infrequent_access_storage_gb"): ("efs:standard_ia", "efs:one_zone_ia")}
# (type, key) -> what is charged for it: service, SKU and how many of the key's units make one that is charged.
_CHARGED: dict[tuple[str, str], tuple[str, str, int]] = {
    ("aws_nat_gateway", "monthly_data_processed_gb"): ("nat_gateway", "data", 1),
    ("aws_vpc_endpoint", "monthly_data_processed_gb"): ("vpc_endpoint", "interface_data", 1),
    ("aws_ec2_transit_gateway_vpc_attachment", "monthly_data_processed_gb"): ("transit_gateway", "data", 1),
    ("aws_cloudwatch_log_group", "monthly_data_ingested_gb"): ("cloudwatch_logs", "ingest", 1),
    ("aws_ebs_volume", "monthly_standard_io_requests"): ("storage", "ebs:standard:io", 1_000_000),
    ("google_compute_forwarding_rule", "monthly_ingress_data_gb"): ("lb", "data", 1),
    ("google_compute_global_forwarding_rule", "monthly_ingress_data_gb"): ("lb", "data", 1),
}
# Key -> kind of tokens; with `language` as Infracost has them.
_TOKENS = {
    f"monthly_{infix}{kind}_tokens": kind for infix in ("", "language_") for kind in ("input", "cached_input", "output")
}
_RESERVED = ("reserved_instance_type", "reserved_instance_term", "reserved_instance_payment_option")

_WORDS: dict[str, str] = {
    "size_gib": "{} GB stored",
    "hours_per_month": "{} hours a month",
    "max_runtime_hours": "{} hours a run",
    "runs_per_month": "{} runs a month",
    "count_max": "{} running",
    "gib_per_month": "{} GB a month moved",
    "quantity": "{} units a month",
    "purchase": "{} capacity",
    "spot_share": "{} of them spot",
}


class Declared(NamedTuple):
    """What is declared about one resource: its keys, and globs of URIs with theirs."""

    keys: Mapping[str, Node]
    uris: Sequence[tuple[str, Node]]


@dataclass(slots=True)
class Outcome:
    """A resource as it becomes, the places of what was used for it, and mistakes in what is declared."""

    resource: Resource
    used: set[Location] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def number(self, node: Node | None, most: Decimal | None = None) -> Known[Decimal] | None:
        """Return the number that `node` is, None where it is none; that it stood there is in its trail."""
        if node is None or node.value is None:
            return None
        self.used.add(node.location)
        found = node.number()
        if not isinstance(found, Known):
            self._wrong(found.reason if isinstance(found, Unknown) else "expected a number", node)
            return None
        if found.value < 0 or (most is not None and found.value > most):
            limit = "from 0" if most is None else f"from 0 to {most:f}"
            self._wrong(f"expected a number {limit}, found {found.value:f}", node)
            return None
        return Known(found.value, node.location, (Step(USED, node.location),))

    def whole(self, node: Node | None) -> Known[int] | None:
        """Return the number of things that `node` is, part of one counting as one more."""
        found = self.number(node, Decimal(10**6))
        if found is None:
            return None
        return Known(int(found.value.to_integral_value(rounding="ROUND_CEILING")), found.location, found.trail)

    def _wrong(self, message: str, node: Node) -> None:
        self.problems.append(Problem("usage", message, node.location))


def applied_to(resource: Resource, declared: Declared) -> Outcome:
    """Return `resource` with what is declared about it."""
    outcome = Outcome(resource)
    for apply in (_compute, _purchase, _runs, _stored, _requests, _charged, _tokens, _moved):
        if declared.keys or (apply is _moved and declared.uris):
            outcome.resource = apply(outcome.resource, declared, outcome)
    return outcome


def usage_notes(facet: Any) -> tuple[str, ...]:
    """Return what of a facet is declared as usage, in words, each with its place: `700 hours a month (usage.yml:4)`."""
    found = []
    for one in fields(facet):
        fact = getattr(facet, one.name)
        if one.name in _WORDS and isinstance(fact, Known):
            place = next((step.location for step in fact.trail if step.message == USED), None)
            if place is not None:
                found.append(f"{_WORDS[one.name].format(_shown(fact.value))} ({place.path}:{place.line})")
    return tuple(found)


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value.value) if isinstance(value, Purchase) else str(value)


def _with_compute(resource: Resource, change: Callable[[Compute], Compute]) -> Resource:
    return replace(resource, compute=tuple(change(one) for one in resource.compute))


def _compute(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    if not resource.compute:
        return resource
    hours = _first(outcome, declared.keys, _HOURS, _MOST_HOURS)
    if hours is not None:
        resource = _with_compute(resource, lambda one: replace(one, hours_per_month=hours))
    count = next((outcome.whole(declared.keys[key]) for key in _COUNTS if key in declared.keys), None)
    if count is not None:
        resource = _counted(resource, dict.fromkeys(range(len(resource.compute)), count))
    return _pools(resource, declared, outcome)


def _pools(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    """Take the sizes of a cluster's own pools: `default_node_pool: {nodes}` and `node_pool[0]: {nodes}`."""
    default = declared.keys.get("default_node_pool")
    named = {0: default} if default is not None else {}
    named |= {i: declared.keys[f"node_pool[{i}]"] for i in range(len(resource.compute)) if _pool(i, declared)}
    counts = {i: outcome.whole(node.get("nodes")) for i, node in named.items()}
    return _counted(resource, {i: count for i, count in counts.items() if count is not None})


def _pool(number: int, declared: Declared) -> bool:
    return f"node_pool[{number}]" in declared.keys


def _counted(resource: Resource, counts: Mapping[int, Known[int]]) -> Resource:
    """Return `resource` with this many machines in each group, and as many of the disks that each of them has."""
    compute, storage = [], list(resource.storage)
    for i, one in enumerate(resource.compute):
        number = counts.get(i)
        if number is None:
            compute.append(one)
            continue
        compute.append(replace(one, count_min=number, count_max=number))
        storage = [
            replace(disk, count_min=number, count_max=number)
            if (disk.count_min, disk.count_max) == (one.count_min, one.count_max)
            else disk
            for disk in storage
        ]
    return replace(resource, compute=tuple(compute), storage=tuple(storage))


def _purchase(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    term = declared.keys.get("reserved_instance_term")
    if term is not None and term.value is not None and resource.compute:
        outcome.used |= {declared.keys[key].location for key in _RESERVED if key in declared.keys}
        bought = Known(Purchase.RESERVED, term.location, (Step(USED, term.location),))
        resource = _with_compute(resource, lambda one: replace(one, purchase=bought))
    system = declared.keys.get("operating_system")
    if system is None or not resource.compute:
        return resource
    outcome.used.add(system.location)
    name = system.text()
    if isinstance(name, Known) and name.value.lower() not in ("linux", ""):
        reason = f"guard prices machines as Linux; the licence of {name.value} is not in the price"
        return replace(resource, unpriced=resource.unpriced or reason)
    return resource


def _runs(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    each = outcome.number(declared.keys.get("hours_per_run")) if resource.compute else None
    if each is not None:
        resource = _with_compute(resource, lambda one: replace(one, max_runtime_hours=each))
    runs = declared.keys.get("runs_per_month")
    if runs is None or resource.training is None:
        return resource
    times = outcome.number(runs)
    return replace(resource, training=replace(resource.training, runs_per_month=times)) if times else resource


def _stored(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    if not resource.storage:
        return resource
    first, others = resource.storage[0], list(resource.storage[1:])
    size = outcome.number(declared.keys.get("storage_gb"))
    kept: list[Storage] = [first]
    if size is not None:
        kept = [replace(first, size_gib=size)]
        others = [replace(one, size_gib=size) if isinstance(one.size_gib, Absent) else one for one in others]
    classes = _classes(first, declared, outcome)
    if classes:
        # The bucket's own facet is of the standard class: where classes are declared, they are all there is.
        kept = kept if size is not None else []
    return replace(resource, storage=(*kept, *classes, *_further(resource, first, declared, outcome), *others))


def _classes(bucket: Storage, declared: Declared, outcome: Outcome) -> list[Storage]:
    if not (isinstance(bucket.kind, Known) and bucket.kind.value.startswith("s3:")):
        return []
    found = []
    for name, sku in _CLASSES.items():
        node = declared.keys.get(name)
        size = outcome.number(node.get("storage_gb")) if node is not None else None
        if size is not None:
            found.append(_of_class(bucket, name, sku, size))
    tiering = declared.keys.get("intelligent_tiering")
    for key, sku in _TIERING.items() if tiering is not None else ():
        size = outcome.number(tiering.get(key)) if tiering is not None else None
        if size is not None:
            found.append(_of_class(bucket, key.removesuffix("_storage_gb"), sku, size))
    return found


def _of_class(bucket: Storage, name: str, sku: str, size: Known[Decimal]) -> Storage:
    return replace(bucket, name=name.replace("_", " "), kind=Known(sku, bucket.location), size_gib=size)


def _further(resource: Resource, first: Storage, declared: Declared, outcome: Outcome) -> list[Storage]:
    found = []
    for (kind, key), (sku, one_zone) in _FURTHER.items():
        size = outcome.number(declared.keys.get(key)) if resource.type == kind else None
        if size is not None:
            single = isinstance(first.kind, Known) and first.kind.value == "efs:one_zone"
            found.append(_of_class(first, key.removesuffix("_storage_gb"), one_zone if single else sku, size))
    return found


def _requests(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    standard = declared.keys.get("standard")
    if standard is None or resource.type != "aws_s3_bucket":
        return resource
    fees = []
    for key, sku in _REQUESTS.items():
        number = outcome.number(standard.get(key))
        if number is not None:
            name = "PUT, COPY, POST and LIST requests" if sku.endswith("put_1k") else "GET and other requests"
            fees.append(_fee(resource, name, "storage", sku, number, _THOUSAND))
    return replace(resource, fees=(*resource.fees, *fees))


def _charged(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    fees = []
    for (kind, key), (service, sku, each) in _CHARGED.items():
        number = outcome.number(declared.keys.get(key)) if resource.type == kind else None
        if number is not None:
            name = key.removeprefix("monthly_").removesuffix("_gb").replace("_", " ")
            fees.append(_fee(resource, name, service, sku, number, Decimal(each)))
    return replace(resource, fees=(*resource.fees, *fees))


def _tokens(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    """Return a hosted model with a fee for each kind of tokens that is declared."""
    serving = resource.serving
    if serving is None or not isinstance(serving.hosted_by, Known) or not isinstance(serving.model_name, Known):
        return resource
    model = serving.model_name.value
    # LiteLLM writes the provider in front of the model.
    model = model.partition("/")[2] if resource.type == "LiteLLMModel" and "/" in model else model
    fees = []
    for key, kind in _TOKENS.items():
        number = outcome.number(declared.keys.get(key))
        if number is not None:
            fee = _fee(resource, f"{kind.replace('_', ' ')} tokens", TOKENS, f"{model}:{kind}", number, _MILLION)
            fees.append(replace(fee, provider=serving.hosted_by.value))
    return replace(resource, fees=(*resource.fees, *fees), unpriced="") if fees else resource


def _fee(resource: Resource, name: str, service: str, sku: str, number: Known[Decimal], each: Decimal) -> Fee:
    provider = next((one.provider for one in resource.fees), resource.platform)
    return Fee(
        location=resource.location,
        name=name,
        provider=provider,
        service=service,
        sku=sku,
        quantity=replace(number, value=number.value / each),
        region=resource.region,
    )


def _moved(resource: Resource, declared: Declared, outcome: Outcome) -> Resource:
    own = declared.keys.get("gib_per_month")
    links = tuple(_link(one, own, declared, outcome) for one in resource.data)
    return replace(resource, data=links) if links != resource.data else resource


def _link(link: DataLink, own: Node | None, declared: Declared, outcome: Outcome) -> DataLink:
    """Return a link with its volume: the resource's own declaration, one by URI in it, or one by URI for all."""
    uri = link.uri.value if isinstance(link.uri, Known) else link.target
    node = own
    if own is not None and isinstance(own.value, Mapping):
        node = next((one for pattern, one in own.value.items() if matches(pattern, uri)), None)
    if node is None:
        found = next((one for pattern, one in declared.uris if matches(pattern, uri)), None)
        node = found.get("gib_per_month") if found is not None else None
    volume = outcome.number(node)
    return replace(link, gib_per_month=volume) if volume is not None else link


def _first(outcome: Outcome, keys: Mapping[str, Node], names: Sequence[str], most: Decimal) -> Known[Decimal] | None:
    for name in names:
        found = outcome.number(keys.get(name), most)
        if found is not None:
            return found
    return None
