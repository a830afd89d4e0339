"""Data sources whose results the text decides, without asking a cloud: regions, partitions, projects, policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from guard.terraform.values import Value, string

if TYPE_CHECKING:
    from guard.terraform.resources import ResourceInstance


def decided(instance: ResourceInstance, name: str) -> Value | None:
    """Return the attribute `name` of a data source where the text decides it, else None."""
    source = _SOURCES.get((instance.kind, name))
    return None if source is None else source(instance)


def _provided(attribute: str) -> Callable[[ResourceInstance], Value | None]:
    """Return a source that takes an attribute of the provider configuration."""

    def source(instance: ResourceInstance) -> Value | None:
        from guard.terraform.providers import provider_of

        body = provider_of(instance).body
        return None if body is None else body.value(attribute)

    return source


def _region(instance: ResourceInstance) -> Value | None:
    for attribute in ("region", "name"):
        written = instance.body.value(attribute)
        if written is not None and not written.is_null:
            return written
    return _provided("region")(instance)


_PARTITIONS: Final = (("cn-", "aws-cn", "amazonaws.com.cn"), ("us-gov-", "aws-us-gov", "amazonaws.com"))
"""Prefixes of region names, their partition and its domain; docs.aws.amazon.com, "Amazon Resource Names (ARNs)"."""


def _partition(position: int, standard: str) -> Callable[[ResourceInstance], Value | None]:
    def source(instance: ResourceInstance) -> Value | None:
        region = _provided("region")(instance)
        if region is None or not isinstance(region.content, str):
            return None
        for entry in _PARTITIONS:
            if region.content.startswith(entry[0]):
                return string(entry[position])
        return string(standard)

    return source


def _policy(indented: bool) -> Callable[[ResourceInstance], Value | None]:
    def source(instance: ResourceInstance) -> Value | None:
        from guard.terraform.policy_documents import document

        return document(instance, indented)

    return source


def _service_principal(instance: ResourceInstance) -> Value | None:
    """Return the name by which policies call a service; most are the same in every region and partition.

    Some services of China and of isolated regions are called otherwise, so that only the standard partition is told.
    """
    service = instance.body.value("service_name")
    region = instance.body.value("region") or _provided("region")(instance)
    if service is None or region is None or not isinstance(region.content, str):
        return None
    if not isinstance(service.content, str) or region.content.startswith(("cn-", "us-gov-", "us-iso", "eu-isoe")):
        return None
    return string(f"{service.content}.amazonaws.com")


_SOURCES: Final[Mapping[tuple[str, str], Callable[[ResourceInstance], Value | None]]] = {
    ("aws_region", "name"): _region,
    ("aws_region", "id"): _region,
    ("aws_region", "region"): _region,
    ("aws_partition", "partition"): _partition(1, "aws"),
    ("aws_partition", "id"): _partition(1, "aws"),
    ("aws_partition", "dns_suffix"): _partition(2, "amazonaws.com"),
    ("aws_iam_policy_document", "json"): _policy(indented=True),
    ("aws_iam_policy_document", "minified_json"): _policy(indented=False),
    ("aws_service_principal", "name"): _service_principal,
    ("google_client_config", "project"): _provided("project"),
    ("google_client_config", "region"): _provided("region"),
    ("google_client_config", "zone"): _provided("zone"),
    ("google_project", "project_id"): _provided("project"),
}
