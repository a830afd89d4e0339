"""How a policy file is written: the shape that strangers' text must have, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator

from guard.model.finding import Severity
from guard.model.rule import Rule
from guard.policy.model import ASSERT

Describe = Callable[[type[BaseModel]], type[BaseModel]]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _as_tuple(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(value)
    raise ValueError("expected text or a list of texts")


def _as_severity(value: object) -> object:
    # YAML 1.1 reads a bare `off` as false. What was JSON is plain values here, which the strict mode takes as they are.
    written = "off" if value is False else value
    return next((one for one in Severity if one.value == written), written)


def _relative(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError(f'"{path}" never fits: paths are relative to the root, such as "infra/**"')
    return paths


PurposeName = Literal["training", "inference", "batch", "notebook", "pipeline", "storage", "network", "unknown"]
Capacity = Literal["on_demand", "spot", "reserved"]
Origin = Literal["terraform", "kubernetes", "spec"]
Glob = Annotated[str, Field(min_length=1)]
OneOrMore = Annotated[tuple[Glob, ...], BeforeValidator(_as_tuple, json_schema_input_type=Glob | list[Glob])]
Paths = Annotated[OneOrMore, AfterValidator(_relative)]
Purposes = Annotated[
    tuple[PurposeName, ...],
    BeforeValidator(_as_tuple, json_schema_input_type=PurposeName | list[PurposeName]),
]
Origins = Annotated[
    tuple[Origin, ...],
    BeforeValidator(_as_tuple, json_schema_input_type=Origin | list[Origin]),
]
Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class WhereModel(Strict):
    """Which resources it holds for: every key that is written must agree; texts are globs."""

    paths: Paths = ()
    """Files of the resource or of the module calls that lead to it; `**` spans directories."""
    exclude: Paths = Field((), alias="not")
    """Files that are left out."""
    address: OneOrMore = ()
    """Addresses, such as `module.train.*` or `Deployment/*`."""
    type: OneOrMore = ()
    """Types, such as `aws_instance` or `InferenceService`."""
    platform: OneOrMore = ()
    """Platforms, such as `aws`, `kubernetes` or `skypilot`."""
    origin: Origins = ()
    """`terraform`, `kubernetes` or `spec`."""
    purpose: Purposes = ()
    """What the resource is for."""
    region: OneOrMore = ()
    """Regions, such as `eu-*`."""
    environment: OneOrMore = ()
    """Values of the label `environment`, `env` or `stage`."""
    labels: Mapping[str, OneOrMore] = Field(default_factory=dict)
    """Labels and the values that they must have; letter case, `-` and `_` of a key do not matter."""


class EntryModel(Strict):
    """A rule to run."""

    rule: str
    """The rule's name; `guard rules` lists them."""
    name: str = ""
    """Tells two entries for the same rule apart; an entry with the same name replaces one that was extended."""
    severity: Annotated[Severity | None, BeforeValidator(_as_severity, json_schema_input_type=Severity | None)] = None
    """How grave its findings are; `off` keeps it from running."""
    where: WhereModel | None = None
    """Which resources it looks at."""


class LooseEntryModel(EntryModel):
    """An entry before its options are checked by the rule's own model."""

    options: Any = None
    """What the rule is to be told."""


class IncreaseModel(Strict):
    """How much the cost may rise against the commit compared with; the lower threshold holds."""

    amount: Amount | None = None
    """USD a month."""
    percent: Amount | None = None
    """Percent of what it was."""


class BudgetModel(Strict):
    """A spend threshold for a scope."""

    name: str = Field(min_length=1)
    """What findings call it."""
    where: WhereModel | None = None
    """Which resources count."""
    monthly: Amount | None = None
    """USD a month that all of them may cost together."""
    quarterly: Amount | None = None
    """USD a fiscal quarter, in place of `monthly`."""
    yearly: Amount | None = None
    """USD a fiscal year, in place of `monthly`."""
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    """The month in which the fiscal year begins, as a number."""
    warn_at: Annotated[Decimal, Field(gt=0, lt=100, allow_inf_nan=False)] | None = None
    """The percent of it from which on there is a warning."""
    increase: IncreaseModel | None = None
    """How much that may rise in one change."""
    undecided: Literal["block", "warn"] = "block"
    """What is said where too much is unknown to tell: `block` is as grave as a breach, `warn` is a warning."""

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if sum(one is not None for one in (self.monthly, self.quarterly, self.yearly)) > 1:
            raise ValueError("write one of `monthly`, `quarterly` and `yearly`")
        return self


class WaiverModel(Strict):
    """Findings that are accepted for a time."""

    rule: str
    """The rule's name."""
    where: WhereModel | None = None
    """Which resources it accepts the findings of."""
    reason: str = Field(min_length=1)
    """Why."""
    owner: str = ""
    """Who answers for it."""
    expires: date | None = None
    """The last day on which it holds, as YYYY-MM-DD."""
    up_to: Amount | None = None
    """USD a month that the waived resources may cost together; above it the waiver no longer holds."""


