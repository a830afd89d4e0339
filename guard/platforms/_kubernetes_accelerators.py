"""Accelerators as Kubernetes counts them (extended resources), and the node labels that name their products.

Sources: the device plugins of NVIDIA, AMD, Intel, Habana, Google and AWS; the node labels of GKE, NVIDIA GPU feature
discovery, Karpenter (AWS, Azure) and the cluster autoscaler.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

RESOURCES = {
    "nvidia.com/gpu": "GPU",
    "nvidia.com/pgpu": "GPU",
    "nvidia.com/gpu.shared": "GPU",
    "volcano.sh/gpu-number": "GPU",
    "volcano.sh/vgpu-number": "GPU",
    "amd.com/gpu": "GPU",
    "google.com/tpu": "TPU",
    "cloud-tpus.google.com/v2": "TPU v2",
    "cloud-tpus.google.com/v3": "TPU v3",
    "aws.amazon.com/neuron": "Neuron",
    "aws.amazon.com/neurondevice": "Neuron",
    "aws.amazon.com/neuroncore": "NeuronCore",
    "habana.ai/gaudi": "Gaudi",
    "gpu.intel.com/i915": "GPU",
    "gpu.intel.com/xe": "GPU",
    "qualcomm.com/qaic": "AI100",
    "huawei.com/Ascend910": "Ascend910",
}
"""Extended resources that count accelerators, with the name to use where nothing tells the product."""

SHARED = frozenset({"nvidia.com/gpu.shared", "volcano.sh/vgpu-number"})
"""Resources that count shares of a GPU, whose size the cluster's device plugin sets."""

_MIG = re.compile(r"nvidia\.com/mig-(\d)g\.\d+gb(?:\..+)?")
# A GPU that can be partitioned has seven compute slices; a profile `3g.40gb` has three of them.
_MIG_SLICES = 7

PRODUCT_KEYS = (
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "k8s.amazonaws.com/accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "karpenter.k8s.aws/instance-accelerator-name",
    "karpenter.azure.com/sku-gpu-name",
    "gpu.nvidia.com/class",
    "gpu.nvidia.com/model",
    "accelerator",
)
"""Node labels that name the accelerator's product."""


class Share(NamedTuple):
    """What one unit of an extended resource is: the accelerator's name where nothing tells the product, and how much of
    one it is."""

    name: str
    fraction: Decimal


def share(resource: str) -> Share | None:
    """Return what a unit of this extended resource is of an accelerator, None where it is none."""
    if resource in RESOURCES:
        return Share(RESOURCES[resource], Decimal(1))
    slices = _MIG.fullmatch(resource)
    return Share("GPU", Decimal(int(slices[1])) / _MIG_SLICES) if slices else None
