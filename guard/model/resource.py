"""What would be deployed, in one shape for Terraform, Kubernetes and model deployment specs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import Enum
from functools import cache

from guard.model.instance import Call
from guard.model.location import Location, whole_file
from guard.model.node import Node
from guard.model.value import Absent, Known, Unknown, Value, first

NOT_WRITTEN = Absent(whole_file(""))
"""The default of every fact of a facet; it becomes `Absent` at the facet's own location."""


class _Facet:
    """Lets a facet be made from the facts that are written: the others point at the facet's location."""

    __slots__ = ()
    location: Location

    def __post_init__(self) -> None:
        absent = Absent(self.location)
        facet: type = type(self)
        for name in _facts(facet):
            if getattr(self, name) is NOT_WRITTEN:
                object.__setattr__(self, name, absent)


@cache
def _facts(facet: type) -> tuple[str, ...]:
    """Return the names of the facts that may be left out of a facet."""
    return tuple(one.name for one in fields(facet) if one.default is NOT_WRITTEN)


class Purpose(str, Enum):
    """What a resource is for."""

    TRAINING = "training"
    INFERENCE = "inference"
    BATCH = "batch"
    NOTEBOOK = "notebook"
    PIPELINE = "pipeline"
    STORAGE = "storage"
    NETWORK = "network"
    UNKNOWN = "unknown"


