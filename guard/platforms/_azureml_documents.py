"""What an Azure ML CLI v2 document is, and what other documents of the repository say about it."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from guard.model.instance import Item
from guard.model.location import Step
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, Purchase
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._specs import Items, every, has, root_of, written

_SCHEMA = re.compile(r"(?:azuremlschemas\.azureedge\.net|azuremlsdk2\.blob\.core\.windows\.net|//azureml/sdk-2-0)/.*")
_JOBS = ("command", "sweep", "pipeline", "spark", "automl")
_BY_SCHEMA = {
    "managedonlinedeployment": "online deployment",
    "kubernetesonlinedeployment": "kubernetes deployment",
    "managedonlineendpoint": "endpoint",
    "kubernetesonlineendpoint": "endpoint",
    "onlineendpoint": "endpoint",
    "batchendpoint": "endpoint",
    "batchdeployment": "batch deployment",
    "modelbatchdeployment": "batch deployment",
    "pipelinecomponentbatchdeployment": "batch deployment",
    "amlcompute": "cluster",
    "computeinstance": "compute instance",
    "commandjob": "command",
    "sweepjob": "sweep",
    "pipelinejob": "pipeline",
    "sparkjob": "spark",
    "automljob": "automl",
    "schedule": "schedule",
    "monitorschedule": "schedule",
    "data": "data",
    "model": "model",
    "workspace": "workspace",
}


class Model(NamedTuple):
    """A reference to a registered model."""

    name: Value[str]
    version: Value[str]


def kind_of(node: Node) -> str:
    """Return what an Azure ML document describes, "" for a document that is not one or deploys nothing."""
    schema = written(node, "$schema").strip()
    if schema:
        if not _SCHEMA.search(schema):
            return ""
        name = schema.rpartition("/")[2].lower().removesuffix(".json").removesuffix(".schema")
        return _BY_SCHEMA.get(name, "")
    return _kind_by_content(node)


def _kind_by_content(node: Node) -> str:
    kind = written(node, "type").lower()
    if has(node, "apiVersion", "services"):
        return ""
    if kind in {"amlcompute", "computeinstance"} and has(node, "size", "name"):
        return "cluster" if kind == "amlcompute" else "compute instance"
    if has(node, "endpoint_name") and has(node, "model", "instance_type"):
        return "batch deployment" if has(node, "compute", "settings") else "online deployment"
    if kind in _JOBS and has(node, "compute", "jobs") and has(node, "command", "trial", "jobs", "entry", "environment"):
        return kind
    return "schedule" if has(node, "create_job", "create_monitor") and has(node, "trigger") else ""


def documents(around: Surroundings, *kinds: str) -> Iterator[tuple[Item, Node]]:
    """Yield the Azure ML documents of these kinds in the repository."""
    index = _index(Items(around.items))
    for kind in kinds:
        yield from index.get(kind, ())


@lru_cache(maxsize=2)
def _index(items: Items) -> Mapping[str, tuple[tuple[Item, Node], ...]]:
    found: defaultdict[str, list[tuple[Item, Node]]] = defaultdict(list)
    for item in items.all:
        node = root_of(item)
        kind = kind_of(node) if node is not None else ""
        if node is not None and kind:
            found[kind].append((item, node))
    return {kind: tuple(pairs) for kind, pairs in found.items()}


def region(node: Node, around: Surroundings) -> Value[str]:
    """Return the region: written, or that of the only workspace that the repository declares."""
    own = node.text("location")
    if not isinstance(own, Absent):
        return own
    return _workspace_region(Items(around.items)) or own


@lru_cache(maxsize=2)
def _workspace_region(items: Items) -> Known[str] | None:
    places = [one.text("location") for _, one in _index(items).get("workspace", ())]
    known = [one for one in places if isinstance(one, Known)]
    if known and len(known) == len(places) and len({one.value for one in known}) == 1:
        return Known(known[0].value, known[0].location, (Step("the workspace is declared here", known[0].location),))
    return None


@lru_cache(maxsize=2)
def _clusters(items: Items) -> Mapping[str, Node]:
    """Return the clusters and compute instances by name, the first of each."""
    found = [*_index(items).get("cluster", ()), *_index(items).get("compute instance", ())]
    return {written(node, "name"): node for _, node in reversed(found)}


@lru_cache(maxsize=2)
def _jobs_by_file(items: Items) -> Mapping[str, int]:
    """Return how many jobs each file holds."""
    return Counter(item.path for kind in _JOBS for item, _ in _index(items).get(kind, ()))


def cluster(reference: Value[str], around: Surroundings) -> Compute | Unknown | None:
    """Return the machines of the cluster that `compute: azureml:<name>` names, None where no cluster is named."""
    if isinstance(reference, Unknown):
        return reference
    if isinstance(reference, Absent) or reference.value in {"azureml:serverless", "serverless"}:
        return None
    if re.match(r"\$\{\{", reference.value):
        return Unknown(f"{reference.value} is set where the pipeline is called", reference.location)
    name = reference.value.removeprefix("azureml:")
    node = _clusters(Items(around.items)).get(name)
    if node is not None:
        facts = nodes_of(node, Step(f"{reference.value} is declared here", node.nearest("name")))
        return replace(facts, host=f"AzureML/{name}")
    return Unknown(f"the repository does not declare the compute {reference.value}", reference.location)


def nodes_of(node: Node, *trail: Step) -> Compute:
    """Return the facts of a cluster's nodes, each led to by `trail`."""
    size = node.text("size")
    if isinstance(size, Known):
        size = Known(size.value, size.location, (*trail, *size.trail))
    return Compute(
        location=node.nearest("size"),
        provider="azure",
        service="azureml",
        instance_type=size,
        purchase=_tier(node.text("tier"), *trail),
    )


