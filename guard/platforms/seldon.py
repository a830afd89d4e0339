"""Seldon Core: SeldonDeployment (v1), and Model, Server, Pipeline and Experiment (v2).

Sources: the custom resource definitions of SeldonIO/seldon-core, machinelearning.seldon.io and mlops.seldon.io.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import DataLink, Purpose, Serving
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._kubernetes_data import uri_link
from guard.platforms._kubernetes_objects import Draft, platform, written
from guard.platforms._kubernetes_workloads import Group, draft, group
from guard.platforms._pods import Count, Pod, pod_of

_GRAPH_DEPTH = 20


class _Predictor(NamedTuple):
    groups: list[Group]
    data: list[DataLink]


def _deployment(node: Node, around: Surroundings) -> Draft:
    predictors = node.items("spec", "predictors")
    groups: list[Group] = []
    data: list[DataLink] = []
    for predictor in predictors:
        found = _predictor(node, predictor, around)
        groups += found.groups
        data += found.data
    drafted = draft(
        Purpose.INFERENCE, "a SeldonDeployment", [one.compute for one in groups], [one.pod for one in groups], data=data
    )
    return replace(drafted, serving=_serving(node, predictors[0])) if predictors else drafted


def _predictor(node: Node, predictor: Node, around: Surroundings) -> _Predictor:
    name = written(predictor, "name") or "predictor"
    default = first(predictor.integer("replicas"), node.integer("spec", "replicas"))
    groups = []
    for number, component in enumerate(predictor.items("componentSpecs")):
        pod = pod_of(component)
        count = _component_count(component, default)
        called = name if number == 0 else f"{name}-{number}"
        groups.append(Group(group(pod, count, around, component, called), pod))
    if not groups:
        # A prepackaged server's pod is made by the operator from its own configuration.
        pod = Pod(predictor, ())
        groups.append(Group(group(pod, Count(default, default), around, predictor, name), None))
    graph = predictor.get("graph")
    data = [link for one in _graph(graph) for link in uri_link(one.get("modelUri"), role="model")] if graph else []
    return _Predictor(groups, data)


def _component_count(component: Node, default: Value[int]) -> Count:
    own = first(component.integer("replicas"), default)
    for scaler, low, high in (
        ("hpaSpec", "minReplicas", "maxReplicas"),
        ("kedaSpec", "minReplicaCount", "maxReplicaCount"),
    ):
        if component.get(scaler) is not None:
            return Count(component.integer(scaler, low), component.integer(scaler, high))
    return Count(own, own)


def _graph(node: Node, depth: int = _GRAPH_DEPTH) -> Iterator[Node]:
    yield node
    if depth:
        for child in node.items("children"):
            yield from _graph(child, depth - 1)


def _serving(node: Node, predictor: Node) -> Serving:
    count = first(predictor.integer("replicas"), node.integer("spec", "replicas"))
    graph = ("graph", "implementation")
    logger = predictor.get("graph", "logger") or predictor.get("explainer")
    place = predictor.key or predictor.location
    return Serving(
        location=place,
        min_replicas=count,
        max_replicas=count,
        traffic=predictor.number("traffic"),
        model_name=predictor.text("graph", "name"),
        model_format=mapped(predictor.text(*graph), lambda text: text.removesuffix("_SERVER").lower()),
        monitoring=Known(True, logger.key or logger.location) if logger is not None else Absent(place),
    )


def _model(node: Node, around: Surroundings) -> Draft:
    """Return a v2 Model: it is loaded on Servers, which are counted themselves."""
    spec = node.get("spec") or node
    bounds = _bounds(spec)
    requirement = spec.get("requirements", 0)
    return Draft(
        data=uri_link(spec.get("storageUri"), role="model"),
        serving=Serving(
            location=spec.key or spec.location,
            min_replicas=bounds.low,
            max_replicas=bounds.high,
            model_name=node.text("metadata", "name"),
            model_version=spec.text("artifactVersion"),
            model_format=requirement.text() if requirement is not None else Absent(spec.key or spec.location),
        ),
        purpose=Purpose.INFERENCE,
        evidence="a Seldon Model",
    )


def _server(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec") or node
    overlay = spec.get("podSpec")
    pod = Pod(overlay, overlay.items("containers"), overlay.items("initContainers")) if overlay is not None else None
    bounds = _bounds(spec)
    compute = group(pod, bounds, around, spec, written(node, "metadata", "name"))
    return draft(Purpose.INFERENCE, "a Seldon Server", (compute,), (pod,))


def _bounds(spec: Node) -> Count:
    count = spec.integer("replicas")
    low, high = spec.integer("minReplicas"), spec.integer("maxReplicas")
    return Count(count if isinstance(low, Absent) else low, count if isinstance(high, Absent) else high)


PLATFORM = platform(
    "seldon",
    {
        ("machinelearning.seldon.io", "SeldonDeployment"): _deployment,
        ("mlops.seldon.io", "Model"): _model,
        ("mlops.seldon.io", "Server"): _server,
    },
)
