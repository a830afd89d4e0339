"""terraform-aws-modules/vpc/aws: the gateways, endpoints and logs of a network, which cost money of themselves.

Facts are from the module's variables.tf, main.tf, vpc-flow-logs.tf and modules/vpc-endpoints, versions 2.78, 3.19,
5.21 and 6.6 (https://github.com/terraform-aws-modules/terraform-aws-vpc).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.location import Location
from guard.model.node import Node
from guard.model.value import Known, Unknown
from guard.terraform.known._building import (
    Wanted,
    address_of,
    constant,
    count,
    every,
    flag,
    groups,
    members,
    merged,
    named,
    pick,
    place_of,
    reference,
    resource,
    setting,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

# The kinds of subnets that can make a gateway necessary: intra and outpost subnets have none.
_ROUTED = ("private", "public", "elasticache", "database", "redshift")
_SUBNETS = (*_ROUTED, "intra", "outpost")
_MOST = 1000


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield what costs money in the network, or the endpoints where the submodule for these is called."""
    if call.submodule == "vpc-endpoints":
        yield from _endpoints(call)
        return
    inputs = call.inputs
    create = flag("create_vpc", True, inputs)
    tags = pick("tags", inputs)
    vpc: dict[str, Node | None] = {
        "cidr_block": pick("cidr", inputs),
        "tags": merged(call.location, _named(call), tags, pick("vpc_tags", inputs)),
    }
    yield from resource(call, "aws_vpc", "this", vpc, wanted=create)
    yield from _gateways(call, create, tags)
    private: dict[str, Node | None] = {
        "tags": merged(call.location, _named(call), tags, pick("vpn_gateway_tags", inputs))
    }
    wanted = every(create, flag("enable_vpn_gateway", False, inputs))
    yield from resource(call, "aws_vpn_gateway", "this", private, wanted=wanted)
    logs = every(
        create,
        flag("enable_flow_log", False, inputs),
        flag("create_flow_log_cloudwatch_log_group", False, inputs),
        _goes_to_logs(call),
    )
    body: dict[str, Node | None] = {
        "retention_in_days": pick("flow_log_cloudwatch_log_group_retention_in_days", inputs),
        "tags": merged(call.location, tags, pick("vpc_flow_log_tags", inputs)),
    }
    yield from resource(call, "aws_cloudwatch_log_group", "flow_log", body, wanted=logs)


def _named(call: ModuleCall) -> Node:
    """Return the label `Name`, which every resource of the module has."""
    return named(setting("name", "", call.inputs), call.location)


def _zonal_name(call: ModuleCall, position: int) -> Node:
    """Return the label `Name` of what stands in a zone: the network's name and the zone's."""
    name = setting("name", "", call.inputs)
    zones = members(pick("azs", call.inputs))
    zone = zones[position % len(zones)].text() if zones else Unknown("azs has no value", call.location)
    text = name.text()
    for part in (text, zone):
        if not isinstance(part, Known):
            return named(Node(part, call.location) if isinstance(part, Unknown) else name, call.location)
    assert isinstance(text, Known) and isinstance(zone, Known)
    return named(Node(f"{text.value}-{zone.value}", name.location, name.key), call.location)


def _goes_to_logs(call: ModuleCall) -> Wanted:
    kind = pick("flow_log_destination_type", call.inputs)
    value = kind.text() if kind is not None else None
    return value if isinstance(value, Unknown) else not (isinstance(value, Known) and value.value == "s3")


def _gateways(call: ModuleCall, create: Wanted, tags: Node | None) -> Iterator[Instance]:
    inputs = call.inputs
    wanted = every(create, flag("enable_nat_gateway", False, inputs))
    number, place = _gateway_count(call)
    reused = flag("reuse_nat_ips", False, inputs)
    own: Wanted = every(wanted, not reused if isinstance(reused, bool) else reused)
    repeated = number if isinstance(number, Unknown) else None
    keys: tuple[int | None, ...] = (None,) if isinstance(number, Unknown) else tuple(range(min(number, _MOST)))
    for key in keys:
        name = _zonal_name(call, key or 0)
        address: dict[str, Node | None] = {
            "domain": constant("vpc", place),
            "tags": merged(place, name, tags, pick("nat_eip_tags", inputs)),
        }
        yield from resource(call, "aws_eip", "nat", address, wanted=own, key=key, place=place, repeated=repeated)
        gateway: dict[str, Node | None] = {
            "subnet_id": reference(address_of(call, "", "aws_subnet", "public", key or 0), "id", place),
            "tags": merged(place, name, tags, pick("nat_gateway_tags", inputs)),
        }
        yield from resource(
            call, "aws_nat_gateway", "this", gateway, wanted=wanted, key=key, place=place, repeated=repeated
        )


