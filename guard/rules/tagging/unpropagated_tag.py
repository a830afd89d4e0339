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

from guard.model.change import Block, Data
from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.resource import Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Absent, Known, Unknown
from guard.rules import _tags
from guard.rules._helpers import put

Said = Iterator[Finding | UnknownFact]
# The keys that FinOps teams allocate cost by, in their usual spellings.
KEYS = (
    *("owner", "team", "department", "business-unit", "cost-center", "project"),
    *("application", "service", "use-case", "environment"),
)


class Options(BaseModel, extra="forbid", frozen=True):
    """Which tags count."""

    keys: tuple[Annotated[str, Field(min_length=1)], ...] = KEYS
    """Keys that cost is charged by; letter case, separators and prefixes do not count."""


def check(context: Context[Options]) -> Said:
    """Yield a finding for tags that do not reach what costs money, or what is unknown."""
    reader = _READERS.get(context.resource.type)
    if reader is not None:
        yield from reader(context)


def _autoscaling_group(context: Context[Options]) -> Said:
    wanted = {_tags.folded(key) for key in context.options.keys}
    for index, block in enumerate(context.resource.body.items("tag")):
        key = block.text("key")
        if not isinstance(key, Known) or _tags.folded(key.value) not in wanted:
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
    template = context.resource
    body, tags = template.body, _tags.charged(template.labels, context.options.keys)
    for kind in ("instance", "volume"):
        reached = _tags.specified(body, kind)
        if isinstance(reached, Unknown):
            yield context.undecided(reached, "tag_specifications")
            return
        if kind == "instance":
            reached |= _tags.propagated(template, _others(context, "aws_autoscaling_group"))
        lost = [key for key in tags if _tags.folded(key) not in reached]
        if lost:
            values = None if _tags.specifies(body, kind) else _tags.written(tags, lost)
            block = Block({"resource_type": kind, "tags": dict(values or {})})
            message = f"{_tags.told(lost, 'stop')} here: no tag_specifications give the {kind}s any"
            fix = _fix(f"tag the {kind}s", template, ("tag_specifications",), block if values else None)
            where = body.nearest("tags") if body.get("tags") else template.location
            yield context.finding(where, message, attribute=f"tag_specifications.{kind}", fix=fix)


def _fix(message: str, resource: Resource, path: tuple[str, ...], value: Data) -> Fix | None:
    if not value or _tags.made_by_a_module(resource):
        return None
    return Fix(message, changes=(put(resource.location, path, value),))


def _node_group(context: Context[Options]) -> Said:
    resource = context.resource
    tags = _tags.charged(resource.labels, context.options.keys)
    if not tags or any(True for _ in _others(context, "aws_autoscaling_group_tag")):
        return
    reached: set[str] | Unknown = set()
    if resource.body.get("launch_template") is not None:
        templates = [
            one for one in _others(context, "aws_launch_template") if _tags.means(resource, one, "launch_template")
        ]
        if len(templates) != 1:
            where = resource.body.nearest("launch_template")
            yield context.undecided(Unknown("the launch template is not in this configuration", where), "tags")
            return
        # Tags that the template itself has and does not pass on are found there.
        reached = _tags.specified(templates[0].body, "instance")
        reached = (
            reached if isinstance(reached, Unknown) else reached | set(map(_tags.folded, templates[0].labels.entries))
        )
    if isinstance(reached, Unknown):
        yield context.undecided(reached, "tags")
        return
    lost = [key for key in tags if _tags.folded(key) not in reached]
    if lost:
        cure = "use a launch template with tag_specifications"
        message = f"{_tags.told(lost, 'do')} not reach the machines of a node group: {cure}"
        yield context.finding(resource.labels.location, message, attribute="tags")


def _ecs_service(context: Context[Options]) -> Said:
    tags = list(_tags.charged(context.resource.labels, context.options.keys))
    passed = context.resource.body.text("propagate_tags")
    if isinstance(passed, Unknown):
        yield context.undecided(passed, "propagate_tags")
    elif tags and (isinstance(passed, Absent) or passed.value in ("", "NONE")):
        where = passed if isinstance(passed, Known) else context.resource.labels.location
        fix = _fix("propagate the service's tags", context.resource, ("propagate_tags",), "SERVICE")
        message = f'{_tags.told(tags, "do")} not reach the tasks: set propagate_tags = "SERVICE"'
        yield context.finding(where, message, attribute="propagate_tags", fix=fix)


