"""KAITO's Workspace, RAGEngine and InferenceSet: GPU machines of AKS made for a model. Source: kaito-project/kaito."""

from __future__ import annotations

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, Purpose, Serving, Training
from guard.model.value import Absent, Known, Value
from guard.platforms._kubernetes_data import data_links, uri_link
from guard.platforms._kubernetes_objects import Draft, platform
from guard.platforms._kubernetes_placement import provider_of_machine
from guard.platforms._kubernetes_quantities import times


def _workspace(node: Node, around: Surroundings) -> Draft:
    """Return what a Workspace deploys; its parts stand beside `metadata`, not in a spec."""
    compute = _machines(node, node.integer("resource", "count"))
    tuning = node.get("tuning")
    if tuning is not None:
        urls = [link for one in tuning.items("input", "urls") for link in uri_link(one)]
        training = Training(location=tuning.key or tuning.location)
        return Draft(
            compute=(compute,), data=tuple(urls), training=training, purpose=Purpose.TRAINING, evidence="tuning"
        )
    return _served(node, node, compute)


def _inference_set(node: Node, around: Surroundings) -> Draft:
    template = node.get("spec", "template") or node
    count = times(node.integer("spec", "replicas"), template.integer("resource", "count"))
    return _served(node, template, _machines(template, count))


def _rag_engine(node: Node, around: Surroundings) -> Draft:
    holder = node.get("spec", "compute") or node
    kind = holder.text("instanceType")
    compute = _compute(holder, kind, holder.integer("count"))
    return Draft(compute=(compute,), purpose=Purpose.INFERENCE, evidence="a KAITO RAGEngine")


def _served(node: Node, holder: Node, compute: Compute) -> Draft:
    inference = holder.get("inference")
    place = (inference or holder).key or (inference or holder).location
    serving = Serving(
        location=place,
        min_replicas=compute.count_min,
        max_replicas=compute.count_max,
        model_name=holder.text("inference", "preset", "name"),
    )
    template = holder.get("inference", "template", "spec")
    data = data_links(template, template.items("containers")) if template is not None else ()
    return Draft(compute=(compute,), data=data, serving=serving, purpose=Purpose.INFERENCE, evidence="inference")


def _machines(holder: Node, count: Value[int]) -> Compute:
    return _compute(holder.get("resource") or holder, holder.text("resource", "instanceType"), count)


def _compute(holder: Node, kind: Value[str], count: Value[int]) -> Compute:
    return Compute(
        location=holder.key or holder.location,
        provider=(provider_of_machine(kind.value) or "azure") if isinstance(kind, Known) else "",
        instance_type=kind,
        count_min=count,
        count_max=Absent(holder.key or holder.location) if isinstance(count, Absent) else count,
    )


PLATFORM = platform(
    "kaito",
    {
        ("kaito.sh", "Workspace"): _workspace,
        ("kaito.sh", "InferenceSet"): _inference_set,
        ("kaito.sh", "RAGEngine"): _rag_engine,
    },
)
