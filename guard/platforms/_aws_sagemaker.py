"""SageMaker: endpoint configurations, endpoints, models, notebooks and training jobs."""

from __future__ import annotations

from decimal import Decimal

from guard.model.instance import Instance
from guard.model.node import Node
from guard.model.resource import Compute, DataLink, Fee, Purchase, Purpose, Serving, Training
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._terraform import Facts, Reader, Site, combined, default, fee, flagged, hours_of_seconds
from guard.platforms._terraform_joining import joined, means
from guard.platforms._terraform_uris import label_links, link, text_links

# What SageMaker takes where nothing is written (API reference: StoppingCondition, CreateNotebookInstance).
_TRAINING_SECONDS = Decimal(86_400)
_NOTEBOOK_GIB = Decimal(5)


def _endpoint_configuration(site: Site) -> Facts:
    body = site.body
    scaler = _scaler(site)
    variants = [(one, "") for one in body.items("production_variants")]
    variants += [(one, "shadow ") for one in body.items("shadow_production_variants")]
    served = [one for one, _ in variants if one.get("serverless_config") is None]
    compute = [_variant(site, one, kind, scaler) for one, kind in variants if one.get("serverless_config") is None]
    serverless = len(served) < len(variants)
    capture = ("data_capture_config", "destination_s3_uri")
    return Facts(
        purpose=Purpose.INFERENCE,
        compute=tuple(compute),
        data=(
            *link(site, "data_capture_config", body.text(*capture), "write", "output"),
            *link(
                site,
                "async_inference_config",
                body.text("async_inference_config", "output_config", "s3_output_path"),
                "write",
                "output",
            ),
            *label_links(site),
        ),
        fees=tuple(
            _disk(site, variant, facet) for variant, facet in zip(served, compute, strict=True) if _sized(variant)
        ),
        serving=_serving(site, compute, serverless),
        unpriced="SageMaker serverless inference is billed by use, for which guard has no price yet"
        if serverless
        else "",
    )


def _variant(site: Site, variant: Node, kind: str, scaler: Instance | None) -> Compute:
    low, high = _bounds(variant, scaler)
    name = variant.text("variant_name")
    return Compute(
        location=variant.location,
        name=kind + (name.value if isinstance(name, Known) else ""),
        provider="aws",
        service="sagemaker",
        instance_type=variant.text("instance_type"),
        count_min=site.counted(low),
        count_max=site.counted(high),
        purchase=Known(Purchase.ON_DEMAND, variant.location),
        region=site.region,
    )


def _bounds(variant: Node, scaler: Instance | None) -> tuple[Value[int], Value[int]]:
    """Return the replicas of a variant: as it scales itself, as application autoscaling does, or as it starts."""
    own = ("managed_instance_scaling",)
    first_count = default(variant.integer("initial_instance_count"), 1)
    if variant.get(*own) is not None:
        return (
            first(variant.integer(*own, "min_instance_count"), first_count),
            first(variant.integer(*own, "max_instance_count"), first_count),
        )
    if scaler is not None:
        return scaler.body.integer("min_capacity"), scaler.body.integer("max_capacity")
    return first_count, first_count


def _scaler(site: Site) -> Instance | None:
    """Return the autoscaling target of the endpoint that uses this configuration: `endpoint/<name>/variant/<name>`."""
    endpoints = [
        one
        for one in site.around.instances_of("aws_sagemaker_endpoint")
        if means(one, "endpoint_config_name", site.instance)
    ]
    names = {name.value for one in endpoints if isinstance(name := one.body.text("name"), Known)}
    for target in site.around.instances_of("aws_appautoscaling_target"):
        if any(means(target, "resource_id", one) for one in endpoints):
            return target
        written = target.body.text("resource_id")
        parts = written.value.split("/") if isinstance(written, Known) else []
        if len(parts) > 1 and parts[0] == "endpoint" and parts[1] in names:
            return target
    return None


def _serving(site: Site, compute: list[Compute], serverless: bool) -> Serving:
    body = site.body
    replicas = [(one.count_min, one.count_max) for one in compute if not one.name.startswith("shadow ")]
    low = combined((one for one, _ in replicas), sum) if replicas else Absent(site.here)
    high = combined((one for _, one in replicas), sum) if replicas else Absent(site.here)
    to_zero: Value[bool] = Known(True, site.here) if serverless else mapped(low, lambda count: count == 0)
    return Serving(
        location=site.here,
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=to_zero,
        traffic=_traffic(body),
        model_name=body.text("production_variants", "model_name"),
        hardware_target=first(*(one.instance_type for one in compute)) if compute else Absent(site.here),
        monitoring=_capture(body),
    )


