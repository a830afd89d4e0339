"""A tag stops at a resource that costs nothing itself and does not reach what does.

## Why this matters

A bill knows the tags of the machine, the disk and the task, not those of the group, the template or the service that
made them. A group that is tagged to the letter still leaves all its cost unallocated where its tags are not passed on.

## What to do

Pass the tag on where the cost arises: `propagate_at_launch` of an autoscaling group, `tag_specifications` of a launch
template for instances and volumes, `propagate_tags` of an ECS service, a launch template for an EKS node group (whose
own tags reach no machine), `volume_tags` of an instance, `resource_labels` of a GKE node pool (Kubernetes labels of
nodes are not on the bill), tags on each Azure ML deployment, tags on a SageMaker endpoint and not on its configuration
alone. `guard fix` writes these where the value is known.

Only tags that cost is charged by count; `keys` names them.

## When to leave it

Where something else tags the machines when they start, such as an `aws_autoscaling_group_tag`, which guard sees, or a
function in the account, which it does not.

## Source

AWS: Auto Scaling, "Tag Auto Scaling groups and instances"; EC2 API, LaunchTemplateTagSpecificationRequest; ECS, "Tag
resources: propagateTags"; EKS API, CreateNodegroup ("do not propagate to any other resources"); SageMaker API,
CreateEndpoint. Google Cloud, "GKE: create and manage labels". Azure ML, "CLI (v2) managed online deployment schema".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from guard.model.change import Block
from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.node import Node
from guard.model.resource import Labels, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown, Value
from guard.rules._helpers import listed, put

Said = Iterator[Finding | UnknownFact]
_INSTANCE_KEY = re.compile(r"\[[^\]]*\]")


class Options(BaseModel, extra="forbid", frozen=True, use_attribute_docstrings=True):
    """Which tags count."""

    keys: tuple[Annotated[str, Field(min_length=1)], ...] = (
        "owner",
        "team",
        "cost-center",
        "environment",
        "application",
        "service",
        "project",
        "business-unit",
        "department",
        "use-case",
    )
    """Keys that cost is charged by; letter case, separators and prefixes do not count."""


def check(context: Context[Options]) -> Said:
    """Yield a finding for tags that do not reach what costs money, or what is unknown."""
    reader = _READERS.get(context.resource.type)
    if reader is not None:
        yield from reader(context)


def _charged(context: Context[Options], labels: Labels) -> dict[str, Value[str]]:
    """Return the tags that cost is charged by, each as it is written."""
    wanted = {_folded(key) for key in context.options.keys}
    return {key: one.value for key, one in sorted(labels.entries.items()) if _folded(key) in wanted}


def _folded(key: str) -> str:
    return "".join(one for one in key.rpartition("/")[2].casefold() if one.isalnum())


def _names(keys: list[str]) -> str:
    return f"tag{'s' if len(keys) > 1 else ''} {listed(keys)}"


def _verb(keys: list[str], verb: str) -> str:
    return verb if len(keys) > 1 else {"do": "does", "stop": "stops"}.get(verb, verb)


def _written(tags: Mapping[str, Value[str]], keys: list[str]) -> dict[str, str] | None:
    """Return the tags with their values, None where one is not known."""
    known = {key: value.value for key in keys if isinstance(value := tags[key], Known)}
    return known if len(known) == len(keys) else None


def _autoscaling_group(context: Context[Options]) -> Said:
    wanted = {_folded(key) for key in context.options.keys}
    for index, block in enumerate(context.resource.body.items("tag")):
        key = block.text("key")
        if not isinstance(key, Known) or _folded(key.value) not in wanted:
            continue
        attribute = f"tag[{index}].propagate_at_launch"
        match block.flag("propagate_at_launch"):
            case Unknown() as unknown:
                yield context.undecided(unknown, attribute)
            case Known(False) as off:
                fix = Fix("propagate it at launch", changes=(put(off.location, (), True),)) if not off.trail else None
                message = f"tag {key.value} does not reach the instances: set propagate_at_launch"
                yield context.finding(off, message, attribute=attribute, fix=fix)


def _launch_template(context: Context[Options]) -> Said:
    body, tags = context.resource.body, _charged(context, context.resource.labels)
    blocks = body.find("tag_specifications")
    if isinstance(blocks, Unknown):
        yield context.undecided(blocks, "tag_specifications")
        return
    for kind, name in (("instance", "instances"), ("volume", "volumes")):
        reached = _specified(body, kind)
        if isinstance(reached, Unknown):
            yield context.undecided(reached, "tag_specifications")
            continue
        reached |= _propagated(context) if kind == "instance" else set()
        lost = [key for key in tags if _folded(key) not in reached]
        if lost:
            values = _written(tags, lost) if not _has(body, kind) else None
            changes = (
                (put(context.resource.location, ("tag_specifications",), _specification(kind, values)),)
                if values
                else ()
            )
            fix = Fix(f"tag the {name}", changes=changes) if changes else None
            message = (
                f"{_names(lost)} {_verb(lost, 'stop')} at the launch template: the {name} have no tag_specifications of"
                f' resource_type = "{kind}" with {"them" if len(lost) > 1 else "it"}'
            )
            yield context.finding(
                body.nearest("tags") if body.get("tags") else context.resource.location,
                message,
                attribute=f"tag_specifications.{kind}",
                fix=fix,
            )


def _specification(kind: str, values: dict[str, str]) -> Block:
    return Block({"resource_type": kind, "tags": dict(values)})


def _has(body: Node, kind: str) -> bool:
    return any(one.text("resource_type") == _text(one, kind) for one in body.items("tag_specifications"))


def _text(block: Node, text: str) -> Value[str]:
    found = block.text("resource_type")
    return found if isinstance(found, Known) and found.value == text else Absent(block.location)


def _specified(body: Node, kind: str) -> set[str] | Unknown:
    """Return the folded keys of the tags that a launch template gives to this kind of resource."""
    found: set[str] = set()
    for block in body.items("tag_specifications"):
        meant = block.text("resource_type")
        if isinstance(meant, Unknown):
            return meant
        if not isinstance(meant, Known) or meant.value != kind:
            continue
        tags = block.get("tags")
        if tags is not None and isinstance(tags.value, Unknown):
            return tags.value
        found |= {_folded(key) for key in block.fields("tags")}
    return found


def _propagated(context: Context[Options]) -> set[str]:
    """Return the folded keys that autoscaling groups with this template give to their instances."""
    found: set[str] = set()
    for group in _others(context, "aws_autoscaling_group"):
        places = (("launch_template",), ("mixed_instances_policy", "launch_template", "launch_template_specification"))
        if not any(_means(group, context.resource, *place) for place in places):
            continue
        for block in group.body.items("tag"):
            key, passed = block.text("key"), block.flag("propagate_at_launch")
            if isinstance(key, Known) and not (isinstance(passed, Known) and not passed.value):
                found.add(_folded(key.value))
    return found


def _node_group(context: Context[Options]) -> Said:
    resource = context.resource
    tags = _charged(context, resource.labels)
    if not tags or any(True for _ in _others(context, "aws_autoscaling_group_tag")):
        return
    reached: set[str] | Unknown = set()
    if resource.body.get("launch_template") is not None:
        templates = [one for one in _others(context, "aws_launch_template") if _means(resource, one, "launch_template")]
        if len(templates) != 1:
            where = resource.body.nearest("launch_template")
            yield context.undecided(Unknown("the launch template is not in this configuration", where), "tags")
            return
        # Tags that the template itself has and does not pass on are found there.
        reached = _specified(templates[0].body, "instance")
        reached = reached if isinstance(reached, Unknown) else reached | set(map(_folded, templates[0].labels.entries))
    if isinstance(reached, Unknown):
        yield context.undecided(reached, "tags")
        return
    lost = [key for key in tags if _folded(key) not in reached]
    if lost:
        cure = "use a launch template with tag_specifications"
        message = f"{_names(lost)} of a node group {_verb(lost, 'do')} not reach its machines: {cure}"
        yield context.finding(resource.labels.location, message, attribute="tags")


def _ecs_service(context: Context[Options]) -> Said:
    tags = list(_charged(context, context.resource.labels))
    passed = context.resource.body.text("propagate_tags")
    if isinstance(passed, Unknown):
        yield context.undecided(passed, "propagate_tags")
    elif tags and (isinstance(passed, Absent) or passed.value in ("", "NONE")):
        where = passed if isinstance(passed, Known) else context.resource.labels.location
        fix = Fix(
            "propagate the service's tags", changes=(put(context.resource.location, ("propagate_tags",), "SERVICE"),)
        )
        message = f'{_names(tags)} {_verb(tags, "do")} not reach the tasks: set propagate_tags = "SERVICE"'
        yield context.finding(where, message, attribute="propagate_tags", fix=fix)


def _instance(context: Context[Options]) -> Said:
    """Tags of the provider reach volumes by themselves, those of the instance do not."""
    resource, body = context.resource, context.resource.body
    own = {key for key, one in resource.labels.entries.items() if one.source == "resource"}
    tags = {key: value for key, value in _charged(context, resource.labels).items() if key in own}
    reached: set[str] = set()
    for path in (("volume_tags",), ("root_block_device", "tags")):
        found = body.find(*path)
        if isinstance(found, Unknown):
            yield context.undecided(found, ".".join(path))
            return
        reached |= {_folded(key) for key in body.fields(*path)}
    lost = [key for key in tags if _folded(key) not in reached]
    if lost:
        values = _written(tags, lost)
        changes = (put(resource.location, ("volume_tags",), dict(values)),) if values else ()
        message = f"{_names(lost)} {_verb(lost, 'do')} not reach the volumes: set volume_tags"
        fix = Fix("tag the volumes", changes=changes) if changes else None
        yield context.finding(resource.labels.location, message, attribute="volume_tags", fix=fix)


def _node_pool(context: Context[Options]) -> Said:
    resource = context.resource
    wanted = {_folded(key) for key in context.options.keys}
    nodes = resource.body.fields("node_config", "labels")
    lost = {key: node for key, node in sorted(nodes.items()) if _folded(key) in wanted}
    for key, node in lost.items():
        if isinstance(resource.labels.find(key), Absent):
            value = node.text()
            right = isinstance(value, Known) and re.fullmatch(r"[a-z0-9_-]{1,63}", value.value)
            path = ("node_config", "resource_labels")
            named = key.rpartition("/")[2]
            changes = (
                (put(resource.location, path, {named: value.value}),) if isinstance(value, Known) and right else ()
            )
            message = (
                f"{key} is a label of Kubernetes nodes, which the bill does not know: write it under resource_labels"
            )
            fix = Fix(f"label the machines with {named}", changes=changes) if changes else None
            yield context.finding(node.key or node.location, message, attribute=f"node_config.labels.{key}", fix=fix)


def _azure_deployment(context: Context[Options]) -> Said:
    resource = context.resource
    endpoint = resource.body.text("endpoint_name")
    for other in context.project.resources:
        named = other.body.text("name")
        if other.platform != "azureml" or other.type != "endpoint" or not isinstance(endpoint, Known):
            continue
        if isinstance(named, Known) and named.value == endpoint.value:
            yield from _missing_here(
                context, other, "the endpoint", "and not on its deployment, which is what costs money"
            )
            return


def _sagemaker_endpoint(context: Context[Options]) -> Said:
    for other in _others(context, "aws_sagemaker_endpoint_configuration"):
        if _means(context.resource, other, "endpoint_config_name"):
            yield from _missing_here(
                context, other, "the endpoint configuration", "and not on the endpoint, which is billed"
            )
            return


def _missing_here(context: Context[Options], other: Resource, there: str, here: str) -> Said:
    """Yield a finding for tags that another resource has and this one should have too."""
    labels = context.resource.labels
    tags = _charged(context, other.labels)
    lost = []
    for key in tags:
        match labels.find(key):
            case Absent():
                lost.append(key)
            case Unknown() as unknown:
                yield context.undecided(unknown, f"labels.{key}")
                return
    if not lost:
        return
    values = _written(tags, lost)
    fix = None
    if values and labels.below is not None:
        fix = Fix("add them", changes=(put(labels.location, labels.below, dict(values)),))
    message = f"{_names(lost)} {'are' if len(lost) > 1 else 'is'} on {there} {here}"
    yield context.finding(labels.location, message, attribute="labels", fix=fix)


def _others(context: Context[Options], kind: str) -> Iterator[Resource]:
    return (one for one in context.project.resources if one.type == kind)


def _means(one: Resource, other: Resource, *path: str) -> bool:
    """Tell whether `one` refers to `other` by what is at `path`: by a reference, or by its name."""
    node = one.body.get(*path)
    places = [node] if node is None or isinstance(node.value, (str, Unknown)) else [node.get("id"), node.get("name")]
    for place in places:
        if place is None:
            continue
        value = place.text()
        if isinstance(value, Unknown) and value.reference:
            wanted = _INSTANCE_KEY.sub("", value.reference)
            address = _INSTANCE_KEY.sub("", other.address).rpartition(":")[2]
            if address == wanted or address.endswith(f".{wanted}"):
                return True
        name = other.body.text("name")
        if isinstance(value, Known) and isinstance(name, Known) and value.value == name.value:
            return True
    return False


_READERS: Mapping[str, Callable[[Context[Options]], Said]] = {
    "aws_autoscaling_group": _autoscaling_group,
    "aws_launch_template": _launch_template,
    "aws_eks_node_group": _node_group,
    "aws_ecs_service": _ecs_service,
    "aws_instance": _instance,
    "aws_sagemaker_endpoint": _sagemaker_endpoint,
    "google_container_node_pool": _node_pool,
    "managedOnlineDeployment": _azure_deployment,
    "kubernetesOnlineDeployment": _azure_deployment,
}

AWS = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_launch_template" "train" {
  name          = "train"
  instance_type = "g5.xlarge"
  image_id      = "ami-1"
  tags          = { owner = "search" }
# ^^^^ tag owner stops at the launch template: the instances have no tag_specifications of resource_type = "instance" with it
# ^^^^ tag owner stops at the launch template: the volumes have no tag_specifications of resource_type = "volume" with it
}

resource "aws_autoscaling_group" "train" {
  min_size = 0
  max_size = 4
  launch_template {
    id = aws_launch_template.train.id
  }
  tag {
    key                 = "cost-center"
    value               = "cc-1042"
    propagate_at_launch = false
#                         ^^^^^ tag cost-center does not reach the instances: set propagate_at_launch
  }
}

resource "aws_eks_node_group" "gpu" {
  cluster_name    = "ml"
  node_group_name = "gpu"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  instance_types  = ["g5.xlarge"]
  tags            = { owner = "search", team = "ranking" }
# ^^^^ tags owner and team of a node group do not reach its machines: use a launch template with tag_specifications
  scaling_config {
    min_size     = 0
    max_size     = 4
    desired_size = 0
  }
}

resource "aws_ecs_service" "serve" {
  name = "serve"
  tags = { owner = "search" }
# ^^^^ tag owner does not reach the tasks: set propagate_tags = "SERVICE"
}

resource "aws_instance" "prepare" {
  instance_type = "m7i.large"
  tags          = { owner = "search" }
# ^^^^ tag owner does not reach the volumes: set volume_tags
}

resource "aws_sagemaker_endpoint_configuration" "chat" {
  name = "chat"
  tags = { owner = "search" }
  production_variants {
    model_name    = "chat"
    instance_type = "ml.g5.xlarge"
  }
}

resource "aws_sagemaker_endpoint" "chat" {
  name                 = "chat"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.chat.name
  tags                 = { Name = "chat" }
# ^^^^ tag owner is on the endpoint configuration and not on the endpoint, which is billed
}
""",  # noqa: E501
)

