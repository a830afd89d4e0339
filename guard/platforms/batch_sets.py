"""Sets of jobs: JobSet, LeaderWorkerSet and Volcano's Job.

Sources: the custom resource definitions of kubernetes-sigs/jobset, kubernetes-sigs/lws and volcano-sh/volcano.
"""

from __future__ import annotations

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Purpose
from guard.model.value import Absent, Known, Value, mapped
from guard.platforms._kubernetes_objects import Draft, platform, written
from guard.platforms._kubernetes_purpose import Reason, purpose_of
from guard.platforms._kubernetes_quantities import hours, times
from guard.platforms._kubernetes_scaling import replicas
from guard.platforms._kubernetes_workloads import Group, draft, group, limited, run, serving_of, training_of
from guard.platforms._pods import Count, Pod, pod_of


def _job_set(node: Node, around: Surroundings) -> Draft:
    """Return what a JobSet deploys: replicas of each job, each of `parallelism` pods."""
    groups = []
    for job in node.items("spec", "replicatedJobs"):
        spec = job.get("template", "spec") or job
        pod = pod_of(spec.get("template"))
        most = times(job.integer("replicas"), spec.integer("parallelism"))
        count = _held(node, most, "spec", "suspend")
        compute = group(pod, count, around, job, written(job, "name"))
        groups.append(Group(limited((compute,), hours(spec, "activeDeadlineSeconds"))[0], pod))
    reason = _batch_reason(groups)
    return run(node, groups, reason.purpose, reason.evidence)


def _volcano_job(node: Node, around: Surroundings) -> Draft:
    groups = []
    for task in node.items("spec", "tasks"):
        pod = pod_of(task.get("template"))
        count = task.integer("replicas")
        groups.append(Group(group(pod, Count(count, count), around, task, written(task, "name")), pod))
    reason = _batch_reason(groups)
    return run(node, groups, reason.purpose, reason.evidence)


def _leader_worker_set(node: Node, around: Surroundings) -> Draft:
    """Return what a LeaderWorkerSet deploys: in each of its groups of `size` pods one leads and the others work."""
    bounds = replicas(node, around)
    template = node.get("spec", "leaderWorkerTemplate")
    if template is None:
        return Draft()
    size = template.integer("size")
    worker = pod_of(template.get("workerTemplate"))
    leader = pod_of(template.get("leaderTemplate"))
    parts: list[tuple[str, Pod | None, Value[int]]] = [("worker", worker, size)]
    if leader is not None:
        place = template.nearest("leaderTemplate")
        parts = [("leader", leader, Known(1, place)), ("worker", worker, mapped(size, lambda count: max(count - 1, 0)))]
        if isinstance(size, Absent):
            parts[1] = ("worker", worker, Known(0, place))
    groups = [
        Group(group(pod, Count(times(bounds.low, each), times(bounds.high, each)), around, template, name), pod)
        for name, pod, each in parts
    ]
    reason = _service_reason(groups)
    compute = [one.compute for one in groups]
    pods = [one.pod for one in groups]
    serving = serving_of(template, bounds, pods) if reason.purpose is Purpose.INFERENCE else None
    training = training_of(node, compute) if reason.purpose is Purpose.TRAINING else None
    return draft(reason.purpose, reason.evidence, compute, pods, serving=serving, training=training)


def _held(node: Node, most: Value[int], *path: str) -> Count:
    """Return the bounds of a run that may be suspended until a queue lets it in."""
    suspended = node.flag(*path)
    if isinstance(suspended, Known) and suspended.value:
        return Count(Known(0, suspended.location), most)
    return Count(most, most)


def _batch_reason(groups: list[Group]) -> Reason:
    reasons = [_reason(one, batch=True) for one in groups]
    training = [one for one in reasons if one.purpose is Purpose.TRAINING]
    return (training or reasons or [Reason(Purpose.BATCH, "a set of jobs")])[0]


def _service_reason(groups: list[Group]) -> Reason:
    reasons = [_reason(one, batch=False) for one in groups]
    told = [one for one in reasons if one.purpose is not Purpose.UNKNOWN]
    return told[0] if told else Reason(Purpose.UNKNOWN, "")


def _reason(one: Group, *, batch: bool) -> Reason:
    if one.pod is None:
        return Reason(Purpose.BATCH if batch else Purpose.UNKNOWN, "")
    accelerated = not isinstance(one.compute.accelerator_count, Absent)
    return purpose_of(one.pod, batch=batch, accelerated=accelerated)


PLATFORM = platform(
    "batch_sets",
    {
        ("jobset.x-k8s.io", "JobSet"): _job_set,
        ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): _leader_worker_set,
        ("batch.volcano.sh", "Job"): _volcano_job,
    },
)
