"""The node pools of the repository, and what those that would take a pod tell of what the pod itself does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from guard.model.accelerators import accelerator_name
from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, Purchase
from guard.model.value import Absent, Known, Unknown, Value, first
from guard.platforms._cluster_profiles import NAME_KEYS, counts_for, of_profile
from guard.platforms._kubernetes_objects import beside, derived, kind_of_object, place, written
from guard.platforms._kubernetes_placement import Term, expressions, placed

NODE_POOL = ("karpenter.sh", "NodePool")
PROVISIONER = ("karpenter.sh", "Provisioner")
COMPUTE_CLASS = ("cloud.google.com", "ComputeClass")
_NAME_KEYS = ("karpenter.sh/nodepool", "karpenter.sh/provisioner-name", "cloud.google.com/compute-class")
_CLASS_PROVIDERS = {"karpenter.k8s.aws": "aws", "karpenter.azure.com": "azure", "karpenter.k8s.gcp": "google"}
_ACCELERATED = "nvidia.com/gpu.product"
_WELL_KNOWN = (
    "kubernetes.io/",
    "node.kubernetes.io/",
    "beta.kubernetes.io/",
    "topology.",
    "failure-domain.",
    "karpenter.",
    "cloud.google.com/",
    "eks.amazonaws.com/",
    "k8s.amazonaws.com/",
    "kubernetes.azure.com/",
    "nvidia.com/",
    "gpu.nvidia.com/",
    "amd.com/",
)


@dataclass(frozen=True, slots=True)
class Supply:
    """What a pool's machines are, or what the pools that would take a pod have in common."""

    provider: str
    instance_type: Value[str]
    other_instance_types: tuple[Known[str], ...]
    accelerator: Value[str]
    accelerator_count: Value[Decimal]
    purchase: Value[Purchase]
    fallback: Value[str]
    region: Value[str]
    zone: Value[str]


def serving_pools(asked: Sequence[Term], pod: Node, around: Surroundings, accelerated: bool | None = None) -> Supply:
    """Return what the pools that would take the pod have in common, all absent where none is known to take it.

    A pool counts where the pod is tied to it: it selects the pool's name or a label of its own, or tolerates its taint.
    A cluster profile tells all pools there are, so that those of its pools count that nothing keeps the pod out of;
    `accelerated` tells whether the pod needs a machine with accelerators, None where that is not known.
    """
    absent = Absent(pod.key or pod.location)
    supplies = []
    for node, offered in derived(around, _pools):
        profile = of_profile(node)
        # Without a selector, an affinity or a toleration nothing ties the pod to a pool of the repository.
        if not (asked or profile) or not counts_for(node, pod.location.path):
            continue
        if profile and accelerated is not None and accelerated != (_ACCELERATED in offered):
            continue
        if _takes(node, offered, asked, pod, open_to_all=profile):
            supplies.append(supply(node, around))
    return merged_supply(supplies, absent)


def merged_supply(supplies: Sequence[Supply], absent: Absent) -> Supply:
    """Return what supplies have in common; where one is of spot machines and another is not, that is the fallback."""
    if not supplies:
        return nothing(absent)
    merged = supplies[0]
    for one in supplies[1:]:
        merged = _merged(merged, one, absent)
    return merged


def supply_of(asked: Sequence[Term], pod: Node, around: Surroundings) -> Supply:
    """Return the machines that these node labels mean, by themselves and by the pools that would take them."""
    where = placed(asked, Absent(pod.key or pod.location))
    pools = serving_pools(asked, pod, around)
    return replace(
        pools,
        provider=where.provider or pools.provider,
        instance_type=first(where.instance_type, pools.instance_type),
        other_instance_types=where.instance_types[1:] or pools.other_instance_types,
        accelerator=first(where.accelerator, pools.accelerator),
        purchase=first(where.purchase, pools.purchase),
        fallback=pools.fallback if isinstance(where.purchase, Absent) else where.fallback,
        region=first(where.region, pools.region),
        zone=first(where.zone, pools.zone),
    )


def _pools(around: Surroundings) -> tuple[tuple[Node, Mapping[str, Term]], ...]:
    """Return the pools of the repository, each with what it offers by label."""
    nodes = beside(around, NODE_POOL, PROVISIONER, COMPUTE_CLASS)
    return tuple(
        (node, {} if kind_of_object(node) == COMPUTE_CLASS else {term.key: term for term in pool_terms(node)})
        for node in nodes
    )


def pool_compute(node: Node, around: Surroundings, low: Value[int], high: Value[int]) -> Compute:
    """Return the compute of a pool's machines, between these counts."""
    found = supply(node, around)
    spec = pool_spec(node)
    return Compute(
        location=spec.key or spec.location,
        name=written(node, "metadata", "name"),
        provider=found.provider,
        instance_type=found.instance_type,
        other_instance_types=found.other_instance_types,
        accelerator=found.accelerator,
        accelerator_count=found.accelerator_count,
        count_min=low,
        count_max=high,
        purchase=found.purchase,
        fallback=found.fallback,
        region=found.region,
        zone=found.zone,
    )


