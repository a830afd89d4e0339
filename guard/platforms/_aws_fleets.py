"""Groups of EC2 machines that share one capacity: autoscaling groups, EC2 fleets and spot fleets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Compute, Purchase
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._aws_compute import (
    by_use,
    instance_type,
    mapped_volumes,
    market,
    required_accelerator,
    required_type,
    scripts,
    template_of,
)
from guard.platforms._terraform import Facts, Reader, Site, default, known
from guard.platforms._terraform_joining import joined
from guard.platforms._terraform_uris import checkpoint, label_links, text_links


class Buying(NamedTuple):
    """How a group buys: the option, the share of spot (0 to 1), and what stays when spot capacity is gone."""

    purchase: Value[Purchase]
    spot_share: Value[Decimal]
    fallback: Value[str]


class Capacity(NamedTuple):
    """Lowest and highest number of machines."""

    low: Value[int]
    high: Value[int]


def weighted(capacity: Capacity, overrides: Sequence[Node]) -> Capacity:
    """Return the number of machines of a capacity whose units the overrides weigh: fewest by the largest weight."""
    weights = [one.integer("weighted_capacity") for one in overrides]
    if all(isinstance(one, Absent) for one in weights):
        return capacity
    unknown = next((one for one in weights if isinstance(one, Unknown)), None)
    if unknown is not None:
        return Capacity(unknown, unknown)
    numbers = [max(1, one.value) if isinstance(one, Known) else 1 for one in weights]
    return Capacity(
        mapped(capacity.low, lambda units: -(-units // max(numbers))),
        mapped(capacity.high, lambda units: -(-units // min(numbers))),
    )


def group(
    site: Site,
    location: Location,
    types: Sequence[Value[str]],
    capacity: Capacity,
    buying: Buying,
    bodies: Sequence[Node],
) -> Facts:
    """Return the facts of a group of machines; `bodies` are its templates, the first of `types` the preferred one."""
    low, high = site.counted(capacity.low), site.counted(capacity.high)
    code = scripts(*bodies)
    accelerators = [required_accelerator(body) for body in bodies]
    compute = Compute(
        location=location,
        provider="aws",
        instance_type=types[0] if types else Absent(location),
        other_instance_types=known(types[1:]),
        accelerator=first(*accelerators) if accelerators else Absent(location),
        count_min=low,
        count_max=high,
        purchase=buying.purchase,
        spot_share=buying.spot_share,
        fallback=buying.fallback,
        checkpoint=checkpoint(site, code, site.here),
        region=site.region,
        zone=site.zone,
    )
    # Each machine is made from one of the bodies.
    least = low if len(bodies) == 1 else Known(0, location)
    storage = tuple(one for body in bodies for one in mapped_volumes(site, body, (least, high), rooted=True))
    data = (*text_links(code), *label_links(site))
    return Facts(compute=(compute,), storage=storage, data=data, unpriced=by_use(*bodies))


def _autoscaling_group(site: Site) -> Facts:
    body = site.body
    capacity = Capacity(body.integer("min_size"), body.integer("max_size"))
    policy = body.find("mixed_instances_policy")
    if isinstance(policy, Unknown):
        return group(site, site.here, (policy,), capacity, Buying(policy, policy, policy), ())
    if isinstance(policy, Known):
        return _mixed(site, policy.value, capacity)
    template = template_of(site, "launch_template") or _launch_configuration(site)
    kind = instance_type(body, template, body.get("launch_template") or body.get("launch_configuration"))
    bodies = (template.body,) if template else ()
    purchase = _template_market(site, template)
    absent = Absent(template.location if template else site.here)
    return group(site, site.here, (kind,), capacity, Buying(purchase, absent, absent), bodies)


def _launch_configuration(site: Site) -> Instance | None:
    return joined(site.instance, "launch_configuration", site.around, ("aws_launch_configuration",))


def _template_market(site: Site, template: Instance | None) -> Value[Purchase]:
    if template is None:
        return Unknown("the launch template is not in this configuration", site.here)
    if template.type == "aws_launch_configuration":
        tenancy = template.body.text("placement_tenancy")
        if isinstance(tenancy, Unknown):
            return tenancy
        if isinstance(tenancy, Known) and tenancy.value in ("dedicated", "host"):
            return Known(Purchase.DEDICATED, tenancy.location, tenancy.trail)
        spot = template.body.text("spot_price")
        # An empty price is none, as the provider takes it.
        if isinstance(spot, Absent) or (isinstance(spot, Known) and not spot.value):
            return _on_demand(template.location)
        return mapped(spot, lambda _: Purchase.SPOT)
    return market((template.body,), template.location)


def _on_demand(place: Location) -> Known[Purchase]:
    return Known(Purchase.ON_DEMAND, place)


def _mixed(site: Site, policy: Node, capacity: Capacity) -> Facts:
    launch = policy.get("launch_template")
    specification = ("mixed_instances_policy", "launch_template", "launch_template_specification")
    template = template_of(site, "mixed_instances_policy", *specification)
    overrides = policy.items("launch_template", "override")
    types = [_override_type(one) for one in overrides] or [_template_type(site, template, specification)]
    if launch is not None and isinstance(launch.value, Unknown):
        types = [launch.value]
    machines = weighted(capacity, overrides)
    return group(
        site,
        policy.location,
        types,
        machines,
        _distribution(policy, capacity),
        (template.body,) if template else (),
    )


def _override_type(override: Node) -> Value[str]:
    return required_type(override, override.text("instance_type"))


def _template_type(site: Site, template: Instance | None, path: Sequence[str]) -> Value[str]:
    block = site.body.get(*path)
    return instance_type(block if block is not None else site.body, template, block)


def _distribution(policy: Node, capacity: Capacity) -> Buying:
    """Return what an instances distribution buys; without one everything is on demand (documentation of the group)."""
    block = policy.find("instances_distribution")
    if isinstance(block, Unknown):
        return Buying(block, block, block)
    base = default(policy.integer("instances_distribution", "on_demand_base_capacity"), 0)
    percent = default(policy.number("instances_distribution", "on_demand_percentage_above_base_capacity"), Decimal(100))
    if isinstance(percent, Unknown):
        return Buying(percent, percent, percent)
    if isinstance(base, Unknown):
        return Buying(base, base, base)
    return _shares(base, percent, capacity.high)


def _shares(base: Known[int], percent: Known[Decimal], high: Value[int]) -> Buying:
    nothing: Absent = Absent(percent.location)
    if percent.value >= 100:
        return Buying(_on_demand(percent.location), Known(Decimal(0), percent.location), nothing)
    above = 1 - max(percent.value, Decimal(0)) / 100
    if base.value <= 0:
        share: Value[Decimal] = Known(above, percent.location)
        if percent.value <= 0:
            return Buying(Known(Purchase.SPOT, percent.location, percent.trail), share, nothing)
        text = f"{percent.value}% on demand"
        return Buying(Known(Purchase.MIXED, percent.location), share, Known(text, percent.location))
    share = mapped(high, lambda most: above * max(0, most - base.value) / most if most > 0 else Decimal(0))
    text = f"{base.value} on demand at least" + (f", {percent.value}% above that" if percent.value > 0 else "")
    return Buying(Known(Purchase.MIXED, base.location), share, Known(text, base.location))


def fleet_buying(total: Value[int], spot: Value[int], place: Location) -> Buying:
    """Return what a fleet buys that has `spot` of `total` units as spot."""
    if isinstance(total, Unknown) or isinstance(spot, Unknown):
        unknown = spot if isinstance(spot, Unknown) else total
        if isinstance(unknown, Unknown):
            return Buying(unknown, unknown, unknown)
    if not isinstance(total, Known) or not isinstance(spot, Known):
        return Buying(_on_demand(place), Absent(place), Absent(place))
    rest = total.value - spot.value
    share = Decimal(spot.value) / total.value if total.value > 0 else Decimal(0)
    if spot.value <= 0:
        return Buying(Known(Purchase.ON_DEMAND, spot.location), Known(Decimal(0), spot.location), Absent(place))
    if rest <= 0:
        return Buying(Known(Purchase.SPOT, spot.location), Known(Decimal(1), spot.location), Absent(place))
    text = Known(f"{rest} of {total.value} on demand", spot.location)
    return Buying(Known(Purchase.MIXED, spot.location), Known(share, spot.location), text)


def _ec2_fleet(site: Site) -> Facts:
    target = site.body.get("target_capacity_specification") or site.body
    total = target.integer("total_target_capacity")
    spot = _fleet_spot(target, total)
    configurations = site.body.items("launch_template_config")
    overrides = [one for each in configurations for one in each.items("override")]
    path = ("launch_template_config", "launch_template_specification")
    template = template_of(site, "launch_template_config", *path)
    types = [_override_type(one) for one in overrides if one.get("instance_type") or one.get("instance_requirements")]
    types = types or [_template_type(site, template, path)]
    machines = weighted(Capacity(total, total), overrides)
    buying = fleet_buying(total, spot, target.location)
    return group(site, site.here, types, machines, buying, (template.body,) if template else ())


def _fleet_spot(target: Node, total: Value[int]) -> Value[int]:
    spot, on_demand = target.integer("spot_target_capacity"), target.integer("on_demand_target_capacity")
    kind = target.text("default_target_capacity_type")
    if not isinstance(kind, Known) or not isinstance(total, Known):
        return kind if isinstance(kind, Unknown) else spot
    if kind.value == "spot":
        if isinstance(on_demand, Absent):
            return Known(total.value, kind.location, kind.trail)
        return mapped(on_demand, lambda units: total.value - units)
    return default(spot, 0)


def _spot_fleet(site: Site) -> Facts:
    body = site.body
    total = body.integer("target_capacity")
    on_demand = default(body.integer("on_demand_target_capacity"), 0)
    spot: Value[int] = on_demand
    if isinstance(on_demand, Known):
        kept = on_demand.value
        spot = mapped(total, lambda units: units - kept)
    specifications = body.items("launch_specification")
    overrides = [one for each in body.items("launch_template_config") for one in each.items("overrides")]
    path = ("launch_template_config", "launch_template_specification")
    template = template_of(site, "launch_template_config", *path)
    types = [_override_type(one) for one in (*specifications, *overrides)] or [_template_type(site, template, path)]
    bodies = (*specifications, *((template.body,) if template else ()))
    machines = weighted(Capacity(total, total), (*specifications, *overrides))
    return group(site, site.here, types, machines, fleet_buying(total, spot, site.here), bodies)


READERS: dict[str, Reader] = {
    "aws_autoscaling_group": _autoscaling_group,
    "aws_ec2_fleet": _ec2_fleet,
    "aws_spot_fleet_request": _spot_fleet,
}
