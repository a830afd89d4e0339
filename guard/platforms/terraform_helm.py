"""`helm_release` of Terraform for the charts whose values say for certain what is deployed.

Sources: the values of the charts `ray-cluster` (ray-project/kuberay-helm) and `vllm-stack` (vllm-project/
production-stack), and the documentation of the hashicorp/helm provider. What other charts deploy is not read from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from guard.model.finding import Problem
from guard.model.instance import Instance, Item
from guard.model.node import Node, is_sequence
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Resource
from guard.model.value import Known, Unknown
from guard.platforms import ray, terraform, vllm_stack
from guard.platforms._terraform_manifests import text_at

_RAY_CHARTS = frozenset({"ray-cluster", "kuberay/ray-cluster"})
_STEP = re.compile(r"((?:[^.\\\[]|\\.)+)|\[(\d{1,3})\]")
_SETS = ("set", "set_sensitive", "set_list")
# The values that the chart has where nothing else is written; the same since its first version.
_DEFAULT_REPLICAS = 1


def _claims(source: Source) -> bool:
    return isinstance(source, Instance) and source.type == "helm_release" and source.mode == "managed"


def _resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    if not isinstance(source, Instance):
        return
    values, problems, missing = _values(source)
    yield from problems
    found = list(_of_chart(source, values, around)) if missing is None else []
    if found:
        yield from found
        return
    known_chart = _is_ray(source) or _names_vllm(source)
    for one in terraform.resources(source, around):
        reason = f"what it deploys is not known: {missing.reason}" if missing and known_chart else ""
        yield replace(one, unpriced=reason)


def _of_chart(source: Instance, values: Node, around: Surroundings) -> Iterator[Resource]:
    if values.items("servingEngineSpec", "modelSpec"):
        item = Item(source.location.path, values)
        for number, one in enumerate(vllm_stack.PLATFORM.resources(item, around)):
            if isinstance(one, Resource):
                yield _addressed(one, source, number)
    elif _is_ray(source):
        item = Item(source.location.path, _ray_cluster(source, values))
        for number, one in enumerate(ray.PLATFORM.resources(item, around)):
            if isinstance(one, Resource):
                yield _addressed(one, source, number)


def _addressed(one: Resource, source: Instance, number: int) -> Resource:
    """Return what a chart deploys under Terraform's address; a chart's further ones are told apart by their number."""
    return replace(
        one,
        address=source.address if number == 0 else f"{source.address}#{number + 1}",
        origin="terraform",
        location=source.location,
        body=source.body,
        calls=source.calls,
        repeated=source.repeated,
    )


def _is_ray(source: Instance) -> bool:
    chart = source.body.text("chart")
    return isinstance(chart, Known) and chart.value in _RAY_CHARTS


def _names_vllm(source: Instance) -> bool:
    chart = source.body.text("chart")
    return isinstance(chart, Known) and chart.value.rpartition("/")[2] == "vllm-stack"


def _values(source: Instance) -> tuple[Node, tuple[Problem, ...], Unknown | None]:
    """Return the values of a release: its texts one over the other, then what is set one by one.

    The third is the first thing that is not known where that keeps the values from being known.
    """
    merged: dict[str, Node] = {}
    problems: list[Problem] = []
    written = source.body.get("values")
    if written is not None and isinstance(written.value, Unknown):
        return Node(merged, source.location), (), written.value
    for number in range(len(source.body.items("values"))):
        found = text_at(source, "values", number)
        problems += found.problems
        if found.node is None and found.missing is not None:
            return Node(merged, source.location), tuple(problems), found.missing
        if found.node is not None and isinstance(found.node.value, Mapping):
            _merge(merged, found.node)
    for name in _SETS:
        for one in source.body.items(name):
            path, value = one.text("name"), one.get("value")
            if isinstance(path, Known) and value is not None:
                _set(merged, path.value, value)
    return Node(merged, source.location), tuple(problems), None


def _merge(into: dict[str, Node], node: Node) -> None:
    for name, child in node.fields().items():
        before = into.get(name)
        if before is not None and isinstance(before.value, Mapping) and isinstance(child.value, Mapping):
            members = dict(before.value)
            _merge(members, child)
            into[name] = replace(child, value=members)
        else:
            into[name] = child


def _set(into: dict[str, Node], path: str, value: Node) -> None:
    """Write one value, as `--set` of helm does: steps are parted by dots, `\\.` is a dot, `[0]` an element."""
    steps = [name.replace("\\.", ".") or int(number) for name, number in _STEP.findall(path)][:20]
    if steps and isinstance(steps[0], str):
        into[steps[0]] = _with(into.get(steps[0]), steps[1:], value)


def _with(node: Node | None, steps: list[str | int], value: Node) -> Node:
    if not steps:
        return value
    step = steps[0]
    if isinstance(step, int):
        elements = list(node.value) if node is not None and is_sequence(node.value) else []
        elements += [Node(None, value.location)] * (step + 1 - len(elements))
        elements[step] = _with(elements[step], steps[1:], value)
        return Node(tuple(elements), value.location, value.key)
    members = dict(node.value) if node is not None and isinstance(node.value, Mapping) else {}
    members[step] = _with(members.get(step), steps[1:], value)
    return Node(members, value.location, value.key)


def _ray_cluster(source: Instance, values: Node) -> Node:
    """Return the RayCluster that the chart `ray-cluster` makes of its values."""
    here = source.location

    def made(value: object) -> Node:
        return Node(value, here)  # type: ignore[arg-type]

    head = values.get("head") or made({})
    workers = [("worker", values.get("worker") or made({}))]
    workers += [(name, node) for name, node in values.fields("additionalWorkerGroups").items()]
    groups = [_worker_group(name, node) for name, node in workers if not _is_on(node, "disabled")]
    spec: dict[str, Node] = {"headGroupSpec": _group(head), "workerGroupSpecs": made(tuple(groups))}
    if "enableInTreeAutoscaling" in head.fields():
        spec["enableInTreeAutoscaling"] = head.fields()["enableInTreeAutoscaling"]
    name = source.body.get("name")
    metadata: dict[str, Node] = {"name": name} if name is not None else {}
    if head.get("labels") is not None:
        metadata["labels"] = head.fields()["labels"]
    top = {"apiVersion": "ray.io/v1", "kind": "RayCluster"}
    return made({**{key: made(one) for key, one in top.items()}, "metadata": made(metadata), "spec": made(spec)})


def _is_on(node: Node, name: str) -> bool:
    flag = node.flag(name)
    return isinstance(flag, Known) and flag.value


def _group(values: Node) -> Node:
    fields = values.fields()
    container = {"resources": fields["resources"]} if "resources" in fields else {}
    for name, given in (("env", "containerEnv"), ("args", "args"), ("command", "command")):
        if given in fields:
            container[name] = fields[given]
    spec = {name: fields[name] for name in ("nodeSelector", "tolerations", "affinity", "volumes") if name in fields}
    spec["containers"] = Node((Node(container, values.location),), values.location)
    metadata = {"labels": fields["labels"]} if "labels" in fields else {}
    template = {"metadata": Node(metadata, values.location), "spec": Node(spec, values.location)}
    return Node({"template": Node(template, values.location)}, values.location, values.key)


def _worker_group(name: str, values: Node) -> Node:
    group = _group(values)
    fields = values.fields()
    counts = {one: fields[one] for one in ("replicas", "minReplicas", "maxReplicas") if one in fields}
    if "replicas" not in counts and name == "worker":
        counts["replicas"] = Node(_DEFAULT_REPLICAS, values.location)
    named = fields.get("groupName") or Node(name, values.location)
    return replace(group, value={**group.fields(), **counts, "groupName": named})


PLATFORM = Platform("terraform_helm", _claims, _resources, order=terraform.LAST - 1)
