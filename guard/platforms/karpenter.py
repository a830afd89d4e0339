"""Karpenter's NodePool (and the Provisioner before it): which machines may be bought for pods, and how.

A pool is supply. Its nodes exist only for pods, which are counted themselves, so a pool has no cost of its own: its
least count is 0 and its most is not known, because limits bound what may be spent and do not spend it. A pool of a
fixed number of nodes (`replicas`) is counted as written. Source: the NodePool pages of karpenter.sh.
"""

from __future__ import annotations

from collections.abc import Mapping

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Label
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._kubernetes_objects import Draft, named, platform, written
from guard.platforms._kubernetes_pools import NODE_POOL, PROVISIONER, pool_compute, pool_spec
from guard.platforms._pods import Count

_NODE_CLASSES = (
    ("karpenter.k8s.aws", "EC2NodeClass"),
    ("karpenter.k8s.aws", "AWSNodeTemplate"),
    ("karpenter.azure.com", "AKSNodeClass"),
    ("karpenter.k8s.gcp", "GCENodeClass"),
)


def _node_pool(node: Node, around: Surroundings) -> Draft:
    count = _count(node)
    template = node.get("spec", "template")
    return Draft(
        compute=(pool_compute(node, around, count.low, count.high),),
        templates=(template,) if template is not None else (),
        extra_labels=_tags(node, around),
    )


def _count(node: Node) -> Count:
    fixed = node.integer("spec", "replicas")
    if not isinstance(fixed, Absent):
        return Count(fixed, fixed)
    where = node.nearest("spec", "limits")
    limits = [f"{key} {text.value}" for key, child in node.fields("spec", "limits").items()
              if isinstance(text := child.text(), Known)]  # fmt: skip
    bound = f"within the limits {', '.join(sorted(limits))}" if limits else "without a limit"
    most: Value[int] = Unknown(f"as many nodes as its pods need, {bound}", where)
    return Count(Known(0, where), most)


def _tags(node: Node, around: Surroundings) -> Mapping[str, Label]:
    """Return the tags that the node class puts on the machines, which is where the bill shows them."""
    name = written(pool_spec(node), "nodeClassRef", "name") or written(pool_spec(node), "providerRef", "name")
    holder = named(around, name, *_NODE_CLASSES, near=node.location) if name else None
    if holder is None:
        return {}
    source = f"{written(holder, 'kind')}/{name}"
    return {key: Label(child.text(), source) for key, child in holder.fields("spec", "tags").items()}


PLATFORM = platform("karpenter", {NODE_POOL: _node_pool, PROVISIONER: _node_pool})