def nothing(absent: Absent) -> Supply:
    """Return a supply of which nothing is known."""
    return Supply("", absent, (), absent, absent, absent, absent, absent, absent)


def supply(node: Node, around: Surroundings) -> Supply:
    """Return what the machines of a NodePool, Provisioner or ComputeClass are."""
    if kind_of_object(node) == COMPUTE_CLASS:
        return _compute_class(node)
    found = _node_pool(node)
    if isinstance(found.purchase, Known) and found.purchase.value is Purchase.SPOT:
        return replace(found, fallback=_lesser_pool(node, around, found.fallback))
    return found


def pool_spec(node: Node) -> Node:
    """Return what holds requirements and taints: the node template of a NodePool, the spec of a Provisioner."""
    if kind_of_object(node) == PROVISIONER:
        return node.get("spec") or node
    return node.get("spec", "template", "spec") or node.get("spec") or node


def pool_terms(node: Node) -> tuple[Term, ...]:
    """Return what a NodePool asks of its machines, with the labels that it gives them."""
    spec = pool_spec(node)
    labels = ("spec", "labels") if kind_of_object(node) == PROVISIONER else ("spec", "template", "metadata", "labels")
    given = [
        Term(key, (text,), "required", child.location)
        for key, child in node.fields(*labels).items()
        if isinstance(text := child.text(), Known)
    ]
    return (*expressions(spec.items("requirements"), "required"), *given)


def _node_pool(node: Node) -> Supply:
    spec = pool_spec(node)
    asked = pool_terms(node)
    absent = Absent(spec.nearest("requirements"))
    where = placed(asked, absent)
    purchase = where.purchase
    if isinstance(purchase, Absent):
        # Karpenter buys on demand where no capacity type is asked for.
        purchase = Known(Purchase.ON_DEMAND, absent.location)
    group = written(spec, "nodeClassRef", "group") or written(spec, "nodeClassRef", "apiVersion").partition("/")[0]
    return Supply(
        provider=where.provider or _CLASS_PROVIDERS.get(group, ""),
        instance_type=where.instance_type,
        other_instance_types=where.instance_types[1:],
        accelerator=where.accelerator,
        accelerator_count=_gpu_count(asked, absent),
        purchase=purchase,
        fallback=where.fallback,
        region=where.region,
        zone=where.zone,
    )


def _gpu_count(asked: Sequence[Term], absent: Absent) -> Value[Decimal]:
    for term in asked:
        if term.key.rpartition("/")[2] in ("instance-gpu-count", "instance-accelerator-count", "sku-gpu-count"):
            if len(term.values) == 1 and term.values[0].value.isdecimal() and len(term.values[0].value) < 6:
                return Known(Decimal(term.values[0].value), term.values[0].location)
            return Unknown("the number of accelerators of a machine is not pinned", term.location)
    return absent


def _lesser_pool(node: Node, around: Surroundings, absent: Value[str]) -> Value[str]:
    """Return the pool of lower weight that buys on demand for the same pods: same labels, same taints."""
    for other in beside(around, NODE_POOL, PROVISIONER):
        if other is node or _weight(other) >= max(_weight(node), 1) or _character(other) != _character(node):
            continue
        bought = _node_pool(other).purchase
        if isinstance(bought, Known) and bought.value in (Purchase.ON_DEMAND, Purchase.MIXED):
            return Known(f"NodePool/{written(other, 'metadata', 'name')}", place(other))
    return absent


def _weight(node: Node) -> int:
    weight = node.integer("spec", "weight")
    return weight.value if isinstance(weight, Known) else 0


def _character(node: Node) -> tuple[object, ...]:
    labels = {
        one.key: one.values[0].value for one in pool_terms(node) if not one.key.startswith(_WELL_KNOWN) and one.values
    }
    taints = {(written(one, "key"), written(one, "value")) for one in pool_spec(node).items("taints")}
    return sorted(labels.items()), sorted(taints)


def _compute_class(node: Node) -> Supply:
    """Return what a GKE ComputeClass buys; its priorities are tried in order, each the fallback of those before it."""
    priorities = node.items("spec", "priorities")
    absent = Absent(node.nearest("spec", "priorities"))
    kinds = _distinct([one.text("machineType") for one in priorities])
    families = [one.text("machineFamily") for one in priorities]
    purchase, fallback = _spot_and_other(priorities, absent)
    gpu = next((one for one in priorities if one.get("gpu") is not None or one.get("tpu") is not None), None)
    name, count = _class_accelerator(gpu) if gpu is not None else (absent, absent)
    zones = _distinct([zone.text() for one in priorities for zone in one.items("location", "zones")])
    where = placed((Term("topology.kubernetes.io/zone", zones, "required", absent.location),) if zones else (), absent)
    kind: Value[str] = kinds[0] if kinds else _family_only(families, absent)
    return Supply("google", kind, kinds[1:], name, count, purchase, fallback, where.region, where.zone)


def _class_accelerator(priority: Node) -> tuple[Value[str], Value[Decimal]]:
    part = "gpu" if priority.get("gpu") is not None else "tpu"
    kind = priority.text(part, "type")
    if isinstance(kind, Known):
        kind = Known(accelerator_name(kind.value), kind.location, kind.trail)
    return kind, priority.number(part, "count")


