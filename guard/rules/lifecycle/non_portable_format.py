"""A model is kept in a format that only one library, one version of it or one kind of hardware reads.

## Why this matters

Such weights tie a model to the server, the library and often the machine that they were made with: moving to a cheaper
accelerator, server or cloud then means converting, testing and approving the model anew. Formats that hold code
(pickle, joblib) also run whatever is in them when they are read.

## What to do

Keep the model in an open format next to what is served: ONNX, safetensors, GGUF, SavedModel, PMML or the documented
format of XGBoost, LightGBM and CatBoost. Engines for one accelerator (TensorRT, Neuron) are built from it.

The saving is not computed: what the tie costs shows only when somebody wants to move.

## When to leave it

Where the engine is built anew for each release and the open weights are kept beside it (`formats` leaves a format out).

## Source

ONNX, "About" (an open format); Hugging Face, "Pickle Scanning" and "Safetensors"; scikit-learn, "Model persistence";
NVIDIA, "TensorRT: Version Compatibility and Hardware Compatibility".
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._governance import Labels, Word
from guard.rules._workloads import declared

OPEN = "keep it in ONNX, safetensors or another open format beside it"
ENDINGS = {
    ".pkl": "pickle", ".pickle": "pickle", ".joblib": "joblib", ".dill": "dill", ".pt": "pytorch", ".pth": "pytorch",
    ".mar": "torchserve archive", ".h5": "keras h5", ".plan": "tensorrt", ".engine": "tensorrt", ".trt": "tensorrt",
}  # fmt: skip


class Options(BaseModel, extra="forbid", frozen=True):
    """Which formats are not portable."""

    formats: Labels = (
        "pickle", "joblib", "dill", "cloudpickle", "sklearn", "torchscript", "pytorch", "pytorch_libtorch", "tensorrt",
        "tensorrt_plan", "tensorrt_llm", "neuron", "keras h5", "torchserve archive",
    )  # fmt: skip
    """Formats that tie a model down, as deployments name them, and what endings of files mean."""
    labels: tuple[Word, ...] = ("portable-format", "source-format")
    """Labels and annotations that name the open format which is kept beside what is served."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a served model in a format that is not portable, or what is unknown."""
    resource, options = context.resource, context.options
    if resource.purpose is not Purpose.INFERENCE or resource.serving is None:
        return
    if isinstance(declared(resource, options.labels), Known):
        return
    form = resource.serving.model_format
    if isinstance(form, Unknown):
        yield context.undecided(form, "serving.model_format")
        return
    tied = {one.casefold() for one in options.formats}
    if isinstance(form, Known) and form.value.casefold() in tied:
        message = f"{form.value} ties this model to one library or one kind of hardware: {OPEN}"
        yield context.finding(form, message, attribute="serving.model_format")
        return
    for uri in _weights(resource):
        name = uri.value.rpartition("/")[2].casefold()
        kind = next((kind for ending, kind in ENDINGS.items() if name.endswith(ending)), "")
        if kind in tied:
            message = f"a file of {kind} ties this model to one library or one kind of hardware: {OPEN}"
            yield context.finding(uri, message, attribute="data.uri")


def _weights(resource: Resource) -> Iterator[Known[str]]:
    for one in resource.data:
        if one.role == "model" and one.direction == "read" and isinstance(one.uri, Known):
            yield one.uri


KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: churn}
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
#                         ^^^^^^^ sklearn ties this model to one library or one kind of hardware: keep it in ONNX, safetensors or another open format beside it
      storageUri: gs://acme-models/churn/3
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
spec:
  predictor:
    model:
      modelFormat: {name: triton}
      storageUri: gs://acme-models/rank/model.plan
#                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a file of tensorrt ties this model to one library or one kind of hardware: keep it in ONNX, safetensors or another open format beside it
""",  # noqa: E501
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4", format: pickle}
#                                         ^^^^^^ pickle ties this model to one library or one kind of hardware: keep it in ONNX, safetensors or another open format beside it
compute: {vcpu: 4, memory_gib: 16}
""",  # noqa: E501
)

GOOD_KUBERNETES = Example(
    "serve.yaml",
    """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: rank}
spec:
  predictor:
    model:
      modelFormat: {name: onnx}
      storageUri: gs://acme-models/rank/model.onnx
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: churn, annotations: {example.com/source-format: pmml}}
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      storageUri: gs://acme-models/churn/3
""",
)

GOOD = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4", format: safetensors}
compute: {vcpu: 4, memory_gib: 16}
""",
)

RULE = Rule(
    name="non-portable-format",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(KUBERNETES, SPEC),
    good=(GOOD, GOOD_KUBERNETES),
)
