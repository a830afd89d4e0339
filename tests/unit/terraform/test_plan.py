"""Plans: what stands then and now, what is unknown, whose labels and regions, and where it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from guard.formats.json import FORMAT
from guard.inputs.memory import MemoryTree
from guard.model.instance import Instance
from guard.model.resource import Resource
from guard.model.value import Absent, Known, Unknown
from guard.platforms.reading import read
from guard.prices.book import open_book
from guard.terraform.plan import PlannedRoot, is_plan, read_plan


def change(address: str, after: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
    """Return a change of a resource as a plan writes it; `more` goes to `change` but for what names the resource."""
    modules, parts = [], address.split(".")
    while parts[0] == "module":
        modules.append(f"module.{parts[1]}")
        parts = parts[2:]
    name, _, index = parts[1].partition("[")
    about: dict[str, Any] = {key: more.pop(key) for key in ("deposed", "previous_address", "mode") if key in more}
    entry: dict[str, Any] = {
        "address": address,
        "mode": "managed",
        "type": parts[0],
        "name": name,
        "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": {}, **more},
        **about,
    }
    if modules:
        entry["module_address"] = ".".join(modules)
    if index:
        entry["index"] = json.loads(index.removesuffix("]"))
    return entry


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(changes), **more}


def planned(content: object, files: Mapping[str, str] | None = None, path: str = "plan.json") -> PlannedRoot:
    text = json.dumps(content, indent=2)
    found = read_plan(FORMAT.parse(path, text), MemoryTree({**(files or {}), path: text}))
    assert found is not None
    return found


def only(found: PlannedRoot) -> Instance:
    (one,) = found.instances
    return one


def resource(found: PlannedRoot) -> Resource:
    resources, problems = read([(found.root, found.instances)], [], open_book(), {})
    assert problems == ()
    (one,) = resources
    return one


def known(value: object) -> object:
    assert isinstance(value, Known), value
    return getattr(value.value, "value", value.value)


@pytest.mark.parametrize(
    "content",
    [
        {"format_version": "1.0"},
        {"resource_changes": []},
        {"planned_values": {}},
        {"format_version": "1.0", "values": {}},
        [],
        "plan",
    ],
)
def test_other_documents_are_no_plans(content: object) -> None:
    document = FORMAT.parse("a.json", json.dumps(content))
    assert not is_plan(document)
    assert read_plan(document, MemoryTree({})) is None


def test_a_planned_resource_points_into_the_plan_where_no_configuration_is() -> None:
    found = planned(
        plan(change("aws_instance.a", {"instance_type": "g5.xlarge", "ebs_block_device": []})), path="a/p.json"
    )
    one = only(found)
    assert (found.root, found.covers) == ("a", None)
    assert (one.address, one.provenance, one.location.path) == ("aws_instance.a", "plan", "a/p.json")
    kind = one.body.text("instance_type")
    assert isinstance(kind, Known)
    assert (kind.value, kind.location.line, kind.location.column) == ("g5.xlarge", 16, 28)
    # A plan shows a block that is not written as an empty list.
    assert isinstance(one.body.find("ebs_block_device"), Absent)


def test_what_only_the_apply_decides_is_unknown() -> None:
    unknown = {"id": True, "root_block_device": [{"volume_id": True}], "tags": {"a": True}, "arn": True}
    after = {"instance_type": "t3.micro", "root_block_device": [{"volume_size": 8}], "tags": {"b": "c"}, "arn": None}
    body = only(planned(plan(change("aws_instance.a", after, after_unknown=unknown)))).body
    for path, name in (
        (("id",), "id"),
        (("arn",), "arn"),
        (("root_block_device", 0, "volume_id"), "root_block_device[0].volume_id"),
        (("tags", "a"), "tags.a"),
    ):
        value = body.text(*path)
        assert isinstance(value, Unknown)
        assert (value.reason, value.reference) == (f"known only after apply: aws_instance.a.{name}", "aws_instance.a")
    assert known(body.number("root_block_device", 0, "volume_size")) == 8
    assert known(body.text("tags", "b")) == "c"


def test_a_reference_leads_to_what_the_configuration_mentions() -> None:
    configuration = {
        "root_module": {
            "resources": [
                {
                    "address": "aws_autoscaling_group.g",
                    "expressions": {
                        "launch_template": [
                            {"id": {"references": ["aws_launch_template.t.id", "aws_launch_template.t"]}}
                        ]
                    },
                }
            ],
            "module_calls": {
                "m": {
                    "expressions": {"bucket": {"references": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]}},
                    "module": {
                        "resources": [
                            {"address": "aws_instance.i", "expressions": {"user_data": {"references": ["var.bucket"]}}}
                        ]
                    },
                }
            },
        }
    }
    group = change(
        "aws_autoscaling_group.g",
        {"min_size": 1, "max_size": 2, "launch_template": [{}]},
        after_unknown={"launch_template": [{"id": True}]},
    )
    machine = change("module.m.aws_instance.i", {"instance_type": "t3.micro"}, after_unknown={"user_data": True})
    found = {one.address: one for one in planned(plan(group, machine, configuration=configuration)).instances}
    template = found["aws_autoscaling_group.g"].body.text("launch_template", 0, "id")
    assert isinstance(template, Unknown)
    assert template.reference == "aws_launch_template.t"
    script = found["module.m.aws_instance.i"].body.text("user_data")
    assert isinstance(script, Unknown)
    assert script.reference == "aws_s3_bucket.b"
    assert [call.module for call in found["module.m.aws_instance.i"].calls] == ["module.m"]


def test_sensitive_values_are_never_given_out() -> None:
    secret = change("aws_db_instance.a", {"password": "hunter2", "engine": "x"}, after_sensitive={"password": True})
    body = only(planned(plan(secret))).body
    value = body.text("password")
    assert isinstance(value, Unknown)
    assert "hunter2" not in value.reason
    assert known(body.text("engine")) == "x"


@pytest.mark.parametrize(
    ("actions", "before", "after", "then", "now"),
    [
        (["create"], None, {"instance_type": "b"}, "b", None),
        (["no-op"], {"instance_type": "a"}, {"instance_type": "a"}, "a", "a"),
        (["update"], {"instance_type": "a"}, {"instance_type": "b"}, "b", "a"),
        (["delete", "create"], {"instance_type": "a"}, {"instance_type": "b"}, "b", "a"),
        (["create", "delete"], {"instance_type": "a"}, {"instance_type": "b"}, "b", "a"),
        (["delete"], {"instance_type": "a"}, None, None, "a"),
        (["forget"], {"instance_type": "a"}, None, None, "a"),
    ],
)
def test_each_action_stands_before_or_after(
    actions: list[str], before: Any, after: Any, then: str | None, now: str | None
) -> None:
    found = planned(plan(change("aws_instance.a", after, actions=actions, before=before)))
    sides = [
        [known(one.body.text("instance_type")) for one in side] for side in (found.instances, found.before_instances)
    ]
    assert sides == [[then] if then else [], [now] if now else []]


def test_deposed_objects_are_not_counted_twice() -> None:
    old = change("aws_instance.a", None, actions=["delete"], before={"instance_type": "a"}, deposed="byebye")
    assert planned(plan(old)).before_instances == ()


def test_planned_values_serve_where_changes_are_left_out() -> None:
    content = {
        "format_version": "0.2",
        "planned_values": {
            "root_module": {
                "child_modules": [
                    {
                        "address": "module.m",
                        "resources": [
                            {
                                "address": "module.m.aws_instance.a[0]",
                                "mode": "managed",
                                "type": "aws_instance",
                                "name": "a",
                                "index": 0,
                                "values": {"instance_type": "p3.2xlarge"},
                            }
                        ],
                    }
                ]
            }
        },
    }
    one = only(planned(content))
    assert (one.address, one.module, one.key) == ("module.m.aws_instance.a[0]", "module.m", 0)
    assert known(one.body.text("instance_type")) == "p3.2xlarge"


def provider(**expressions: Any) -> dict[str, Any]:
    return {
        "provider_config": {"aws": {"name": "aws", "expressions": expressions}},
        "root_module": {"resources": [{"address": "aws_instance.a", "provider_config_key": "aws", "expressions": {}}]},
    }


def test_region_and_default_tags_come_from_the_providers_expressions() -> None:
    configuration = provider(
        region={"references": ["var.region"]},
        default_tags=[{"tags": {"constant_value": {"owner": "ml"}}}],
    )
    content = plan(
        change("aws_instance.a", {"instance_type": "g5.xlarge", "tags": {"team": "nlp"}}),
        configuration=configuration,
        variables={"region": {"value": "eu-north-1"}},
    )
    found = resource(planned(content))
    assert known(found.region) == "eu-north-1"
    labels = {name: (known(one.value), one.source) for name, one in found.labels.entries.items()}
    assert labels == {"team": ("nlp", "resource"), "owner": ("ml", "provider.aws.default_tags")}


def test_the_labels_in_effect_tell_what_the_provider_adds() -> None:
    after = {"instance_type": "t3.micro", "tags": {"team": "nlp"}, "tags_all": {"team": "nlp", "owner": "ml"}}
    configuration = provider(
        region={"constant_value": "eu-west-1"}, default_tags=[{"tags": {"references": ["local.tags"]}}]
    )
    found = resource(planned(plan(change("aws_instance.a", after), configuration=configuration)))
    labels = {name: (known(one.value), one.source) for name, one in found.labels.entries.items()}
    assert labels == {"team": ("nlp", "resource"), "owner": ("ml", "provider.aws.default_tags")}
    assert found.labels.unknown == ()


def test_a_region_that_the_plan_does_not_keep_is_unknown() -> None:
    configuration = provider(region={"references": ["local.region"]})
    found = resource(
        planned(plan(change("aws_instance.a", {"instance_type": "t3.micro"}), configuration=configuration))
    )
    assert isinstance(found.region, Unknown)
    assert found.region.reason == "the plan does not keep the value of an expression of local.region"


ROOT = """\
variable "type" {
  type = string
}
variable "sizes" {
  default = [500, 20]
}
locals {
  region = "eu-west-1"
}
provider "aws" {
  region = local.region
}
module "train" {
  source = "./train"
  type   = var.type
  sizes  = var.sizes
}
"""
TRAIN = """\
variable "type" {}
variable "sizes" {}
resource "aws_instance" "gpu" {
  count         = 2
  instance_type = var.type
  dynamic "ebs_block_device" {
    for_each = var.sizes
    content {
      volume_size = ebs_block_device.value
      volume_type = "gp3"
    }
  }
}
"""
CONFIGURATION = {
    "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"references": ["local.region"]}}}},
    "root_module": {"module_calls": {"train": {"module": {"resources": [{"address": "aws_instance.gpu"}]}}}},
}


def gpu(index: int, **after: Any) -> dict[str, Any]:
    body = {
        "instance_type": "p4d.24xlarge",
        "ebs_block_device": [{"volume_size": 20, "volume_type": "gp3"}, {"volume_size": 500, "volume_type": "gp3"}],
        **after,
    }
    return change(f"module.train.aws_instance.gpu[{index}]", body)


@pytest.mark.parametrize(
    ("path", "root"),
    [("infra/plan.json", "infra"), ("infra/out/plan.json", "infra"), ("plans/prod.json", "infra"), ("p.json", "infra")],
)
def test_the_configuration_is_found_and_pointed_into(path: str, root: str) -> None:
    content = plan(gpu(0), configuration=CONFIGURATION, variables={"type": {"value": "p4d.24xlarge"}})
    files = {"infra/main.tf": ROOT, "infra/train/main.tf": TRAIN, "other/main.tf": "locals {\n  a = 1\n}\n"}
    found = planned(content, files, path)
    assert (found.covers, found.root) == (root, root)
    one = only(found)
    assert (one.location.path, one.location.line) == ("infra/train/main.tf", 3)
    assert [(call.module, call.location.line) for call in one.calls] == [("module.train", 13)]
    read_now = resource(found)
    assert known(read_now.region) == "eu-west-1"
    # The elements of a set stand in another order than in the text.
    lines = {
        known(storage.size_gib): storage.size_gib.location for storage in read_now.storage if storage.name == "volume"
    }
    assert {size: (place.path, place.line, place.column) for size, place in lines.items()} == {
        500: ("infra/main.tf", 5, 14),
        20: ("infra/main.tf", 5, 19),
    }


def test_a_value_that_the_text_gives_otherwise_points_at_its_use() -> None:
    content = plan(gpu(0, instance_type="g5.xlarge"), configuration=CONFIGURATION)
    files = {"infra/main.tf": ROOT, "infra/train/main.tf": TRAIN, "infra/terraform.tfvars": 'type = "p5.48xlarge"\n'}
    kind = only(planned(content, files, "infra/plan.json")).body.text("instance_type")
    assert isinstance(kind, Known)
    assert kind.value == "g5.xlarge"
    assert (kind.location.path, kind.location.line) == ("infra/train/main.tf", 5)


def test_a_configuration_that_fits_twice_elsewhere_is_not_guessed() -> None:
    files = {f"{name}/main.tf": 'resource "aws_instance" "a" {\n}\n' for name in ("dev", "prod")}
    configuration = {"root_module": {"resources": [{"address": "aws_instance.a"}]}}
    content = plan(change("aws_instance.a", {"instance_type": "t3.micro"}), configuration=configuration)
    assert planned(content, files, "plans/a.json").covers is None
    assert planned(content, files, "prod/a.json").covers == "prod"


def test_a_resource_of_a_module_that_is_not_there_stands_at_its_call() -> None:
    files = {"main.tf": 'module "far" {\n  source = "example/far/aws"\n}\n'}
    configuration: dict[str, Any] = {"root_module": {"module_calls": {"far": {"module": {"resources": []}}}}}
    content = plan(change("module.far.aws_instance.a", {"instance_type": "t3.micro"}), configuration=configuration)
    one = only(planned(content, files))
    assert (one.location.path, one.location.line) == ("main.tf", 1)
    assert known(one.body.text("instance_type")) == "t3.micro"


def test_a_resource_of_a_known_module_points_at_the_callers_inputs() -> None:
    text = (
        'module "box" {\n  source        = "terraform-aws-modules/ec2-instance/aws"\n  instance_type = "g6.xlarge"\n}\n'
    )
    configuration: dict[str, Any] = {"root_module": {"module_calls": {"box": {"module": {"resources": []}}}}}
    content = plan(
        change("module.box.aws_instance.this[0]", {"instance_type": "g6.xlarge"}), configuration=configuration
    )
    kind = only(planned(content, {"main.tf": text})).body.text("instance_type")
    assert isinstance(kind, Known)
    assert (kind.location.path, kind.location.line) == ("main.tf", 3)


@pytest.mark.parametrize(
    ("content", "code", "blocking"),
    [
        ({"format_version": "2.0", "resource_changes": []}, "plan", True),
        ({"format_version": 1, "resource_changes": []}, "plan", True),
        ({"format_version": "1.2", "errored": True, "resource_changes": []}, "plan", False),
        ({"format_version": "1.2", "complete": False, "resource_changes": []}, "plan", False),
    ],
)
def test_what_is_wrong_with_a_plan_is_told(content: dict[str, Any], code: str, blocking: bool) -> None:
    found = planned(content)
    assert [(one.code, one.blocking) for one in found.problems] == [(code, blocking)]
    assert found.problems[0].location is not None
