"""Where a pod may run: node selectors, node affinity and tolerations that mean a machine, a purchase option or a place.

Sources: the well-known labels of Kubernetes, EKS, GKE, AKS and Karpenter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from guard.model.accelerators import accelerator_name
from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Purchase
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._kubernetes_accelerators import PRODUCT_KEYS

INSTANCE_KEYS = (
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "karpenter.azure.com/sku-name",
)
REGION_KEYS = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
ZONE_KEYS = (
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
    "topology.gke.io/zone",
    "topology.ebs.csi.aws.com/zone",
)
_FAMILY_KEYS = {
    "karpenter.k8s.aws/instance-family": "{}.",
    "cloud.google.com/machine-family": "{}-",
    "karpenter.azure.com/sku-family": "Standard_{}",
}
_PURCHASES: Mapping[str, Mapping[str, Purchase]] = {
    "cloud.google.com/gke-spot": {"true": Purchase.SPOT, "false": Purchase.ON_DEMAND},
    "cloud.google.com/gke-preemptible": {"true": Purchase.SPOT, "false": Purchase.ON_DEMAND},
    "cloud.google.com/gke-provisioning": {
        "spot": Purchase.SPOT,
        "preemptible": Purchase.SPOT,
        "standard": Purchase.ON_DEMAND,
    },
    "karpenter.sh/capacity-type": {
        "spot": Purchase.SPOT,
        "on-demand": Purchase.ON_DEMAND,
        "reserved": Purchase.RESERVED,
    },
    "eks.amazonaws.com/capacitytype": {
        "spot": Purchase.SPOT,
        "on_demand": Purchase.ON_DEMAND,
        "capacity_block": Purchase.RESERVED,
    },
    "kubernetes.azure.com/scalesetpriority": {"spot": Purchase.SPOT, "regular": Purchase.ON_DEMAND},
    "node.kubernetes.io/lifecycle": {
        "spot": Purchase.SPOT,
        "normal": Purchase.ON_DEMAND,
        "on-demand": Purchase.ON_DEMAND,
    },
    "scheduling.cast.ai/spot": {"true": Purchase.SPOT, "false": Purchase.ON_DEMAND},
}
_CLOUDS = (
    ("google", re.compile(r"(?:.+\.)?(?:gke\.io|cloud\.google\.com)/.+")),
    ("azure", re.compile(r"(?:.+\.)?azure\.com/.+")),
    (
        "aws",
        re.compile(
            r"(?:eks\.amazonaws\.com|k8s\.amazonaws\.com|karpenter\.k8s\.aws|.+\.aws\.amazon\.com)/.+|.+\.csi\.aws\.com/.+"
        ),
    ),
)
_MACHINES = (
    (
        "aws",
        re.compile(r"(?:ml\.)?[a-z]{1,5}\d[a-z0-9-]*\.(?:nano|micro|small|medium|large|\d*xlarge|metal[a-z0-9-]*)"),
    ),
    ("azure", re.compile(r"(?i:standard_[a-z0-9_-]+)")),
    (
        "google",
        re.compile(r"(?:[a-z]\d[a-z]?|ct\d[a-z]{0,2}|tpu\d[a-z]?)-[a-z]+(?:-[a-z0-9]+)*|[a-z]\d[a-z]?-custom-\d+-\d+"),
    ),
)
_ZONES = (
    ("aws", re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")),
    ("google", re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")),
    ("azure", re.compile(r"([a-z]+\d?)-\d")),
)
_ON_DEMAND = "on_demand"
GENERAL = ("GPU", "TPU", "Neuron", "NeuronCore", "Gaudi")
"""What a resource calls an accelerator of which it does not tell the product."""


class Term(NamedTuple):
    """What is asked of a node label. `strength` is `required`, `preferred` or `tolerated`; `excluded` for NotIn."""

    key: str
    values: tuple[Known[str], ...]
    strength: str
    location: Location
    excluded: bool = False
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """What the nodes that may take a pod are."""

    provider: str
    instance_types: tuple[Known[str], ...]
    instance_type: Value[str]
    accelerator: Value[str]
    purchase: Value[Purchase]
    fallback: Value[str]
    region: Value[str]
    zone: Value[str]
    other_zones: tuple[Known[str], ...] = ()


def placement(pod: Node, more: Sequence[Term] = ()) -> Placement:
    """Return what the node selector, node affinity and tolerations of a PodSpec ask for, with what `more` asks for."""
    return placed((*terms(pod), *more), Absent(pod.key or pod.location))


def placed(asked: Sequence[Term], absent: Absent) -> Placement:
    """Return what these terms ask for; what they leave open is `absent`."""
    kinds = _chosen(asked, INSTANCE_KEYS)
    family = _family(asked, absent)
    instance_type = _single(kinds, absent) if len(kinds.known) <= 1 else kinds.known[0]
    if isinstance(instance_type, Absent):
        instance_type = family
    purchase, fallback = bought(asked, absent)
    zone, zones = _single(_chosen(asked, ZONE_KEYS), absent), _chosen(asked, ZONE_KEYS).known
    region = _single(_chosen(asked, REGION_KEYS), absent)
    return Placement(
        provider=_provider(asked, kinds.known, zones),
        instance_types=kinds.known,
        instance_type=instance_type,
        accelerator=_product(asked, absent),
        purchase=purchase,
        fallback=fallback,
        region=_region(zones, absent) if isinstance(region, Absent) else region,
        zone=zone,
        other_zones=zones if len(zones) > 1 else (),
    )


def terms(pod: Node) -> tuple[Term, ...]:
    """Return everything that a PodSpec asks of node labels, the binding things first."""
    found = [_term(key, (child,), "required") for key, child in pod.fields("nodeSelector").items()]
    affinity = ("affinity", "nodeAffinity")
    alternatives = pod.items(*affinity, "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    found += _required(alternatives)
    for one in pod.items(*affinity, "preferredDuringSchedulingIgnoredDuringExecution"):
        found += expressions(one.items("preference", "matchExpressions"), "preferred")
    found += list(_tolerated(pod))
    return tuple(found)


def expressions(nodes: Sequence[Node], strength: str) -> list[Term]:
    """Return what `{key, operator, values}` requirements ask for, whichever operator they use."""
    found = []
    for one in nodes:
        key, operator = one.text("key"), one.text("operator")
        if not isinstance(key, Known):
            continue
        how = operator.value if isinstance(operator, Known) else "In"
        if how in ("In", "NotIn"):
            found.append(_term(key.value, one.items("values"), strength, excluded=how == "NotIn", at=one.location))
        elif how in ("Exists", "DoesNotExist"):
            present = (Known("true", key.location),)
            found.append(Term(key.value, present, strength, one.location, excluded=how == "DoesNotExist"))
    return found


def region_of_zone(zone: str) -> tuple[str, str] | None:
    """Return provider and region of a zone by its form: `us-east-1a`, `us-central1-a`, `eastus-1`."""
    for provider, pattern in _ZONES:
        match = pattern.fullmatch(zone)
        if match:
            return provider, match[1]
    return None


def provider_of_machine(instance_type: str) -> str:
    """Return the cloud that names its machines in this form, "" where none does."""
    return next((provider for provider, pattern in _MACHINES if pattern.fullmatch(instance_type)), "")


def bought(asked: Sequence[Term], absent: Absent) -> tuple[Value[Purchase], Value[str]]:
    """Return the purchase option that these terms mean, and what serves when spot capacity is gone.

    A selector or required affinity pins it. A preference or a mere toleration of spot nodes allows both.
    """
    required = _purchases(asked, "required")
    if required:
        return _pinned(required, absent)
    for strength in ("preferred", "tolerated"):
        spot = next((one for one in _purchases(asked, strength) if one.value is Purchase.SPOT), None)
        if spot is not None:
            return Known(Purchase.MIXED, spot.location), Known(_ON_DEMAND, spot.location)
    unknown = next((one.unknown for one in asked if one.unknown and one.key.lower() in _PURCHASES), None)
    return (unknown or absent), absent


def _pinned(required: Sequence[Known[Purchase]], absent: Absent) -> tuple[Value[Purchase], Value[str]]:
    options = {one.value for one in required}
    spot = next((one for one in required if one.value is Purchase.SPOT), None)
    other = next((one for one in required if one.value is not Purchase.SPOT), None)
    if spot is None or other is None:
        return required[0] if len(options) == 1 else Known(Purchase.ON_DEMAND, required[0].location), absent
    return Known(Purchase.MIXED, spot.location), Known(other.value.value, other.location)


def _purchases(asked: Sequence[Term], strength: str) -> tuple[Known[Purchase], ...]:
    found = []
    for term in asked:
        options = _PURCHASES.get(term.key.lower())
        if options is None or term.strength != strength:
            continue
        for value in term.values:
            meant = options.get(value.value.lower())
            if meant is None and term.strength == "tolerated":
                meant = Purchase.SPOT
            if meant is not None and not term.excluded:
                found.append(Known(meant, value.location, value.trail))
            elif meant is Purchase.SPOT:
                found.append(Known(Purchase.ON_DEMAND, value.location, value.trail))
    return tuple(found)


def _required(alternatives: Sequence[Node]) -> Iterator[Term]:
    """Yield what every alternative asks for as required, united; what only some ask for is a preference."""
    parsed = [expressions(one.items("matchExpressions"), "required") for one in alternatives]
    if len(parsed) == 1:
        yield from parsed[0]
        return
    groups: defaultdict[tuple[str, bool], list[tuple[int, Term]]] = defaultdict(list)
    for number, group in enumerate(parsed):
        for term in group:
            groups[term.key, term.excluded].append((number, term))
    for (key, excluded), members in groups.items():
        everywhere = len({number for number, _ in members}) == len(parsed)
        values = {value.value: value for _, term in reversed(members) for value in term.values}
        first = members[0][1]
        strength = "required" if everywhere else "preferred"
        ordered = sorted(values.values(), key=lambda one: one.location)
        yield Term(key, tuple(ordered), strength, first.location, excluded, first.unknown)


def _tolerated(pod: Node) -> Iterator[Term]:
    for one in pod.items("tolerations"):
        key = one.text("key")
        if not isinstance(key, Known):
            continue
        value = one.text("value")
        shown = value if isinstance(value, Known) else Known("true", key.location)
        yield Term(key.value, (shown,), "tolerated", one.location)


def _term(
    key: str, nodes: Sequence[Node], strength: str, *, excluded: bool = False, at: Location | None = None
) -> Term:
    texts = [one.text() for one in nodes]
    unknown = next((one for one in texts if isinstance(one, Unknown)), None)
    known = tuple(one for one in texts if isinstance(one, Known))
    return Term(key, known, strength, at or nodes[0].location, excluded, unknown)


class _Choice(NamedTuple):
    known: tuple[Known[str], ...]
    unknown: Unknown | None


def _chosen(asked: Sequence[Term], keys: Sequence[str]) -> _Choice:
    """Return the values that one of these labels must have, else those preferred."""
    for strength in ("required", "preferred"):
        fitting = [one for one in asked if one.key in keys and one.strength == strength and not one.excluded]
        for term in fitting:
            if term.values or term.unknown:
                return _Choice(term.values, term.unknown)
    return _Choice((), None)


def _single(choice: _Choice, absent: Absent) -> Value[str]:
    if choice.unknown:
        return choice.unknown
    if len({one.value for one in choice.known}) > 1:
        return Unknown(f"one of {', '.join(one.value for one in choice.known)}", choice.known[0].location)
    return choice.known[0] if choice.known else absent


def _family(asked: Sequence[Term], absent: Absent) -> Value[str]:
    size = _single(_chosen(asked, ("karpenter.k8s.aws/instance-size",)), absent)
    for key, form in _FAMILY_KEYS.items():
        family = _single(_chosen(asked, (key,)), absent)
        if isinstance(family, Unknown):
            return family
        if isinstance(family, Known) and isinstance(size, Known) and key.startswith("karpenter.k8s.aws"):
            return Known(f"{family.value}.{size.value}", family.location, family.trail)
        if isinstance(family, Known):
            prefix = form.format(family.value)
            return Unknown(f"only the family of machines is written: {family.value}", family.location, prefix=prefix)
    return absent


def _product(asked: Sequence[Term], absent: Absent) -> Value[str]:
    choice = _chosen(asked, PRODUCT_KEYS)
    names = tuple(Known(accelerator_name(one.value), one.location, one.trail) for one in choice.known)
    return _single(_Choice(names, choice.unknown), absent)


def _region(zones: Sequence[Known[str]], absent: Absent) -> Value[str]:
    """Return the region that all the zones are in."""
    regions = {(region_of_zone(one.value) or ("", ""))[1] for one in zones}
    if len(regions) != 1 or "" in regions:
        return absent
    return Known(regions.pop(), zones[0].location, zones[0].trail)


def _provider(asked: Sequence[Term], kinds: Sequence[Known[str]], zones: Sequence[Known[str]]) -> str:
    """Return the cloud that the labels and the names of machines and zones tell, "" where they tell none or several."""
    told = {cloud for one in asked for cloud, pattern in _CLOUDS if pattern.fullmatch(one.key)}
    told |= {provider_of_machine(one.value) for one in kinds}
    told |= {(region_of_zone(one.value) or ("", ""))[0] for one in zones}
    told.discard("")
    return told.pop() if len(told) == 1 else ""
