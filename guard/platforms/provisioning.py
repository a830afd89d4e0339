"""ProvisioningRequest: capacity for pods asked for at once. It is used by pods that are counted themselves, so at least
nothing of it is spent of itself. Source: the cluster autoscaler's autoscaling.x-k8s.io."""

from __future__ import annotations

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Purpose
from guard.model.value import Known
from guard.platforms._kubernetes_objects import Draft, named, platform, written
from guard.platforms._kubernetes_quantities import hours
from guard.platforms._kubernetes_workloads import Group, group, run
from guard.platforms._pods import Count, pod_of


def _request(node: Node, around: Surroundings) -> Draft:
    groups = []
    for part in node.items("spec", "podSets"):
        name = written(part, "podTemplateRef", "name")
        template = named(around, name, ("", "PodTemplate"), near=node.location) if name else None
        pod = pod_of(template.get("template")) if template is not None else None
        count = part.integer("count")
        bounds = Count(Known(0, part.nearest("count")), count)
        groups.append(Group(group(pod, bounds, around, part, name), pod))
    limit = hours(node, "spec", "parameters", "maxRunDurationSeconds")
    return run(node, groups, Purpose.BATCH, "a ProvisioningRequest", limit)


PLATFORM = platform("provisioning", {("autoscaling.x-k8s.io", "ProvisioningRequest"): _request})
