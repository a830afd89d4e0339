"""How many replicas there are: as written, or between the bounds of an autoscaler that names the workload."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.value import Absent, Known, Value
from guard.platforms._kubernetes_objects import beside, derived, kind_of_object, nearest, written
from guard.platforms._pods import Count

_HPA = ("autoscaling", "HorizontalPodAutoscaler")
_KEDA = ("keda.sh", "ScaledObject")
_AIBRIX = ("autoscaling.aibrix.ai", "PodAutoscaler")
# Source: the ScaledObject specification at keda.sh.
_KEDA_LEAST = 0
_KEDA_MOST = 100


def replicas(node: Node, around: Surroundings) -> Count:
    """Return the bounds of a workload's replicas; an autoscaler's win over `spec.replicas`, which it overwrites."""
    scaled = _autoscaled(node, around)
    if scaled is not None:
        return scaled
    count = node.integer("spec", "replicas")
    return Count(count, count)


def _autoscaled(node: Node, around: Surroundings) -> Count | None:
    scalers = [one for one in _scalers(around).get(written(node, "metadata", "name"), ()) if _targets(one, node)]
    # Overlays for several environments each have an autoscaler of the same name.
    for scaler in nearest(scalers, node.location):
        if kind_of_object(scaler) == _KEDA:
            return keda_bounds(scaler, "spec")
        return Count(scaler.integer("spec", "minReplicas"), scaler.integer("spec", "maxReplicas"))
    return None


def _scalers(around: Surroundings) -> Mapping[str, tuple[Node, ...]]:
    """Return the autoscalers of the repository by the name of their target, KEDA's first: it makes HPAs of its own."""
    return derived(around, _by_target)


def _by_target(around: Surroundings) -> Mapping[str, tuple[Node, ...]]:
    found: defaultdict[str, list[Node]] = defaultdict(list)
    for scaler in beside(around, _KEDA, _HPA, _AIBRIX):
        found[written(scaler, "spec", "scaleTargetRef", "name")].append(scaler)
    return {name: tuple(scalers) for name, scalers in found.items()}


def keda_bounds(holder: Node, *path: str) -> Count:
    """Return the bounds that the fields of a ScaledObject at `path` set, with KEDA's defaults."""
    idle = holder.integer(*path, "idleReplicaCount")
    low = holder.integer(*path, "minReplicaCount")
    least = idle if not isinstance(idle, Absent) else _or_default(low, _KEDA_LEAST)
    return Count(least, _or_default(holder.integer(*path, "maxReplicaCount"), _KEDA_MOST))


def _or_default(value: Value[int], default: int) -> Value[int]:
    return Known(default, value.location) if isinstance(value, Absent) else value


def _targets(scaler: Node, node: Node) -> bool:
    kind = kind_of_object(node)
    target = written(scaler, "spec", "scaleTargetRef", "name")
    if kind is None or not target or target != written(node, "metadata", "name"):
        return False
    if (written(scaler, "spec", "scaleTargetRef", "kind") or "Deployment") != kind[1]:
        return False
    spaces = {written(one, "metadata", "namespace") for one in (scaler, node)} - {""}
    return len(spaces) < 2