def _gateway_count(call: ModuleCall) -> tuple[int | Unknown, Location]:
    """Return how many gateways there are and which input says so: one, one a zone, or one a subnet of the most."""
    inputs = call.inputs
    enabled = pick("enable_nat_gateway", inputs)
    place = place_of(enabled) if enabled is not None else call.location
    single = flag("single_nat_gateway", False, inputs)
    if isinstance(single, Unknown):
        return single, place
    if single:
        return 1, place_of(setting("single_nat_gateway", True, inputs))
    zonal = flag("one_nat_gateway_per_az", False, inputs)
    if isinstance(zonal, Unknown):
        return zonal, place
    if zonal:
        return count(pick("azs", inputs)), place_of(setting("one_nat_gateway_per_az", True, inputs))
    most = 0
    for kind in _ROUTED:
        number = _subnets(call, kind)
        if isinstance(number, Unknown):
            return number, place
        most = max(most, number)
    return most, place


def _subnets(call: ModuleCall, kind: str) -> int | Unknown:
    """Return how many subnets of a kind there are: as many as it has ranges, of version 4 or of version 6."""
    plain = count(pick(f"{kind}_subnets", call.inputs))
    prefixes = count(pick(f"{kind}_subnet_ipv6_prefixes", call.inputs))
    if isinstance(plain, Unknown):
        return plain
    return prefixes if isinstance(prefixes, Unknown) else max(plain, prefixes)


def _endpoints(call: ModuleCall) -> Iterator[Instance]:
    inputs = call.inputs
    create = flag("create", True, inputs)
    for endpoint in groups(pick("endpoints", inputs)):
        kind = setting("service_type", "Interface", endpoint.node)
        gateway = kind.value == "Gateway"
        label = named(endpoint.key, endpoint.place) if endpoint.repeated is None else None
        body: dict[str, Node | None] = {
            "service_name": pick("service_name", endpoint.node) or pick("service", endpoint.node),
            "vpc_endpoint_type": kind,
            "subnet_ids": None if gateway else _joined_subnets(call, endpoint.node),
            "tags": merged(endpoint.place, pick("tags", inputs), label, pick("tags", endpoint.node)),
        }
        key = endpoint.key if endpoint.repeated is None else None
        wanted = every(create, flag("create", True, endpoint.node))
        yield from resource(
            call, "aws_vpc_endpoint", "this", body, wanted=wanted, key=key, place=endpoint.place,
            repeated=endpoint.repeated,
        )  # fmt: skip


def _joined_subnets(call: ModuleCall, endpoint: Node) -> Node | None:
    """Return the subnets of the call and of the endpoint itself; only where both are written are they joined."""
    both = [one for one in (pick("subnet_ids", call.inputs), pick("subnet_ids", endpoint)) if one is not None]
    unknown = next((one for one in both if isinstance(one.value, Unknown)), None)
    if unknown is not None or len(both) < 2:
        return unknown or next(iter(both), None)
    return Node((*both[0].items(), *both[1].items()), both[1].location, both[1].key)


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide; subnets and gateways are lists of known length."""
    if call.submodule:
        return None
    inputs, place = call.inputs, call.location
    if name in ("azs", "name"):
        return pick(name, inputs)
    if name == "vpc_cidr_block":
        return pick("cidr", inputs)
    if name in ("vpc_id", "vpc_arn"):
        return reference(address_of(call, "", "aws_vpc", "this"), name.removeprefix("vpc_"), place)
    kind, _, rest = name.partition("_subnet")
    if kind in _SUBNETS and rest == "s_cidr_blocks":
        return pick(f"{kind}_subnets", inputs) or constant((), place)
    if kind in _SUBNETS and rest in ("s", "_arns", "_objects"):
        return _many(call, "aws_subnet", kind, _subnets(call, kind), rest.strip("_") or "id")
    if name in ("natgw_ids", "nat_public_ips", "nat_ids"):
        used = flag("enable_nat_gateway", False, inputs)
        number = used if isinstance(used, Unknown) else _gateway_count(call)[0] if used else 0
        return _many(call, "aws_nat_gateway", "this", number, name)
    return None


def _many(call: ModuleCall, kind: str, name: str, number: int | Unknown, attribute: str) -> Node:
    if isinstance(number, Unknown):
        return Node(number, call.location)
    attribute = {"s": "id", "natgw_ids": "id", "nat_ids": "id", "nat_public_ips": "public_ip"}.get(attribute, attribute)
    positions = range(min(number, _MOST))
    made = [reference(address_of(call, "", kind, name, key), attribute, call.location) for key in positions]
    return Node(tuple(made), call.location)


MODULE = KnownModule("vpc", "terraform-aws-modules/vpc/aws", frozenset({"", "vpc-endpoints"}), instances, output)
