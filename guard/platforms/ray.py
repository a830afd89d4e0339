"""KubeRay: RayCluster, RayJob, RayCronJob and RayService.

Sources: the custom resource definitions of ray-project/kuberay, and the Serve configuration schema of Ray.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from guard.discover import one
from guard.model.document import Format
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Purpose, Serving
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._kubernetes_data import text_links
from guard.platforms._kubernetes_objects import Draft, platform, written
from guard.platforms._kubernetes_purpose import purpose_of_text
from guard.platforms._kubernetes_quantities import hours, times
from guard.platforms._kubernetes_workloads import Group, draft, group, run, shared_checkpoint, training_of
from guard.platforms._pods import Count, pod_of

T = TypeVar("T")
# A serve configuration in a string is a few hundred lines at most.
_CONFIG_LIMIT = 500_000


def _ray_cluster(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec") or node
    return run(node, _groups(spec, around), Purpose.UNKNOWN, "")


def _ray_job(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec", "rayClusterSpec")
    groups = _groups(spec, around) if spec is not None else []
    entry = node.get("spec", "entrypoint")
    reason = purpose_of_text(written(node, "spec", "entrypoint"))
    found = run(node, groups, reason.purpose, reason.evidence, hours(node, "spec", "activeDeadlineSeconds"))
    texts = (entry, node.get("spec", "runtimeEnvYAML"))
    links = tuple(link for text in texts if text is not None for link in text_links(text))
    return replace(found, data=(*links, *found.data))


def _ray_cron_job(node: Node, around: Surroundings) -> Draft:
    template = node.get("spec", "jobTemplate")
    if template is None:
        return Draft(purpose=Purpose.BATCH, evidence="a RayCronJob")
    # A job template is the spec of a RayJob.
    fields = {"spec": template, **({"metadata": node.fields()["metadata"]} if "metadata" in node.fields() else {})}
    found = _ray_job(replace(node, value=fields), around)
    schedule = node.text("spec", "schedule")
    training = found.training or training_of(template, found.compute)
    return replace(found, training=replace(training, schedule=schedule))


def _ray_service(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec", "rayClusterConfig")
    groups = _groups(spec, around) if spec is not None else []
    config = node.get("spec", "serveConfigV2")
    data = text_links(config, "model") if config is not None else ()
    compute = shared_checkpoint([one.compute for one in groups])
    return draft(
        Purpose.INFERENCE,
        "a RayService",
        compute,
        [one.pod for one in groups],
        data=data,
        serving=_service_serving(node, config),
    )


def _groups(spec: Node, around: Surroundings) -> list[Group]:
    """Return the head and the worker groups of a Ray cluster.

    Without `enableInTreeAutoscaling` the bounds of a worker group have no effect.
    """
    groups = []
    head = spec.get("headGroupSpec")
    if head is not None:
        pod = pod_of(head.get("template"))
        one: Value[int] = Known(1, head.key or head.location)
        groups.append(Group(group(pod, Count(one, one), around, head, "head"), pod))
    scaling = spec.flag("enableInTreeAutoscaling")
    scales = isinstance(scaling, Known) and scaling.value
    for worker in spec.items("workerGroupSpecs"):
        pod = pod_of(worker.get("template"))
        name = written(worker, "groupName") or "worker"
        groups.append(Group(group(pod, _workers(worker, scales), around, worker, name), pod))
    return groups


def _workers(worker: Node, scales: bool) -> Count:
    hosts = worker.integer("numOfHosts")
    low, high = worker.integer("minReplicas"), worker.integer("maxReplicas")
    written_count = worker.integer("replicas")
    suspended = worker.flag("suspend")
    if not scales:
        low = high = low if isinstance(written_count, Absent) else written_count
    if isinstance(suspended, Known) and suspended.value:
        low = Known(0, suspended.location)
    return Count(times(low, hosts), times(high, hosts))


def _service_serving(node: Node, config: Node | None) -> Serving:
    place = config or node.get("spec") or node
    parsed = _parsed(config) if config is not None else None
    units = list(_deployments(parsed)) if parsed is not None else []
    where = place.key or place.location
    if not units or config is None:
        return Serving(location=where)
    # Positions within the string are not those of the file, so every fact of it stands at the string.
    low, high = _bounds(units[0])
    return Serving(
        location=where,
        min_replicas=_at(low, config),
        max_replicas=_at(high, config),
        scale_to_zero=mapped(_at(low, config), lambda count: count == 0),
        model_name=_at(_model(units[0]), config),
    )


def _at(value: Value[T], config: Node) -> Value[T]:
    if isinstance(value, Known):
        return Known(value.value, config.location)
    return Unknown(value.reason, config.location) if isinstance(value, Unknown) else Absent(config.location)


def _parsed(config: Node) -> Node | None:
    text = config.text()
    reader = one("guard.formats", "yaml", "FORMAT", Format)
    if not isinstance(text, Known) or len(text.value) > _CONFIG_LIMIT or reader is None:
        return None
    roots = reader.parse(text.location.path, text.value).roots
    return roots[0] if roots else None


def _deployments(root: Node) -> Iterator[Node]:
    for application in root.items("applications"):
        yield from application.items("deployments")
        for config in application.items("args", "llm_configs"):
            deployment = config.get("deployment_config")
            yield deployment if deployment is not None else config


def _bounds(deployment: Node) -> tuple[Value[int], Value[int]]:
    fixed = deployment.integer("num_replicas")
    if isinstance(fixed, Known):
        return fixed, fixed
    scaling = "autoscaling_config"
    return deployment.integer(scaling, "min_replicas"), deployment.integer(scaling, "max_replicas")


def _model(deployment: Node) -> Value[str]:
    return first(deployment.text("user_config", "model"), deployment.text("model_loading_config", "model_id"))


PLATFORM = platform(
    "ray",
    {
        ("ray.io", "RayCluster"): _ray_cluster,
        ("ray.io", "RayJob"): _ray_job,
        ("ray.io", "RayCronJob"): _ray_cron_job,
        ("ray.io", "RayService"): _ray_service,
    },
)
