"""Knative Serving's Service and Configuration, which scale with requests and to zero by default.

Source: the autoscaling pages of knative.dev.
"""

from __future__ import annotations

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Purpose
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._kubernetes_objects import Draft, platform
from guard.platforms._kubernetes_purpose import purpose_of
from guard.platforms._kubernetes_workloads import draft, group, serving_of
from guard.platforms._pods import Count, pod_of

_PREFIX = "autoscaling.knative.dev/"


def _service(node: Node, around: Surroundings) -> Draft:
    template = node.get("spec", "template")
    pod = pod_of(template)
    count = _count(node, template)
    compute = group(pod, count, around, node.get("spec") or node)
    if pod is None:
        return draft(Purpose.UNKNOWN, "", (compute,), (pod,))
    reason = purpose_of(pod, batch=False, accelerated=False)
    serving = serving_of(template or node, count, (pod,)) if reason.purpose is Purpose.INFERENCE else None
    return draft(reason.purpose, reason.evidence, (compute,), (pod,), serving=serving)


def _count(node: Node, template: Node | None) -> Count:
    place = (template or node).nearest("metadata", "annotations")
    low, high = _scale(node, template, "min"), _scale(node, template, "max")
    least: Value[int] = Known(0, place) if isinstance(low, Absent) else low
    # A largest scale of 0 means none.
    if isinstance(high, Absent) or (isinstance(high, Known) and high.value == 0):
        return Count(least, Unknown("no max-scale is written: there are as many replicas as requests need", place))
    return Count(least, high)


def _scale(node: Node, template: Node | None, end: str) -> Value[int]:
    for name in (f"{end}-scale", f"{end}Scale"):
        for holder in (template, node):
            if holder is None:
                continue
            value = holder.integer("metadata", "annotations", _PREFIX + name)
            if not isinstance(value, Absent):
                return value
    return Absent((template or node).nearest("metadata", "annotations"))


PLATFORM = platform(
    "knative",
    {("serving.knative.dev", "Service"): _service, ("serving.knative.dev", "Configuration"): _service},
)
