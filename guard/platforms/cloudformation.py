"""CloudFormation templates: SageMaker, EC2, EKS node groups, auto scaling groups and S3 buckets.

Source: the resource provider schemas of CloudFormation, as packaged by cfn-lint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from guard.model.location import Location
from guard.model.node import Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Purchase, Purpose, Resource, Serving, Storage
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._cloudformation_buckets import bucket
from guard.platforms._cloudformation_values import Template
from guard.platforms._specs import bare, labels, root_of, strings, truth, uris, written

_PURPOSES = {
    "AWS::SageMaker::EndpointConfig": Purpose.INFERENCE,
    "AWS::SageMaker::Endpoint": Purpose.INFERENCE,
    "AWS::SageMaker::Model": Purpose.INFERENCE,
    "AWS::SageMaker::InferenceComponent": Purpose.INFERENCE,
    "AWS::SageMaker::NotebookInstance": Purpose.NOTEBOOK,
    "AWS::SageMaker::Cluster": Purpose.TRAINING,
    "AWS::S3::Bucket": Purpose.STORAGE,
    "AWS::EC2::Volume": Purpose.STORAGE,
}
_READ = ("AWS::SageMaker::", "AWS::Bedrock::")
_TYPES = (
    "AWS::EC2::Instance",
    "AWS::EC2::Volume",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::EKS::Nodegroup",
    "AWS::S3::Bucket",
)
_NOT_TAGGABLE = ("AWS::SageMaker::ModelPackage",)


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None:
        return False
    resources = node.get("Resources")
    if resources is None or not isinstance(resources.value, Mapping):
        return False
    return any(written(one, "Type").startswith(("AWS::", "Custom::")) for one in resources.value.values())


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    template = Template(node)
    others = node.fields("Resources")
    for name, one in others.items():
        kind = written(one, "Type")
        if kind.startswith(_READ) or kind in _TYPES:
            yield _resource(name, kind, template.plain(one), others, template)


def _resource(name: str, kind: str, node: Node, others: Mapping[str, Node], template: Template) -> Resource:
    body = node.get("Properties") or Node({}, node.location, node.key)
    at = node.key or node.location.start
    base = bare(node, "cloudformation", kind, f"CloudFormation/{name}", at)
    tags = labels(body, "Tags", at=node.nearest("Properties"))
    bounds = _Scaling(others, template)
    return replace(
        base,
        labels=replace(tags, taggable=kind not in _NOT_TAGGABLE),
        zone=body.text("AvailabilityZone"),
        purpose=_PURPOSES.get(kind, Purpose.UNKNOWN),
        evidence=kind,
        compute=tuple(_compute(kind, body, bounds)),
        storage=tuple(_storage(kind, body)),
        data=tuple(_data(kind, body)),
        serving=_serving(body, bounds) if kind == "AWS::SageMaker::EndpointConfig" else None,
    )


def _compute(kind: str, body: Node, scaling: _Scaling) -> Iterator[Compute]:
    match kind:
        case "AWS::SageMaker::EndpointConfig":
            for variant in body.items("ProductionVariants"):
                if variant.get("ServerlessConfig") is None:
                    yield _variant(variant, scaling)
        case "AWS::SageMaker::NotebookInstance":
            yield _machine(body, "InstanceType", "sagemaker")
        case "AWS::SageMaker::Cluster":
            for group in body.items("InstanceGroups"):
                yield _machine(group, "InstanceType", "sagemaker", group.integer("InstanceCount"))
        case "AWS::EC2::Instance":
            spot = body.text("InstanceMarketOptions", "MarketType")
            yield replace(_machine(body, "InstanceType", ""), purchase=_market(spot))
        case "AWS::EKS::Nodegroup":
            yield _node_group(body)
        case "AWS::AutoScaling::AutoScalingGroup":
            yield scaling.group(body)


def _market(market: Value[str]) -> Value[Purchase]:
    if not isinstance(market, Known):
        return market
    return Known(Purchase.SPOT if market.value.lower() == "spot" else Purchase.ON_DEMAND, market.location)


def _machine(node: Node, name: str, service: str, count: Value[int] | None = None) -> Compute:
    where = node.nearest(name)
    number = count if count is not None and not isinstance(count, Absent) else Known(1, where)
    return Compute(
        location=where,
        name=written(node, "InstanceGroupName"),
        provider="aws",
        service=service,
        instance_type=node.text(name),
        count_min=number,
        count_max=number,
    )


def _variant(variant: Node, scaling: _Scaling) -> Compute:
    low, high = _variant_bounds(variant, scaling)
    name = written(variant, "VariantName")
    return replace(_machine(variant, "InstanceType", "sagemaker"), name=name, count_min=low, count_max=high)


def _variant_bounds(variant: Node, scaling: _Scaling) -> tuple[Value[int], Value[int]]:
    """Return the instances at least and at most: managed scaling, a scaling target, or the initial count."""
    initial = first(variant.integer("InitialInstanceCount"), Known(1, variant.location))
    low = variant.integer("ManagedInstanceScaling", "MinInstanceCount")
    high = variant.integer("ManagedInstanceScaling", "MaxInstanceCount")
    target = scaling.target(written(variant, "VariantName"))
    if target is not None:
        low, high = target.integer("MinCapacity"), target.integer("MaxCapacity")
    return first(low, initial), first(high, initial)


def _node_group(body: Node) -> Compute:
    kinds = [one.text() for one in body.items("InstanceTypes")]
    known = [one for one in kinds if isinstance(one, Known)]
    where = body.nearest("InstanceTypes")
    size = body.integer("ScalingConfig", "DesiredSize")
    capacity = body.text("CapacityType")
    return Compute(
        location=where,
        provider="aws",
        instance_type=kinds[0] if kinds else Absent(where),
        other_instance_types=tuple(known[1:]),
        count_min=first(body.integer("ScalingConfig", "MinSize"), size),
        count_max=first(body.integer("ScalingConfig", "MaxSize"), size),
        purchase=_market(capacity),
    )


class _Scaling:
    """What other resources of the template say about numbers and machines."""

    def __init__(self, others: Mapping[str, Node], template: Template) -> None:
        self._others = others
        self._template = template

    def _properties(self, kind: str) -> Iterator[tuple[str, Node]]:
        for name, one in self._others.items():
            properties = one.get("Properties")
            if written(one, "Type") == kind and properties is not None:
                yield name, self._template.plain(properties)

    def target(self, variant: str) -> Node | None:
        """Return the scaling target of the endpoint variant with this name."""
        for name, one in self._others.items():
            properties = one.get("Properties", "ResourceId")
            if (
                written(one, "Type") != "AWS::ApplicationAutoScaling::ScalableTarget"
                or properties is None
                or not variant
            ):
                continue
            if any(f"variant/{variant}" in str(text.value) for text in strings(properties)):
                return next((found for other, found in self._properties(written(one, "Type")) if other == name), None)
        return None

    def group(self, body: Node) -> Compute:
        """Return the machines of an auto scaling group, by the launch template that it names."""
        where = body.nearest("MinSize")
        spread = body.get("MixedInstancesPolicy", "LaunchTemplate", "LaunchTemplateSpecification")
        named = spread or body.get("LaunchTemplate") or Node({}, where)
        reference = first(
            named.text("LaunchTemplateId"), named.text("LaunchTemplateName"), body.text("LaunchConfigurationName")
        )
        target = reference.reference.removeprefix("CloudFormation/") if isinstance(reference, Unknown) else ""
        launch = next((one for kind in _LAUNCHES for name, one in self._properties(kind) if name == target), None)
        data = (launch.get("LaunchTemplateData") or launch) if launch else Node({}, where)
        overrides = body.items("MixedInstancesPolicy", "LaunchTemplate", "Overrides")
        kinds = [one.text("InstanceType") for one in overrides] or [data.text("InstanceType")]
        unresolved = Unknown(f"the launch template {target or 'of the group'} is not in this template", where)
        return Compute(
            location=where,
            provider="aws",
            instance_type=kinds[0] if launch or overrides else unresolved,
            other_instance_types=tuple(one for one in kinds[1:] if isinstance(one, Known)),
            count_min=body.integer("MinSize"),
            count_max=body.integer("MaxSize"),
            purchase=_group_purchase(body, data),
            fallback=_group_fallback(body),
        )


_LAUNCHES = ("AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration")


def _group_purchase(body: Node, data: Node) -> Value[Purchase]:
    above = body.number("MixedInstancesPolicy", "InstancesDistribution", "OnDemandPercentageAboveBaseCapacity")
    base = body.number("MixedInstancesPolicy", "InstancesDistribution", "OnDemandBaseCapacity")
    if isinstance(above, Known):
        if above.value >= 100:
            return Known(Purchase.ON_DEMAND, above.location)
        none = above.value == 0 and not (isinstance(base, Known) and base.value > 0)
        return Known(Purchase.SPOT if none else Purchase.MIXED, above.location)
    price = data.find("SpotPrice")
    if isinstance(price, Known):
        return Known(Purchase.SPOT, price.location)
    return _market(data.text("InstanceMarketOptions", "MarketType"))


def _group_fallback(body: Node) -> Value[str]:
    for key in ("OnDemandBaseCapacity", "OnDemandPercentageAboveBaseCapacity"):
        number = body.number("MixedInstancesPolicy", "InstancesDistribution", key)
        if isinstance(number, Known) and number.value > 0:
            return Known("on_demand", number.location)
    return Absent(body.nearest("MixedInstancesPolicy", "InstancesDistribution"))


def _storage(kind: str, body: Node) -> Iterator[Storage]:
    where = body.key or body.location
    if kind == "AWS::S3::Bucket":
        yield bucket(body)
    elif kind == "AWS::EC2::Volume":
        yield _volume(body, "Size", body.text("VolumeType"))
    elif kind == "AWS::SageMaker::NotebookInstance":
        yield _volume(body, "VolumeSizeInGB", Absent(where))
    elif kind == "AWS::EC2::Instance":
        for device in body.items("BlockDeviceMappings"):
            if device.get("Ebs") is None:
                # Instance store comes with the machine.
                continue
            yield _volume(device, "Ebs.VolumeSize", device.text("Ebs", "VolumeType"))


def _volume(node: Node, size: str, kind: Value[str]) -> Storage:
    path = size.split(".")
    return Storage(
        location=node.nearest(*path),
        provider="aws",
        kind=mapped(kind, lambda name: f"ebs:{name}"),
        size_gib=node.number(*path),
        iops=node.number(*path[:-1], "Iops"),
    )


def _start(node: Node) -> Location:
    return node.key or node.location


def _data(kind: str, body: Node) -> Iterator[DataLink]:
    if not kind.startswith("AWS::SageMaker::"):
        return
    role = "model" if kind == "AWS::SageMaker::Model" else "output" if kind.endswith("EndpointConfig") else "data"
    direction = "write" if role == "output" else "read"
    for uri in uris(strings(body)):
        yield DataLink(uri=uri, location=uri.location, direction=direction, role=role)
    for _, one in body.walk():
        partly = one.value
        # `!Sub s3://${Bucket}/x` is not known, yet it names a bucket of this template.
        if isinstance(partly, Unknown) and partly.reference and partly.prefix.startswith("s3:"):
            yield DataLink(uri=partly, location=partly.location, direction=direction, role=role)


def _serving(body: Node, scaling: _Scaling) -> Serving:
    variants = body.items("ProductionVariants")
    where = body.nearest("ProductionVariants")
    low, high = _variant_bounds(variants[0], scaling) if variants else (Absent(where), Absent(where))
    serverless = bool(variants) and variants[0].get("ServerlessConfig") is not None
    capture = body.flag("DataCaptureConfig", "EnableCapture")
    return Serving(
        location=where,
        min_replicas=Known(0, where) if serverless else low,
        max_replicas=variants[0].integer("ServerlessConfig", "MaxConcurrency") if serverless else high,
        scale_to_zero=Known(True, where) if serverless else mapped(low, lambda count: count == 0),
        model_name=variants[0].text("ModelName") if variants else Absent(where),
        monitoring=Known(True, capture.location) if truth(capture) else Absent(body.nearest("DataCaptureConfig")),
    )


PLATFORM = Platform("cloudformation", _claims, _resources)
