"""GKE's ComputeClass: which machines GKE buys for the pods that ask for the class, in the order of its priorities.

Like every node pool it is supply: its nodes exist only for pods, which are counted themselves. Source: the page on
custom compute classes of the Google Kubernetes Engine documentation.
"""

from __future__ import annotations

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.value import Known, Unknown
from guard.platforms._kubernetes_objects import Draft, platform
from guard.platforms._kubernetes_pools import COMPUTE_CLASS, pool_compute


def _compute_class(node: Node, around: Surroundings) -> Draft:
    where = node.nearest("spec", "priorities")
    most = Unknown("as many nodes as the pods that ask for the class need", where)
    return Draft(compute=(pool_compute(node, around, Known(0, where), most),))


PLATFORM = platform("gke", {COMPUTE_CLASS: _compute_class})
