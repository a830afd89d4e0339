"""AWS services that cost money of themselves: gateways, load balancers, file systems and throughput."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from guard.model.resource import Compute, Purchase, Purpose, Storage
from guard.model.value import Absent, Known, Unknown, Value, mapped
from guard.platforms._terraform import Facts, Reader, Site, combined, default, fee, texts

# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateProvisionedModelThroughput.html
_TERMS = {"OneMonth": "commit_1m", "SixMonths": "commit_6m"}


def _nat_gateway(site: Site) -> Facts:
    return Facts(purpose=Purpose.NETWORK, fees=(fee(site, "NAT gateway", "nat_gateway", "gateway"),))


def _load_balancer(site: Site) -> Facts:
    kind = site.body.text("load_balancer_type")
    skus = {"application": "alb", "network": "nlb"}
    if isinstance(kind, Absent):
        return Facts(purpose=Purpose.NETWORK, fees=(fee(site, "load balancer", "elb", "alb"),))
    if isinstance(kind, Unknown):
        return Facts(purpose=Purpose.NETWORK, unpriced=f"the type of load balancer is unknown: {kind.reason}")
    sku = skus.get(kind.value)
    if sku is None:
        return Facts(purpose=Purpose.NETWORK, unpriced=f"guard has no price model for {kind.value} load balancers yet")
    return Facts(purpose=Purpose.NETWORK, fees=(fee(site, "load balancer", "elb", sku),))


def _classic_balancer(_: Site) -> Facts:
    return Facts(purpose=Purpose.NETWORK, unpriced="guard has no price model for classic load balancers yet")


def _vpc_endpoint(site: Site) -> Facts:
    """A gateway endpoint, which is the default, is free; an interface costs for each zone that it stands in."""
    kind = site.body.text("vpc_endpoint_type")
    if isinstance(kind, Absent) or (isinstance(kind, Known) and kind.value == "Gateway"):
        return Facts(purpose=Purpose.NETWORK)
    if isinstance(kind, Known) and kind.value != "Interface":
        return Facts(purpose=Purpose.NETWORK, unpriced=f"guard has no price model for {kind.value} endpoints yet")
    quantity: Value[Decimal] = kind if isinstance(kind, Unknown) else _zones(site)
    return Facts(
        purpose=Purpose.NETWORK, fees=(fee(site, "interface endpoint", "vpc_endpoint", "interface", quantity),)
    )


def _zones(site: Site) -> Value[Decimal]:
    subnets = site.body.find("subnet_ids")
    if isinstance(subnets, Unknown):
        return subnets
    count = max(1, len(texts(site.body, "subnet_ids")))
    return Known(Decimal(count), subnets.location)


def _transit_attachment(site: Site) -> Facts:
    return Facts(purpose=Purpose.NETWORK, fees=(fee(site, "attachment", "transit_gateway", "attachment"),))


def _log_group(site: Site) -> Facts:
    one = site.one()
    storage = Storage(
        location=site.here,
        provider="aws",
        kind=Known("cloudwatch_logs:storage", site.here),
        retention_days=_kept(site.body.number("retention_in_days")),
        region=site.region,
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


def _kept(days: Value[Decimal]) -> Value[Decimal]:
    """Return the retention of logs; nought means for ever (documentation of aws_cloudwatch_log_group)."""
    return Absent(days.location) if isinstance(days, Known) and days.value == 0 else days


def _repository(site: Site) -> Facts:
    one = site.one()
    storage = Storage(
        location=site.here,
        provider="aws",
        kind=Known("ecr", site.here),
        region=site.region,
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


def _efs(site: Site) -> Facts:
    zone = site.body.text("availability_zone_name")
    kind = "efs:standard" if isinstance(zone, Absent) else "efs:one_zone"
    one = site.one()
    moved = [
        Known(f"{name.removeprefix('transition_to_')} {value.value}", value.location)
        for block in site.body.items("lifecycle_policy")
        for name in ("transition_to_ia", "transition_to_archive")
        if isinstance(value := block.text(name), Known)
    ]
    policy = site.body.find("lifecycle_policy")
    storage = Storage(
        location=site.here,
        provider="aws",
        kind=Known(kind, zone.location),
        lifecycle=Known(tuple(one.value for one in moved), moved[0].location)
        if moved
        else (policy if isinstance(policy, Unknown) else Absent(site.here)),
        throughput_mibps=site.body.number("provisioned_throughput_in_mibps"),
        region=site.region,
        count_min=one,
        count_max=one,
    )
    return Facts(purpose=Purpose.STORAGE, storage=(storage,))


def _file_system(kind: str) -> Reader:
    def read(site: Site) -> Facts:
        one = site.one()
        body = site.body
        placed = body.text("deployment_type")
        spread = isinstance(placed, Known) and placed.value.startswith("MULTI_AZ")
        sku = f"{kind}_multi_az" if spread else kind
        storage = Storage(
            location=site.here,
            provider="aws",
            kind=mapped(default(body.text("storage_type"), "SSD"), lambda disk: f"{sku}:{disk.lower()}"),
            size_gib=body.number("storage_capacity"),
            iops=body.number("disk_iops_configuration", "iops"),
            throughput_mibps=body.number("throughput_capacity"),
            region=site.region,
            count_min=one,
            count_max=one,
        )
        return Facts(purpose=Purpose.STORAGE, storage=(storage,))

    return read


def _bedrock(site: Site) -> Facts:
    """Throughput is sold by the model unit and hour, cheaper for the time that is bought."""
    model = site.body.text("model_arn")
    units = default(site.body.number("model_units"), Decimal(1))
    if not isinstance(model, Known):
        return Facts(purpose=Purpose.INFERENCE, unpriced="the model of the provisioned throughput is unknown")
    sku = model.value.rpartition("/")[2]
    quantity = combined((units, mapped(site.one(), Decimal)), lambda pair: pair[0])
    term = default(site.body.text("commitment_duration"), "None")
    if isinstance(term, Unknown):
        return Facts(purpose=Purpose.INFERENCE, unpriced=f"for how long it is bought is unknown: {term.reason}")
    bought = fee(site, "provisioned throughput", "bedrock:provisioned_throughput", sku, quantity)
    return Facts(purpose=Purpose.INFERENCE, fees=(replace(bought, purchase=_TERMS.get(term.value, "no_commit")),))


def _database(site: Site) -> Facts:
    """A database is a machine, two with a standby, and its disk; a cluster's instances share the cluster's storage."""
    body = site.body
    standby = default(body.flag("multi_az"), False)
    count: Value[int] = site.counted(mapped(standby, lambda both: 2 if both else 1))
    machine = Compute(
        location=site.here,
        name="database",
        provider="aws",
        service="rds",
        instance_type=body.text("instance_class"),
        count_min=count,
        count_max=count,
        purchase=Known(Purchase.ON_DEMAND, site.here),
        region=site.region,
        zone=site.zone,
    )
    disk = Storage(
        location=site.here,
        name="database storage",
        provider="aws",
        kind=mapped(default(body.text("storage_type"), "gp2"), lambda kind: f"rds:{kind}"),
        size_gib=body.number("allocated_storage"),
        iops=body.number("iops"),
        throughput_mibps=body.number("storage_throughput"),
        region=site.region,
        count_min=count,
        count_max=count,
    )
    clustered = site.instance.type == "aws_rds_cluster_instance"
    return Facts(purpose=Purpose.STORAGE, compute=(machine,), storage=() if clustered else (disk,))


READERS: dict[str, Reader] = {
    "aws_db_instance": _database,
    "aws_rds_cluster_instance": _database,
    "aws_nat_gateway": _nat_gateway,
    "aws_lb": _load_balancer,
    "aws_alb": _load_balancer,
    "aws_elb": _classic_balancer,
    "aws_vpc_endpoint": _vpc_endpoint,
    "aws_ec2_transit_gateway_vpc_attachment": _transit_attachment,
    "aws_cloudwatch_log_group": _log_group,
    "aws_ecr_repository": _repository,
    "aws_efs_file_system": _efs,
    "aws_fsx_windows_file_system": _file_system("fsx_windows"),
    "aws_fsx_openzfs_file_system": _file_system("fsx_openzfs"),
    "aws_fsx_lustre_file_system": _file_system("fsx_lustre"),
    "aws_bedrock_provisioned_model_throughput": _bedrock,
}
