"""A model is put on a small device in a precision that such a device is slow and dear to run.

## Why this matters

Devices at the edge have a few gigabytes of memory and little power. Weights of 16 or 32 bits take two to four times the
memory of 8 bits, so that a larger and dearer device is bought for each place where the model runs.

## What to do

Quantise the weights to 8 bits or fewer when they are built for the device (TensorRT, TensorFlow Lite, ONNX Runtime,
GGUF), measure what that costs in quality, and declare it: `model.precision: int8`.

The saving is not computed: how many devices there are and what they cost is in no file.

## When to leave it

Where quality suffers more than a larger device costs, and for models of a few megabytes.

## Source

Google, "LiteRT: Model optimization" (post-training quantisation); NVIDIA, "TensorRT: Working with Quantized Types".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel

from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.resource import Purpose, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.rules._governance import Labels
from guard.rules._helpers import fitting
from guard.rules._sizing import bytes_of, precision
from guard.rules._workloads import declared

# Formats that are made for small devices and mostly hold quantised weights: their name alone decides nothing.
_BUILT_FOR_DEVICES = frozenset({"gguf", "tflite"})
_ONE_BYTE = Decimal(1)


class Options(BaseModel, extra="forbid", frozen=True):
    """What is a small device."""

    devices: Labels = (
        "*edge*", "jetson*", "*-orin*", "orin*", "xavier*", "mobile*", "android*", "ios*", "raspberry*", "coral*",
        "hailo*", "snapdragon*", "microcontroller*", "mcu*", "rk35*", "iot*",
    )  # fmt: skip
    """Globs of the hardware that counts as a small device."""
    labels: Labels = ("hardware-target", "deployment-target", "target-device")
    """Labels and annotations that name the hardware which the model runs on."""


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield a finding for a model of 16 bits and more on a small device, or what is unknown."""
    resource = context.resource
    if resource.purpose is not Purpose.INFERENCE or resource.serving is None:
        return
    device = _device(resource, context.options)
    if isinstance(device, Unknown):
        yield context.undecided(device, "serving.hardware_target")
        return
    if not isinstance(device, Known) or fitting(context.options.devices, device.value) is None:
        return
    told = precision(resource.serving)
    if isinstance(told, Absent) and not _built_for_devices(resource):
        told = Unknown(f"nothing tells the precision of the weights on {device.value}", told.location)
    if isinstance(told, Unknown):
        yield context.undecided(told, "serving.precision")
        return
    each = bytes_of(told.value) if isinstance(told, Known) else None
    if isinstance(told, Known) and each is not None and each > _ONE_BYTE:
        message = f"weights of {told.value} on {device.value}: quantise them to 8 bits or fewer"
        yield context.finding(told, message, attribute="serving.precision")


def _device(resource: Resource, options: Options) -> Value[str]:
    """Return the hardware that is named; a machine of a cloud that is named as such is none that counts."""
    said = declared(resource, options.labels)
    target = resource.serving.hardware_target if resource.serving else said
    return first(said, target)


def _built_for_devices(resource: Resource) -> bool:
    form = resource.serving.model_format if resource.serving else None
    return isinstance(form, Known) and form.value.casefold() in _BUILT_FOR_DEVICES


SPEC = Example(
    "detect.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: detect}
model: {name: detect, version: "4", precision: fp32}
#                                              ^^^^ weights of fp32 on jetson-orin: quantise them to 8 bits or fewer
serving: {hardware: jetson-orin}
compute: {vcpu: 4, memory_gib: 8}
""",
)

KUBERNETES = Example(
    "detect.yaml",
    """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: detect, labels: {hardware-target: edge-box}}
spec:
  selector: {matchLabels: {app: detect}}
  template:
    metadata: {labels: {app: detect, hardware-target: edge-box}}
    spec:
      containers:
        - name: server
          image: vllm/vllm-openai:v0.8.0
          args: [--model, acme/detect-1b, --dtype, float16]
#                                                  ^^^^^^^ weights of float16 on edge-box: quantise them to 8 bits or fewer
          resources: {limits: {nvidia.com/gpu: 1}}
""",  # noqa: E501
)

GOOD = Example(
    "detect.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: detect}
model: {name: detect, version: "4", precision: int8}
serving: {hardware: jetson-orin}
compute: {vcpu: 4, memory_gib: 8}
---
# In a data centre other rules ask for the size of the weights.
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat}
model: {name: chat, version: "4", precision: bf16}
serving: {hardware: H100}
compute: {vcpu: 4, memory_gib: 8}
---
# Nothing tells its precision: that is no finding.
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: count}
model: {name: count, version: "4"}
serving: {hardware: jetson-orin}
compute: {vcpu: 4, memory_gib: 8}
""",
)

RULE = Rule(
    name="unquantised-edge-model",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(SPEC, KUBERNETES),
    good=(GOOD,),
)