def _tier(tier: Value[str], *trail: Step) -> Value[Purchase]:
    if not isinstance(tier, Known):
        return tier
    kinds = {"low_priority": Purchase.SPOT, "lowpriority": Purchase.SPOT, "dedicated": Purchase.ON_DEMAND}
    kind = kinds.get(tier.value.lower())
    if kind is None:
        return Unknown(f"there is no tier {tier.value!r}", tier.location)
    return Known(kind, tier.location, (*trail, *tier.trail))


def model(node: Node) -> Model:
    """Return name and version of `model`: `azureml:llm:3`, `azureml:llm@latest`, a registry's URI, or an inline one."""
    inline = node.find("model")
    if isinstance(inline, Known) and not isinstance(inline.value.value, str):
        return Model(node.text("model", "name"), node.text("model", "version"))
    text = node.text("model")
    if not isinstance(text, Known):
        return Model(text, text)
    registered = re.fullmatch(r"azureml://registries/.+/models/([^/]+)/(?:versions|labels)/(.+)", text.value)
    named = registered or re.fullmatch(r"azureml:([^:@/]+)[:@](.+)", text.value)
    if not named:
        return Model(Absent(text.location), Absent(text.location))
    return Model(Known(named.group(1), text.location), Known(named.group(2), text.location))


def schedule_of(item: Item, around: Surroundings) -> Value[str]:
    """Return the schedule that another document of the repository sets for the job `item`, by its name or its file."""
    alone = _jobs_by_file(Items(around.items)).get(item.path) == 1
    for other, node in documents(around, "schedule"):
        target = first(node.text("create_job", "job"), node.text("create_job"))
        if not isinstance(target, Known):
            continue
        named = target.value == f"azureml:{written(item.node, 'name')}"
        path = posixpath.normpath(posixpath.join(posixpath.dirname(other.path), target.value))
        if named or (alone and path == item.path):
            return schedule(node)
    return Absent(item.node.nearest())


def schedule(node: Node) -> Value[str]:
    """Return a schedule's trigger: the cron expression, or `rate(1 day)` for a recurrence."""
    frequency = node.text("trigger", "frequency")
    if not isinstance(frequency, Known):
        return node.text("trigger", "expression")
    interval = first(node.integer("trigger", "interval"), Known(1, frequency.location))
    if not isinstance(interval, Known):
        return Unknown("how often it recurs is not known", frequency.location)
    return Known(every(interval.value, frequency.value), frequency.location, frequency.trail)
