"""Kubeflow's training operators: PyTorchJob, TFJob, MPIJob and their like (v1), and TrainJob (v2).

Sources: the custom resource definitions of kubeflow/training-operator, kubeflow/mpi-operator and kubeflow/trainer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import DataLink, Purpose
from guard.model.value import Absent, Known, Value, first
from guard.platforms._kubernetes_data import uri_link
from guard.platforms._kubernetes_objects import Draft, kind_of_object, named, platform, written
from guard.platforms._kubernetes_quantities import hours, times
from guard.platforms._kubernetes_workloads import Group, group, run
from guard.platforms._pods import Count, Pod, pod_of

_SPECS = {
    "PyTorchJob": "pytorchReplicaSpecs",
    "TFJob": "tfReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "PaddleJob": "paddleReplicaSpecs",
    "JAXJob": "jaxReplicaSpecs",
    "MXJob": "mxReplicaSpecs",
}
_RUNTIMES = ("ClusterTrainingRuntime", "TrainingRuntime")
_TRAINER = "trainer.kubeflow.org"


def _replicated(node: Node, around: Surroundings) -> Draft:
    """Return what a job with replica specs deploys: one group for each role."""
    kind = (kind_of_object(node) or ("", ""))[1]
    groups = []
    for role, spec in node.fields("spec", _SPECS[kind]).items():
        pod = pod_of(spec.get("template"))
        groups.append(Group(group(pod, _bounds(node, role, spec), around, spec, role), pod))
    # MPIJob v2beta1 and the others keep the limit in runPolicy; MPIJob v1alpha had it in the spec itself.
    limit = first(
        hours(node, "spec", "runPolicy", "activeDeadlineSeconds"), hours(node, "spec", "activeDeadlineSeconds")
    )
    return run(node, groups, Purpose.TRAINING, f"a {kind}", limit)


def _bounds(node: Node, role: str, spec: Node) -> Count:
    """Return how many there are of a role; elastic workers are between the bounds of the elastic policy."""
    count = spec.integer("replicas")
    low, high = count, count
    if role == "Worker" and node.get("spec", "elasticPolicy") is not None:
        low = _else(node.integer("spec", "elasticPolicy", "minReplicas"), count)
        high = _else(node.integer("spec", "elasticPolicy", "maxReplicas"), count)
    suspended = node.flag("spec", "runPolicy", "suspend")
    if isinstance(suspended, Known) and suspended.value:
        low = Known(0, suspended.location)
    return Count(low, high)


def _else(value: Value[int], other: Value[int]) -> Value[int]:
    return other if isinstance(value, Absent) else value


def _train_job(node: Node, around: Surroundings) -> Draft:
    """Return what a TrainJob deploys: the replicated jobs of its runtime, with its trainer's own numbers laid over."""
    trainer = node.get("spec", "trainer")
    runtime = _runtime(node, around)
    groups = list(_runtime_groups(node, runtime, around)) if runtime is not None else []
    if not groups:
        holder = trainer or node.get("spec") or node
        pod = Pod(holder, (_as_container(holder),), template=None)
        groups = [Group(group(pod, _nodes(node, None), around, holder, "node"), pod)]
    data = tuple(_initial_data(node))
    found = run(node, groups, Purpose.TRAINING, "a TrainJob", hours(node, "spec", "activeDeadlineSeconds"))
    return replace(found, data=(*data, *found.data))


def _runtime(node: Node, around: Surroundings) -> Node | None:
    name = written(node, "spec", "runtimeRef", "name")
    kind = written(node, "spec", "runtimeRef", "kind") or _RUNTIMES[0]
    return named(around, name, (_TRAINER, kind), near=node.location) if name and kind in _RUNTIMES else None


def _runtime_groups(node: Node, runtime: Node, around: Surroundings) -> Iterator[Group]:
    for job in runtime.items("spec", "template", "spec", "replicatedJobs"):
        name = written(job, "name")
        step = written(job, "template", "metadata", "labels", "trainer.kubeflow.org/trainjob-ancestor-step")
        pod = pod_of(job.get("template", "spec", "template"))
        is_trainer = step == "trainer" or (not step and name in ("node", "trainer", "launcher"))
        trainer = node.get("spec", "trainer")
        if pod is None:
            continue
        if is_trainer and trainer is not None:
            pod = replace(pod, containers=_overlaid(trainer, pod))
        count = _nodes(node, runtime) if is_trainer else _of_job(job)
        yield Group(group(pod, count, around, job, name), pod)


def _overlaid(trainer: Node, pod: Pod) -> tuple[Node, ...]:
    """Return the containers with the trainer's in place of the runtime's where it states resources."""
    own = _as_container(trainer)
    if trainer.get("resourcesPerNode") is None:
        return (*pod.containers, own)
    return (own, *(one for one in pod.containers if written(one, "name") not in ("node", "trainer")))


def _as_container(trainer: Node) -> Node:
    """Return a trainer as the container it configures: resourcesPerNode is the container's resources."""
    resources = trainer.get("resourcesPerNode")
    fields = dict(trainer.fields())
    if resources is not None:
        fields["resources"] = resources
    return replace(trainer, value=fields)


def _nodes(node: Node, runtime: Node | None) -> Count:
    count = node.integer("spec", "trainer", "numNodes")
    if isinstance(count, Absent) and runtime is not None:
        count = _else(runtime.integer("spec", "mlPolicy", "numNodes"), count)
    suspended = node.flag("spec", "suspend")
    low: Value[int] = Known(0, suspended.location) if isinstance(suspended, Known) and suspended.value else count
    return Count(low, count)


def _of_job(job: Node) -> Count:
    count = times(job.integer("replicas"), job.integer("template", "spec", "parallelism"))
    return Count(count, count)


def _initial_data(node: Node) -> Iterator[DataLink]:
    for what, role in (("dataset", "data"), ("model", "model")):
        yield from uri_link(node.get("spec", "initializer", what, "storageUri"), role=role)


PLATFORM = platform(
    "kubeflow",
    {**{("kubeflow.org", kind): _replicated for kind in _SPECS}, (_TRAINER, "TrainJob"): _train_job},
)
