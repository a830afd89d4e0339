"""AWS services that run jobs and containers on machines: Batch, EMR, ECS, HyperPod clusters and monitoring jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Purpose, Training
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._aws_fleets import fleet_buying
from guard.platforms._terraform import (
    Facts,
    Reader,
    Site,
    chosen,
    combined,
    default,
    fee,
    hours_of_seconds,
    known,
    texts,
)
from guard.platforms._terraform_joining import joined, means
from guard.platforms._terraform_uris import label_links, text_links

_KINDS = {
    "EC2": Purchase.ON_DEMAND,
    "SPOT": Purchase.SPOT,
    "FARGATE": Purchase.ON_DEMAND,
    "FARGATE_SPOT": Purchase.SPOT,
}
# Sizes of EC2 types tell their virtual CPUs, burstable and bare-metal ones aside (EC2 user guide, instance types).
_SIZE = re.compile(r"(?!t\d)[a-z0-9-]+\.(?:(\d*)xlarge|(large))")
_CPU_UNITS = Decimal(1024)
_EMR_FEE = "guard has no price of EMR's own fee for each machine; the machines are priced"


def _environment(site: Site) -> Facts:
    body = site.body
    if body.get("compute_resources") is None:
        return Facts(purpose=Purpose.BATCH)
    kind = body.text("compute_resources", "type")
    if isinstance(kind, Known) and kind.value.upper().startswith("FARGATE"):
        return Facts(purpose=Purpose.BATCH, unpriced="Fargate is billed by the job; guard knows no number of them")
    types = texts(body, "compute_resources", "instance_type")
    purchase = chosen(kind, _KINDS)
    compute = Compute(
        location=body.nearest("compute_resources"),
        provider="aws",
        instance_type=types[0] if types else Absent(body.nearest("compute_resources")),
        other_instance_types=known(types[1:]),
        count_min=site.counted(_machines(body.integer("compute_resources", "min_vcpus"), types, fewest=True)),
        count_max=site.counted(_machines(body.integer("compute_resources", "max_vcpus"), types, fewest=False)),
        purchase=purchase,
        fallback=_behind(site, purchase),
        region=site.region,
    )
    return Facts(purpose=Purpose.BATCH, compute=(compute,), data=label_links(site))


def _machines(vcpus: Value[int], types: tuple[Value[str], ...], fewest: bool) -> Value[int]:
    """Return how many machines have so many virtual CPUs: fewest of the largest type, or most of the smallest."""
    if not isinstance(vcpus, Known) or vcpus.value <= 0:
        return vcpus
    sizes: list[int] = []
    for kind in types:
        if isinstance(kind, Unknown):
            return kind
        match = _SIZE.fullmatch(kind.value) if isinstance(kind, Known) else None
        if match is None:
            return Unknown(
                "how many machines the virtual CPUs make depends on the types that Batch takes", vcpus.location
            )
        sizes.append(2 if match.group(2) else 4 * int(match.group(1)[:4] or 1))
    if not sizes or min(sizes) < 1:
        return Unknown("the instance types are not written", vcpus.location)
    each = max(sizes) if fewest else min(sizes)
    return mapped(vcpus, lambda wanted: -(-wanted // each))


def _behind(site: Site, purchase: Value[Purchase]) -> Value[str]:
    """Return the on-demand environment that a job queue uses beside this one."""
    if not isinstance(purchase, Known) or purchase.value is not Purchase.SPOT:
        return Absent(purchase.location)
    others = site.around.instances_of("aws_batch_compute_environment")
    for queue in site.around.instances_of("aws_batch_job_queue"):
        if not _queued(queue, site.instance):
            continue
        for other in others:
            kind = other.body.text("compute_resources", "type")
            steady = isinstance(kind, Known) and _KINDS.get(kind.value.upper()) is Purchase.ON_DEMAND
            if steady and other.address != site.instance.address and _queued(queue, other):
                return Known(f"{other.address} (on-demand, by {queue.address})", queue.location)
    return Absent(purchase.location)


def _queued(queue: Instance, environment: Instance) -> bool:
    paths: list[tuple[str | int, ...]] = [
        ("compute_environment_order", index, "compute_environment")
        for index in range(len(queue.body.items("compute_environment_order")))
    ]
    paths += [("compute_environments", index) for index in range(len(queue.body.items("compute_environments")))]
    return any(means(queue, str(path[0]), environment, *path) for path in paths)


def _job_definition(site: Site) -> Facts:
    """A definition costs nothing; it says what its jobs read and how long they may run."""
    limit = hours_of_seconds(site.body.number("timeout", "attempt_duration_seconds"))
    return Facts(
        purpose=Purpose.BATCH,
        data=(
            *text_links((site.body.get("container_properties"), site.body.get("node_properties"))),
            *label_links(site),
        ),
        training=Training(location=site.here, max_runtime_hours=limit),
    )


def _task_definition(site: Site) -> Facts:
    return Facts(data=(*text_links((site.body.get("container_definitions"),)), *label_links(site)))


def _service(site: Site) -> Facts:
    """A service on Fargate pays for its tasks; one on EC2 has its machines elsewhere."""
    body = site.body
    providers = texts(body, "capacity_provider_strategy", "capacity_provider")
    on_fargate = body.text("launch_type")
    names = {one.value for one in (*providers, on_fargate) if isinstance(one, Known)}
    if "FARGATE_SPOT" in names:
        return Facts(unpriced="guard has no price of Fargate Spot")
    if "FARGATE" not in names:
        return Facts()
    task = joined(site.instance, "task_definition", site.around, ("aws_ecs_task_definition",))
    if task is None:
        return Facts(unpriced="the task definition is not in this configuration")
    count = mapped(site.counted(default(body.integer("desired_count"), 0)), Decimal)
    vcpus = combined((mapped(task.body.number("cpu"), lambda units: units / _CPU_UNITS), count), _product)
    memory = combined((mapped(task.body.number("memory"), lambda mib: mib / _CPU_UNITS), count), _product)
    return Facts(
        fees=(
            fee(site, "Fargate virtual CPUs", "eks_fargate", "vcpu", vcpus),
            fee(site, "Fargate memory", "eks_fargate", "memory_gb", memory),
        )
    )


def _product(pair: list[Decimal]) -> Decimal:
    return pair[0] * (pair[1] if len(pair) > 1 else 1)


def _emr(site: Site) -> Facts:
    groups = [*_emr_groups(site), *_emr_fleets(site)]
    links = text_links((site.body.get("bootstrap_action"), site.body.get("step"), site.body.get("log_uri")))
    return Facts(purpose=Purpose.BATCH, compute=tuple(groups), data=(*links, *label_links(site)), unpriced=_EMR_FEE)


def _emr_groups(site: Site) -> Iterator[Compute]:
    for name in ("master_instance_group", "core_instance_group"):
        for block in site.body.items(name):
            count = site.counted(default(block.integer("instance_count"), 1))
            bid = block.text("bid_price")
            steady = Known(Purchase.ON_DEMAND, block.location)
            yield Compute(
                location=block.location,
                name=name.replace("_", " "),
                provider="aws",
                instance_type=block.text("instance_type"),
                count_min=count,
                count_max=count,
                purchase=steady if isinstance(bid, Absent) else mapped(bid, lambda _: Purchase.SPOT),
                region=site.region,
            )


def _emr_fleets(site: Site) -> Iterator[Compute]:
    for name in ("master_instance_fleet", "core_instance_fleet"):
        for block in site.body.items(name):
            spot = default(block.integer("target_spot_capacity"), 0)
            steady = default(block.integer("target_on_demand_capacity"), 0)
            total = combined((steady, spot), sum)
            buying = fleet_buying(total, spot, block.location)
            types = [one.text("instance_type") for one in block.items("instance_type_configs")]
            yield Compute(
                location=block.location,
                name=name.replace("_", " "),
                provider="aws",
                instance_type=types[0] if types else Absent(block.location),
                other_instance_types=known(types[1:]),
                count_min=site.counted(total),
                count_max=site.counted(total),
                purchase=buying.purchase,
                spot_share=buying.spot_share,
                fallback=buying.fallback,
                region=site.region,
            )


def _hyperpod(site: Site) -> Facts:
    groups = [*site.body.items("instance_group"), *site.body.items("instance_groups")]
    return Facts(purpose=Purpose.TRAINING, compute=tuple(_sagemaker(site, one, _name(one)) for one in groups))


def _name(group: Node) -> str:
    name = first(group.text("instance_group_name"), group.text("name"))
    return name.value if isinstance(name, Known) else "instance group"


def _monitoring_job(site: Site) -> Facts:
    """A job definition runs when a schedule says so: how many hours a month is not written."""
    config = site.body.get("job_resources", "cluster_config")
    return Facts(
        purpose=Purpose.PIPELINE, compute=() if config is None else (_sagemaker(site, config, "monitoring", True),)
    )


def _sagemaker(site: Site, block: Node, name: str, now_and_then: bool = False) -> Compute:
    count = site.counted(default(block.integer("instance_count"), 1))
    often = Unknown("how often the job runs is not written", block.location)
    return Compute(
        location=block.location,
        name=name,
        provider="aws",
        service="sagemaker",
        instance_type=block.text("instance_type"),
        count_min=count,
        count_max=count,
        purchase=Known(Purchase.ON_DEMAND, block.location),
        hours_per_month=often if now_and_then else Absent(block.location),
        region=site.region,
    )


def _reservation(site: Site) -> Facts:
    """A capacity reservation is paid for like running machines, whether they run or not."""
    count = site.counted(site.body.integer("instance_count"))
    block = site.instance.type == "aws_ec2_capacity_block_reservation"
    compute = Compute(
        location=site.here,
        name="reserved capacity",
        provider="aws",
        instance_type=site.body.text("instance_type"),
        count_min=count,
        count_max=count,
        purchase=Known(Purchase.RESERVED if block else Purchase.ON_DEMAND, site.here),
        region=site.region,
        zone=site.zone,
    )
    return Facts(compute=(compute,))


READERS: dict[str, Reader] = {
    "aws_batch_compute_environment": _environment,
    "aws_batch_job_definition": _job_definition,
    "aws_ecs_task_definition": _task_definition,
    "aws_ecs_service": _service,
    "aws_emr_cluster": _emr,
    "aws_sagemaker_cluster": _hyperpod,
    "aws_sagemaker_data_quality_job_definition": _monitoring_job,
    "aws_ec2_capacity_reservation": _reservation,
    "aws_ec2_capacity_block_reservation": _reservation,
}
