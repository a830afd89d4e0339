"""Our own deployment spec, `guard/v1`, as pydantic models; the JSON Schema that is read at run time is made from them.

Not imported at run time: `tools/generate.py` writes `schemas()` to `guard/schemas/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Count: TypeAlias = Annotated[int, Field(ge=0)]
Positive: TypeAlias = Annotated[float, Field(gt=0)]
Percent: TypeAlias = Annotated[float, Field(ge=0, le=100)]
Scalar: TypeAlias = str | int | float | bool
Day: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Text: TypeAlias = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    """What has no fields but those that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Metadata(Strict):
    """What it is called and whose it is."""

    name: Text
    """Its name; findings and budgets call it `ModelDeployment/<name>` or `TrainingJob/<name>`."""
    owners: tuple[Text, ...] = ()
    """Who answers for it. The first one counts as the label `owner` where no such label is written."""
    labels: dict[str, Scalar] = Field(default_factory=dict)
    """Labels for cost attribution, such as `owner`, `cost-center` and `environment`."""


class Model(Strict):
    """The model that is served or trained."""

    name: Text
    """The model's name, without its version."""
    version: Scalar | None = None
    """The version that is served: a fixed one, so that what runs can be told."""
    format: (
        Literal[
            "safetensors", "onnx", "tensorrt", "torchscript", "pytorch", "pickle", "gguf", "savedmodel", "openvino",
            "neuron", "tflite", "joblib", "pmml", "other",
        ]
        | None
    ) = None  # fmt: skip
    """The format of the weights."""
    precision: Literal["fp32", "tf32", "bf16", "fp16", "fp8", "fp4", "int8", "int4", "mixed"] | None = None
    """The numeric precision of the weights as they are served."""
    parameters: Positive | Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?[KMBT]$")] | None = None
    """How many parameters it has: a number, or a short form such as `8B`."""
    uri: str | None = None
    """Where the weights are (`s3://`, `gs://`, `abfss://`, `hf://`, `azureml://`)."""
    retire_after: Day | None = None
    """The day after which this version is to be taken out of service."""


class Replicas(Strict):
    """Bounds of the number of replicas."""

    min: Count = 1
    """The least number of replicas that run."""
    max: Count | None = None
    """The greatest number of replicas that the autoscaler may run; as many as `min` where it is not written."""


class Features(Strict):
    """Where the features of a request come from."""

    source: Literal["store", "per-request", "request"] | None = None
    """Whether they are read from a feature store, computed for each request, or sent with it."""
    cache_seconds: Count | None = None
    """For how long computed features are kept; 0 for not at all."""


class Serving(Strict):
    """How the model is served."""

    replicas: Count | Replicas | None = None
    """A fixed number of replicas, or `min` and `max`; 1 where it is not written."""
    scale_to_zero: bool | None = None
    """Whether nothing runs while there is no traffic."""
    traffic: Percent | None = None
    """The share of the endpoint's traffic that goes to this version, in percent."""
    rollout: Literal["canary", "shadow", "ab", "blue-green", "all-at-once"] | None = None
    """How the traffic moves to a new version."""
    hardware: str | None = None
    """The kind of hardware that the weights were built for, such as `H100` or `cpu`."""
    hosted_by: Text | None = None
    """Whose API serves the model by the token (`openai`, `azure`, `aws`), where none of our own machines does."""
    endpoint: str | None = None
    """The endpoint that this deployment stands behind."""
    features: Features | None = None
    """Where the features of a request come from."""


class Compute(Strict):
    """What it runs on, for each replica of a deployment and each node of a training job."""

    provider: Literal["aws", "google", "azure"] | None = None
    """The cloud whose price list applies."""
    service: Literal["sagemaker", "vertex", "azureml"] | None = None
    """The managed service that rents the machine out; plain virtual machines where it is not written."""
    region: str | None = None
    """The region, in the provider's own spelling (`us-east-1`, `europe-west4`, `westeurope`)."""
    zone: str | None = None
    """The zone, where it is fixed."""
    instance: str | None = None
    """The instance type (`p4d.24xlarge`, `a3-highgpu-8g`, `Standard_NC24ads_A100_v4`)."""
    other_instances: tuple[Text, ...] = ()
    """Instance types that may serve in place of `instance`."""
    accelerator: str | None = None
    """The accelerator by its maker's short name (`H100`, `L4`, `TPU v5e`), where the instance does not tell it."""
    accelerator_count: Positive | None = None
    """Accelerators for each replica or node; 1 where an accelerator is named and this is not."""
    vcpu: Positive | None = None
    """Virtual CPUs for each replica or node."""
    memory_gib: Positive | None = None
    """Memory in GiB for each replica or node."""
    nodes: Count | None = None
    """Machines of a training job, or of one replica that spans several; 1 where it is not written."""
    purchase: Literal["on_demand", "spot", "mixed", "reserved", "dedicated"] | None = None
    """How the capacity is bought."""
    fallback: Literal["on_demand", "reserved", "other_region", "none"] | None = None
    """What takes over when spot capacity is gone."""
    hours_per_month: Annotated[float, Field(ge=0, le=744)] | None = None
    """How many hours a month it runs; all of them for a deployment where it is not written."""


