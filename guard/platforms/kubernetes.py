"""The workloads of Kubernetes itself: Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, and List."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from guard.discover import offered
from guard.model.finding import Problem
from guard.model.instance import Item
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Purpose, Resource
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._kubernetes_objects import Draft, is_list, kind_of_object, manifest, members, platform, written
from guard.platforms._kubernetes_purpose import Reason, purpose_of
from guard.platforms._kubernetes_quantities import hours
from guard.platforms._kubernetes_scaling import replicas
from guard.platforms._kubernetes_volumes import volume
from guard.platforms._kubernetes_workloads import draft, group, limited, serving_of, training_of
from guard.platforms._pods import Count, Pod, pod_of

_Counts = Callable[[Node, Surroundings], Count]


def _pod(node: Node, around: Surroundings) -> Draft:
    one = Known(1, node.nearest("spec"))
    return _service(node, node, Count(one, one), around)


def _replicated(node: Node, around: Surroundings) -> Draft:
    return _service(node, node.get("spec", "template"), replicas(node, around), around)


def _daemons(node: Node, around: Surroundings) -> Draft:
    unknown = Unknown("a DaemonSet runs on every node that it fits", node.nearest("spec"))
    return _service(node, node.get("spec", "template"), Count(unknown, unknown), around)


def _service(node: Node, template: Node | None, count: Count, around: Surroundings) -> Draft:
    """Return what a workload that is meant to keep running deploys."""
    pod = pod_of(template, _claim_templates(node))
    compute = group(pod, count, around, node.get("spec") or node)
    reason = _reason(pod, compute, batch=False)
    serving = serving_of(node.get("spec") or node, count, (pod,)) if reason.purpose is Purpose.INFERENCE else None
    training = training_of(node, (compute,)) if reason.purpose is Purpose.TRAINING else None
    found = draft(reason.purpose, reason.evidence, (compute,), (pod,), serving=serving, training=training)
    claims = node.items("spec", "volumeClaimTemplates")
    return replace(found, storage=tuple(volume(one, around, count.high) for one in claims)) if claims else found


def _job(node: Node, around: Surroundings) -> Draft:
    return _run(node, node, around)


def _cron_job(node: Node, around: Surroundings) -> Draft:
    job = node.get("spec", "jobTemplate")
    if job is None:
        return Draft(purpose=Purpose.BATCH, evidence="a CronJob")
    drafted = _run(job, node, around)
    training = drafted.training or training_of(job, drafted.compute)
    schedule = node.text("spec", "schedule")
    trigger = Known("schedule", schedule.location) if isinstance(schedule, Known) else schedule
    return replace(drafted, training=replace(training, schedule=schedule, trigger=trigger))


def _run(job: Node, node: Node, around: Surroundings) -> Draft:
    """Return what a Job deploys; `node` is the object that holds it."""
    pod = pod_of(job.get("spec", "template"))
    count = parallelism(job)
    holder = job.get("spec") or node
    compute = limited((group(pod, count, around, holder),), hours(job, "spec", "activeDeadlineSeconds"))
    reason = _reason(pod, compute[0], batch=True)
    training = training_of(job, compute) if reason.purpose is Purpose.TRAINING else None
    return draft(reason.purpose, reason.evidence, compute, (pod,), training=training)


def parallelism(job: Node) -> Count:
    """Return how many pods of a Job run at once: `parallelism`, at most as many as are left to complete."""
    parallel, completions = job.integer("spec", "parallelism"), job.integer("spec", "completions")
    suspended = job.flag("spec", "suspend")
    most: Value[int] = parallel
    if isinstance(parallel, Known) and isinstance(completions, Known):
        most = completions if completions.value < parallel.value else parallel
    elif isinstance(parallel, Absent) and isinstance(completions, Known):
        most = Known(min(1, completions.value), completions.location)
    if isinstance(suspended, Known) and suspended.value:
        return Count(Known(0, suspended.location), most)
    return Count(most, most)


def _reason(pod: Pod | None, compute: Compute, *, batch: bool) -> Reason:
    accelerated = not isinstance(compute.accelerator_count, Absent)
    if pod is None:
        return Reason(Purpose.BATCH, "a Job") if batch else Reason(Purpose.UNKNOWN, "")
    return purpose_of(pod, batch=batch, accelerated=accelerated)


def _claim_templates(node: Node) -> tuple[str, ...]:
    names = (written(one, "metadata", "name") for one in node.items("spec", "volumeClaimTemplates"))
    return tuple(name for name in names if name)


_READERS = {
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replicated,
    ("apps", "Deployment"): _replicated,
    ("extensions", "Deployment"): _replicated,
    ("apps", "StatefulSet"): _replicated,
    ("apps", "ReplicaSet"): _replicated,
    ("apps", "DaemonSet"): _daemons,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
}
_WORKLOADS = platform("kubernetes", _READERS)


def _claims(source: Source) -> bool:
    node = manifest(source)
    return node is not None and (kind_of_object(node) in _READERS or is_list(node))


def _resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
    node = manifest(source)
    if node is None or not is_list(node) or not isinstance(source, Item):
        yield from _WORKLOADS.resources(source, around)
        return
    platforms = sorted(offered("guard.platforms", "PLATFORM", Platform).values(), key=lambda one: (one.order, one.name))
    for member in members(node):
        item = Item(source.path, member, source.ordinal)
        reader = next((one for one in platforms if not is_list(member) and one.claims(item)), None)
        if reader is not None:
            yield from reader.resources(item, around)


PLATFORM = Platform("kubernetes", _claims, _resources)
