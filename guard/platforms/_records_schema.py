"""Our own records on use cases, vendors and models, `guard/v1`, as pydantic models: the source of their JSON Schema.

Not imported at run time: `tools/generate.py` writes `schemas()` to `guard/schemas/`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from guard.platforms._model_deployment_schema import Count, Day, Percent, Positive, Scalar, Strict, Text, schema_of

Amount: TypeAlias = Annotated[float, Field(ge=0)]
RiskClass: TypeAlias = Literal["minimal", "limited", "high", "prohibited"]
Cycle: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}(-(Q[1-4]|H[12]))?$")] | Annotated[int, Field(ge=2000, le=9999)]


class Record(Strict):
    """What every record says of itself."""

    apiVersion: Literal["guard/v1"]  # noqa: N815 (spelt as Kubernetes does)
    """The version of this format."""
    labels: dict[str, Scalar] = Field(default_factory=dict)
    """Labels that policies choose by, such as `cost-center`."""


class Review(Strict):
    """When the worth of a use case is looked at again."""

    date: Day | None = None
    """The day of the last review."""
    cadence_months: Positive | None = None
    """The months between two reviews."""


class HumanReview(Strict):
    """What people check of what the model puts out."""

    share: Percent | None = None
    """The share of results that a person checks, in percent."""
    error_rate: Percent | None = None
    """The share of checked results that turned out wrong, in percent."""


class UseCase(Record):
    """What AI is used for, whose it is, what it may cost and what it brings."""

    kind: Literal["UseCase"]
    """What this document describes."""
    name: Text
    """Its name; findings call it `UseCase/<name>`."""
    owner: Text | None = None
    """Who answers for it. Counts as the label `owner` too."""
    department: Text | None = None
    """The department that pays for it. Counts as the label `department` too."""
    stage: Literal["poc", "pilot", "production"] | None = None
    """How far it is. Counts as the label `stage` too."""
    risk_class: RiskClass | None = None
    """The class of risk, as the EU AI Act names them."""
    assessment: Text | None = None
    """The assessment of its risks: a path in the repository or a URL."""
    spend_cap: Amount | None = None
    """What it may cost, in USD a month."""
    end_date: Day | None = None
    """The day on which it ends."""
    opex_target: Amount | None = None
    """What running it should cost at most, in USD a month."""
    expected_benefit: Amount | None = None
    """What it should bring, in USD a month."""
    payback_months: Amount | None = None
    """The months until what it brought exceeds what it cost."""
    review: Review | None = None
    """When its worth is looked at again."""
    integration_path: Text | None = None
    """How it gets into the systems and the work that it is for: a path in the repository, a URL or a sentence."""
    staff_retraining_plan: Text | None = None
    """How the people whose work it changes learn the new one: a path, a URL or a sentence."""
    escalation_path: Text | None = None
    """Whom people turn to when it is wrong: a contact, a path or a URL."""
    human_review: HumanReview | None = None
    """What people check of what it puts out."""
    budget_cycle: Cycle | None = None
    """The budget that it was approved in: `2027`, `2027-H1` or `2027-Q1`."""


class Sla(Strict):
    """What the vendor promises."""

    uptime: Percent | None = None
    """The share of the time that the service is up, in percent."""
    penalty: Text | None = None
    """What the vendor pays or credits when the promise is broken."""


class VendorContract(Record):
    """A contract with a vendor of models, data or AI services."""

    kind: Literal["VendorContract"]
    """What this document describes."""
    vendor: Text
    """The vendor; findings call the contract `VendorContract/<vendor>`."""
    owner: Text | None = None
    """Who answers for it. Counts as the label `owner` too."""
    services: tuple[Text, ...] = ()
    """What the vendor does, such as `llm-api`, `labelling` or `vector-database`."""
    exit_clause: Text | None = None
    """How to get out, with the notice to be given and what becomes of data and models."""
    cost_breakdown: dict[str, Amount] = Field(default_factory=dict)
    """What the price is made of: USD a month by part, such as `inference`, `support` and `storage`."""
    sla: Sla | None = None
    """What the vendor promises."""
    pricing: Literal["usage", "fixed", "hybrid", "committed"] | None = None
    """How the vendor bills."""
    ends: Day | None = None
    """The day on which the contract ends."""
    usage_report: Text | None = None
    """The vendor's usage report: the path of a CSV in the repository, from this file's directory."""
    telemetry: Text | None = None
    """What was measured of the same usage on our own side: the path of a CSV with the same columns."""


class Data(Strict):
    """The data that a model was made with."""

    steward: Text | None = None
    """Who answers for the data."""
    rights: Text | None = None
    """By what right it is used: a licence, a contract or a consent."""
    contains: Literal["none", "personal", "special"] | None = None
    """Personal data in it: none, personal data, or the special categories (health, beliefs, biometrics)."""
    anonymisation: Literal["none", "pseudonymised", "aggregated", "anonymised", "differential_privacy", "synthetic"] | (
        None
    ) = None
    """What is done so that persons cannot be told from it."""


class Audit(Strict):
    """What is recorded while a model is used, so that its decisions can be told afterwards."""

    store: Text | None = None
    """Where it is recorded: a URI."""
    detail: Literal["full", "sampled", "metadata"] | None = None
    """Whether inputs and outputs are kept of all requests, of some, or only who asked what when."""
    retention_days: Count | None = None
    """The days for which it is kept."""
    monthly_usd: Amount | None = None
    """What it costs, in USD a month."""


class ModelCard(Record):
    """What a model is for, how good it is and what it was made from."""

    kind: Literal["ModelCard"]
    """What this document describes."""
    model: Text
    """The model's name, as deployments name it; findings call the card `ModelCard/<model>`."""
    version: Scalar | None = None
    """The version that it speaks of; all of them where it is not written."""
    owner: Text | None = None
    """Who answers for the model. Counts as the label `owner` too."""
    intended_use: Text | None = None
    """What the model is for."""
    risk_class: RiskClass | None = None
    """The class of risk, as the EU AI Act names them."""
    assessment: Text | None = None
    """The assessment of its risks: a path in the repository or a URL."""
    evaluation: Text | None = None
    """How good it is: a path in the repository or a URL."""
    data: Data | None = None
    """The data that it was made with."""
    audit: Audit | None = None
    """What is recorded while it is used."""


class InventoryModel(Strict):
    """A model that is known."""

    name: Text
    """Its name, as deployments name it."""
    versions: tuple[Scalar, ...] = ()
    """The versions that are known; any where none is written."""
    owner: Text | None = None
    """Who answers for it."""
    status: Literal["proposed", "approved", "deprecated", "retired"] | None = None
    """How far it is; one that is retired is not to be deployed."""


class ModelInventory(Record):
    """The models that an organisation knows of."""

    kind: Literal["ModelInventory"]
    """What this document describes."""
    name: Text | None = None
    """Its name; findings call it `ModelInventory/<name>`."""
    owner: Text | None = None
    """Who keeps it. Counts as the label `owner` too."""
    models: tuple[InventoryModel, ...]
    """The models."""


KINDS: tuple[type[Record], ...] = (UseCase, VendorContract, ModelCard, ModelInventory)


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas to be written to `guard/schemas/`, by file name."""
    title = "guard records"
    description = "A use case, vendor contract, model card or model inventory: guard/v1."
    return {"records.schema.json": schema_of(KINDS, title, description)}