class Dataset(Strict):
    """Data that is read or written."""

    uri: Text
    """Where the data is (`s3://`, `gs://`, `abfss://`, `azureml://`, `hf://`)."""
    format: str | None = None
    """How it is stored, such as `parquet`, `csv` or `tfrecord`."""
    compression: str | None = None
    """How it is compressed, such as `zstd` or `none`."""
    change_capture: bool | None = None
    """Whether what changed since the last run can be told, so that a run need not read everything again."""
    region: str | None = None
    """The region where it is, if the repository does not declare its bucket."""
    gib: Annotated[float, Field(ge=0)] | None = None
    """How much of it is read in each month, in GiB."""
    direction: Literal["read", "write", "both"] | None = None
    """Whether it is read (the default), written or both."""


class Checkpoint(Strict):
    """Where the state of a run survives an interruption."""

    uri: Text
    """The durable place that checkpoints are written to."""
    interval_minutes: Positive | None = None
    """How often one is written."""


class Run(Strict):
    """When a training job runs and on what."""

    schedule: str | None = None
    """The schedule, in cron's notation."""
    trigger: Literal["drift", "performance", "schedule", "manual"] | None = None
    """What starts a run."""
    checkpoint: Checkpoint | None = None
    """Where the state of a run survives an interruption."""
    datasets: tuple[Dataset, ...] = ()
    """The data sets that a run reads."""
    sampling: str | None = None
    """How the data is sampled, such as `10%`, `stratified` or `none`."""
    processing: Literal["full", "incremental"] | None = None
    """Whether a run reads all of the data again or only what is new."""
    quality_gate: str | None = None
    """What checks the data before a run, such as `great-expectations`; `none` for nothing."""
    max_runtime_hours: Positive | None = None
    """The time after which a run is stopped."""


class Monitoring(Strict):
    """What is watched once it runs."""

    drift: bool | None = None
    """Whether data or prediction drift is watched."""
    performance: bool | None = None
    """Whether the model's quality is watched."""
    cost: bool | None = None
    """Whether its cost is watched."""
    utilization: bool | None = None
    """Whether the use of its accelerators is watched."""
    dashboard: str | None = None
    """Where the measurements can be seen."""


class Documentation(Strict):
    """What is written down about the model."""

    model_card: str | None = None
    """The model card: a path in the repository or a URL."""
    risk_class: Literal["minimal", "limited", "high", "prohibited"] | None = None
    """The class of risk, as the EU AI Act names them."""
    assessment: str | None = None
    """The assessment of its risks: a path in the repository or a URL."""
    intended_use: str | None = None
    """What the model is for."""
    approved_by: str | None = None
    """Who approved it for production."""
    reviewed: Day | None = None
    """The day of the last review."""


class ModelDeployment(Strict):
    """A served model: the model, the machines, who answers for it."""

    apiVersion: Literal["guard/v1"]  # noqa: N815 (spelt as Kubernetes does)
    """The version of this format."""
    kind: Literal["ModelDeployment"]
    """What this document describes."""
    metadata: Metadata
    """What it is called and whose it is."""
    model: Model
    """The model that is served."""
    serving: Serving | None = None
    """How it is served."""
    compute: Compute
    """What each replica runs on."""
    data: tuple[Dataset, ...] = ()
    """Data that is read or written while serving."""
    monitoring: Monitoring | None = None
    """What is watched."""
    documentation: Documentation | None = None
    """What is written down about it."""


class TrainingJob(Strict):
    """A training run: the data, the machines, who answers for it."""

    apiVersion: Literal["guard/v1"]  # noqa: N815 (spelt as Kubernetes does)
    """The version of this format."""
    kind: Literal["TrainingJob"]
    """What this document describes."""
    metadata: Metadata
    """What it is called and whose it is."""
    model: Model | None = None
    """The model that is trained."""
    training: Run | None = None
    """When it runs and on what data."""
    compute: Compute
    """What each node runs on."""
    monitoring: Monitoring | None = None
    """What is watched."""
    documentation: Documentation | None = None
    """What is written down about it."""


KINDS: tuple[type[Strict], ...] = (ModelDeployment, TrainingJob)


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas to be written to `guard/schemas/`, by file name."""
    title = "guard model deployment spec"
    description = "A model deployment or training job for teams that have no other spec: guard/v1."
    return {"model-deployment.schema.json": schema_of(KINDS, title, description)}


def schema_of(kinds: Sequence[type[Strict]], title: str, description: str) -> dict[str, Any]:
    """Return the JSON Schema of documents that are told apart by their `kind`."""
    definitions: dict[str, Any] = {}
    for kind in kinds:
        schema = kind.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= schema.pop("$defs", {})
        definitions[kind.__name__] = schema
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {"kind": {"enum": [kind.__name__ for kind in kinds]}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind.__name__}}},
                "then": {"$ref": f"#/$defs/{kind.__name__}"},
            }
            for kind in kinds
        ],
        "$defs": {name: _plain(definitions[name]) for name in sorted(definitions)},
    }


def _plain(schema: Any) -> Any:
    """Return the schema without pydantic's titles and null branches: a null in YAML is a key that is not written."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: {name: _plain(one) for name, one in value.items()} if key == "properties" else _plain(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value in (None, []))
    }
    branches = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if "anyOf" not in kept or len(branches) == len(kept["anyOf"]):
        return kept
    del kept["anyOf"]
    return {**branches[0], **kept} if len(branches) == 1 else {"anyOf": branches, **kept}