class Purchase(str, Enum):
    """How capacity is bought. `mixed` is spot with some on-demand beside it or behind it."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"
    MIXED = "mixed"
    RESERVED = "reserved"
    DEDICATED = "dedicated"


@dataclass(frozen=True, slots=True)
class Label:
    """A tag or label as it takes effect. `source` tells where it came from: `resource`, `provider.aws.default_tags`,
    `pod template`, `module.train`. `key` is where its key is written."""

    value: Value[str]
    source: str
    key: Location | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """The effective labels of a resource.

    `location` is where one would be added: the written tags attribute, else the resource. `unknown` holds what kept
    the set from being known in full (`tags = var.tags`): a missing key then cannot be decided. `taggable` is False
    for a type that has no labels at all. `below` leads from `location` to the mapping that a label would be added to
    (empty where that is written there), None where it is not known how one is added.
    """

    location: Location
    entries: Mapping[str, Label] = field(default_factory=dict)
    unknown: tuple[Unknown, ...] = ()
    taggable: bool = True
    below: tuple[str | int, ...] | None = None

    def find(self, key: str, loose: bool = True) -> Value[str]:
        """Return a label's effective value, unknown where an unknown part of the set may hold it.

        Where `loose`, letter case, separators and a DNS prefix do not count: `CostCenter`, `cost_center` and
        `finops.example.com/cost-center` are all `cost-center`.
        """
        label = self.entries.get(key)
        if label is None and loose:
            wanted = _folded(key)
            label = next((one for name, one in self.entries.items() if _folded(name) == wanted), None)
        if label is not None and not isinstance(label.value, Absent):
            return label.value
        return self.unknown[0] if self.unknown else Absent(self.location)

    def environment(self) -> Value[str]:
        """Return the environment that a label names, whichever of its usual keys is used."""
        found = [self.find(key) for key in ("environment", "env", "stage")]
        return next((one for one in found if isinstance(one, Known)), first(*found))


def _folded(key: str) -> str:
    return "".join(one for one in key.rpartition("/")[2].casefold() if one not in "-_. :")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute(_Facet):
    """A group of equal machines, replicas or nodes.

    `provider` is the cloud whose price list applies (`aws`, `google`, `azure`) and "" where none is known.
    `service` tells who rents the machine out: `` (plain virtual machines), `sagemaker`, `vertex`, `azureml`, `rds`.
    Accelerators are per machine, replica or node, whichever `count_*` counts; names are the maker's short ones
    (`A100`, `A100-80GB`, `H100`). `vcpu` in virtual CPUs and `memory_gib` in GiB are per counted unit too; for a pod
    they are what it requests. `other_instance_types` may serve in place of `instance_type`, `other_accelerators` in
    place of `accelerator`. `share` marks a workload that takes part of a machine (a pod) and not whole ones.
    `fallback` is what serves when spot capacity is gone, `checkpoint` the durable place where state survives.
    `checkpoint_minutes` is how often one is written, `grace_seconds` how long work may go on when told to stop.
    `hours_per_month` is of 730; absent means all of them. `host` is the address of the resource whose machines it runs
    on, where that is a resource of its own: they are priced there.
    """

    location: Location
    name: str = ""
    provider: str = ""
    service: str = ""
    instance_type: Value[str] = NOT_WRITTEN
    other_instance_types: tuple[Known[str], ...] = ()
    accelerator: Value[str] = NOT_WRITTEN
    accelerator_count: Value[Decimal] = NOT_WRITTEN
    accelerator_memory_gib: Value[Decimal] = NOT_WRITTEN
    other_accelerators: tuple[Known[str], ...] = ()
    vcpu: Value[Decimal] = NOT_WRITTEN
    memory_gib: Value[Decimal] = NOT_WRITTEN
    count_min: Value[int] = NOT_WRITTEN
    count_max: Value[int] = NOT_WRITTEN
    purchase: Value[Purchase] = NOT_WRITTEN
    spot_share: Value[Decimal] = NOT_WRITTEN
    fallback: Value[str] = NOT_WRITTEN
    checkpoint: Value[str] = NOT_WRITTEN
    checkpoint_minutes: Value[Decimal] = NOT_WRITTEN
    grace_seconds: Value[Decimal] = NOT_WRITTEN
    max_runtime_hours: Value[Decimal] = NOT_WRITTEN
    hours_per_month: Value[Decimal] = NOT_WRITTEN
    region: Value[str] = NOT_WRITTEN
    zone: Value[str] = NOT_WRITTEN
    other_zones: tuple[Known[str], ...] = ()
    share: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage(_Facet):
    """Kept data. `kind` is the price book's SKU where there is one (`ebs:gp3`, `s3:standard`, `pd-ssd`), `size_gib` in
    GiB, absent where only use decides it. `lifecycle` holds the ids or actions of what expires or moves the data,
    `retention_days` the shortest time after which data is deleted. `count_*` is how many of them there are."""

    location: Location
    name: str = ""
    provider: str = ""
    kind: Value[str] = NOT_WRITTEN
    size_gib: Value[Decimal] = NOT_WRITTEN
    iops: Value[Decimal] = NOT_WRITTEN
    throughput_mibps: Value[Decimal] = NOT_WRITTEN
    lifecycle: Value[tuple[str, ...]] = NOT_WRITTEN
    retention_days: Value[Decimal] = NOT_WRITTEN
    region: Value[str] = NOT_WRITTEN
    count_min: Value[int] = NOT_WRITTEN
    count_max: Value[int] = NOT_WRITTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLink(_Facet):
    """Data that a workload reads or writes. `uri` is as written (`s3://corpus/train`) or, for a Terraform reference,
    the resource's address; `target` is the address of the resource that holds it where the repository has it.
    `direction` is `read`, `write` or `both`; `role` is `data`, `model`, `checkpoint`, `output` or `code`."""

    uri: Value[str] = NOT_WRITTEN
    location: Location
    direction: str = "read"
    role: str = "data"
    target: str = ""
    region: Value[str] = NOT_WRITTEN
    gib_per_month: Value[Decimal] = NOT_WRITTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving(_Facet):
    """A served model: replica bounds as written, share of traffic in percent, and what is served how.

    `parallelism` is over how many accelerators the server of one replica spreads (tensor x pipeline x data parallel).
    `hosted_by` is whose API serves the model by the token, as genai-prices calls them (`openai`, `azure`, `aws`).
    """

    location: Location
    min_replicas: Value[int] = NOT_WRITTEN
    max_replicas: Value[int] = NOT_WRITTEN
    scale_to_zero: Value[bool] = NOT_WRITTEN
    traffic: Value[Decimal] = NOT_WRITTEN
    model_name: Value[str] = NOT_WRITTEN
    model_version: Value[str] = NOT_WRITTEN
    model_format: Value[str] = NOT_WRITTEN
    model_parameters: Value[Decimal] = NOT_WRITTEN
    precision: Value[str] = NOT_WRITTEN
    hardware_target: Value[str] = NOT_WRITTEN
    parallelism: Value[int] = NOT_WRITTEN
    monitoring: Value[bool] = NOT_WRITTEN
    retire_after: Value[str] = NOT_WRITTEN
    hosted_by: Value[str] = NOT_WRITTEN
    feature_source: Value[str] = NOT_WRITTEN
    feature_cache_seconds: Value[Decimal] = NOT_WRITTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(_Facet):
    """A training or batch run: when it runs, what starts it, and what survives it.

    `runs_per_month` is how often it runs where that is declared; it counts before the schedule. `processing` is `full`
    or `incremental`, `change_capture` whether what changed since the last run can be told, `quality_gate` what checks
    the data before a run.
    """

    location: Location
    schedule: Value[str] = NOT_WRITTEN
    trigger: Value[str] = NOT_WRITTEN
    checkpoint: Value[str] = NOT_WRITTEN
    dataset_format: Value[str] = NOT_WRITTEN
    sampling: Value[str] = NOT_WRITTEN
    processing: Value[str] = NOT_WRITTEN
    change_capture: Value[bool] = NOT_WRITTEN
    quality_gate: Value[str] = NOT_WRITTEN
    max_runtime_hours: Value[Decimal] = NOT_WRITTEN
    runs_per_month: Value[Decimal] = NOT_WRITTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A managed service that costs money of itself. `service` and `sku` are as in the price book's managed table
    (`eks`, `cluster`); `quantity` counts units that each run all month unless the unit is one of use. `purchase` is the
    price book's word for the term that it is bought for (`commit_1m`), "" for whatever binds for the shortest time."""

    location: Location
    name: str
    provider: str
    service: str
    sku: str
    quantity: Value[Decimal]
    region: Value[str]
    purchase: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A thing that would be deployed. `platform` is the module that read it (`aws`, `kserve`, `skypilot`),
    `evidence` tells why `purpose` is what it is, `body` is the evaluated configuration, `origin` is `terraform`,
    `kubernetes` or `spec`. `unpriced` says why there is no price although the resource costs money. `other_regions` and
    `other_zones` are what is written beside `region` and `zone`, or all of them where it may be any."""

    address: str
    type: str
    platform: str
    origin: str
    location: Location
    labels: Labels
    region: Value[str]
    zone: Value[str]
    body: Node
    calls: tuple[Call, ...] = ()
    purpose: Purpose = Purpose.UNKNOWN
    evidence: str = ""
    compute: tuple[Compute, ...] = ()
    storage: tuple[Storage, ...] = ()
    data: tuple[DataLink, ...] = ()
    fees: tuple[Fee, ...] = ()
    serving: Serving | None = None
    training: Training | None = None
    repeated: Unknown | None = None
    unpriced: str = ""
    other_regions: tuple[Known[str], ...] = ()
    other_zones: tuple[Known[str], ...] = ()
