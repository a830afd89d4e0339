"""EKS clusters and their managed node groups."""

from __future__ import annotations

import re
from decimal import Decimal

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Storage
from guard.model.value import Absent, Known, Unknown, Value, mapped
from guard.platforms._aws_compute import instance_type, mapped_volumes, scripts, template_of
from guard.platforms._terraform import Facts, Reader, Site, chosen, default, fee, known, texts
from guard.platforms._terraform_pools import Pool, fallback, siblings, taints
from guard.platforms._terraform_uris import checkpoint, label_links, text_links

# The last version that left standard support before 2026-08-22, the day of the newest price (it did on 2026-07-29).
# Source: Amazon EKS, "Understand the Kubernetes version lifecycle on EKS", release calendar.
_LAST_EXTENDED = 33
_CAPACITY = {"SPOT": Purchase.SPOT, "ON_DEMAND": Purchase.ON_DEMAND, "CAPACITY_BLOCK": Purchase.RESERVED}
# What the provider and EKS take where nothing is written (documentation of aws_eks_node_group).
_DEFAULT_TYPE = "t3.medium"
_DEFAULT_DISK_GIB = Decimal(20)
_ACCELERATED = re.compile(r"(?:p|g|gr|trn|inf|dl|vt|f)\d")


def _cluster(site: Site) -> Facts:
    """A version past its standard support costs six times as much, unless the cluster is upgraded at its end."""
    version, support = site.body.text("version"), site.body.text("upgrade_policy", "support_type")
    upgraded = isinstance(support, Known) and support.value == "STANDARD"
    old = isinstance(version, Known) and not upgraded and _minor(version.value) <= _LAST_EXTENDED
    unknown = isinstance(version, Unknown) and not upgraded
    return Facts(
        fees=(fee(site, "control plane", "eks", "cluster_extended_support" if old else "cluster"),),
        unpriced="the version is unknown: in extended support it costs more than is counted" if unknown else "",
    )


def _minor(version: str) -> int:
    """Return the minor version of `1.33`; what is none counts as the newest."""
    major, _, minor = version.strip().partition(".")
    return int(minor) if major == "1" and minor.isascii() and minor.isdecimal() and len(minor) < 4 else 10**4


def _node_group(site: Site) -> Facts:
    body = site.body
    template = template_of(site, "launch_template")
    types = texts(body, "instance_types") or (_template_type(site, template),)
    low = site.counted(body.integer("scaling_config", "min_size"))
    high = site.counted(body.integer("scaling_config", "max_size"))
    purchase = chosen(body.text("capacity_type"), _CAPACITY, Purchase.ON_DEMAND)
    code = scripts(template.body) if template else ()
    others = siblings(site.instance, site.around.instances_of("aws_eks_node_group"), "cluster_name")
    compute = Compute(
        location=site.here,
        provider="aws",
        instance_type=types[0],
        other_instance_types=known(types[1:]),
        count_min=low,
        count_max=high,
        purchase=purchase,
        fallback=fallback(_pool(site.instance)._replace(family=mapped(types[0], _family)), map(_pool, others)),
        checkpoint=checkpoint(site, code, site.here),
        region=site.region,
        zone=site.zone,
    )
    storage = mapped_volumes(site, template.body, (low, high)) if template else ()
    return Facts(
        compute=(compute,),
        storage=storage or (_disk(site, low, high),),
        data=(*text_links(code), *label_links(site)),
        unpriced="guard prices the machines without the Windows licence" if _windows(body) else "",
    )


def _windows(group: Node) -> bool:
    image = group.text("ami_type")
    return isinstance(image, Known) and image.value.startswith("WINDOWS")


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


def _pool(group: Instance) -> Pool:
    types = texts(group.body, "instance_types")
    kind = types[0] if types else Absent(group.location)
    return Pool(
        address=group.address,
        location=group.location,
        purchase=chosen(group.body.text("capacity_type"), _CAPACITY, Purchase.ON_DEMAND),
        high=group.body.integer("scaling_config", "max_size"),
        family=mapped(kind, _family),
        taints=taints(group, "taint"),
    )


def _family(kind: str) -> str:
    family = kind.partition(".")[0]
    return family if _ACCELERATED.match(family) else ""


READERS: dict[str, Reader] = {"aws_eks_cluster": _cluster, "aws_eks_node_group": _node_group}
