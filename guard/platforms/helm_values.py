"""The values of a Helm chart that nobody rendered, by the keys that `helm create` and most charts use.

Source: the chart that `helm create` writes. Only parts that ask for accelerators are read: what else a chart deploys
cannot be told from its values.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace

from guard.model.instance import Item
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Purpose, Resource
from guard.model.value import Absent, Known
from guard.platforms._kubernetes_accelerators import share
from guard.platforms._kubernetes_objects import written
from guard.platforms._kubernetes_purpose import purpose_of
from guard.platforms._kubernetes_workloads import group, serving_of
from guard.platforms._pods import Count, Pod
from guard.platforms._specs import bare

_PLACING = ("nodeSelector", "tolerations", "affinity")
_RUNNING = ("resources", "image", "command", "args", "env", "extraArgs")
_COUNTS = ("replicaCount", "replicas")
_DEPTH = 4


def _claims(source: Source) -> bool:
    return (
        isinstance(source, Item)
        and posixpath.basename(source.path) in ("values.yaml", "values.yml")
        and source.node.get("apiVersion") is None
        and source.node.get("servingEngineSpec", "modelSpec") is None
        and any(True for _ in _parts(source.node, (), _DEPTH))
    )


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    if not isinstance(source, Item):
        return
    chart = _chart(source, around)
    if chart is None:
        return
    name = written(chart, "name") or posixpath.basename(posixpath.dirname(source.path))
    for path, node in _parts(source.node, (), _DEPTH):
        yield _resource(node, "/".join((name, *path)), around)


def _chart(source: Item, around: Surroundings) -> Node | None:
    place = posixpath.join(posixpath.dirname(source.path), "Chart.yaml")
    return next((item.node for item in around.items if item.path == place), None)


def _parts(node: Node, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield the mappings that ask for accelerators in `resources`, with their paths in the values."""
    if not isinstance(node.value, Mapping):
        return
    asked = {*node.fields("resources", "limits"), *node.fields("resources", "requests")}
    if any(share(name) is not None for name in asked):
        yield path, node
    if depth > 0:
        for name, child in node.value.items():
            yield from _parts(child, (*path, name), depth - 1)


def _resource(node: Node, name: str, around: Surroundings) -> Resource:
    where = node.key or node.location
    fields = node.fields()
    running = {key: fields[key] for key in _RUNNING if key in fields}
    repository = node.get("image", "repository")
    if repository is not None:
        running["image"] = repository
    container = Node(running, node.location, node.key)
    containers = Node((container,), node.location, node.key)
    placing = {key: fields[key] for key in _PLACING if key in fields}
    spec = Node({**placing, "containers": containers}, node.location, node.key)
    pod = Pod(spec, (container,))
    count = _count(node)
    reason = purpose_of(pod, batch=False, accelerated=True)
    base = bare(node, "helm_values", "HelmValues", f"HelmValues/{name}", where)
    serving = serving_of(node, count, (pod,)) if reason.purpose is Purpose.INFERENCE else None
    return replace(
        base,
        # Which of them become labels is the templates' to say.
        labels=replace(base.labels, taggable=False),
        purpose=reason.purpose,
        evidence=reason.evidence,
        compute=(group(pod, count, around, node),),
        serving=serving,
    )


def _count(node: Node) -> Count:
    scaled = node.flag("autoscaling", "enabled")
    if isinstance(scaled, Known) and scaled.value:
        return Count(node.integer("autoscaling", "minReplicas"), node.integer("autoscaling", "maxReplicas"))
    counts = [node.integer(name) for name in _COUNTS]
    count = next((one for one in counts if not isinstance(one, Absent)), counts[0])
    return Count(count, count)


PLATFORM = Platform("helm_values", _claims, _resources, order=90)
