"""terraform-aws-modules/rds/aws: a database instance.

Facts are from the module's variables.tf, main.tf and modules/db_instance, versions 3.5, 5.9, 6.12 and 7.2
(https://github.com/terraform-aws-modules/terraform-aws-rds).
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.value import Known, Unknown
from guard.terraform.known._building import (
    address_of,
    copied,
    every,
    flag,
    inner,
    merged,
    pick,
    reference,
    resource,
    setting,
)
from guard.terraform.known_modules import KnownModule, ModuleCall

_SAME = (
    "instance_class",
    "engine",
    "engine_version",
    "license_model",
    "allocated_storage",
    "max_allocated_storage",
    "storage_type",
    "storage_throughput",
    "iops",
    "replicate_source_db",
    "availability_zone",
    "backup_retention_period",
    "performance_insights_enabled",
    "username",
)
_WITHIN = inner("db_instance", None)
_DAYS_OF_LOGS = 7


def instances(call: ModuleCall) -> Iterator[Instance]:
    """Yield the database and the log groups that it writes to."""
    inputs = call.inputs
    create = flag("create_db_instance", True, inputs)
    tags = pick("tags", inputs)
    content: dict[str, Node | None] = {
        "identifier": pick("identifier", inputs),
        **copied(_SAME, inputs),
        "multi_az": setting("multi_az", False, inputs),
        "tags": merged(call.location, tags, pick("db_instance_tags", inputs)),
    }
    yield from resource(call, "aws_db_instance", "this", content, wanted=create, within=_WITHIN)
    logs = pick("enabled_cloudwatch_logs_exports", inputs)
    if logs is None:
        return
    wanted = every(create, flag("create_cloudwatch_log_group", False, inputs))
    kept = setting("cloudwatch_log_group_retention_in_days", _DAYS_OF_LOGS, inputs)
    for one in logs.items() if not isinstance(logs.value, Unknown) else (logs,):
        name = one.text()
        key = name.value if isinstance(name, Known) else None
        repeated = name if isinstance(name, Unknown) else None
        yield from resource(
            call,
            "aws_cloudwatch_log_group",
            "this",
            {"retention_in_days": kept, "tags": tags},
            wanted=wanted,
            within=_WITHIN,
            key=key,
            repeated=repeated,
        )


def output(call: ModuleCall, name: str) -> Node | None:
    """Return an output that the inputs decide."""
    inputs = {
        "db_instance_identifier": "identifier",
        "db_instance_engine": "engine",
        "db_instance_name": "db_name",
        "db_instance_username": "username",
        "db_instance_port": "port",
        "db_instance_availability_zone": "availability_zone",
    }
    if name in inputs:
        return pick(inputs[name], call.inputs)
    if name in ("db_instance_arn", "db_instance_id", "db_instance_address", "db_instance_endpoint"):
        attribute = name.removeprefix("db_instance_")
        return reference(address_of(call, _WITHIN, "aws_db_instance", "this"), attribute, call.location)
    return None


MODULE = KnownModule("rds", "terraform-aws-modules/rds/aws", frozenset({""}), instances, output)
