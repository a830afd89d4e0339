"""EKS clusters and their managed node groups."""

from __future__ import annotations

import re
from decimal import Decimal

from guard.model.instance import Instance
from guard.model.resource import Compute, Purchase, Storage
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._aws_compute import instance_type, mapped_volumes, scripts, template_of
from guard.platforms._terraform import Facts, Reader, Site, chosen, default, fee, known, texts
from guard.platforms._terraform_joining import bare
from guard.platforms._terraform_uris import checkpoint, label_links, text_links

_CAPACITY = {"SPOT": Purchase.SPOT, "ON_DEMAND": Purchase.ON_DEMAND, "CAPACITY_BLOCK": Purchase.RESERVED}
# What the provider and EKS take where nothing is written (documentation of aws_eks_node_group).
_DEFAULT_TYPE = "t3.medium"
_DEFAULT_DISK_GIB = Decimal(20)
_ACCELERATED = re.compile(r"(?:p|g|gr|trn|inf|dl|vt|f)\d")


def _cluster(site: Site) -> Facts:
    return Facts(fees=(fee(site, "control plane", "eks", "cluster"),))


def _node_group(site: Site) -> Facts:
    body = site.body
    template = template_of(site, "launch_template")
    types = texts(body, "instance_types") or (_template_type(site, template),)
    low = site.counted(body.integer("scaling_config", "min_size"))
    high = site.counted(body.integer("scaling_config", "max_size"))
    purchase = chosen(body.text("capacity_type"), _CAPACITY, Purchase.ON_DEMAND)
    code = scripts(template.body) if template else ()
    compute = Compute(
        location=site.here,
        provider="aws",
        instance_type=types[0],
        other_instance_types=known(types[1:]),
        count_min=low,
        count_max=high,
        purchase=purchase,
        fallback=_fallback(site, purchase, types[0]),
        checkpoint=checkpoint(site, code, site.here),
        region=site.region,
        zone=site.zone,
    )
    storage = mapped_volumes(site, template.body, (low, high)) if template else ()
    return Facts(
        compute=(compute,),
        storage=storage or (_disk(site, low, high),),
        data=(*text_links(code), *label_links(site)),
    )


def _template_type(site: Site, template: Instance | None) -> Value[str]:
    kind = instance_type(site.body, template, site.body.get("launch_template"))
    return default(kind, _DEFAULT_TYPE)


def _disk(site: Site, low: Value[int], high: Value[int]) -> Storage:
    return Storage(
        location=site.here,
        name="node disk",
        provider="aws",
        kind=Known("ebs:gp2", site.here),
        size_gib=default(site.body.number("disk_size"), _DEFAULT_DISK_GIB),
        region=site.region,
        count_min=low,
        count_max=high,
    )


def _fallback(site: Site, purchase: Value[Purchase], kind: Value[str]) -> Value[str]:
    """Return the on-demand node group of the same cluster that can take over from a spot group.

    It counts where it has the same accelerated family (or neither is accelerated), may grow above zero, and has no
    taint that the spot group has not: then every pod that fits here fits there, and the cluster autoscaler may move it.
    """
    if not isinstance(purchase, Known) or purchase.value is not Purchase.SPOT:
        return Absent(purchase.location)
    undecided: Unknown | None = None
    for other in site.around.instances_of("aws_eks_node_group"):
        if other.address == site.instance.address or not _same_cluster(site.instance, other):
            continue
        answer = _takes_over(site, other, kind)
        if isinstance(answer, Unknown):
            undecided = undecided or answer
        elif answer:
            return Known(f"{other.address} (on-demand)", other.location)
    return undecided or Absent(purchase.location)


def _takes_over(site: Site, other: Instance, kind: Value[str]) -> bool | Unknown:
    bought = other.body.text("capacity_type")
    most = other.body.integer("scaling_config", "max_size")
    types = texts(other.body, "instance_types")
    for fact in (bought, most, kind, *types):
        if isinstance(fact, Unknown):
            return Unknown(fact.reason, fact.location)
    if isinstance(bought, Known) and bought.value.upper() != "ON_DEMAND":
        return False
    if not isinstance(kind, Known) or (isinstance(most, Known) and most.value < 1):
        return False
    if _family(kind.value) not in {_family(one.value) for one in known(types)}:
        return False
    return _taints(other) <= _taints(site.instance)


def _family(kind: str) -> str:
    family = kind.partition(".")[0]
    return family if _ACCELERATED.match(family) else ""


def _taints(group: Instance) -> set[str]:
    return {key.value for taint in group.body.items("taint") if isinstance(key := taint.text("key"), Known)}


def _same_cluster(one: Instance, other: Instance) -> bool:
    mine, theirs = one.body.text("cluster_name"), other.body.text("cluster_name")
    if isinstance(mine, Known) and isinstance(theirs, Known):
        return mine.value == theirs.value
    if one.module != other.module:
        return False
    if isinstance(mine, Unknown) and isinstance(theirs, Unknown) and mine.reference and theirs.reference:
        return mine.reference == theirs.reference
    references = [{bare(name) for name in group.references.get("cluster_name", ())} for group in (one, other)]
    return bool(references[0]) and references[0] == references[1]


READERS: dict[str, Reader] = {"aws_eks_cluster": _cluster, "aws_eks_node_group": _node_group}