def _traffic(body: Node) -> Value[Decimal]:
    """Return the share of the only variant: all of it; with several of them there is no one share."""
    variants = body.items("production_variants")
    return (
        Known(Decimal(100), variants[0].location) if len(variants) == 1 else Absent(body.nearest("production_variants"))
    )


def _capture(body: Node) -> Value[bool]:
    block = body.find("data_capture_config")
    if not isinstance(block, Known):
        return block
    return default(body.flag("data_capture_config", "enable_capture"), False)


def _sized(variant: Node) -> bool:
    return variant.get("volume_size_in_gb") is not None


def _disk(site: Site, variant: Node, facet: Compute) -> Fee:
    size, count = variant.number("volume_size_in_gb"), facet.count_max
    return fee(site, "endpoint volume", "sagemaker:endpoint_storage", "ml.storage", _product(size, count))


def _product(size: Value[Decimal], count: Value[int]) -> Value[Decimal]:
    return combined((size, mapped(count, Decimal)), lambda pair: pair[0] * (pair[1] if len(pair) > 1 else 1))


def _endpoint(site: Site) -> Facts:
    """The instances belong to the configuration; one that is not in this repository leaves the price unknown."""
    configuration = joined(
        site.instance, "endpoint_config_name", site.around, ("aws_sagemaker_endpoint_configuration",)
    )
    missing = "the endpoint configuration is not in this Terraform configuration" if configuration is None else ""
    return Facts(purpose=Purpose.INFERENCE, unpriced=missing)


def _model(site: Site) -> Facts:
    """A model costs nothing of itself; it says where the weights are."""
    containers = [(name, one) for name in ("primary_container", "container") for one in site.body.items(name)]
    data: list[DataLink] = []
    for block, one in containers:
        data += link(site, block, one.text("model_data_url"), "read", "model")
        data += link(site, block, one.text("model_data_source", "s3_data_source", "s3_uri"), "read", "model")
    return Facts(
        purpose=Purpose.INFERENCE,
        data=(*data, *text_links(one.get("environment") for _, one in containers), *label_links(site)),
    )


def _notebook(site: Site) -> Facts:
    one = site.one()
    size = default(site.body.number("volume_size"), _NOTEBOOK_GIB)
    compute = Compute(
        location=site.here,
        provider="aws",
        service="sagemaker",
        name="notebook",
        instance_type=site.body.text("instance_type"),
        count_min=one,
        count_max=one,
        purchase=Known(Purchase.ON_DEMAND, site.here),
        region=site.region,
    )
    disk = fee(site, "notebook volume", "sagemaker:notebook_storage", "ml.storage", size)
    return Facts(purpose=Purpose.NOTEBOOK, compute=(compute,), fees=(disk,), data=label_links(site))


def _training_job(site: Site) -> Facts:
    body = site.body
    count = site.counted(default(body.integer("resource_config", "instance_count"), 1))
    limit = default(body.number("stopping_condition", "max_runtime_in_seconds"), _TRAINING_SECONDS)
    hours = hours_of_seconds(limit)
    kept = body.text("checkpoint_config", "s3_uri")
    compute = Compute(
        location=body.nearest("resource_config") if body.get("resource_config") else site.here,
        name="training",
        provider="aws",
        service="sagemaker",
        instance_type=body.text("resource_config", "instance_type"),
        count_min=count,
        count_max=count,
        purchase=flagged(body.flag("enable_managed_spot_training"), Purchase.SPOT),
        checkpoint=kept,
        max_runtime_hours=hours,
        hours_per_month=Unknown("a training job runs once for each apply; how often is not written", site.here),
        region=site.region,
    )
    data = [*link(site, "checkpoint_config", kept, "both", "checkpoint")]
    for channel in body.items("input_data_config"):
        source = channel.text("data_source", "s3_data_source", "s3_uri")
        data += link(site, "input_data_config", source, "read", "data")
    data += link(site, "output_data_config", body.text("output_data_config", "s3_output_path"), "write", "output")
    return Facts(
        purpose=Purpose.TRAINING,
        compute=(compute,),
        data=(*data, *label_links(site)),
        training=Training(
            location=site.here,
            checkpoint=kept,
            max_runtime_hours=hours,
            dataset_format=body.text("input_data_config", "content_type"),
        ),
    )


READERS: dict[str, Reader] = {
    "aws_sagemaker_endpoint_configuration": _endpoint_configuration,
    "aws_sagemaker_endpoint": _endpoint,
    "aws_sagemaker_model": _model,
    "aws_sagemaker_notebook_instance": _notebook,
    "aws_sagemaker_training_job": _training_job,
}