def _instance(context: Context[Options]) -> Said:
    """Tags of the provider reach volumes by themselves, those of the instance do not."""
    resource, body = context.resource, context.resource.body
    own = {key for key, one in resource.labels.entries.items() if one.source == "resource"}
    tags = {key: value for key, value in _tags.charged(resource.labels, context.options.keys).items() if key in own}
    reached: set[str] = set()
    for path in (("volume_tags",), ("root_block_device", "tags")):
        found = body.find(*path)
        if isinstance(found, Unknown):
            yield context.undecided(found, ".".join(path))
            return
        reached |= {_tags.folded(key) for key in body.fields(*path)}
    lost = [key for key in tags if _tags.folded(key) not in reached]
    if lost:
        message = f"{_tags.told(lost, 'do')} not reach the volumes: set volume_tags"
        fix = _fix("tag the volumes", resource, ("volume_tags",), _tags.written(tags, lost))
        yield context.finding(resource.labels.location, message, attribute="volume_tags", fix=fix)


def _node_pool(context: Context[Options]) -> Said:
    resource = context.resource
    wanted = {_tags.folded(key) for key in context.options.keys}
    nodes = resource.body.fields("node_config", "labels")
    for key, node in sorted(nodes.items()):
        if _tags.folded(key) in wanted and isinstance(resource.labels.find(key), Absent):
            value, name = node.text(), key.rpartition("/")[2]
            right = isinstance(value, Known) and re.fullmatch(r"[a-z0-9_-]{1,63}", value.value)
            entries = {name: value.value} if isinstance(value, Known) and right else None
            path = ("node_config", "resource_labels")
            fix = _fix(f"label the machines with {name}", resource, path, entries)
            message = f"{key} is a label of Kubernetes nodes, which no bill knows: write it under resource_labels"
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
        if _tags.means(context.resource, other, "endpoint_config_name"):
            yield from _missing_here(
                context, other, "the endpoint configuration", "and not on the endpoint, which is billed"
            )
            return


def _missing_here(context: Context[Options], other: Resource, there: str, here: str) -> Said:
    """Yield a finding for tags that another resource has and this one should have too."""
    labels = context.resource.labels
    tags = _tags.charged(other.labels, context.options.keys)
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
    values = _tags.written(tags, lost) if labels.below is not None else None
    fix = Fix("add them", changes=(put(labels.location, labels.below or (), dict(values)),)) if values else None
    message = f"{_tags.told(lost, 'are')} on {there} {here}"
    yield context.finding(labels.location, message, attribute="labels", fix=fix)


def _others(context: Context[Options], kind: str) -> Iterator[Resource]:
    return (one for one in context.project.resources if one.type == kind)


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
resource "aws_launch_template" "train" {
  instance_type = "g5.xlarge"
  tags          = { owner = "search" }
# ^^^^ tag owner stops here: no tag_specifications give the instances any
# ^^^^ tag owner stops here: no tag_specifications give the volumes any
}

resource "aws_autoscaling_group" "train" {
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
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  tags            = { owner = "search", team = "ranking" }
# ^^^^ tags owner and team do not reach the machines of a node group: use a launch template with tag_specifications
}

resource "aws_ecs_service" "serve" {
  tags = { owner = "search" }
# ^^^^ tag owner does not reach the tasks: set propagate_tags = "SERVICE"
}

resource "aws_instance" "prepare" {
  instance_type = "m7i.large"
  tags          = { owner = "search" }
# ^^^^ tag owner does not reach the volumes: set volume_tags
}

resource "aws_sagemaker_endpoint_configuration" "chat" {
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
""",
)

GOOGLE = Example(
    "main.tf",
    """\
resource "google_container_node_pool" "gpu" {
  name     = "gpu"
  location = "us-central1-a"
  node_config {
    machine_type = "g2-standard-8"
    labels = {
      owner = "search"
#     ^^^^^ owner is a label of Kubernetes nodes, which no bill knows: write it under resource_labels
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
variable "tags" {
  type = map(string)
}

resource "aws_launch_template" "train" {
  instance_type = "g5.xlarge"
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
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  tags            = { owner = "search" }
  launch_template {
    id      = aws_launch_template.train.id
    version = "1"
  }
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
