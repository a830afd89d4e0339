"""KubeAI's Model. Its resource profile names the hardware and how many times it is taken; source: kubeai.org."""

from __future__ import annotations

from decimal import Decimal

from guard.model.accelerators import known_accelerator
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, Purpose, Serving
from guard.model.value import Absent, Known, Value, mapped
from guard.platforms._kubernetes_data import uri_link
from guard.platforms._kubernetes_models import model_facts
from guard.platforms._kubernetes_objects import Draft, platform


def _model(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec") or node
    place = spec.key or spec.location
    fixed = spec.integer("replicas")
    low, high = spec.integer("minReplicas"), spec.integer("maxReplicas")
    profile = spec.text("resourceProfile")
    compute = Compute(
        location=place,
        accelerator=_accelerator(profile, Absent(place)),
        accelerator_count=_times(profile, Absent(place)),
        count_min=fixed if isinstance(low, Absent) else low,
        count_max=fixed if isinstance(high, Absent) else high,
        share=True,
    )
    facts = model_facts([spec])
    facts["model_name"] = spec.text("url")
    serving = Serving(
        location=place,
        min_replicas=compute.count_min,
        max_replicas=compute.count_max,
        scale_to_zero=mapped(compute.count_min, lambda count: count == 0),
        model_format=spec.text("engine"),
        hardware_target=profile,
        **facts,
    )
    data = [*uri_link(spec.get("url"), role="model")]
    data += [link for one in spec.items("adapters") for link in uri_link(one.get("url"), role="model")]
    return Draft(
        compute=(compute,), data=tuple(data), serving=serving, purpose=Purpose.INFERENCE, evidence="a KubeAI Model"
    )


def _accelerator(profile: Value[str], absent: Absent) -> Value[str]:
    """Return the accelerator that the profile's name tells; what it is, the Helm values of the operator define."""
    if not isinstance(profile, Known):
        return profile
    name = known_accelerator(profile.value.partition(":")[0])
    if not name:
        return Known("GPU", profile.location) if "gpu" in profile.value.lower() else absent
    return Known(name, profile.location, profile.trail)


def _times(profile: Value[str], absent: Absent) -> Value[Decimal]:
    if not isinstance(profile, Known) or profile.value.lower().startswith("cpu"):
        return absent
    number = profile.value.rpartition(":")[2]
    return Known(Decimal(number), profile.location) if number.isdecimal() and len(number) < 6 else absent


PLATFORM = platform("kubeai", {("kubeai.org", "Model"): _model})