class PriceModel(Strict):
    """A negotiated price or discount; the last one that fits counts."""

    provider: Literal["aws", "google", "azure"]
    """Whose list price it takes the place of."""
    sku: str = "*"
    """Instance types or other SKUs, as a glob such as `p5.*`."""
    region: str = "*"
    """Regions, as a glob such as `us-*`."""
    service: str = ""
    """A managed service, `storage`, or `transfer` (from `region` to the region `sku`); instance types by default."""
    purchase: Literal["", "on_demand", "spot", "commit_1y", "commit_3y"] = ""
    """The way to buy that it holds for; every way where it is not written."""
    discount_percent: Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    """What is taken off the list price."""
    amount: Amount | None = None
    """USD a unit, in place of the list price."""
    note: str = ""
    """Whose price it is, for reports."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.discount_percent is None) == (self.amount is None):
            raise ValueError("write either `discount_percent` or `amount`")
        return self


class PoolModel(Strict):
    """A node pool of a cluster."""

    name: Glob
    """Its name, which pods may select it by."""
    instance_types: Annotated[OneOrMore, Field(min_length=1)]
    """The types that its machines may be."""
    accelerator: str = ""
    """The accelerator of its machines by the maker's short name (`L4`), where they have any."""
    purchase: Annotated[
        tuple[Capacity, ...],
        BeforeValidator(_as_tuple, json_schema_input_type=Capacity | list[Capacity]),
    ] = ()
    """How its machines may be bought; on demand where it is not written."""
    zones: OneOrMore = ()
    """The zones that they are in."""
    labels: Mapping[str, str] = Field(default_factory=dict)
    """The labels of its nodes."""
    taints: OneOrMore = ()
    """The taints of its nodes, as `key`, `key=value` or `key=value:NoSchedule`."""


class ClusterModel(Strict):
    """A cluster that stands elsewhere: which machines the workloads of this repository get there."""

    name: str = ""
    """Its name, for those who read."""
    paths: Paths = ()
    """The files whose workloads run on it, as globs; all where it is not written."""
    provider: Literal["aws", "google", "azure"]
    """The cloud that it runs in."""
    region: str = ""
    """The region that it runs in."""
    pools: Annotated[tuple[PoolModel, ...], Field(min_length=1)]
    """All node pools that it has."""


class PolicyModel(Strict):
    """A policy file."""

    extends: OneOrMore = ()
    """Packs by name and policy files by path (relative to this file) that this one builds on."""
    where: WhereModel | None = None
    """Which resources all of the policy holds for."""
    rules: tuple[LooseEntryModel, ...] = ()
    """The rules to run."""
    budgets: tuple[BudgetModel, ...] = ()
    """Spend thresholds, judged by the rule `over-budget`."""
    waivers: tuple[WaiverModel, ...] = ()
    """Findings that are accepted."""
    locality: Mapping[str, str] = Field(default_factory=dict)
    """Where data lives that the repository does not say: globs of URIs, each with its region."""
    clusters: tuple[ClusterModel, ...] = ()
    """Clusters that stand elsewhere, so that it can be told on which machines workloads run."""
    prices: str | tuple[PriceModel, ...] = ""
    """Negotiated prices and discounts, or the path of a file (relative to this one) that lists them."""
    usage: str | Mapping[str, Any] = ""
    """The path of a usage file (relative to this file), or what such a file would hold."""


def policy_schema(rules: Iterable[Rule[Any]]) -> dict[str, Any]:
    """Return the JSON Schema of a policy file, with one entry class for each of `rules`, told apart by `rule`."""
    # What describes models reads their source, which no other run needs.
    from guard.policy.descriptions import described

    entries = (*(_entry(rule, described) for rule in sorted(rules, key=lambda one: one.name)), _assertion(described))
    base = described(PolicyModel)
    told = Field((), description=base.model_fields["rules"].description)
    model = _model("Policy", base, base.__doc__, rules=(_tuple_of(entries), told))
    return {"$schema": DIALECT, **model.model_json_schema(by_alias=True)}


def _tuple_of(entries: tuple[Any, ...]) -> Any:
    one: Any = Annotated[reduce(or_, entries), Field(discriminator="rule")] if len(entries) > 1 else entries[0]
    return tuple.__class_getitem__((one, ...))


def _entry(rule: Rule[Any], described: Describe) -> Any:
    title = "".join(part.capitalize() for part in rule.name.split("-"))
    # Every rule's model is called Options: in one schema each needs a name of its own.
    options = _model(title + "Options", described(rule.options), rule.options.__doc__)
    return _model(
        title + "Entry",
        described(EntryModel),
        rule.title,
        rule=(Literal[rule.name], Field(description=rule.title)),
        options=(options | None, Field(None, description="What the rule is to be told.")),
    )


def _assertion(described: Describe) -> Any:
    from guard.policy.assertions import Entry

    told = Field(description="A condition of one's own, in CEL.")
    return _model("AssertEntry", described(Entry), Entry.__doc__, rule=(Literal[ASSERT], told))


def _model(name: str, base: Any, docs: str | None, **fields: Any) -> Any:
    return create_model(name, __base__=base, __doc__=docs, **fields)