def _family_only(families: Sequence[Value[str]], absent: Absent) -> Value[str]:
    known = _distinct(families)
    if not known:
        return absent
    names = ", ".join(one.value for one in known)
    prefix = f"{known[0].value}-" if len(known) == 1 else ""
    return Unknown(f"only the family of machines is written: {names}", known[0].location, prefix=prefix)


def _spot_and_other(priorities: Sequence[Node], absent: Absent) -> tuple[Value[Purchase], Value[str]]:
    if not priorities:
        return absent, absent
    spot = [one for one in priorities if _is_spot(one)]
    other = [one for one in priorities if not _is_spot(one)]
    if not spot:
        return Known(Purchase.ON_DEMAND, other[0].location), absent
    place_of_spot = spot[0].nearest("spot")
    if not other:
        return Known(Purchase.SPOT, place_of_spot), absent
    return Known(Purchase.MIXED, place_of_spot), Known("on_demand", other[0].location)


def _is_spot(priority: Node) -> bool:
    spot = priority.flag("spot")
    return isinstance(spot, Known) and spot.value


def _distinct(values: Sequence[Value[str]]) -> tuple[Known[str], ...]:
    found: dict[str, Known[str]] = {}
    for one in values:
        if isinstance(one, Known):
            found.setdefault(one.value, one)
    return tuple(found.values())


def _takes(
    node: Node, offered: Mapping[str, Term], asked: Sequence[Term], pod: Node, *, open_to_all: bool = False
) -> bool:
    name = written(node, "metadata", "name")
    tied = open_to_all
    for term in asked:
        if term.strength != "required" or term.excluded:
            continue
        values = {one.value for one in term.values}
        if term.key in NAME_KEYS and of_profile(node):
            if name not in values:
                return False
            tied = True
        elif term.key in _NAME_KEYS:
            if name not in values or (term.key == _NAME_KEYS[2]) != (kind_of_object(node) == COMPUTE_CLASS):
                return False
            tied = True
        elif not _offers(offered, term.key, values):
            return False
        else:
            tied = tied or (term.key in offered and not term.key.startswith(_WELL_KNOWN))
    if kind_of_object(node) == COMPUTE_CLASS:
        return tied
    taints = _tolerated_taints(node, pod)
    return taints is not None and (tied or taints > 0)


def _offers(offered: Mapping[str, Term], key: str, values: set[str]) -> bool:
    """Tell whether the pool's machines may have one of these values of a label."""
    term = offered.get(key)
    if term is None:
        return key.startswith(_WELL_KNOWN)
    own = {one.value for one in term.values}
    return not (own & values) if term.excluded else bool(own & values)


def _tolerated_taints(node: Node, pod: Node) -> int | None:
    """Return how many taints of the pool the pod tolerates by their keys, None where one keeps it out."""
    keys = {written(one, "key") for one in pod.items("tolerations")}
    if of_profile(node) and any(one.key == _ACCELERATED for one in pool_terms(node)):
        # The extended resource toleration that managed clusters switch on lets pods that ask for GPUs onto GPU nodes.
        keys.add("nvidia.com/gpu")
    named = 0
    for taint in pool_spec(node).items("taints"):
        if written(taint, "effect") == "PreferNoSchedule":
            continue
        if written(taint, "key") in keys:
            named += 1
        elif "" not in keys:
            return None
    return named


def _merged(left: Supply, right: Supply, absent: Absent) -> Supply:
    purchase, fallback = _merged_purchase(left, right, absent)
    same_kind = _agrees(left.instance_type, right.instance_type)
    return Supply(
        provider=left.provider if left.provider == right.provider else "",
        instance_type=left.instance_type if same_kind else absent,
        other_instance_types=left.other_instance_types if same_kind else (),
        accelerator=left.accelerator if _agrees(left.accelerator, right.accelerator) else absent,
        accelerator_count=left.accelerator_count
        if _agrees(left.accelerator_count, right.accelerator_count)
        else absent,
        purchase=purchase,
        fallback=fallback,
        region=left.region if _agrees(left.region, right.region) else absent,
        zone=left.zone if _agrees(left.zone, right.zone) else absent,
    )


def _merged_purchase(left: Supply, right: Supply, absent: Absent) -> tuple[Value[Purchase], Value[str]]:
    if _agrees(left.purchase, right.purchase):
        return left.purchase, left.fallback if isinstance(left.fallback, Known) else right.fallback
    for one, other in ((left, right), (right, left)):
        spot = isinstance(one.purchase, Known) and one.purchase.value in (Purchase.SPOT, Purchase.MIXED)
        if spot and isinstance(one.purchase, Known) and isinstance(other.purchase, Known):
            return Known(Purchase.MIXED, one.purchase.location), Known("on_demand", other.purchase.location)
    return absent, absent


def _agrees(left: Value[object], right: Value[object]) -> bool:
    return isinstance(left, Known) and isinstance(right, Known) and left.value == right.value