GOOGLE = Example(
    "main.tf",
    """\
provider "google" {
  region = "us-central1"
}

resource "google_container_node_pool" "gpu" {
  name     = "gpu"
  cluster  = "ml"
  location = "us-central1-a"
  node_config {
    machine_type = "g2-standard-8"
    labels = {
      owner = "search"
#     ^^^^^ owner is a label of Kubernetes nodes, which the bill does not know: write it under resource_labels
    }
  }
}
""",
)

SPEC = Example(
    "blue.yaml",
    """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: rank
model: azureml:rank:3
instance_type: Standard_NC4as_T4_v3
instance_count: 1
tags:
#^^^ tag owner is on the endpoint and not on its deployment, which is what costs money
  color: blue
""",
    files={
        "endpoint.yaml": """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
name: rank
tags: {owner: search}
"""
    },
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "tags" {
  type = map(string)
}

resource "aws_launch_template" "train" {
  name          = "train"
  instance_type = "g5.xlarge"
  image_id      = "ami-1"
  tags          = { owner = "search" }
  tag_specifications {
    resource_type = "instance"
    tags          = { owner = "search" }
  }
  # What the variable holds is not known here: that is no finding.
  tag_specifications {
    resource_type = "volume"
    tags          = var.tags
  }
}

resource "aws_autoscaling_group" "train" {
  min_size = 0
  max_size = 4
  launch_template {
    id = aws_launch_template.train.id
  }
  tag {
    key                 = "owner"
    value               = "search"
    propagate_at_launch = true
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/enabled"
    value               = "true"
    propagate_at_launch = false
  }
}

resource "aws_eks_node_group" "gpu" {
  cluster_name    = "ml"
  node_group_name = "gpu"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  tags            = { owner = "search" }
  launch_template {
    id      = aws_launch_template.train.id
    version = "1"
  }
  scaling_config {
    min_size     = 0
    max_size     = 4
    desired_size = 0
  }
}

resource "aws_ecs_service" "serve" {
  name           = "serve"
  tags           = { owner = "search" }
  propagate_tags = "SERVICE"
}

resource "aws_instance" "prepare" {
  instance_type = "m7i.large"
  tags          = { owner = "search" }
  volume_tags   = { owner = "search" }
}
""",
)

RULE = Rule(
    name="unpropagated-tag",
    severity=Severity.WARNING,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(AWS, GOOGLE, SPEC),
    good=(GOOD_TERRAFORM,),
)
