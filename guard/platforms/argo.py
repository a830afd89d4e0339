"""Argo Workflows: Workflow, CronWorkflow and their templates; every step with a container is a group of pods.

How often a step runs (loops, retries) is decided as the workflow runs, so its largest count is known only for a loop
over written items. Source: the field reference of argoproj/argo-workflows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import DataLink, Purpose
from guard.model.value import Known, Unknown, Value, first
from guard.platforms._kubernetes_data import whole_uri
from guard.platforms._kubernetes_objects import Draft, platform, written
from guard.platforms._kubernetes_purpose import purpose_of
from guard.platforms._kubernetes_quantities import hours
from guard.platforms._kubernetes_workloads import Group, group, limited, run, training_of
from guard.platforms._pods import Count, Pod

_PLACED_BY_WORKFLOW = ("nodeSelector", "tolerations", "affinity", "volumes")


def _workflow(node: Node, around: Surroundings) -> Draft:
    return _drafted(node, node.get("spec"), around)


def _cron_workflow(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec", "workflowSpec")
    found = _drafted(node, spec, around)
    schedule = first(node.text("spec", "schedule"), node.text("spec", "schedules", 0))
    training = found.training or training_of(spec or node, found.compute)
    trigger = Known("schedule", schedule.location) if isinstance(schedule, Known) else schedule
    return replace(found, training=replace(training, schedule=schedule, trigger=trigger))


def _drafted(node: Node, spec: Node | None, around: Surroundings) -> Draft:
    if spec is None:
        return Draft(purpose=Purpose.PIPELINE, evidence="a Workflow")
    uses = _uses(spec)
    groups = []
    for template in spec.items("templates"):
        containers = _containers(template)
        if not containers:
            continue
        placed = _placed(template, spec)
        pod = Pod(placed, containers, template.items("initContainers"), template)
        name = written(template, "name")
        compute = group(pod, uses.get(name, _once(template)), around, template, name)
        limit = first(hours(template, "activeDeadlineSeconds"), hours(spec, "activeDeadlineSeconds"))
        groups.append(Group(limited((compute,), limit)[0], pod))
    trained = [purpose_of(one.pod, batch=True, accelerated=True) for one in groups if one.pod is not None]
    reason = next((one for one in trained if one.purpose is Purpose.TRAINING), None)
    found = run(
        node, groups, reason.purpose if reason else Purpose.PIPELINE, reason.evidence if reason else "a Workflow"
    )
    return replace(found, data=(*found.data, *_artifacts(spec)))


def _once(template: Node) -> Count:
    once: Value[int] = Known(1, template.key or template.location)
    return Count(once, once)


def _containers(template: Node) -> tuple[Node, ...]:
    """Return what runs in the pod of a template: its container or script, a set of containers, and sidecars."""
    single = [one for name in ("container", "script") if (one := template.get(name)) is not None]
    return (*single, *template.items("containerSet", "containers"), *template.items("sidecars"))


def _placed(template: Node, spec: Node) -> Node:
    """Return a template as a PodSpec: where it does not say where to run, the workflow does."""
    own = dict(template.fields())
    inherited = {name: child for name in _PLACED_BY_WORKFLOW if (child := spec.get(name)) is not None}
    return replace(template, value={**inherited, **own})


def _uses(spec: Node) -> Mapping[str, Count]:
    """Return how often a template runs at once, for those called in loops or more than once at a time."""
    found: dict[str, Count] = {}
    parallel = spec.integer("parallelism")
    for step in _steps(spec):
        name = written(step, "template")
        loop = next(
            (one for key in ("withItems", "withParam", "withSequence") if (one := step.get(key)) is not None), None
        )
        if loop is not None and name:
            found[name] = _looped(step, loop, parallel)
    return found


def _looped(step: Node, loop: Node, parallel: Value[int]) -> Count:
    items = step.items("withItems")
    place = loop.key or loop.location
    if isinstance(parallel, Known) and not 0 < len(items) < parallel.value:
        return Count(Known(1, place), parallel)
    if not items:
        return Count(Known(1, place), Unknown("the loop's items are known when it runs", place))
    most = Known(len(items), place)
    return Count(most, most)


def _steps(spec: Node) -> Iterator[Node]:
    for template in spec.items("templates"):
        yield from template.items("dag", "tasks")
        for parallel in template.items("steps"):
            yield from parallel.items()


def _artifacts(spec: Node) -> Iterator[DataLink]:
    """Yield the buckets that artifacts are read from and written to, where the artifact names its own."""
    for template in spec.items("templates"):
        for part, direction, role in (("inputs", "read", "data"), ("outputs", "write", "output")):
            for artifact in template.items(part, "artifacts"):
                for store, scheme in (("s3", "s3"), ("gcs", "gs")):
                    bucket, key = artifact.text(store, "bucket"), artifact.text(store, "key")
                    if isinstance(bucket, Known):
                        path = f"/{key.value}" if isinstance(key, Known) else ""
                        uri = whole_uri(f"{scheme}://{bucket.value}{path}", bucket.location)
                        yield DataLink(uri=uri, location=bucket.location, direction=direction, role=role)


PLATFORM = platform(
    "argo",
    {
        ("argoproj.io", "Workflow"): _workflow,
        ("argoproj.io", "WorkflowTemplate"): _workflow,
        ("argoproj.io", "ClusterWorkflowTemplate"): _workflow,
        ("argoproj.io", "CronWorkflow"): _cron_workflow,
    },
)
